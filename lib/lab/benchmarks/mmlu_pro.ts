/**
 * MMLU-Pro (Wang et al. 2024): questions of fourteen subjects with up to ten choices.
 *
 * Asked and read in the words of the authors' script, without its five worked examples.
 * A response without a choice counts as wrong; that script guesses one.
 */

import { type Benchmark, NO_ANSWER } from "./benchmark.ts";
import { mostFrequent } from "./guesses.ts";

interface Item {
  id: string;
  category: string;
  question: string;
  choices: string[];
  /** The letter of the right choice. */
  answer: string;
}

const LETTERS = "ABCDEFGHIJ";

export const mmluPro: Benchmark<Item> = {
  name: "mmlu-pro",
  files: ["mmlu_pro.jsonl", "test.jsonl"],
  source: "https://huggingface.co/datasets/TIGER-Lab/MMLU-Pro (test, MIT)",
  caution:
    "public since June 2024, many questions earlier: models may have seen them",
  read(row) {
    const choices = row.list("options").filter((choice) => choice !== "N/A");
    if (!choices.every((choice) => typeof choice === "string")) {
      throw new TypeError('the field "options" is no list of texts');
    }
    const answer = row.text("answer");
    const place = LETTERS.indexOf(answer);
    if (answer.length !== 1 || place < 0 || place >= choices.length) {
      throw new TypeError(
        `the field "answer" is "${answer}" and no letter of "options"`,
      );
    }
    const [id, category] = [row.label("question_id"), row.text("category")];
    return { id, category, question: row.text("question"), choices, answer };
  },
  prompt({ category, question, choices }, template) {
    const head =
      "The following are multiple choice questions (with answers) about " +
      `${category}. Think step by step and then finish your answer with ` +
      '"the answer is (X)" where X is the correct letter choice.';
    const listed = choices.map((choice, i) => `${LETTERS[i]}. ${choice}`);
    const asked = `${head}\n\nQuestion:\n${question}\nOptions:\n` +
      `${listed.join("\n")}\nAnswer: Let's think step by step.`;
    return {
      text: template?.([{ role: "user", content: asked }]) ?? asked,
      stops: ["Question:"],
    };
  },
  reference: ({ answer }) => `The answer is (${answer}).`,
  guesses: (items) => ({
    "the most frequent letter": items.map(() =>
      `The answer is (${mostFrequent(items.map(({ answer }) => answer))}).`
    ),
  }),
  grade: (_executor, attempts) =>
    Promise.resolve(attempts.map(({ item, response }) => {
      const choice = chosen(response);
      if (choice === null) return NO_ANSWER;
      const correct = choice === item.answer;
      return {
        correct,
        cause: correct ? "match" : "different",
        detail: choice,
      };
    })),
};

/** The letter that a response chooses: behind "answer is", else "answer:", else the last that stands alone. */
function chosen(response: string): string | null {
  for (
    const found of [
      /answer is \(?([A-J])\)?/,
      /.*[aA]nswer:\s*([A-J])/s,
      /.*\b([A-J])\b/s,
    ]
  ) {
    const letter = found.exec(response)?.[1];
    if (letter) return letter;
  }
  return null;
}

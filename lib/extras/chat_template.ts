/**
 * The chat dialect through a model's own chat template: for models tuned to follow
 * instructions, which have never read the paper's transcript.
 *
 * A question is one message of the user's, with the form of the response and one
 * worked example in it. The example is no turn of its own, since templates drop the
 * thoughts of earlier turns (Qwen3, DeepSeek R1). The prompt ends with an opened
 * `<think>`, as the transcript's does; a template that opens it is left to do so.
 * Special tokens are kept, since some vocabularies count `</think>` among them.
 */

import type { Language } from "../sandbox/mod.ts";
import { registerExtra } from "../method/extras.ts";
import { chatDialect } from "../method/modes/chat.ts";
import {
  proposeInputs,
  proposeTriplet,
  solverQuestion,
} from "../method/modes/chat_words.ts";
import { CODE_FORMS } from "./code_dialect/code_forms.ts";
import {
  type Dialect,
  PAPER_READING,
  SPECIAL_TOKEN,
} from "../method/modes/dialect.ts";
import { fence, FENCE_TAGS } from "../method/modes/fences.ts";
import { modeOf } from "../method/modes/registry.ts";
import type { ModeName } from "../method/modes/task.ts";

const FORM = "First reason, then answer. Your response has the form " +
  "<think> reasoning </think> <answer> answer </answer>.";

/** The thought and the answer of the worked example, by mode. */
type Worked = Partial<Record<ModeName, [thought: string, answer: string]>>;

function solved(language: Language): { task: string; responses: Worked } {
  const { source, examples: [{ argument, output }] } =
    CODE_FORMS[language].worked[0];
  const [tag] = FENCE_TAGS[language];
  return {
    task: fence(tag, source),
    responses: {
      deduction: [
        `For ${argument}, x * y is 6, and 6 + 1 is 7.`,
        fence("output", output),
      ],
      abduction: [
        `The output is ${output}, so x * y has to be 6.`,
        fence("input", argument),
      ],
      induction: [
        "Every output is the product of both inputs, plus 1.",
        fence(tag, source),
      ],
    },
  };
}

function proposed(mode: ModeName, language: Language): [string, string] {
  const [{ source, examples }] = CODE_FORMS[language].worked;
  const inputs = examples.map(({ argument }) => fence("input", argument));
  return modeOf(mode).writesProgram
    ? [
      "Two steps in a row: a product, and something added to it.",
      `${fence(FENCE_TAGS[language][0], source)}\n${inputs[0]}`,
    ]
    : [
      "A zero, a negative number and equal numbers tell it from a sum.",
      `${inputs.join("\n")}\n${fence("message", "Think of two steps.")}`,
    ];
}

function exampleOf(intro: string, [thought, answer]: [string, string]): string {
  return `\n\n### Example\n${intro}\n<think>${thought}</think>\n` +
    `<answer>\n${answer}\n</answer>`;
}

/** The prompt of a question, or what is wrong with the template. */
function opened(
  render: (question: string) => string,
  question: string,
): { prompt: string } | { fault: string } {
  let prompt: string;
  try {
    prompt = render(question);
  } catch (error) {
    return { fault: (error as Error).message };
  }
  if (!prompt.includes(question)) {
    return { fault: "the model's chat template changes the question" };
  }
  if (/<\/think>\s*$/.test(prompt)) {
    return { fault: "the model's chat template ends the thought by itself" };
  }
  return { prompt: /<think>\s*$/.test(prompt) ? prompt : `${prompt}<think>` };
}

/**
 * Returns the chat dialect in the words of a template. `render` gives the text of a
 * conversation with one question, up to the opening of the answer. Throws
 * `RangeError` where there is no template, or it loses the question or ends the thought.
 */
function templateDialect(render: (question: string) => string): Dialect {
  const ask = (question: string, example = "") => {
    const content = `${FORM}\n\n${question}${example}`.trim();
    const read = opened(render, content);
    if ("prompt" in read) return read.prompt;
    throw new RangeError(
      `config field "chatForm" is "template", but ${read.fault}: set it to ` +
        '"transcript", or "dialect" to "code"',
    );
  };
  // What does not fit shows before the first step.
  ask("What is 2 + 3?");
  return {
    ...chatDialect,
    keepsSpecialTokens: true,
    proposerPrompt: (mode, references, language, blocks) =>
      ask(
        modeOf(mode).writesProgram
          ? proposeTriplet(mode, references, language, blocks)
          : proposeInputs(references[0]),
        exampleOf("A whole response:", proposed(mode, language)),
      ),
    solverPrompt(task) {
      const { task: source, responses } = solved(task.program.language);
      const worked = responses[task.mode];
      const intro =
        `A whole response to such a task with the program\n${source}`;
      return ask(solverQuestion(task), worked && exampleOf(intro, worked));
    },
    questionPrompt: (question) => ask(question),
    isUnsafe: (text, rules = PAPER_READING) =>
      SPECIAL_TOKEN.test(text) || chatDialect.isUnsafe(text, rules),
  };
}

registerExtra("template", { dialect: templateDialect });

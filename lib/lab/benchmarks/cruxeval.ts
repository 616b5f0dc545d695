/**
 * CRUXEval (Gu et al. 2024): predict the output of a program, or find an input.
 *
 * The two halves are deduction and abduction, asked and graded as in self-play; so
 * does the official code, with its own solver prompts. An input counts if the program
 * gives the gold output on it.
 */

import { chatDialect } from "../../method/modes/chat.ts";
import { modeOf } from "../../method/modes/registry.ts";
import type { ModeName, Task } from "../../method/modes/task.ts";
import { type Attempt, type Benchmark, NO_ANSWER } from "./benchmark.ts";

interface Item {
  id: string;
  task: Task;
}

/** The half of CRUXEval that a mode is asked. */
function half(
  letter: "i" | "o",
  mode: ModeName & ("abduction" | "deduction"),
): Benchmark<Item> {
  return {
    name: `cruxeval-${letter}`,
    files: ["cruxeval.jsonl", "test.jsonl", "cruxeval_first500.jsonl"],
    source: "https://github.com/facebookresearch/cruxeval (data/, MIT)",
    caution: "public since January 2024: newer models may have seen it" +
      (letter === "o" ? "; copying the input is right for few items" : ""),
    read(row) {
      const id = row.label("id");
      const example = {
        argument: row.text("input"),
        output: row.text("output"),
      };
      const program = { language: "python", source: row.text("code") } as const;
      return { id, task: { ...TASK, id, mode, program, examples: [example] } };
    },
    prompt: ({ task }) => ({
      text: chatDialect.solverPrompt(task),
      stops: chatDialect.stopStrings.solve,
    }),
    reference({ task: { examples: [{ argument, output }] } }) {
      const tag = mode === "deduction" ? "output" : "input";
      const value = mode === "deduction" ? output : argument;
      return `</think>\n<answer>\n\`\`\`${tag}\n${value}\n\`\`\`\n</answer>`;
    },
    grade: (executor, attempts) => grade(mode, executor, attempts),
  };
}

const TASK = {
  shownCount: 1,
  message: "",
  provenance: {
    source: "file",
    parents: [],
    step: 0,
    seed: 0,
    verdict: "valid",
    solveRate: null,
  },
} satisfies Partial<Task>;

export const cruxevalInput = half("i", "abduction");
export const cruxevalOutput = half("o", "deduction");

/** Reads the answers in the chat dialect, whose form has to be right, and has their mode check them. */
async function grade(
  mode: ModeName,
  executor: Parameters<Benchmark["grade"]>[0],
  attempts: readonly Attempt<Item>[],
) {
  const readings = attempts.map(({ response }) =>
    chatDialect.readAnswer(mode, response, "python")
  );
  const answered = readings.flatMap((reading, i) =>
    reading.ok ? [{ task: attempts[i].item.task, answer: reading.answer }] : []
  );
  const checked = await modeOf(mode).verify(executor, answered);
  let next = 0;
  return readings.map((reading) => {
    if (!reading.ok) return { ...NO_ANSWER, cause: reading.cause };
    const { correct, cause, detail = reading.answer } = checked[next++];
    return { correct, cause, detail };
  });
}

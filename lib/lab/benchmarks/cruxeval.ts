/**
 * CRUXEval (Gu et al. 2024): predict the output of a program, or find an input.
 *
 * The two halves are deduction and abduction, asked and graded as in self-play; so
 * does the official code, with its own solver prompts. An input counts if the program
 * gives the gold output on it.
 */

import { chatDialect } from "../../method/modes/chat.ts";
import type { Dialect } from "../../method/modes/dialect.ts";
import { modeOf } from "../../method/modes/registry.ts";
import type { ModeName, Task } from "../../method/modes/task.ts";
import { type Attempt, type Benchmark, NO_ANSWER } from "./benchmark.ts";
import { mostFrequent } from "./guesses.ts";

interface Item {
  id: string;
  task: Task;
}

/** The half of CRUXEval that a mode is asked. */
function half(
  letter: "i" | "o",
  mode: ModeName & ("abduction" | "deduction"),
): Benchmark<Item> {
  return asSelfPlay(mode, {
    name: `cruxeval-${letter}`,
    files: ["cruxeval.jsonl", "test.jsonl", "cruxeval_first500.jsonl"],
    source: "https://github.com/facebookresearch/cruxeval (data/, MIT)",
    caution: "public since January 2024: newer models may have seen it",
    read(row) {
      const id = row.label("id");
      const example = {
        argument: row.text("input"),
        output: row.text("output"),
      };
      const program = { language: "python", source: row.text("code") } as const;
      return { id, task: codeTask(id, mode, program, [example]) };
    },
  });
}

/** A benchmark that is asked and graded as in self-play. */
export function asSelfPlay(
  mode: ModeName & ("abduction" | "deduction"),
  about: Pick<
    Benchmark<Item>,
    "name" | "files" | "source" | "caution" | "read"
  >,
  dialect: Dialect = chatDialect,
): Benchmark<Item> {
  const asked = mode === "deduction" ? "output" : "input";
  const response = (value: string) => answerIn(dialect, asked, value);
  const pair = ({ examples: [{ argument, output }] }: Task) =>
    mode === "deduction"
      ? { shown: argument, hidden: output }
      : { shown: output, hidden: argument };
  return {
    ...about,
    inDialect: (other) => asSelfPlay(mode, about, other),
    prompt: ({ task }) => ({
      text: dialect.solverPrompt(task),
      stops: dialect.stopStrings.solve,
      keepsSpecialTokens: dialect.keepsSpecialTokens,
    }),
    program: ({ task }) => task.program.source,
    reference: ({ task }) => response(pair(task).hidden),
    guesses(items) {
      const pairs = items.map(({ task }) => pair(task));
      const most = mostFrequent(pairs.map(({ hidden }) => hidden));
      return {
        [`the most frequent ${asked}`]: pairs.map(() => response(most)),
        "a copy of what is shown": pairs.map(({ shown }) => response(shown)),
      };
    },
    grade: (executor, attempts) => grade(mode, dialect, executor, attempts),
  };
}

/** A response that gives a value, in the form of a dialect. */
function answerIn(dialect: Dialect, asked: "input" | "output", value: string) {
  if (dialect.name === "code") {
    return asked === "input" ? `${value})\n\n\n` : ` ${value}\n\n\n`;
  }
  return `</think>\n<answer>\n\`\`\`${asked}\n${value}\n\`\`\`\n</answer>`;
}

/** A task as self-play has it, of a public program. */
export function codeTask(
  id: string,
  mode: ModeName,
  program: Task["program"],
  examples: Task["examples"],
): Task {
  return {
    id,
    mode,
    program,
    examples,
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
  };
}

export const cruxevalInput = half("i", "abduction");
export const cruxevalOutput = half("o", "deduction");

/** Reads the answers in their dialect, whose form has to be right, and has their mode check them. */
async function grade(
  mode: ModeName,
  dialect: Dialect,
  executor: Parameters<Benchmark["grade"]>[0],
  attempts: readonly Attempt<Item>[],
) {
  const readings = attempts.map(({ response }) =>
    dialect.readAnswer(mode, response, "python")
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

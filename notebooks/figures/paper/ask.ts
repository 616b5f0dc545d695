/**
 * Figures 40 and 41: one question to one checkpoint, in the dialect of its vocabulary.
 *
 * A question that is a task is judged by the sandbox. A question in words is not: its
 * answers are for a person to read.
 */

import { join } from "node:path";
import { dialectOf, openModel } from "../../../lib/engines/choice.ts";
import { ENGINES } from "../../../lib/engines/engine_config.ts";
import { solveAndGrade } from "../../../lib/method/grade.ts";
import { dialectNamed } from "../../../lib/method/modes/mod.ts";
import type { Task } from "../../../lib/method/modes/task.ts";
import { sampleResponses, type Speaker } from "../../../lib/method/respond.ts";
import { checkpointFolder } from "../../../lib/run/checkpoint.ts";
import { readRun } from "../../../lib/run/read.ts";
import { startExecutor } from "../../../lib/sandbox/mod.ts";

/** How the answers are drawn; the defaults are those of the paper's Figure 41. */
export interface AskOptions {
  samples?: number;
  temperature?: number;
  topP?: number;
  maxNewTokens?: number;
  seed?: number;
}

const DEFAULTS = {
  ...{ samples: 4, temperature: 0.6, topP: 0.95 },
  ...{ maxNewTokens: 64, seed: 1 },
};

/** An answer; `grade` is null where nothing can judge it. */
export interface CheckpointAnswer {
  text: string;
  grade: string | null;
  cause: string | null;
}

/** Returns the model folder of a run's newest checkpoint. Throws where the run has none. */
export function newestCheckpoint(run: string): string {
  const step = readRun(run).checkpoints.at(-1);
  if (step === undefined) throw new Error(`${run} has no checkpoint`);
  return join(checkpointFolder(run, step), "engine");
}

/** Asks a model folder, a checkpoint of a run or any other, and closes the model again. */
export async function askCheckpoint(
  folder: string,
  question: Task | string,
  options: AskOptions = {},
): Promise<CheckpointAnswer[]> {
  const { engine, tokenizer } = await openModel(
    { ...ENGINES.local, model: folder },
    1,
  );
  try {
    const dialect = dialectNamed(dialectOf(tokenizer));
    const speaker = { engine, tokenizer, dialect };
    const chosen = { ...DEFAULTS, ...options };
    return typeof question === "string"
      ? await inWords(speaker, question, chosen)
      : await asTask(speaker, question, chosen);
  } finally {
    engine.dispose();
  }
}

async function inWords(
  speaker: Speaker,
  question: string,
  { samples, seed, maxNewTokens, temperature, topP }: typeof DEFAULTS,
): Promise<CheckpointAnswer[]> {
  const prompt = speaker.dialect.questionPrompt(question);
  const promptTokens = speaker.tokenizer.encodePrompt(prompt);
  const request = { promptTokens, count: samples, seed, maxNewTokens };
  const [responses] = await sampleResponses(speaker, [request], {
    ...{ role: "solve", temperature, topP },
  });
  return responses.map(({ text }) => ({ text, grade: null, cause: null }));
}

async function asTask(
  speaker: Speaker,
  task: Task,
  { samples, seed, ...sampling }: typeof DEFAULTS,
): Promise<CheckpointAnswer[]> {
  const languages = [task.program.language];
  await using executor = await startExecutor({ languages });
  const asked = { question: { task }, count: samples, seed };
  const [rollouts] = await solveAndGrade(
    { ...speaker, executor },
    [asked],
    sampling,
  );
  return rollouts.map(({ response, grade, cause }) => (
    { text: response.text, grade, cause }
  ));
}

/** Makes a question of one's own: the part that the mode hides may be left empty. */
export function ownTask(
  mode: "deduction" | "abduction",
  program: Task["program"],
  { argument = "", output = "" },
): Task {
  return {
    ...{ id: "own", mode, program, message: "" },
    ...{ examples: [{ argument, output }], shownCount: 1 },
    provenance: {
      ...{ source: "file", parents: [], step: 0, seed: 0 },
      ...{ verdict: "valid", solveRate: null },
    },
  };
}

/** Figure 40's kind of question, small: the missing rows of a Sudoku of 4 × 4, as an abduction in Python. */
export const SUDOKU: Task = ownTask("abduction", {
  language: "python",
  source: [
    "def f(second, third):",
    "    rows = [[1, 2, 3, 4], second, third, [4, 3, 2, 1]]",
    "    full = {1, 2, 3, 4}",
    "    columns = list(zip(*rows))",
    "    boxes = [rows[r][c:c + 2] + rows[r + 1][c:c + 2]",
    "             for r in (0, 2) for c in (0, 2)]",
    "    return all(set(part) == full for part in rows + columns + boxes)",
  ].join("\n"),
}, { output: "True" });

/** Figure 41's game, told in words of this kit. */
export const SUM_PRODUCT =
  "Two whole numbers from 2 to 20 are chosen. Sam is told their sum and Pia " +
  "their product. Pia says: I do not know the numbers. Sam says: I knew that " +
  "you do not. Pia says: now I know them. Sam says: so do I. Which numbers?";

/**
 * Which dialect a language model can play in: a few proposals and answers in each that
 * applies, counted by what can be read and what is good.
 *
 * The functions are those on which prompts were chosen, in Python. Equal seeds give equal
 * counts. Left out: other languages, and models with the tiny vocabulary, which have one
 * dialect.
 */
import { Buffers } from "../../lib/method/buffer/buffers.ts";
import { PAPER_CONFIG, type SelfPlayConfig } from "../../lib/method/config.ts";
import { evenly } from "../../lib/method/draft.ts";
import { solveAndGrade } from "../../lib/method/grade.ts";
import { dialectFor } from "../../lib/method/dialect_choice.ts";
import { MODES } from "../../lib/method/modes/registry.ts";
import {
  MODE_NAMES,
  type ModeName,
  type Task,
} from "../../lib/method/modes/task.ts";
import { drawProposals } from "../../lib/method/propose.ts";
import type { Setting } from "../../lib/method/setting.ts";
import { validateProposals } from "../../lib/method/validate.ts";
import { DIALECT_TASKS } from "../bench/dialect_tasks.ts";
import "../../lib/extras/mod.ts";

/** A response, whether it could be read, whether it was good, the named result, and its text. */
export interface Row {
  mode: ModeName;
  readable: boolean;
  good: boolean;
  cause: string;
  text: string;
  tokens: number;
}

/** The settings of each dialect that a language model may play, the paper's first. */
export const DIALECTS = {
  chat: { dialect: "chat", chatForm: "transcript" },
  template: { dialect: "chat", chatForm: "template" },
  code: { dialect: "code", chatForm: "transcript" },
} satisfies Record<string, Partial<SelfPlayConfig>>;

/** The sizes of a probe: about a minute of SmolLM2-135M on two idle cores. */
const TASKS = 2;
const PROPOSALS_PER_MODE = 2;
const ANSWERS = { deduction: 2, abduction: 2, induction: 1 };
/** Longest responses; a chat thinks before it answers. */
const TOKENS = { chat: 128, template: 128, code: 64 };

/** What came of a dialect. */
export interface ProbedDialect {
  dialect: keyof typeof DIALECTS;
  proposals: number;
  proposalsRead: number;
  valid: number;
  answers: number;
  answersRead: number;
  right: number;
}

/** Returns the setting in which a dialect is tried. */
export function settingIn(
  name: keyof typeof DIALECTS,
  parts: Pick<Setting, "engine" | "executor" | "tokenizer">,
  tokens: number,
  seed: number,
): Setting {
  const config: SelfPlayConfig = {
    ...PAPER_CONFIG,
    ...DIALECTS[name],
    references: 2,
    maxProposalTokens: tokens,
    maxSolutionTokens: tokens,
    maxPromptTokens: 1024,
    seed,
  };
  return { ...parts, config, dialect: dialectFor(config, parts.tokenizer) };
}

/** Tries every dialect that the tokenizer has; tells each count in a line. */
export async function probeDialects(
  parts: Pick<Setting, "engine" | "executor" | "tokenizer">,
  seed: number,
  tell: (line: string) => void,
): Promise<ProbedDialect[]> {
  const probed: ProbedDialect[] = [];
  for (const dialect of Object.keys(DIALECTS) as (keyof typeof DIALECTS)[]) {
    const setting = settingWhereItApplies(dialect, parts, seed);
    if (setting === null) continue;
    const tasks = await tasksFor(setting, DIALECT_TASKS.choose.slice(0, TASKS));
    const proposals = await proposalRows(setting, tasks, PROPOSALS_PER_MODE);
    const answers = await answerRows(setting, tasks, ANSWERS);
    const one: ProbedDialect = {
      dialect,
      proposals: proposals.length,
      proposalsRead: proposals.filter(({ readable }) => readable).length,
      valid: proposals.filter(({ good }) => good).length,
      answers: answers.length,
      answersRead: answers.filter(({ readable }) => readable).length,
      right: answers.filter(({ good }) => good).length,
    };
    probed.push(one);
    tell(
      `dialect ${dialect}: ${one.proposalsRead} of ${one.proposals} proposals ` +
        `can be read, ${one.valid} are valid; ${one.answersRead} of ` +
        `${one.answers} answers can be read, ${one.right} are right`,
    );
  }
  return probed;
}

/** Null for a chat template that the tokenizer lacks or that does not fit. */
function settingWhereItApplies(
  dialect: keyof typeof DIALECTS,
  parts: Pick<Setting, "engine" | "executor" | "tokenizer">,
  seed: number,
): Setting | null {
  try {
    return settingIn(dialect, parts, TOKENS[dialect], seed);
  } catch (error) {
    if (dialect === "template" && error instanceof RangeError) return null;
    throw error;
  }
}

/** Returns the dialect with the largest share of valid proposals and readable answers; of equal ones the first. */
export function bestDialect(
  probed: readonly ProbedDialect[],
): keyof typeof DIALECTS {
  const share = (one: ProbedDialect) =>
    one.valid / one.proposals + one.answersRead / one.answers;
  return probed.reduce((best, one) => share(one) > share(best) ? one : best)
    .dialect;
}

/** The tasks of every mode, with outputs as the sandbox gives them. */
export async function tasksFor(
  { dialect, executor }: Setting,
  rows: typeof DIALECT_TASKS[keyof typeof DIALECT_TASKS],
): Promise<Task[]> {
  const language = "python";
  const made = MODE_NAMES.map(async (mode) => {
    const candidates = rows.map(({ source, inputs }) => ({
      program: { language, source } as const,
      arguments: mode === "induction" ? inputs : inputs.slice(0, 1),
      message: "",
    }));
    const shape = { ...dialect.induction, asked: 5, minimum: 4, shown: 3 };
    const verdicts = await MODES[mode as keyof typeof MODES]
      .validate(executor, candidates, { ...dialect, induction: shape });
    return candidates.map(({ program, message }, i): Task => {
      const verdict = verdicts[i];
      if (!verdict.valid) {
        throw new Error(`${program.source}: ${verdict.reason}`);
      }
      const { examples } = verdict;
      const shownCount = mode === "induction" ? shape.shown : 1;
      return {
        id: `${mode}-${i}`,
        ...{ mode, program, examples, shownCount, message },
        provenance: {
          source: "file",
          parents: [],
          step: 0,
          seed: 1,
          verdict: "valid",
          solveRate: null,
        },
      };
    });
  });
  return (await Promise.all(made)).flat();
}

/** Draws proposals of every mode that build on tasks, and judges them. */
export async function proposalRows(
  setting: Setting,
  all: readonly Task[],
  perMode: number,
): Promise<Row[]> {
  const { bufferCapacity: capacity, inputsPerProgram } = setting.config;
  const limits = { capacity, inputsPerProgram };
  const tasks = Object.fromEntries(
    Map.groupBy(all, ({ mode }) => mode),
  );
  const buffers = new Buffers({ limits, tasks });
  const request = evenly(MODE_NAMES, perMode, 1);
  const { proposals } = await drawProposals(setting, buffers, request);
  const judged = await validateProposals(setting, buffers, proposals);
  return judged.map(({ mode, status, cause, response }) => ({
    mode,
    readable: status !== "malformed",
    good: status === "valid",
    cause,
    text: response!.text,
    tokens: response!.sample.tokens.length,
  }));
}

/** Samples answers to tasks, so many by mode, and grades them. */
export async function answerRows(
  setting: Setting,
  tasks: readonly Task[],
  counts: Record<string, number>,
): Promise<Row[]> {
  const { config } = setting;
  const rollouts = await solveAndGrade(
    setting,
    tasks.map((task, i) => ({
      question: { task },
      count: counts[task.mode],
      seed: config.seed * 1000 + i,
    })),
    { temperature: 1, maxNewTokens: config.maxSolutionTokens },
  );
  return tasks.flatMap(({ mode }, i) =>
    rollouts[i].map(({ grade, cause, response }) => ({
      mode,
      readable: grade !== "malformed",
      good: grade === "right",
      cause,
      text: response.text,
      tokens: response.sample.tokens.length,
    }))
  );
}

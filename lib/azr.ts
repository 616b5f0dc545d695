/**
 * Absolute Zero on one page: a model that sets its own tasks and learns from them
 * (Zhao et al. 2025, arXiv 2505.03335; equations and Table 3 are that paper's).
 *
 * There is no data. One language model plays two roles: as proposer it writes tasks,
 * as solver it answers them. A sandbox runs the code and so knows the truth. A task
 * is a program p, an input i and the output o = p(i), with one of the three hidden:
 *
 * | mode      | shown         | asked | right if                           |
 * | --------- | ------------- | ----- | ---------------------------------- |
 * | deduction | p, i          | o     | it equals p(i)                     |
 * | abduction | p, o          | an i  | p(i) equals o: any such i will do  |
 * | induction | pairs of i, o | a p   | it fits the pairs that were hidden |
 *
 * `azrStep` is one step. The rest of the page is its six stages, in order:
 *
 *     propose -> validate -> solve -> reward -> advantage -> update
 *
 * Each stage takes rows and returns rows, so a reader can stop behind any of them and
 * look (notebooks/00_tour.ipynb does). The settings are the paper's and there are no
 * others. Imported are the words of a task (dialect), the sandbox (executor) and the
 * model (engine). Every formula of the method stands on this page.
 *
 * Left out: the seeding, in which the paper's base model fills each buffer with 256
 * tasks before the first step (here a run may start from the identity program alone);
 * and all switches, other estimators, metrics and checkpoints. They are in the loop of
 * lib/method, which tests/azr/twin_test.ts holds equal to this page.
 */

import type { Engine, Sample, TrainReport } from "./method/engine.ts";
import type { TextCodec } from "./method/setting.ts";
import type { Dialect } from "./method/modes/dialect.ts";
import { modeOf, MODES } from "./method/modes/registry.ts";
import type { Task } from "./method/modes/task.ts";
import { derivedSeed, randomStream } from "./random.ts";
import type { Executor, Language } from "./sandbox/mod.ts";

const BATCH = 64; // B: proposals of a mode, and tasks of a mode that train the solver
const REFERENCES = 6; // K: earlier tasks that a proposer is shown
const ATTEMPTS = 8; // n: attempts that estimate how often a task is solved
const CAPACITY = 16384; // most tasks in a buffer; the oldest leave first
const REDRAWS = 10; // other references are drawn if a prompt is too long
const SAMPLING = { temperature: 1, topP: 1 }; // greedy samples would all be alike
const CLIP = { objective: "ppo-clip" as const, clipLow: 0.2, clipHigh: 0.2 };
const OBJECTIVE = { ...CLIP, entropyCoefficient: 0.001 };
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

const MODE_ORDER = ["deduction", "abduction", "induction"] as const;
type Mode = typeof MODE_ORDER[number];

/** A run between two steps: a model, a sandbox, and the tasks so far. */
export interface Run {
  engine: Engine;
  tokenizer: TextCodec;
  executor: Executor;
  /** How this model is asked, and how its responses are read. */
  dialect: Dialect;
  language: Language;
  /** Longest prompt and longest response in tokens. Paper: 6144 and 8096. */
  promptTokens: number;
  responseTokens: number;
  /** Paper: 1e-6, for models of 3 to 14 billion parameters. */
  learningRate: number;
  /** Whether a task belongs to an evaluation: such a task is not trained on. */
  heldOut(task: Task): boolean;
  /** Every random draw is addressed by seed, step, mode and place. */
  seed: number;
  /** The step to take, from 1. */
  step: number;
  /** The valid tasks of each mode, oldest first. */
  buffers: Record<Mode, Task[]>;
}

/** A prompt, and one response of the model to it. */
type Prompt = { promptTokens: number[]; count: number; seed: number };
export type Response = Prompt & { sample: Sample; text: string };

/** Stage 1: a proposer's response, as yet unread, and the tasks it was shown. */
export type Proposal = Response & {
  id: string;
  mode: Mode;
  references: Task[];
};

/** Stage 2: with a verdict. It is a task, or there is a cause why it is none. */
export type Judged = Proposal & { task: Task | null; cause: string };

/** Stage 3: an answer to a task. It trains, or only helps to estimate the solve rate. */
export type Attempt = Response & { task: Task; trains: boolean; grade: Grade };
type Grade = "right" | "wrong" | "malformed";

/** Stage 4: a response of either role with what it earned. */
export type Rewarded = Response & { role: Role; mode: Mode; reward: number };
type Role = "propose" | "solve";

/** Stage 5: with how much that is above the mean of its role and mode. */
export type Advantaged = Rewarded & { advantage: number };

/** Takes one step: six stages, after which the new tasks join the buffers. */
export async function azrStep(run: Run) {
  const proposals = await propose(run);
  const judged = await validate(run, proposals);
  const attempts = await solve(run, judged);
  const rewarded = reward(judged, attempts);
  const samples = advantage(rewarded);
  const report = await update(run, samples);
  for (const mode of MODE_ORDER) {
    const tasks = [...run.buffers[mode], ...tasksOf(judged, mode)];
    run.buffers[mode] = tasks.slice(-CAPACITY);
  }
  run.step++;
  return { judged, attempts, samples, report };
}

/** 1. Asks for B new tasks of each mode. */
export function propose(run: Run): Promise<Proposal[]> {
  const numbers = Array.from({ length: BATCH }, (_, number) => number);
  const asked = MODE_ORDER.flatMap((mode) =>
    numbers.flatMap((number) => {
      const place = [run.step, 0, mode, number];
      const prompt = proposerPrompt(run, mode, place);
      const seed = derivedSeed(run.seed, "propose", ...place);
      const id = `${run.step}-${mode}-${number}`;
      return prompt ? { ...prompt, id, mode, seed, count: 1 } : [];
    })
  );
  return sample(run, asked);
}

/**
 * Shows K tasks of the mode's own buffer. Induction is shown one program of the other
 * modes instead, and asked for inputs to it. Null if every prompt is too long.
 */
function proposerPrompt(run: Run, mode: Mode, place: (string | number)[]) {
  const { buffers, dialect, language, tokenizer } = run;
  const stream = randomStream(run.seed, "references", ...place);
  for (let redraws = 0; redraws <= REDRAWS + 1; redraws++) {
    const references = mode === "induction"
      ? stream.sample([...buffers.deduction, ...buffers.abduction], 1)
      : stream.sample(buffers[mode], redraws <= REDRAWS ? REFERENCES : 0);
    const text = dialect.proposerPrompt(mode, references, language);
    const promptTokens = tokenizer.encodePrompt(text);
    const fits = promptTokens.length <= run.promptTokens;
    if (fits) return { references, promptTokens };
  }
  return null;
}

/** Samples `count` responses to each prompt: a row of its own for each of them. */
async function sample<Row extends Prompt>(run: Run, asked: Row[]) {
  const { engine, tokenizer, dialect, responseTokens: maxNewTokens } = run;
  const requests = asked.map((row) => ({ ...row, maxNewTokens }));
  const sampling = { ...SAMPLING, stopTokens: tokenizer.endIds };
  const samples = await engine.sample(requests, sampling);
  const options = { skipSpecial: !dialect.keepsSpecialTokens };
  return asked.flatMap((row, i) =>
    samples[i].map((sample): Row & Response => {
      return { ...row, sample, text: tokenizer.decode(sample.tokens, options) };
    })
  );
}

/** 2. Runs every proposal in the sandbox. What comes out is the gold answer. */
export async function validate(run: Run, proposals: Proposal[]) {
  const { executor, tokenizer, dialect, language, seed, step } = run;
  const judged = proposals.map(async (proposal): Promise<Judged | []> => {
    const { id, mode, references, text } = proposal;
    const refused = (cause: string) => ({ ...proposal, task: null, cause });
    const read = dialect.readProposal(mode, text, language);
    if (!read.ok) return refused(read.cause);
    const source = read.program ?? references[0].program.source;
    const call = { ...read, program: { language, source } };
    const [verdict] = await MODES[mode].validate(executor, [call], dialect);
    const lost = !verdict.valid && verdict.cause === "infrastructure";
    if (lost) return []; // the sandbox failed, which says nothing of the proposal
    if (!verdict.valid) return refused(verdict.cause);
    const { program, message } = call;
    const { examples } = verdict;
    const shownCount = mode === "induction" ? dialect.induction.shown : 1;
    const parents = references.map((reference) => reference.id);
    const origin = { source: "proposed" as const, parents, step, seed };
    const provenance = { ...origin, verdict: "valid", solveRate: null };
    const triplet = { program, examples, shownCount, message };
    const task = { id, mode, ...triplet, provenance };
    const { length } = tokenizer.encodePrompt(dialect.solverPrompt(task));
    if (length > run.promptTokens) return refused("promptTooLong");
    if (run.heldOut(task)) return [];
    return { ...proposal, task, cause: "valid" };
  });
  return (await Promise.all(judged)).flat();
}

/**
 * 3. Answers every new task n times, to estimate how often it is solved, and B tasks of
 * each mode once, to train: all new ones, filled up with old ones.
 */
export async function solve(run: Run, judged: Judged[]): Promise<Attempt[]> {
  const { executor, tokenizer, dialect, language } = run;
  const planned = MODE_ORDER.flatMap((mode) => {
    const fresh = tasksOf(judged, mode);
    const stream = randomStream(run.seed, "batch", run.step, mode);
    const past = stream.sample(run.buffers[mode], BATCH - fresh.length);
    return [
      ...fresh.map((task) => ({ task, trains: false, count: ATTEMPTS })),
      ...[...fresh, ...past].map((task) => ({ task, trains: true, count: 1 })),
    ];
  });
  const asked = planned.map((row, place) => {
    const promptTokens = tokenizer.encodePrompt(dialect.solverPrompt(row.task));
    const seed = derivedSeed(run.seed, "solve", run.step, place);
    return { ...row, promptTokens, seed };
  });
  const answers = await sample(run, asked);
  const attempts = answers.map(async (row): Promise<Attempt | []> => {
    const { task, text } = row;
    const read = dialect.readAnswer(task.mode, text, language);
    if (!read.ok) return { ...row, grade: "malformed" };
    const attempt = { task, answer: read.answer };
    const [verdict] = await modeOf(task.mode).verify(executor, [attempt]);
    if (verdict.cause === "infrastructure") return [];
    return { ...row, grade: verdict.correct ? "right" : "wrong" };
  });
  return (await Promise.all(attempts)).flat();
}

/**
 * 4. Rewards both roles. Solver: 1 if right, -0.5 if wrong, -1 if malformed (equation
 * 6). Proposer: -1 for what is no task, else the learnability of the task (equation 4),
 * which is 1 - solve rate, and 0 for a task that is never or always solved.
 */
export function reward(judged: Judged[], attempts: Attempt[]): Rewarded[] {
  const estimates = attempts.filter(({ trains }) => !trains);
  const proposed = judged.flatMap((row): Rewarded[] => {
    const role = "propose";
    if (row.task === null) return [{ ...row, role, reward: -1 }];
    const own = estimates.filter(({ task }) => task === row.task);
    if (own.length === 0) return []; // the sandbox failed at every attempt
    const right = own.filter(({ grade }) => grade === "right");
    const solveRate = right.length / own.length;
    return [{ ...row, role, reward: solveRate === 0 ? 0 : 1 - solveRate }];
  });
  const trained = attempts.filter(({ trains }) => trains);
  const solved = trained.map((row): Rewarded => {
    const reward = { right: 1, wrong: -0.5, malformed: -1 }[row.grade];
    return { ...row, role: "solve", mode: row.task.mode as Mode, reward };
  });
  return [...proposed, ...solved];
}

/**
 * 5. Task-relative REINFORCE++ (equation 8): each of the six groups role x mode has its
 * own mean and deviation, since the groups earn on different scales.
 */
export function advantage(rewarded: Rewarded[]): Advantaged[] {
  return rewarded.map((row) => {
    const rewards = rewarded
      .filter(({ role, mode }) => role === row.role && mode === row.mode)
      .map(({ reward }) => reward);
    const mean = sum(rewards) / rewards.length;
    const squares = rewards.map((reward) => (reward - mean) ** 2);
    const deviation = Math.sqrt(sum(squares) / rewards.length);
    const equal = deviation < 1e-6; // a group of equal rewards teaches nothing
    return { ...row, advantage: equal ? 0 : (row.reward - mean) / deviation };
  });
}

/**
 * 6. Takes one optimiser step on all samples, up the gradient of
 *     mean over groups, mean over tokens: min(rho A, clip(rho, 0.8, 1.2) A) + 0.001 H
 * with rho = p_new / p_old, which is 1 at the only step, and the entropy H of p_new.
 */
export function update(run: Run, samples: Advantaged[]): Promise<TrainReport> {
  const groups = Map.groupBy(samples, ({ role, mode }) => `${role} ${mode}`);
  const sequences = [...groups.values()].flatMap((group) => {
    const tokens = sum(group.map(({ sample }) => sample.tokens.length));
    return group.map(({ promptTokens, sample, advantage }) => ({
      promptTokens,
      responseTokens: sample.tokens,
      oldLogProbs: sample.logProbs,
      advantages: sample.tokens.map(() => advantage),
      weights: sample.tokens.map(() => 1 / groups.size / tokens),
    }));
  });
  const { learningRate } = run;
  const optimiser = { ...ADAM, learningRate, maxGradientNorm: 1 };
  return run.engine.trainStep(sequences, OBJECTIVE, optimiser);
}

function tasksOf(judged: Judged[], mode: Mode): Task[] {
  return judged.flatMap(({ task }) => task?.mode === mode ? task : []);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

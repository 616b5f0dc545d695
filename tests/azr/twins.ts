/**
 * The page and the loop are twins: lib/azr.ts and, under the paper's settings, the
 * loop of lib/method make the same proposals, verdicts, attempts, rewards, advantages,
 * training batches and buffers, to the last bit.
 *
 * Before each of the loop's steps the page takes that step with the same weights; its
 * update is recorded and not made. Then the loop takes the step, update included.
 */

import assert from "node:assert/strict";
import { azrStep, type Run } from "../../lib/azr.ts";
import type {
  Engine,
  TrainReport,
  TrainSequence,
} from "../../lib/method/engine.ts";
import { PAPER_CONFIG, type SelfPlayConfig } from "../../lib/method/config.ts";
import {
  selfPlay,
  type SelfPlayEvent,
  type SelfPlayState,
} from "../../lib/method/loop.ts";
import type { TextCodec } from "../../lib/method/setting.ts";
import { identityTasks } from "../../lib/method/buffer/identity.ts";
import { dialectNamed } from "../../lib/method/modes/mod.ts";
import type { Task } from "../../lib/method/modes/task.ts";
import type { Executor } from "../../lib/sandbox/mod.ts";

/** The paper's config, which the page fixes, and the facts of a tiny model, which it is told. */
const config: SelfPlayConfig = {
  ...PAPER_CONFIG,
  dialect: "compact",
  language: "javascript",
  maxPromptTokens: 66,
  maxProposalTokens: 28,
  maxSolutionTokens: 28,
  learningRate: 2e-3,
  seedTasksPerMode: 40,
  seedRounds: 3,
  evaluateEvery: 0,
};

/** Who plays on both sides. */
export interface Player {
  engine: Engine;
  tokenizer: TextCodec;
  executor: Executor;
}

/** An evaluation's calls: barred from training on both sides. */
const isBarred = (argument: string) => argument === "2";

type Page = Awaited<ReturnType<typeof azrStep>>;
type Advantages = Extract<SelfPlayEvent, { type: "advantages" }>;
type Training = Parameters<Engine["trainStep"]>;

/** What one side asked of the engine. */
interface Calls {
  samplings: unknown[];
  trainings: Training[];
}

/** An engine that notes what it is asked; it is trained only if `trains`. */
function noting(engine: Engine, calls: Calls, trains: boolean): Engine {
  const noted: Pick<Engine, "description" | "sample" | "trainStep"> = {
    description: engine.description,
    sample(requests, { stopText, bannedTokens: _, ...options }) {
      calls.samplings.push(...requests.map(({ count, maxNewTokens, seed }) => ({
        ...{ count, maxNewTokens, seed },
        ...{ options, stopStrings: stopText?.strings },
      })));
      return engine.sample(requests, { stopText, ...options });
    },
    trainStep(...training) {
      calls.trainings.push(training);
      return trains
        ? engine.trainStep(...training)
        : Promise.resolve({} as TrainReport);
    },
  };
  return noted as Engine;
}

/** Plays `config.steps` steps on both sides and compares them; gives the page's rows. */
async function playTwins(
  config: SelfPlayConfig,
  { engine, tokenizer, executor }: Player,
  state?: SelfPlayState,
): Promise<Page[]> {
  const pages: Page[] = [];
  const ofPage: Calls = { samplings: [], trainings: [] };
  const ofLoop: Calls = { samplings: [], trainings: [] };
  const run: Run = {
    engine: noting(engine, ofPage, false),
    tokenizer,
    executor,
    dialect: dialectNamed(config.dialect),
    language: config.language,
    promptTokens: config.maxPromptTokens,
    responseTokens: config.maxSolutionTokens,
    learningRate: config.learningRate,
    heldOut: ({ examples }) => examples.some((e) => isBarred(e.argument)),
    seed: config.seed,
    step: 1,
    buffers: tasksOf(state),
  };
  if (state) pages.push(await azrStep(run));
  const events = selfPlay({
    config,
    engine: noting(engine, ofLoop, true),
    tokenizer,
    executor,
    state,
    heldOut: (_program, argument) => isBarred(argument),
  });
  for await (const event of events) {
    if (event.type === "advantages") assertSameRows(pages.at(-1)!, event);
    if (event.type !== "stepFinished") continue;
    if (event.step === 0) {
      run.buffers = tasksOf(event.state());
      ofLoop.samplings.length = 0; // the seeding's
    } else assertSameTasks(run.buffers, tasksOf(event.state()));
    if (event.step < config.steps) pages.push(await azrStep(run));
  }
  assertSame(ofPage.samplings, ofLoop.samplings, "sampling");
  assert.equal(ofLoop.trainings.length, config.steps);
  ofLoop.trainings.forEach((training, i) =>
    assertSameTraining(ofPage.trainings[i], training)
  );
  return pages;
}

/** Copies, so that neither side sees what the other writes. */
function tasksOf(state?: SelfPlayState): Run["buffers"] {
  const { deduction = [], abduction = [], induction = [] } = structuredClone(
    state?.buffers.tasks ?? {},
  );
  return { deduction, abduction, induction };
}

/** A task without its solve rate, which the loop notes in it and the page does not. */
const plain = (task: Task | null) =>
  task && { ...task, provenance: { ...task.provenance, solveRate: null } };

function assertSameTasks(page: Run["buffers"], loop: Run["buffers"]): void {
  for (const mode of ["deduction", "abduction", "induction"] as const) {
    assertSame(page[mode].map(plain), loop[mode].map(plain), `${mode} task`);
  }
}

/** Row by row: the difference of two long lists would take minutes to word. */
function assertSame(
  page: readonly unknown[],
  loop: readonly unknown[],
  what: string,
): void {
  page.forEach((row, i) => assert.deepEqual(row, loop[i], `${what} ${i}`));
  assert.equal(page.length, loop.length, `number of ${what}s`);
}

function assertSameRows(page: Page, loop: Advantages): void {
  const judged = loop.proposals.filter(({ status }) =>
    status !== "heldOut" && status !== "unjudged"
  );
  assertSame(
    page.judged.map(({ id, mode, references, task, cause, ...response }) => ({
      ...responseOf(response),
      ...{ id, mode, cause, task: plain(task) },
      references: references.map(({ id }) => id),
    })),
    judged.map(({ id, mode, references, task, cause, response, status }) => ({
      ...responseOf(response!),
      ...{ id, mode, cause, task: status === "valid" ? plain(task) : null },
      references: references.map(({ id }) => id),
    })),
    "proposal",
  );
  assertSame(
    page.attempts.map(({ task, trains, grade, ...response }) => ({
      ...responseOf(response),
      ...{ task: task.id, trains, grade },
    })),
    loop.solved.flatMap(({ task, trained, rollouts }) =>
      rollouts.map(({ response, grade }) => ({
        ...responseOf(response),
        ...{ task: task.id, trains: trained, grade },
      }))
    ),
    "attempt",
  );
  assertSame(
    page.samples.map(({ role, mode, reward, advantage, ...response }) => ({
      ...responseOf(response),
      ...{ role, mode, reward, advantage },
    })),
    loop.samples.map(({ role, mode, reward, advantage, response }) => ({
      ...responseOf(response),
      ...{ role, mode, reward, advantage },
    })),
    "sample",
  );
}

/** Prompt, tokens, their log-probabilities and the text. */
function responseOf(
  { promptTokens, sample, text }: {
    promptTokens: number[];
    sample: { tokens: number[]; logProbs: number[] };
    text: string;
  },
) {
  const { tokens, logProbs } = sample;
  return { promptTokens, tokens, logProbs, text };
}

/** The loop adds up the weights of equal sequences, which leaves the loss as it is. */
function assertSameTraining(page: Training, loop: Training): void {
  const merged = new Map<string, TrainSequence>();
  for (const sequence of page[0]) {
    const { promptTokens, responseTokens, advantages } = sequence;
    const key = JSON.stringify([promptTokens, responseTokens, advantages]);
    const known = merged.get(key);
    const weights = sequence.weights.map((weight, i) =>
      weight + (known?.weights[i] ?? 0)
    );
    merged.set(key, { ...known ?? sequence, weights });
  }
  const sequences = loop[0].map(({ bannedTokens: _, ...rest }) => rest);
  assertSame([...merged.values()], sequences, "sequence");
  assert.deepEqual(page.slice(1), loop.slice(1));
}

/** A model that learns; fails where page and loop differ, or too little was compared. */
export async function playLearning(player: Player, steps = 2): Promise<void> {
  const pages = await playTwins({ ...config, steps }, player);

  // Every branch of the formulas has been taken, or equality would say little.
  const rows = pages.flatMap(({ samples }) => samples);
  const rewards = new Set(rows.map(({ role, reward }) => `${role} ${reward}`));
  const ends = ["propose -1", "propose 0", "solve -1", "solve -0.5", "solve 1"];
  assert.deepEqual(ends.filter((reward) => !rewards.has(reward)), []);
  assert.ok(rewards.size >= 8, [...rewards].join());
  const { judged, attempts } = pages.at(-1)!;
  const shown = judged.map(({ references }) => references.length);
  assert.ok(shown.includes(6) && shown.includes(0), [...new Set(shown)].join());
  const causes = new Set(judged.map(({ cause }) => cause));
  assert.ok(causes.has("valid") && causes.size > 2, [...causes].join());
  const isOld = ({ task }: typeof attempts[number]) =>
    task.provenance.step < steps;
  assert.ok(attempts.some(isOld));
}

/** A model of words, and a buffer that overflows. */
export async function playWords(player: Player): Promise<void> {
  const chat: SelfPlayConfig = {
    ...config,
    dialect: "chat",
    maxPromptTokens: 8000,
    maxProposalTokens: 500,
    maxSolutionTokens: 500,
    steps: 1,
  };
  const [old] = identityTasks("deduction", "javascript", 1);
  const tasks = Array.from(
    { length: chat.bufferCapacity },
    (_, i) => ({ ...old, id: `old-${i}` }),
  );
  const state: SelfPlayState = {
    step: 0,
    buffers: {
      limits: { capacity: chat.bufferCapacity, inputsPerProgram: 0 },
      tasks: { deduction: tasks, abduction: [], induction: [] },
    },
  };
  const [{ judged }] = await playTwins(chat, player, state);
  for (const mode of ["deduction", "abduction", "induction"]) {
    assert.ok(judged.some((row) => row.mode === mode && row.task), mode);
  }
}

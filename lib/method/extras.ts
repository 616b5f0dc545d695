/**
 * The places where an extra joins the loop. What the paper tried without gain, and
 * what the kit adds, registers here by name (lib/extras) and can be left out whole.
 * An extra that a config asks for and nobody registered is refused before the first
 * step.
 */

import type { Baselines } from "./advantage/rae.ts";
import type { Buffers } from "./buffer/buffers.ts";
import type { SelfPlayConfig } from "./config.ts";
import type { TaskRequest } from "./draft.ts";
import type { BuildingBlocks, Dialect } from "./modes/dialect.ts";
import type { Candidate, CandidateVerdict } from "./modes/mode.ts";
import type { Example, ModeName, Task } from "./modes/task.ts";
import type { RandomStream } from "../random.ts";
import type { AnswerVerdict, Language, Program } from "../sandbox/mod.ts";
import type { Setting } from "./setting.ts";
import type {
  Attempted,
  CreditedSample,
  Draft,
  IntrinsicMeasures,
  Judged,
  PolicySample,
  PolicyUpdate,
  Rewarded,
  Rollout,
  SolvedTask,
} from "./stages.ts";

/** Proposals that have to build on programs of the buffer (`compositeChance`). */
export interface Composition {
  /** Draws the tasks whose programs a proposal has to build on; mostly none. */
  draw(
    config: SelfPlayConfig,
    tasks: readonly Task[],
    step: number,
    stream: RandomStream,
  ): Task[];
  /** Returns what the prompt shows of those programs. */
  blocks(parts: readonly Task[]): BuildingBlocks;
  /** Joins a proposed program with its parts, or names the cause why it does not use them. */
  join(
    parts: readonly Task[],
    source: string,
    language: Language,
  ): { ok: true; source: string } | { ok: false; cause: string };
}

/** Tasks made of two programs of the buffers (`chainedPerMode`). */
interface Chains {
  /** Returns how many tasks of a mode are chains in each step. */
  countOf(config: SelfPlayConfig, mode: ModeName): number;
  draw(config: SelfPlayConfig, buffers: Buffers, request: TaskRequest): Draft[];
}

/** Further terms of the proposer's reward (the coefficients). */
interface IntrinsicTerms {
  /** Measures the valid proposals; null for the others. */
  measure(
    setting: Setting,
    buffers: Buffers,
    proposals: readonly Judged[],
  ): (IntrinsicMeasures | null)[];
  /** Adds the enabled terms to the reward of a valid proposal. */
  addTo(
    reward: number,
    config: SelfPlayConfig,
    mode: ModeName,
    measures: IntrinsicMeasures,
  ): number;
}

/** Tasks and grades without the executor's word (`gateLeak`, `gold`). */
interface Ungrounded {
  /** Returns the example, its output empty, of a refused proposal that becomes a task all the same; null for any other. */
  leakedExamples(
    setting: Setting,
    draft: Draft,
    candidate: Candidate,
    verdict: CandidateVerdict,
  ): Example[] | null;
  /** Grades the answers to one task by their majority, in order. */
  agree(answers: readonly string[], language: Language): AnswerVerdict[];
  /** Gives a leaked task the majority's answer as its output. */
  withMajority(task: Task, rollouts: readonly Rollout[]): Task;
}

/** Learning progress as the proposer's reward (`rewardValid`). */
interface Progress {
  /** Trains the solver, has it solve the fresh tasks again, and returns both. */
  practise(
    setting: Setting,
    proposals: readonly Attempted[],
    solved: readonly SolvedTask[],
    before: Baselines,
    step: number,
  ): Promise<Practice>;
}

/** The solver's update before the proposer is rewarded, and its attempts after it. */
export interface Practice {
  proposals: Attempted[];
  samples: CreditedSample[];
  baselines: Baselines;
  /** Joins the solver's update with the proposer's after it, on one model or on two. */
  withProposer(update: PolicyUpdate): PolicyUpdate;
  again: SolvedTask[];
}

/** Dynamic sampling of the solver's batch (`dynamicSampling`). */
interface DynamicSampling {
  /** Replaces tasks of the batch that were solved always or never. */
  refill(
    setting: Setting,
    buffers: Buffers,
    batch: readonly SolvedTask[],
    step: number,
  ): Promise<SolvedTask[]>;
}

/** Penalties on repetition (`clusterPenalty`, `memoryPenalty`). */
interface Repetition {
  /** Lowers the rewards of proposals that are like others. */
  penalise(
    setting: Setting,
    buffers: Buffers,
    proposals: readonly Rewarded[],
  ): Rewarded[];
}

/** Rewards that nobody earned, as controls (`rewardSource`). */
interface ControlRewards {
  replace(
    config: SelfPlayConfig,
    samples: readonly PolicySample[],
    step: number,
  ): PolicySample[];
}

/** The chat dialect through a model's own chat template (`chatForm`). */
interface TemplateForm {
  /** `render` gives the text of a conversation with one question, up to the opening of the answer. */
  dialect(render: (question: string) => string): Dialect;
}

/** The removal of parts of proposed programs (`comments`, `globalVariables`). */
interface Removal {
  remove(config: SelfPlayConfig, program: Program): Program;
}

/** The extras by name. */
interface Extras {
  template: TemplateForm;
  removal: Removal;
  composite: Composition;
  chains: Chains;
  intrinsic: IntrinsicTerms;
  ungrounded: Ungrounded;
  progress: Progress;
  dynamicSampling: DynamicSampling;
  repetition: Repetition;
  controlRewards: ControlRewards;
}

const registered: Partial<Extras> = {};

/** Registers an extra by its name. */
export function registerExtra<Name extends keyof Extras>(
  name: Name,
  extra: Extras[Name],
): void {
  registered[name] = extra;
}

/** Returns an extra. Throws `TypeError` with the cure where it is not registered. */
export function extraOf<Name extends keyof Extras>(name: Name): Extras[Name] {
  const extra = registered[name];
  if (extra) return extra;
  throw new TypeError(
    `the extra "${name}" is not registered: import lib/extras/mod.ts`,
  );
}

/** Tells for each extra whether a config asks for it. */
const ASKED: Record<keyof Extras, (config: SelfPlayConfig) => boolean> = {
  template: ({ chatForm }) => chatForm === "template",
  removal: ({ comments, globalVariables }) =>
    comments === "remove" || globalVariables === "remove",
  composite: ({ compositeChance }) => compositeChance > 0,
  chains: ({ chainedPerMode }) => chainedPerMode > 0,
  ungrounded: ({ gateLeak, gold }) => gateLeak > 0 || gold === "majority",
  progress: ({ rewardValid }) => rewardValid === "progress",
  dynamicSampling: ({ dynamicSampling }) => dynamicSampling > 0,
  repetition: (config) => config.clusterPenalty + config.memoryPenalty > 0,
  controlRewards: ({ rewardSource }) => rewardSource !== "earned",
  intrinsic: (config) =>
    config.complexityCoefficient !== 0 || config.halsteadCoefficient !== 0 ||
    config.editDistanceCoefficient !== 0 ||
    config.answerDiversityCoefficient !== 0,
};

/** Returns an extra where a config asks for it, else undefined. Throws as `extraOf` does. */
export function extraFor<Name extends keyof Extras>(
  config: SelfPlayConfig,
  name: Name,
): Extras[Name] | undefined {
  return ASKED[name](config) ? extraOf(name) : undefined;
}

/** Returns the intrinsic terms, which are measured wherever they are registered. */
export function intrinsicTerms(): IntrinsicTerms | undefined {
  return registered.intrinsic;
}

/** Throws `TypeError` where a config asks for an extra that is not registered. */
export function checkExtras(config: SelfPlayConfig): void {
  for (const name of Object.keys(ASKED)) {
    extraFor(config, name as keyof Extras);
  }
}

/** What passes between the stages of a step: proposals, rollouts and samples. */

import type { Role } from "./advantage/mod.ts";
import type {
  Engine,
  OptimiserConfig,
  Sample,
  TrainReport,
} from "../engines/mod.ts";
import type { Executor, Program } from "../sandbox/mod.ts";
import type { Candidate, Dialect, ModeName, Task } from "./modes/mod.ts";
import type { Grade, IntrinsicMeasures, ProposalStatus } from "./reward/mod.ts";
import type { SelfPlayConfig } from "./config.ts";

/** The part of a tokenizer that self-play needs. */
export interface TextCodec {
  encode(text: string): number[];
  decode(
    tokens: readonly number[],
    options?: { skipSpecial?: boolean },
  ): string;
  id(token: string): number;
  readonly eosId: number;
  /** All ids that end a response. */
  readonly endIds: readonly number[];
}

/** Generates candidates for the ablation without a proposer. */
export type TaskSource = (
  mode: ModeName,
  count: number,
  step: number,
) => Candidate[] | Promise<Candidate[]>;

/** One row of an evaluation, as JSON. */
export type EvaluationRow = Record<string, unknown>;

/** Everything a run of self-play works with. */
export interface Setting {
  config: SelfPlayConfig;
  engine: Engine;
  /** The model that proposes where the config's `policies` are "separate", and only there. */
  proposerEngine?: Engine;
  tokenizer: TextCodec;
  executor: Executor;
  dialect: Dialect;
  /** Whether an example of a program belongs to an evaluation and may not be trained on. */
  heldOut?: (program: Program, argument: string, output: string) => boolean;
  taskSource?: TaskSource;
  /** Called before the first step, every `evaluateEvery` steps and after the last. */
  evaluate?: (step: number) => Promise<EvaluationRow[]>;
}

/** A prompt and its sampled response. */
export interface Response {
  promptTokens: number[];
  sample: Sample;
  /** As the dialect reads it. */
  text: string;
  /** What could not be sampled; probabilities are those without these tokens. */
  bannedTokens: readonly number[];
}

/** One proposal on its way from prompt to reward. */
export interface Proposal {
  /** Also the id of its task: `step-mode-number`. */
  id: string;
  step: number;
  mode: ModeName;
  /** Tasks that the prompt showed. */
  references: Task[];
  /** Tasks whose programs it has to build on. */
  parts: Task[];
  /** Null for a generated task. */
  response: Response | null;
  status: ProposalStatus;
  /** Named cause of anything but `valid`, else "valid". */
  cause: string;
  /** The cause in words, or "". */
  reason: string;
  /** The program and inputs that were read, if any. */
  candidate: Candidate | null;
  /** The task it became, if it was valid (a duplicate or held-out one too). */
  task: Task | null;
  solveRate: number | null;
  intrinsic: IntrinsicMeasures | null;
  reward: number | null;
}

/** One solver response, graded. */
export interface Rollout {
  response: Response;
  /** `unjudged`: the sandbox itself failed; counts nowhere. */
  grade: Grade | "unjudged";
  /** Named cause of the grade: "match", "different", "noAnswer" and so on. */
  cause: string;
  /** Whether it counts as right in its task's solve rate: graded right, or right but for its form where that is ignored. */
  solves: boolean;
  /** Whether it opened with a trace. */
  thought: boolean;
  answer: string | null;
}

/** A task given to the solver in this step. */
export interface SolvedTask {
  task: Task;
  /** Whether it was proposed in this step and its solve rate is wanted. */
  fresh: boolean;
  /** Whether its rollouts train the solver. */
  trained: boolean;
  rollouts: Rollout[];
  /** Share of right ones among the rollouts that could be judged; 0 where none could. */
  solveRate: number;
}

/** Whether at least one of a task's rollouts could be judged: else its solve rate says nothing. */
export function wasJudged({ rollouts }: SolvedTask): boolean {
  return rollouts.some(({ grade }) => grade !== "unjudged");
}

/** A response with its reward and, once estimated, its advantage. */
export interface PolicySample {
  role: Role;
  mode: ModeName;
  /** Id of the proposal, or of the task and its place in the batch. */
  promptGroup: string;
  response: Response;
  reward: number;
  advantage: number;
}

/** What one update did, for each model that was trained. */
export interface UpdateReport {
  solver: TrainReport | null;
  proposer: TrainReport | null;
  optimiser: OptimiserConfig;
  /** Sequences handed to the engine after merging equal ones. */
  sequences: number;
  /** Tokens sampled in this step, and those of them that trained. */
  sampledTokens: number;
  trainedTokens: number;
}

/** The executor: hostile programs contained, verdicts the same on every machine. */

export type {
  Executor,
  ExecutorIdentity,
  Job,
  Language,
  Limits,
  Outcome,
  Program,
} from "./outcome.ts";
export {
  type ExecutorOptions,
  PooledExecutor,
  startExecutor,
} from "./executor.ts";
export { defaultLimits } from "./limits.ts";
export {
  parseArguments,
  type ParsedArguments,
  type ParsedLiteral,
  parseLiteral,
} from "./literals.ts";
export {
  checkPolicy,
  defaultPolicy,
  emptyPolicy,
  type Policy,
  type PolicyVerdict,
} from "./policy.ts";
export {
  auditDeterminism,
  describeOutcome,
  type InvalidCause,
  type Proposal,
  type ProposalVerdict,
  validateProposal,
  validateProposals,
} from "./validate.ts";
export {
  type AbductionAnswer,
  type AnswerCause,
  type AnswerVerdict,
  type HiddenExample,
  type InductionAnswer,
  type InductionVerdict,
  verifyAbduction,
  verifyAbductions,
  verifyDeduction,
  verifyInduction,
  verifyInductions,
} from "./verify.ts";

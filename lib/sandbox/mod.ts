/**
 * The executor: hostile programs contained, verdicts the same on every machine.
 *
 * Covered: a program runs in an interpreter compiled to WebAssembly without host
 * functions, in a process without permissions; its memory is put back before the
 * next program. It reaches no file, network, clock, entropy, storage or neighbour.
 * Interpreters are not trusted: one that a program makes write or jump anywhere can
 * forge that program's own result and nothing else, and is thrown away when it traps.
 * Endless loops end by fuel, a count of steps, and too much memory by a bound.
 * Gold outputs never enter the process.
 *
 * Not covered: a bug in V8's WebAssembly or in Deno's permissions; a bug inside an
 * interpreter beyond what its own memory holds; timing side channels. The limits
 * of the operating system (`prlimit`) exist on Linux only. The policy of banned
 * names is a filter for the task distribution, no security boundary.
 *
 * Equality of values is Python's `==` or, by name, one that counts types
 * (`judging.ts`); it is decided on data, outside the sandbox. Fuel units belong to
 * an engine: compare them only within one `Executor.identity`.
 */

export { describeOutcome } from "./describe.ts";
export { type PooledExecutor, startExecutor } from "./executor.ts";
export { runWritten } from "./expressions.ts";
export { type Judging, PAPER_JUDGING } from "./judging.ts";
export { parseArguments, parseLiteral } from "./literals/literals.ts";
export type { ExecutorOptions } from "./options.ts";
export type {
  Executor,
  ExecutorIdentity,
  Job,
  Language,
  Outcome,
  Program,
} from "./outcome.ts";
export { SandboxStartError } from "./processes/child_process.ts";
export { checkPolicy, defaultPolicy, policySentences } from "./policy.ts";
export { type OuterNames, outerNames, renamed } from "./syntax/names.ts";
export { hasModuleSyntax } from "./syntax/names_javascript.ts";
export { hasFixedImport } from "./syntax/names_python.ts";
export {
  COMMENTS,
  everyNode,
  GRAMMARS,
  isWellFormed,
  type PlacedNode,
  placedSyntax,
} from "./syntax/syntax.ts";
export { auditDeterminism, validateProposals } from "./validate.ts";
export {
  type AnswerVerdict,
  verifyAbduction,
  verifyAbductions,
  verifyDeduction,
  verifyDeductions,
  verifyInduction,
  verifyInductions,
} from "./verify.ts";

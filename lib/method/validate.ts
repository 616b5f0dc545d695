/** From a proposal's text to a task, or to the named cause why it is none. */

import type { Buffers } from "./buffer/mod.ts";
import {
  type Candidate,
  type CandidateVerdict,
  checkParts,
  composeProgram,
  type ModeName,
  MODES,
  type Task,
} from "./modes/mod.ts";
import type { Proposal, Setting } from "./records.ts";

/**
 * Sets status, cause, candidate and task of each proposal: reads it, runs it
 * (one batch per mode), and then sets aside what is held out or a duplicate.
 */
export async function validateProposals(
  setting: Setting,
  buffers: Buffers,
  proposals: readonly Proposal[],
): Promise<void> {
  for (const proposal of proposals) readProposal(setting, proposal);
  for (const mode of setting.config.modes) {
    const wellFormed = proposals.filter((proposal) =>
      proposal.mode === mode && proposal.candidate !== null
    );
    if (wellFormed.length === 0) continue;
    const verdicts = await MODES[mode].validate(
      setting.executor,
      wellFormed.map(({ candidate }) => candidate as Candidate),
      setting.dialect,
      setting.config.reading,
    );
    wellFormed.forEach((proposal, i) =>
      applyVerdict(setting, proposal, verdicts[i])
    );
  }
  setAsideHeldOut(setting, proposals);
  if (setting.config.duplicates === "penalise") {
    markDuplicates(setting.config.modes, buffers, proposals);
  }
}

function readProposal(
  { config, dialect }: Setting,
  proposal: Proposal,
): void {
  const { response, mode, references, parts } = proposal;
  if (response === null) return;
  const reading = dialect.readProposal(mode, response.text, config.language);
  if (!reading.ok) {
    proposal.status = "malformed";
    proposal.cause = reading.cause;
    return;
  }
  const { message } = reading;
  if (reading.program === null) {
    const { program } = references[0];
    proposal.candidate = { program, arguments: reading.arguments, message };
    return;
  }
  const misuse = checkParts(parts.length, reading.program, config.language);
  if (misuse !== null) {
    proposal.status = "malformed";
    proposal.cause = misuse;
    return;
  }
  const source = composeProgram(
    parts.map(({ program }) => program),
    reading.program,
  );
  const program = { language: config.language, source };
  proposal.candidate = { program, arguments: reading.arguments, message };
}

function applyVerdict(
  setting: Setting,
  proposal: Proposal,
  verdict: CandidateVerdict,
): void {
  if (!verdict.valid) {
    reject(proposal, verdict.cause, verdict.reason);
    return;
  }
  const { config, dialect } = setting;
  const candidate = proposal.candidate as Candidate;
  const task: Task = {
    id: proposal.id,
    mode: proposal.mode,
    program: candidate.program,
    examples: verdict.examples,
    shownCount: proposal.mode === "induction" ? dialect.induction.shown : 1,
    message: candidate.message,
    provenance: {
      source: sourceOf(proposal),
      parents: proposal.references.map(({ id }) => id),
      ...(proposal.parts.length === 0
        ? null
        : { composedOf: proposal.parts.map(({ id }) => id) }),
      step: proposal.step,
      seed: config.seed,
      verdict: "valid",
      solveRate: null,
    },
  };
  const length = solverPromptLength(setting, task);
  if (length > config.maxPromptTokens) {
    reject(
      proposal,
      "promptTooLong",
      `${length} tokens, ${config.maxPromptTokens} allowed`,
    );
    return;
  }
  proposal.status = "valid";
  proposal.cause = "valid";
  proposal.task = task;
}

function sourceOf({ response, parts }: Proposal): Task["provenance"]["source"] {
  if (response !== null) return "proposed";
  return parts.length > 0 ? "chained" : "generated";
}

/** Tokens of the prompt in which a solver would be given a task. */
export function solverPromptLength(
  { tokenizer, dialect }: Setting,
  task: Task,
): number {
  return tokenizer.encode(dialect.solverPrompt(task)).length;
}

function reject(proposal: Proposal, cause: string, reason: string): void {
  proposal.status = cause === "infrastructure" ? "unjudged" : "invalid";
  proposal.cause = cause;
  proposal.reason = reason;
}

/** No task may be trained on that an evaluation uses. */
function setAsideHeldOut(
  { heldOut }: Setting,
  proposals: readonly Proposal[],
): void {
  if (!heldOut) return;
  for (const proposal of proposals) {
    if (proposal.task === null) continue;
    const { program, examples } = proposal.task;
    const barred = examples.some(({ argument, output }) =>
      heldOut(program, argument, output)
    );
    if (barred) {
      proposal.status = "heldOut";
      proposal.cause = "heldOut";
    }
  }
}

function markDuplicates(
  modes: readonly ModeName[],
  buffers: Buffers,
  proposals: readonly Proposal[],
): void {
  for (const mode of modes) {
    const valid = proposals.filter((proposal) =>
      proposal.mode === mode && proposal.status === "valid"
    );
    const admissions = buffers.of(mode).judge(
      valid.map(({ task }) => task as Task),
    );
    valid.forEach((proposal, i) => {
      if (admissions[i] === "new") return;
      proposal.status = "duplicate";
      proposal.cause = admissions[i];
    });
  }
}

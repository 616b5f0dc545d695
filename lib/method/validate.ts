/** Validation: from a draft to a task, or to the named cause why it is none. */

import type { Admission } from "./buffer/task_buffer.ts";
import type { Buffers } from "./buffer/buffers.ts";
import type { Candidate, CandidateVerdict } from "./modes/mode.ts";
import { modeOf } from "./modes/registry.ts";
import type { Task } from "./modes/task.ts";
import { extraFor, extraOf } from "./extras.ts";
import type { Setting } from "./setting.ts";
import type { Draft, Judged, Verdict } from "./stages.ts";

/** A draft as it was read: a candidate to run, or the cause why there is none. */
type Reading =
  | { draft: Draft; candidate: Candidate }
  | { draft: Draft; candidate: null; cause: string };

/**
 * Judges drafts: reads them, runs those that are well formed (one batch per mode),
 * and then sets aside what is held out and, where they are penalised, duplicates.
 */
export async function validateProposals(
  setting: Setting,
  buffers: Buffers,
  drafts: readonly Draft[],
): Promise<Judged[]> {
  const readings = drafts.map((draft) => readDraft(setting, draft));
  const verdicts = await runCandidates(setting, readings);
  const judged = readings.map((reading): Judged => ({
    ...reading.draft,
    ...verdictOn(setting, reading, verdicts),
  }));
  const open = judged.map((proposal) => setAsideHeldOut(setting, proposal));
  return setting.config.duplicates === "penalise"
    ? markDuplicates(buffers, open)
    : open;
}

function readDraft({ config, dialect }: Setting, draft: Draft): Reading {
  if (draft.response === null) return { draft, candidate: draft.given };
  const { mode, response, references, parts } = draft;
  const { language } = config;
  const reading = dialect.readProposal(mode, response.text, language, config);
  if (!reading.ok) return { draft, candidate: null, cause: reading.cause };
  const { message, arguments: inputs } = reading;
  if (reading.program === null) {
    const { program } = references[0];
    return { draft, candidate: { program, arguments: inputs, message } };
  }
  const written = { language, source: reading.program };
  const { source } = extraFor(config, "removal")
    ?.remove(config, written) ?? written;
  const joined = parts.length > 0
    ? extraOf("composite").join(parts, source, language)
    : { ok: true as const, source };
  if (!joined.ok) return { draft, candidate: null, cause: joined.cause };
  const program = { language, source: joined.source };
  return { draft, candidate: { program, arguments: inputs, message } };
}

/** Runs what could be read, a batch per mode. */
async function runCandidates(
  { config, executor, dialect }: Setting,
  readings: readonly Reading[],
): Promise<Map<Candidate, CandidateVerdict>> {
  const verdicts = new Map<Candidate, CandidateVerdict>();
  const readable = readings.flatMap(({ draft: { mode }, candidate }) =>
    candidate ? [{ mode, candidate }] : []
  );
  for (const [mode, group] of Map.groupBy(readable, ({ mode }) => mode)) {
    const candidates = group.map(({ candidate }) => candidate);
    const found = await modeOf(mode).validate(
      executor,
      candidates,
      dialect,
      config,
    );
    candidates.forEach((candidate, i) => verdicts.set(candidate, found[i]));
  }
  return verdicts;
}

function verdictOn(
  setting: Setting,
  reading: Reading,
  verdicts: ReadonlyMap<Candidate, CandidateVerdict>,
): Verdict {
  const { draft, candidate } = reading;
  if (candidate === null) {
    const { cause } = reading;
    return { status: "malformed", cause, reason: "", candidate, task: null };
  }
  const verdict = verdicts.get(candidate)!;
  const leaked = extraFor(setting.config, "ungrounded")
    ?.leakedExamples(setting, draft, candidate, verdict) ?? null;
  if (!verdict.valid && leaked === null) {
    const { cause, reason } = verdict;
    const status = cause === "infrastructure" ? "unjudged" : "invalid";
    return { status, cause, reason, candidate, task: null };
  }
  const examples = verdict.valid ? verdict.examples : leaked!;
  const cause = verdict.valid ? "valid" : "leaked";
  const task = taskOf(setting, draft, candidate, examples, cause);
  const length = solverPromptLength(setting, task);
  const allowed = setting.config.maxPromptTokens;
  if (length > allowed) {
    const reason = `${length} tokens, ${allowed} allowed`;
    const cause = "promptTooLong";
    return { status: "invalid", cause, reason, candidate, task: null };
  }
  const reason = verdict.valid ? "" : `${verdict.cause}: ${verdict.reason}`;
  return { status: "valid", cause, reason, candidate, task };
}

function taskOf(
  { config, dialect }: Setting,
  { id, mode, step, source, references, parts }: Draft,
  { program, message }: Candidate,
  examples: Task["examples"],
  verdict: string,
): Task {
  return {
    id,
    mode,
    program,
    examples,
    shownCount: modeOf(mode).shownCount(dialect.induction),
    message,
    provenance: {
      source,
      parents: references.map(({ id }) => id),
      ...(parts.length > 0 && { composedOf: parts.map(({ id }) => id) }),
      step,
      seed: config.seed,
      verdict,
      solveRate: null,
    },
  };
}

/** Returns the number of tokens of the prompt in which a solver would be given a task. */
export function solverPromptLength(
  { tokenizer, dialect }: Setting,
  task: Task,
): number {
  return tokenizer.encodePrompt(dialect.solverPrompt(task)).length;
}

/** Sets a task aside that an evaluation uses: nothing may be trained on it. */
function setAsideHeldOut({ heldOut }: Setting, proposal: Judged): Judged {
  if (!heldOut || proposal.status !== "valid") return proposal;
  const { program, examples } = proposal.task;
  const barred = examples.some(({ argument, output }) =>
    heldOut(program, argument, output)
  );
  return barred
    ? { ...proposal, status: "heldOut", cause: "heldOut" }
    : proposal;
}

/** Marks valid tasks that a buffer would not admit after the earlier ones of the batch. */
export function markDuplicates(
  buffers: Buffers,
  proposals: readonly Judged[],
): Judged[] {
  const admissions = new Map<Task, Admission>();
  const valid = proposals.flatMap((proposal) =>
    proposal.status === "valid" ? [proposal.task] : []
  );
  for (const [mode, tasks] of Map.groupBy(valid, ({ mode }) => mode)) {
    buffers.of(mode).judge(tasks)
      .forEach((admission, i) => admissions.set(tasks[i], admission));
  }
  return proposals.map((proposal) => {
    if (proposal.status !== "valid") return proposal;
    const cause = admissions.get(proposal.task)!;
    return cause === "new"
      ? proposal
      : { ...proposal, status: "duplicate", cause };
  });
}

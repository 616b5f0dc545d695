/**
 * Takes the executor's word out of a step, in two ways: a leak in the gate that keeps
 * refused proposals out, and a gold answer that is the majority of the solver's answers.
 *
 * `gateLeak` is the ε of "Survive or Collapse" (arXiv 2605.22217): a refused proposal
 * becomes a task with probability ε. Only deduction can ask without an output, so only
 * its proposals leak. A leaked task has no executed gold; the majority takes its place.
 *
 * `gold` = `majority` rewards an answer for being the commonest of its task's rollouts
 * (R-Zero, arXiv 2508.05004; SQLM, arXiv 2508.03682). What the executor then says of
 * answers is neither asked nor known: the control that shows what the executor is for.
 */

import type { Draft, Rollout } from "../method/stages.ts";
import { registerExtra } from "../method/extras.ts";
import type { Setting } from "../method/setting.ts";
import type { Candidate, CandidateVerdict } from "../method/modes/mode.ts";
import type { Example, Task } from "../method/modes/task.ts";
import { randomStream } from "../random.ts";
import {
  type AnswerVerdict,
  type Language,
  parseArguments,
  parseLiteral,
} from "../sandbox/mod.ts";

/**
 * Returns the example of a refused deduction that leaks through the gate, its output
 * empty; null for any other. Seeding solves nothing, so that nothing leaks there.
 */
function leakedExamples(
  { config, dialect }: Setting,
  { mode, step, id }: Draft,
  { program, arguments: [argument] }: Candidate,
  verdict: CandidateVerdict,
): Example[] | null {
  if (verdict.valid || verdict.cause === "infrastructure") return null;
  if (mode !== "deduction" || step === 0) return null;
  if (randomStream(config.seed, "gate", id).next() >= config.gateLeak) {
    return null;
  }
  const unsafe = [program.source, argument].some((text) =>
    dialect.isUnsafe(text, config)
  );
  return unsafe ? null : [{ argument, output: "" }];
}

/**
 * Grades the answers to one task by their majority, in order. Equal values count as
 * one answer however they are written; the first of equally common ones wins.
 */
export function agree(
  answers: readonly string[],
  language: Language,
): AnswerVerdict[] {
  const values = answers.map((answer) => {
    const parsed = parseArguments(answer, language);
    return parsed.ok ? JSON.stringify(parsed.literals) : answer.trim();
  });
  const votes = new Map<string, number>();
  for (const value of values) votes.set(value, (votes.get(value) ?? 0) + 1);
  const most = Math.max(...votes.values());
  const winner = values.find((value) => votes.get(value) === most);
  return values.map((value, i) =>
    value === winner
      ? { correct: true, cause: "match" }
      : { correct: false, cause: "different", detail: answers[i] }
  );
}

/** Gives a leaked task the answer of the majority as its output, if that is a value. */
function withMajority(task: Task, rollouts: readonly Rollout[]): Task {
  const answer = rollouts.find(({ grade }) => grade === "right")?.answer ?? "";
  const value = parseLiteral(answer, task.program.language);
  if (!value.ok) return task;
  const [{ argument }] = task.examples;
  return { ...task, examples: [{ argument, output: value.literal }] };
}

registerExtra("ungrounded", { leakedExamples, agree, withMajority });

/** `samples.md`: a few proposals and solutions per step, for a person to read. */

import type { Task } from "../method/modes/task.ts";
import type { Rewarded, SolvedTask } from "../method/stages.ts";

/** Returns one section: the first proposal of each mode with some of its solutions. */
export function sampleSection(
  step: number,
  proposals: readonly Rewarded[],
  solved: readonly SolvedTask[],
): string {
  const lines = [`## Step ${step}`, ""];
  const modes = [...new Set(proposals.map(({ mode }) => mode))];
  for (const mode of modes) {
    const mine = proposals.filter((proposal) => proposal.mode === mode);
    const shown = mine.find(({ status }) => status === "valid") ?? mine[0];
    lines.push(...describeProposal(shown));
    const attempt = solved.find(({ task, fresh }) =>
      fresh && task.id === shown.task?.id
    );
    if (attempt) lines.push(...describeAttempts(attempt));
    lines.push("");
  }
  return lines.join("\n") + "\n";
}

function describeProposal(proposal: Rewarded): string[] {
  const verdict = proposal.status === "valid"
    ? `valid, solve rate ${proposal.solveRate}`
    : `${proposal.status} (${proposal.cause}${
      proposal.reason === "" ? "" : `: ${inline(proposal.reason)}`
    })`;
  const heading =
    `**Proposed for ${proposal.mode}**: ${verdict}, reward ${proposal.reward}`;
  const body = proposal.task
    ? describeTask(proposal.task)
    : codeBlock(proposal.response?.text ?? "(generated)");
  return [heading, "", body, ""];
}

function describeTask({ program, examples, message }: Task): string {
  const calls = examples.map(({ argument, output }) =>
    `f(${argument}) = ${output}`
  );
  const note = message === "" ? [] : [`message: ${message}`];
  return codeBlock([program.source, ...calls, ...note].join("\n"));
}

function describeAttempts({ rollouts }: SolvedTask): string[] {
  const grades = ["right", "wrong", "malformed"] as const;
  const lines: string[] = [];
  for (const grade of grades) {
    const rollout = rollouts.find((candidate) => candidate.grade === grade);
    if (!rollout) continue;
    const count = rollouts.filter((r) => r.grade === grade).length;
    lines.push(
      `${count} of ${rollouts.length} ${grade} (${rollout.cause}), for example:`,
      "",
      codeBlock(rollout.response.text),
      "",
    );
  }
  return lines;
}

/** Returns a fence longer than any in the text, so that no text can end it. */
function codeBlock(text: string): string {
  const longest = Math.max(
    2,
    ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length),
  );
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

function inline(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 200);
}

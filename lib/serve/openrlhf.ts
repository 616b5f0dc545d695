/**
 * OpenRLHF's remote reward: `{query, prompts, labels}` in, `{rewards, scores,
 * extra_logs}` out (openrlhf/utils/agent.py, 0.11.2). A query is a prompt and the
 * response to it, decoded with special tokens. A label is here the id of a prompt.
 */

import { SPECIAL_TOKEN } from "../method/modes/dialect.ts";
import type { Environment } from "./environment.ts";
import { namesOf, textsOf } from "./requests.ts";
import { RequestError } from "./rows.ts";

/** The answer to OpenRLHF: a number for each query, and further ones to be logged. */
interface RemoteRewards {
  rewards: number[];
  /** 1 where an answer is right or a proposal valid, else 0. */
  scores: number[];
  extra_logs: { malformed: number[] };
}

/** The special tokens at the end of a decoded response. */
const ENDS = new RegExp(`(?:(?:${SPECIAL_TOKEN.source})\\s*)+$`);

/** Rewards queries, in order. Throws `RequestError` where a reward is not known. */
export async function remoteRewards(
  environment: Environment,
  body: Record<string, unknown>,
): Promise<RemoteRewards> {
  const queries = textsOf(body, "query");
  const prompts = textsOf(body, "prompts");
  const labels = namesOf(body, "labels");
  if (prompts.length !== queries.length || labels.length !== queries.length) {
    throw new RequestError(
      '"query", "prompts" and "labels" must be of one length',
    );
  }
  const rows = queries.map((query, i) => ({
    label: labels[i],
    response: responseIn(query, prompts[i], `query[${i}]`),
  }));
  const { state } = environment;
  const proposed = rows.map(({ label }) => state.prompts.has(label));
  const [verdicts, grades] = await Promise.all([
    environment.judge(
      rows.flatMap(({ label, response }, i) =>
        proposed[i]
          ? [{ key: null, mode: null, prompt: label, response, step: 0 }]
          : []
      ),
    ),
    environment.grade(
      rows.flatMap(({ label, response }, i) =>
        proposed[i] ? [] : [{ key: null, task: label, response }]
      ),
    ),
  ]);
  const results = proposed.map((isProposal) =>
    isProposal ? ofVerdict(verdicts.shift()!) : ofGrade(grades.shift()!)
  );
  return {
    rewards: results.map(({ reward }) => reward ?? notKnown()),
    scores: results.map(({ score }) => score),
    extra_logs: { malformed: results.map(({ malformed }) => malformed) },
  };
}

function ofVerdict(
  { reward, status }: { reward: number | null; status: string },
) {
  const score = Number(status === "valid" || status === "duplicate");
  return { reward, score, malformed: Number(status === "malformed") };
}

function ofGrade({ reward, grade }: { reward: number | null; grade: string }) {
  const malformed = Number(grade === "malformed");
  return { reward, score: Number(grade === "right"), malformed };
}

function notKnown(): never {
  throw new RequestError(
    "a valid proposal has no reward before its task was attempted, and the " +
      "sandbox may have failed: send proposals to /proposals and answers to " +
      '/answers, or set "learnability" to "uniform"',
  );
}

/** Cuts the prompt and the special tokens at the end off a query. */
function responseIn(query: string, prompt: string, at: string): string {
  const start = query.indexOf(prompt);
  if (start < 0) {
    throw new RequestError(
      `${at} does not hold its prompt, so no response is known`,
    );
  }
  return query.slice(start + prompt.length).replace(ENDS, "");
}

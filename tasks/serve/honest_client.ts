/** A client that proposes, answers its own tasks, and sends again by id what got no answer. */

import { setTimeout } from "node:timers/promises";
import type { Language } from "../../lib/sandbox/mod.ts";
import { workItem } from "./workload.ts";

/** What a server acknowledged: a proposal's status or an answer's grade, beside what it had to be. */
export interface Acknowledged {
  is: string;
  expected: string;
}

/** What one or more clients saw. Latencies are in milliseconds, resends included. */
export interface Seen {
  /** By the id under which it was sent. */
  acknowledged: Map<string, Acknowledged>;
  /** Ids of the proposals all of whose answers were acknowledged, with their solve rates. */
  solveRates: Map<string, number>;
  proposeMs: number[];
  answerMs: number[];
  resends: number;
}

/** A client's server and its work. `first` is the number of its first item. */
export interface ClientPlace {
  url: string;
  token: string;
  language: Language;
  first: number;
  /** Sends nothing new after this time of `performance.now()`. */
  until: number;
}

/** A request of a client goes again for so long. */
const PATIENCE_MS = 120_000;
const PAUSE_MS = 100;

export function nothingSeen(): Seen {
  return {
    acknowledged: new Map(),
    solveRates: new Map(),
    proposeMs: [],
    answerMs: [],
    resends: 0,
  };
}

/** Works until its time is over: a proposal, then the answers to its task in one request. */
export async function workHonestly(
  place: ClientPlace,
  seen: Seen,
): Promise<void> {
  for (let n = place.first; performance.now() < place.until; n++) {
    const { mode, proposal, answers } = workItem(place.language, n);
    const id = `proposal-${n}`;
    const { verdicts: [verdict] } = await timed(
      seen.proposeMs,
      () =>
        send<Verdicts>(place, seen, "/proposals", {
          proposals: [{ id, mode, response: proposal }],
        }),
    );
    seen.acknowledged.set(id, { is: verdict.status, expected: "valid" });
    if (verdict.task === null) continue;
    const task = verdict.task.id;
    const ids = answers.map((_, i) => `answer-${n}-${i}`);
    const { rewards } = await timed(
      seen.answerMs,
      () =>
        send<Rewards>(place, seen, "/answers", {
          answers: answers.map(({ response }, i) => ({
            ...{ id: ids[i], task, response },
          })),
        }),
    );
    rewards.forEach(({ grade: is }, i) => {
      seen.acknowledged.set(ids[i], { is, expected: answers[i].grade });
    });
    const right = answers.filter(({ grade }) => grade === "right").length;
    seen.solveRates.set(id, right / answers.length);
  }
}

interface Verdicts {
  verdicts: { status: string; task: { id: string } | null }[];
}

interface Rewards {
  rewards: { grade: string }[];
}

/** Posts JSON, again where the connection breaks, the server is busy or its sandbox fails. Throws at what no resend cures. */
async function send<Answer>(
  { url, token }: ClientPlace,
  seen: Seen,
  path: string,
  body: unknown,
): Promise<Answer> {
  const end = performance.now() + PATIENCE_MS;
  for (;; seen.resends++) {
    let error: unknown;
    try {
      const response = await fetch(url + path, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
      const json = await response.json();
      if (response.status === 200) return json;
      if (response.status < 500) throw new RangeError(json.error);
      error = json.error;
    } catch (thrown) {
      if (thrown instanceof RangeError) throw thrown;
      error = thrown;
    }
    if (performance.now() > end) {
      throw new Error(`${path} got no answer for ${PATIENCE_MS} ms: ${error}`);
    }
    await setTimeout(PAUSE_MS);
  }
}

async function timed<Value>(
  into: number[],
  run: () => Promise<Value>,
): Promise<Value> {
  const start = performance.now();
  const value = await run();
  into.push(performance.now() - start);
  return value;
}

/** A load of honest clients on a server for a time, with what is done to the server meanwhile. */

import { setTimeout } from "node:timers/promises";
import type { Language } from "../../lib/sandbox/mod.ts";
import {
  type ClientPlace,
  nothingSeen,
  type Seen,
  workHonestly,
} from "./honest_client.ts";
import { type Faults, faultsOf, journalVerdicts } from "./journal_check.ts";
import type { ServerProcess } from "./server_process.ts";

/** The figures of a load. Seconds are those until the last answer came. */
export interface LoadFigures {
  clients: number;
  seconds: number;
  verdicts: number;
  verdictsPerSecond: number;
  /** Median and 95th percentile of a request with one proposal, then of one with eight answers. */
  proposeMs: [number, number];
  answersMs: [number, number];
  resends: number;
  faults: Faults;
}

/** A load: `meanwhile` runs beside the clients and is waited for. */
export interface Load {
  clients: number;
  seconds: number;
  language: Language;
  meanwhile?: () => Promise<void>;
}

/** Items of a client; each client of each load takes numbers of its own. */
const ITEMS = 10_000;
let nextItem = 0;

/** Puts a load on a server and compares what came back with the journal. */
export async function putLoad(
  server: ServerProcess,
  { clients, seconds, language, meanwhile }: Load,
): Promise<LoadFigures> {
  const seen = nothingSeen();
  const start = performance.now();
  const place: Omit<ClientPlace, "first"> = {
    ...{ url: server.url, token: server.token, language },
    until: start + 1000 * seconds,
  };
  const working = Array.from(
    { length: clients },
    () => workHonestly({ ...place, first: ITEMS * nextItem++ }, seen),
  );
  await Promise.all([...working, meanwhile?.()]);
  const lasted = (performance.now() - start) / 1000;
  const verdicts = seen.acknowledged.size;
  const kept = await journalVerdicts(server.journal);
  return {
    clients,
    seconds: rounded(lasted),
    verdicts,
    verdictsPerSecond: Math.round(verdicts / lasted),
    proposeMs: percentiles(seen.proposeMs),
    answersMs: percentiles(seen.answerMs),
    resends: seen.resends,
    faults: faultsOf(seen, kept, await toldRates(server, seen)),
  };
}

/** Asks the server for the solve rates of all proposals whose answers were acknowledged. */
async function toldRates(
  { url, token }: ServerProcess,
  { solveRates }: Seen,
): Promise<Map<string, number | null>> {
  const ids = [...solveRates.keys()];
  const told = new Map<string, number | null>();
  for (let at = 0; at < ids.length; at += 256) {
    const asked = ids.slice(at, at + 256);
    const response = await fetch(`${url}/verdicts`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ ids: asked }),
    });
    const { verdicts }: { verdicts: { solveRate: number | null }[] } =
      await response.json();
    verdicts.forEach(({ solveRate }, i) => told.set(asked[i], solveRate));
  }
  return told;
}

function percentiles(times: readonly number[]): [number, number] {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    rounded(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN);
  return [at(0.5), at(0.95)];
}

const rounded = (value: number) => Math.round(10 * value) / 10;

/** Does something at even times within so many seconds. */
export async function atTimes(
  times: number,
  seconds: number,
  act: () => Promise<void>,
): Promise<void> {
  for (let i = 0; i < times; i++) {
    await setTimeout(1000 * seconds / (times + 1));
    await act();
  }
}

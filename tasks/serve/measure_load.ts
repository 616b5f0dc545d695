/**
 * The load test of the environment's server: how many verdicts a second it gives to 1, 8
 * and 64 clients, whether any is lost or counted twice when sandbox processes or the
 * server itself are killed, and what hostile clients cost the honest ones. The server is
 * a process of its own, on this machine beside its clients.
 */

import { Worker } from "node:worker_threads";
import type { Language } from "../../lib/sandbox/mod.ts";
import type { HostileCounts, HostilePlace } from "./hostile_clients.ts";
import { atTimes, type Load, type LoadFigures, putLoad } from "./load.ts";
import { type ServerProcess, withServer } from "./server_process.ts";

/** Seconds of a load, and clients where their number is not what is measured. */
const SECONDS = 10;
const CLIENTS = 8;
/** Hostile clients of each of the four kinds. */
const HOSTILE_EACH = 4;
const SANDBOX_KILLS = 4;
const SERVER_KILLS = 2;

/** All figures of the load test. */
export interface LoadReport {
  /** By language: a row for each number of clients. */
  rates: Record<string, LoadFigures[]>;
  sandboxKilled: LoadFigures & { kills: number };
  serverKilled: LoadFigures & { kills: number };
  besideHostile: LoadFigures & { requests: HostileCounts };
}

/** Takes all measurements. `say` is told each as it is there. */
export async function loadTest(
  say: (line: string) => void,
): Promise<LoadReport> {
  const rates: LoadReport["rates"] = {};
  for (const language of ["javascript", "python"] as const) {
    rates[language] = await withServer(spoken(language), async (server) => {
      const rows: LoadFigures[] = [];
      for (const clients of [1, 8, 64]) {
        rows.push(
          await putLoad(server, { clients, seconds: SECONDS, language }),
        );
        say(`${language}, ${line(rows.at(-1)!)}`);
      }
      return rows;
    });
  }
  const language = "python";
  const load = { clients: CLIENTS, seconds: SECONDS, language } as const;
  return await withServer(spoken(language), async (server) => {
    const sandboxKilled = await killSandboxes(server, load);
    say(`sandbox processes killed, ${line(sandboxKilled)}`);
    const serverKilled = await killServer(server, load);
    say(`server killed, ${line(serverKilled)}`);
    const besideHostile = await troubled(server, load);
    say(`beside hostile clients, ${line(besideHostile)}`);
    return { rates, sandboxKilled, serverKilled, besideHostile };
  });
}

const spoken = (language: Language) => ["--set", `language=${language}`];

/** Returns the figures of a load in one line. */
function line(figures: LoadFigures): string {
  const { clients, verdictsPerSecond, proposeMs, answersMs } = figures;
  const { lost, twice, different, solveRates } = figures.faults;
  return `${clients} clients: ${verdictsPerSecond} verdicts/s, ` +
    `a proposal ${proposeMs.join(" to ")} ms, ` +
    `8 answers ${answersMs.join(" to ")} ms, ${figures.resends} resends, ` +
    `${lost} lost, ${twice} twice, ${different} different, ` +
    `${solveRates} other solve rates`;
}

async function killSandboxes(server: ServerProcess, load: Load) {
  let kills = 0;
  const meanwhile = () =>
    atTimes(SANDBOX_KILLS, SECONDS, async () => {
      const [pid] = await server.sandboxes();
      if (pid === undefined) return;
      Deno.kill(pid, "SIGKILL");
      kills++;
    });
  const figures = await putLoad(server, { ...load, meanwhile });
  return { ...figures, kills };
}

async function killServer(server: ServerProcess, load: Load) {
  const meanwhile = () =>
    atTimes(SERVER_KILLS, SECONDS, async () => {
      await server.kill();
      await server.startAgain();
    });
  const figures = await putLoad(server, { ...load, meanwhile });
  return { ...figures, kills: SERVER_KILLS };
}

async function troubled(server: ServerProcess, load: Load) {
  const place: HostilePlace = {
    port: Number(new URL(server.url).port),
    token: server.token,
    ...{ seconds: SECONDS, each: HOSTILE_EACH },
  };
  const worker = new Worker(new URL("./hostile_clients.ts", import.meta.url), {
    workerData: place,
  });
  const counted = new Promise<HostileCounts>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  const figures = await putLoad(server, load);
  return { ...figures, requests: await counted };
}

/** Other people's trainers in a Python environment of their own, against real servers. */

import { join } from "node:path";
import { MODEL_PRESETS } from "../../lib/lab/model_presets.ts";
import { Tokenizer } from "../../lib/model/mod.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { modelFolder } from "../model/folder.ts";
import { CACHE, ensureEnvironment } from "../python_server.ts";
import { journalEntries } from "./journal_check.ts";
import { Regrader, type RewardCall } from "./regrade.ts";
import { type ServerProcess, withServer } from "./server_process.ts";

/** The trainers' libraries; they ask for Python 3.11. */
const TRAINERS = {
  venv: join(CACHE, "trainers-venv"),
  packages: ["trl==1.16.0", "verifiers==0.4.0", "verl==0.9.1", "torch"],
  oldest: 11,
};
const ADAPTERS = join(import.meta.dirname!, "adapters");
const PRESET = MODEL_PRESETS["laptop-lm"];

/** The figures of the run in TRL. */
export interface TrlFigures {
  packages: string[];
  model: string;
  steps: number;
  /** Responses that TRL asked a reward for, by role, and attempts at proposed tasks. */
  answers: number;
  proposals: number;
  attempts: number;
  /** Proposals that became tasks. */
  valid: number;
  /** Rewards that are not those of the kit's own second grading. */
  otherRewards: number;
  /** Mean reward of each step as TRL tells it, and as the kit's rewards give it. */
  meanRewards: [number, number][];
}

/** Tests the adapters in the libraries. Throws where a test fails. */
export async function testAdapters(): Promise<void> {
  await ensureEnvironment(TRAINERS);
  await withServer(
    [],
    (server) => python(server, ["-m", "unittest", "-v", "adapters_test"]),
  );
}

/** Trains by TRL's GRPO and grades again what it was given. */
export async function trainByTrl(steps: number): Promise<TrlFigures> {
  await ensureEnvironment(TRAINERS);
  const model = await modelFolder(PRESET.model);
  const options = ["--preset", PRESET.name, "--tokenizer", model];
  return await withServer(options, async (server) => {
    const log = join(server.folder, "rewards.jsonl");
    const words = ["trl_example.py", model, log, `${steps}`];
    const said = await python(server, words);
    const calls = (await Deno.readTextFile(log)).trim().split("\n")
      .map((line): RewardCall => JSON.parse(line));
    const told: number[] = JSON.parse(said.trim().split("\n").at(-1)!)
      .meanRewards;
    const trained = calls.slice(-steps);
    const rows = trained.flatMap(({ rows }) => rows);
    const proposals = rows.filter(({ role }) => role === "propose");
    const entries = await journalEntries(server.journal);
    const valid = entries.filter((entry) =>
      entry.kind === "proposal" && entry.task !== null
    ).length;
    return {
      packages: TRAINERS.packages,
      ...{ model: PRESET.model, steps },
      answers: rows.length - proposals.length,
      proposals: proposals.length,
      attempts: calls.flatMap(({ attempts }) =>
        attempts
      ).length,
      valid,
      otherRewards: await otherRewards(server, calls, model),
      meanRewards: trained.map(({ rows }, i) => [told[i], meanReward(rows)]),
    };
  });
}

async function otherRewards(
  server: ServerProcess,
  calls: readonly RewardCall[],
  model: string,
): Promise<number> {
  const { selfPlay } = PRESET;
  await using executor = await startExecutor({
    languages: [selfPlay.language],
  });
  const journal = await journalEntries(server.journal);
  const tokenizer = await Tokenizer.fromFolder(model);
  const regrader = new Regrader(selfPlay, executor, journal, tokenizer);
  let count = 0;
  for (const call of calls) {
    const others = await regrader.otherRewards(call);
    for (const other of others) console.error(JSON.stringify(other));
    count += others.length;
  }
  return count;
}

/** Returns the mean of the rewards that there are, to four digits as TRL tells it. */
function meanReward(rows: RewardCall["rows"]): number {
  const rewards = rows.flatMap(({ reward }) => reward ?? []);
  const sum = rewards.reduce((a, b) => a + b, 0);
  return Number((sum / rewards.length).toPrecision(4));
}

/** Runs a program beside the adapters; returns what it prints. Throws where it fails. */
async function python(server: ServerProcess, words: string[]): Promise<string> {
  const { success, code, stdout } = await new Deno.Command(
    join(TRAINERS.venv, "bin", "python"),
    {
      args: words,
      cwd: ADAPTERS,
      env: {
        AZR_SERVE_URL: server.url,
        AZR_SERVE_TOKEN: join(server.folder, "token"),
        HF_HUB_OFFLINE: "1",
        CUDA_VISIBLE_DEVICES: "",
        PYTHONDONTWRITEBYTECODE: "1",
      },
      stderr: "inherit",
    },
  ).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`python ${words.join(" ")} ended with code ${code}`);
}

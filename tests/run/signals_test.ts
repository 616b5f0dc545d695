/**
 * Every signal at every stage of the command: it is heard, the process ends by
 * itself, and what it says is true. Nothing is timed: where a signal was not heard,
 * a wait of an hour, or a thousand rounds, would follow.
 *
 * Each stage gets one of the three signals; AZR_ALL_SIGNALS=1 tries all at each.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { AnsweringServer } from "../engines/answering_server.ts";
import { writeChatModel } from "./chat_model.ts";
import { interrupted } from "./interrupted.ts";

const SIGNALS: Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];
const ALL = Deno.env.get("AZR_ALL_SIGNALS") === "1";

/** Settings under which a step takes a moment. */
const SMALL = [
  ...["proposalsPerMode=2", "rolloutsPerTask=2", "seedTasksPerMode=8"],
  ...["maxPromptTokens=900", "maxProposalTokens=4", "maxSolutionTokens=4"],
  ...["language=javascript", "modes=deduction", "checkpointEvery=1"],
].flatMap((setting) => ["--set", setting]);

/** A command line at a stage: when the signal is sent, and what is said of it. */
interface Stage {
  name: string;
  args: (model: string) => string[];
  when: RegExp;
  code: number;
  said: RegExp;
  /** Requests that a server answers before it is gone; without it there is none. */
  answers?: number;
  /** Whether the stage takes half a minute: tried only with all signals. */
  long?: boolean;
}

const served = (model: string) => [
  ...["--engine", "openai", "--model", "served", "--tokenizer", model],
  ...["--set", "updates=none", "--reconnect-seconds", "3600", "--context"],
  ...["2048", ...SMALL],
];

const STAGES: Stage[] = [
  {
    name: "pretraining",
    args: (model) => ["--preset", "smoke", "--cache", join(model, "no-base")],
    when: /base model, /,
    code: 130,
    said: /stopped before self-play began; there is nothing to save/,
  },
  {
    name: "waiting for a server that is not there",
    args: (model) => [...served(model), "--address", "http://127.0.0.1:9/v1"],
    when: /waiting for http:\/\/127\.0\.0\.1:9\/v1\//,
    code: 130,
    said: /stopped before self-play began/,
  },
  {
    name: "waiting for a server that was lost in a step",
    args: (model) => [...served(model), "--set", "seedRounds=0"],
    when: /waiting for http/,
    code: 0,
    said: /stopped and saved after step \d+; go on with:\n.* --resume --out/,
    answers: 9,
  },
  {
    name: "seeding",
    args: (
      model,
    ) => ["--model", model, ...SMALL, "--set", "seedRounds=100000"],
    when: /seeding round 1\/100000/,
    code: 0,
    said: /stopped and saved in the seeding, after round \d+; go on with:/,
  },
  {
    name: "evaluating",
    args: () => ["--preset", "smoke"],
    when: /seeded in \d+ rounds/,
    code: 0,
    said: /stopped and saved after step 0; go on with:/,
    long: true,
  },
  {
    name: "in a step",
    args: (
      model,
    ) => [
      ...["--model", model, ...SMALL, "--set", "seedRounds=0"],
      ...["--steps", "100000"],
    ],
    when: / step 1\/100000/,
    code: 0,
    said: /stopped and saved after step \d+; go on with:/,
  },
];

for (const [i, stage] of STAGES.entries()) {
  const chosen = ALL ? SIGNALS : [SIGNALS[i % SIGNALS.length]];
  for (const signal of chosen) {
    Deno.test({
      name: `${signal} while ${stage.name}`,
      ignore: Deno.build.os === "windows" || (stage.long && !ALL),
      fn: () => atStage(stage, signal),
    });
  }
}

async function atStage(stage: Stage, signal: Deno.Signal): Promise<void> {
  const parent = await Deno.makeTempDir({ prefix: "signals-" });
  const model = join(parent, "model");
  await writeChatModel(model);
  await using server = leaving(stage.answers ?? 0);
  const { code, said } = await interrupted(
    [
      ...stage.args(model),
      ...(stage.answers ? ["--address", server.url] : []),
      ...["--out", join(parent, "run")],
    ],
    stage.when,
    signal,
  );
  assert.match(said, stage.said);
  assert.equal(code, stage.code, said);
  await Deno.remove(parent, { recursive: true });
}

/** A server that answers so many requests and is then gone. */
function leaving(answers: number): AnsweringServer {
  let left = answers;
  const server: AnsweringServer = new AnsweringServer(() => {
    if (--left === 0) void server[Symbol.asyncDispose]();
    return { choices: [{ text: "1", finish_reason: "stop" }] };
  });
  return server;
}

Deno.test({
  name: "a server that takes a request and keeps silent is left when told to",
  ignore: Deno.build.os === "windows",
  async fn() {
    const parent = await Deno.makeTempDir({ prefix: "signals-" });
    await writeChatModel(parent);
    const asked = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    await using server = new AnsweringServer(async () => {
      asked.resolve();
      await late.promise;
      return {};
    });
    const { code, said } = await interrupted(
      [...served(parent), "--address", server.url, "--out", `${parent}/run`],
      asked.promise,
      "SIGINT",
    );
    late.resolve();
    assert.match(said, /stopped before self-play began/);
    assert.equal(code, 130, said);
    await Deno.remove(parent, { recursive: true });
  },
});

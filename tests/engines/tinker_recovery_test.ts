/**
 * What the remote engine does when calls get lost: every optimiser step is
 * applied once with the right gradient, or its loss is said.
 */
import assert from "node:assert/strict";
import type { ObjectiveConfig } from "../../lib/method/objective/loss.ts";
import type { TrainSequence } from "../../lib/method/engine.ts";
import {
  TinkerEngine,
  type TinkerOptions,
  TinkerStateLostError,
} from "../../lib/engines/tinker/tinker.ts";
import { TinkerConnection } from "../../lib/engines/tinker/tinker_http.ts";
import { TinkerSession } from "../../lib/engines/tinker/tinker_session.ts";
import { FakeTinker } from "./fake_tinker.ts";

const objective: ObjectiveConfig = {
  objective: "importance-sampling",
  clipLow: 0.2,
  clipHigh: 0.3,
  entropyCoefficient: 0,
};
const optimiser = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradientNorm: 1,
};

/** Three tokens with weight 0.5 and advantage 2: a gradient sum of 3. */
const sequence: TrainSequence = {
  promptTokens: [1, 2],
  responseTokens: [3, 4, 5],
  advantages: [2, 2, 2],
  weights: [0.5, 0.5, 0.5],
  oldLogProbs: [-1, -1, -1],
};

function connect(
  server: FakeTinker,
  options: Partial<TinkerOptions> = {},
): Promise<TinkerEngine> {
  return TinkerEngine.connect({
    url: server.url,
    baseModel: "tiny",
    contextLength: 16,
    lossReduction: "sum",
    patience: { reconnectSeconds: 2, operationSeconds: 2 },
    ...options,
  });
}

const pause = (milliseconds: number) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

const train = (engine: TinkerEngine) =>
  engine.trainStep([sequence], objective, optimiser);

Deno.test("a step whose gradients may have arrived twice is done over, once", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server);
  for (const fault of ["drop-after", "drop-before"] as const) {
    server.fail("forward_backward", fault);
    await train(engine);
  }
  assert.equal(server.current.steps, 2);
  assert.deepEqual(server.current.updates, [3, 3]);
});

Deno.test("an optimiser step that may have been taken is done over from the last save", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server, { saveEverySteps: 1 });
  await train(engine);
  for (const fault of ["drop-after", "drop-before"] as const) {
    server.fail("optim_step", fault);
    await train(engine);
  }
  assert.deepEqual(server.current.updates, [3, 3, 3]);
});

Deno.test("steps lost with the server are counted, and the engine stands at its save", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server);
  const folder = await Deno.makeTempDir();
  await train(engine);
  await engine.save(folder);
  await train(engine);
  await train(engine);
  server.fail("optim_step", "drop-after");
  await assert.rejects(
    () => train(engine),
    (error) =>
      error instanceof TinkerStateLostError && error.stepsLost === 2 &&
      /2 step\(s\) earlier: resume the run/.test(error.message),
  );
  assert.equal(server.current.steps, 1);
  await train(engine);
  assert.equal(server.current.steps, 2);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a restarted server is given the saved state back without a word", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server, { saveEverySteps: 1 });
  await train(engine);
  const scored = [{ promptTokens: [1], responseTokens: [2] }];
  const before = await engine.logProbs(scored);
  server.fail("forward", "restart");
  assert.deepEqual(await engine.logProbs(scored), before);
  server.fail("save_weights_for_sampler", "restart");
  const request = { promptTokens: [1], count: 2, maxNewTokens: 4, seed: 1 };
  const options = { temperature: 1, stopTokens: [5] };
  assert.equal((await engine.sample([request], options))[0].length, 2);
  assert.equal(server.current.steps, 1);
});

Deno.test("a server that loses the model again and again is not asked for ever", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server);
  server.fail("forward", "restart", "restart", "restart", "restart");
  await assert.rejects(
    () => engine.logProbs([sequence]),
    { name: "TinkerModelLostError" },
  );
  assert.equal(server.count("forward"), 3);
});

Deno.test("a batch that is refused or not finite leaves no gradient behind", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server);
  await train(engine);
  server.nextLogProb = NaN;
  await assert.rejects(() => train(engine), /not finite; no step was taken/);
  assert.equal(server.current.steps, 1);
  await train(engine);
  assert.deepEqual(server.current.updates, [3, 3]);
});

Deno.test("a step that the server cannot report on is undone", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server);
  const failure = { status: 500, body: "Internal Server Error" };
  server.fail("optim_step", failure);
  await assert.rejects(() => train(engine), /optim_step: HTTP 500/);
  await train(engine);
  assert.deepEqual(server.current.updates, [3]);
});

Deno.test("a server gone for too long is an error, and set right when it is back", async () => {
  const away = { status: 503, body: "" };
  await using server = new FakeTinker();
  await using engine = await connect(server, {
    patience: { reconnectSeconds: 0.2 },
  });
  server.fail("optim_step", away, away); // Two tries fit into 0.2 s.
  server.fail("healthz", away, away, away);
  await assert.rejects(() => train(engine), { name: "UnreachableError" });
  await train(engine);
  assert.deepEqual(server.current.updates, [3]);
});

Deno.test("a step whose result never came is not saved as if it were known", async () => {
  const away = { status: 503, body: "" };
  await using server = new FakeTinker();
  await using engine = await connect(server, {
    patience: { reconnectSeconds: 0.2 },
  });
  await train(engine);
  server.fail("result of optim_step", away, away);
  await assert.rejects(
    () => train(engine),
    (error) => error instanceof TinkerStateLostError && error.stepsLost === 1,
  );
  assert.equal(server.count("save_weights"), 0);
  assert.equal(server.current.steps, 0);
});

Deno.test("a step with a broken gradient is undone", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server, { saveEverySteps: 1 });
  await train(engine);
  server.nextNorm = "1e999"; // How Infinity arrives in JSON.
  await assert.rejects(
    () => train(engine),
    /norm is Infinity; the step was undone/,
  );
  assert.equal(server.current.steps, 1);
  await train(engine);
  assert.deepEqual(server.current.updates, [3, 3]);
});

Deno.test("sampling refreshes the weights once after a step, not before every sample", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server);
  const request = { promptTokens: [1], count: 1, maxNewTokens: 4, seed: 1 };
  const options = { temperature: 1, stopTokens: [5] };
  await engine.sample([request, request], options);
  await engine.sample([request], options);
  assert.equal(server.count("save_weights_for_sampler"), 1);
  await train(engine);
  assert.equal(server.count("save_weights_for_sampler"), 1);
  await engine.sample([request], options);
  assert.equal(server.count("save_weights_for_sampler"), 2);
  const sampled = server.bodies.filter((_, i) => server.calls[i] === "asample");
  assert.equal(sampled.at(-1)!.sampling_session_id, "s1");
});

Deno.test("samples are cut at the context window", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server);
  const long = new Array(14).fill(1);
  const ask = (promptTokens: number[]) => ({
    promptTokens,
    count: 2,
    maxNewTokens: 8,
    seed: 1,
  });
  const [, full] = await engine.sample([ask(long), ask([...long, 1, 1])], {
    temperature: 1,
    stopTokens: [],
  });
  const asked = server.bodies.filter((_, i) => server.calls[i] === "asample");
  assert.deepEqual(
    asked.map((body) =>
      (body.sampling_params as { max_tokens: number }).max_tokens
    ),
    [2],
  );
  const empty = { tokens: [], logProbs: [], finish: "length" };
  assert.deepEqual(full, [empty, empty]);
});

Deno.test("the server's way of reducing losses is measured and undone", async () => {
  for (const divides of [false, true]) {
    await using server = new FakeTinker();
    server.divides = divides;
    await using engine = await connect(server, { lossReduction: "detect" });
    assert.equal(engine.lossReduction, divides ? "sequence-mean" : "sum");
    assert.equal(server.models.size, 1); // The probe's adapter is gone.
    const shorter = {
      ...sequence,
      responseTokens: [3],
      advantages: [4],
      weights: [0.25],
      oldLogProbs: [-1],
    };
    // 3 tokens of 0.5 × 2, and one of 0.25 × 4: the sum is 4, however it is divided.
    const batch = [sequence, shorter];
    const report = await engine.trainStep(batch, objective, optimiser);
    assert.ok(Math.abs(report.gradientNorm - 4) < 1e-9);
  }
});

Deno.test("what the API cannot do is refused by the field's name", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server);
  const refused: [Partial<ObjectiveConfig>, RegExp][] = [
    [{ entropyCoefficient: 0.001 }, /objective\.entropyCoefficient is 0\.001/],
  ];
  for (const [change, message] of refused) {
    const changed = { ...objective, ...change };
    await assert.rejects(
      () => engine.trainStep([sequence], changed, optimiser),
      message,
    );
  }
  const banned = { temperature: 1, stopTokens: [], bannedTokens: [4] };
  await assert.rejects(
    () => engine.sample([], banned),
    /options\.bannedTokens/,
  );
  await assert.rejects(
    () => engine.logProbs([{ ...sequence, bannedTokens: [4] }]),
    /sequences\[\]\.bannedTokens/,
  );
  const short = { ...sequence, oldLogProbs: [-1] };
  await assert.rejects(
    () => engine.trainStep([short], objective, optimiser),
    /sequences\[0\]\.oldLogProbs must hold 3 finite numbers/,
  );
  await assert.rejects(
    () => engine.trainStep([], objective, optimiser),
    /nothing to train on/,
  );
  assert.equal(server.current.steps, 0);
});

Deno.test("a state of another model is refused, and the file named", async () => {
  await using server = new FakeTinker();
  await using small = await connect(server, { loraRank: 8 });
  await using large = await connect(server, { loraRank: 16 });
  const folder = await Deno.makeTempDir();
  await small.save(folder);
  await assert.rejects(
    () => large.load(folder),
    /tinker\.json was saved with loraRank 8, but this engine has 16/,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a session is kept alive, through failing beats, until it is let go", async () => {
  await using server = new FakeTinker();
  const connection = new TinkerConnection(server.url, undefined);
  const adapter = { baseModel: "tiny", loraRank: 8, seed: 0 };
  server.fail("session_heartbeat", { status: 500, body: "{}" });
  const session = await TinkerSession.create(connection, adapter, 0.02);
  const beats = () => server.count("session_heartbeat");
  for (let waits = 0; beats() < 3 && waits < 500; waits++) await pause(10);
  assert.ok(beats() >= 3, `${beats()} beats`);
  await session.unload();
  const last = beats();
  await pause(100);
  assert.equal(beats(), last);
  connection.close();
});

Deno.test("a context window nobody tells must be given", async () => {
  await using server = new FakeTinker();
  await assert.rejects(
    () => connect(server, { contextLength: undefined }),
    /give contextLength/,
  );
});

Deno.test("a sampler is used before the next step, answers while it trains, and may be lost", async () => {
  await using server = new FakeTinker();
  await using engine = await connect(server);
  const { sample } = await engine.sampler();
  const primed = server.calls.filter((call) =>
    ["save_weights_for_sampler", "asample", "forward_backward"].includes(call)
  );
  assert.deepEqual(primed, ["save_weights_for_sampler", "asample"]);

  const ask = () =>
    sample([{ promptTokens: [1], count: 2, maxNewTokens: 4, seed: 1 }], {
      ...{ temperature: 1, stopTokens: [] },
    });
  const sampled = server.count("asample");
  const training = train(engine);
  const [answers] = await ask();
  await training;
  assert.equal(answers.length, 2);
  assert.equal(server.count("asample"), sampled + 1);
  assert.equal(server.count("save_weights_for_sampler"), 1);

  const gone = { status: 404, body: '{"detail":"Session not found"}' };
  server.fail("asample", gone);
  const [again] = await ask();
  assert.equal(again.length, 2);
  // The engine's own weights, published anew, are those after the step.
  assert.equal(server.count("save_weights_for_sampler"), 2);
  assert.equal(server.current.steps, 1);
});

/**
 * What every engine promises, as tests: `engineContract(name, makeEngine)`
 * registers them for one engine. The engine's model may be anything that knows
 * token numbers 1 to 40; its weights are trained a little and put back.
 *
 * The gradient tests need no formula of the engine's own: they hold the
 * reported gradient norm to what "the loss is the weighted sum over tokens"
 * implies (twice the batch, twice the norm; a token of weight 0 is not there).
 */
import assert from "node:assert/strict";
import type {
  Engine,
  OptimiserConfig,
  Sample,
  TrainSequence,
} from "../../lib/method/engine.ts";
import type { ObjectiveConfig } from "../../lib/method/objective/loss.ts";

/** Everything about one engine that its tests must know. */
export interface ContractSubject {
  makeEngine: () => Promise<Engine>;
  /** Largest difference between two computations of the same log-probability. */
  tolerance: number;
  /** Skips all tests when set, with this as the reason in their names. */
  ignore?: string;
  /** A learning rate at which one step visibly changes the model. */
  learningRate: number;
}

const PROMPT = [1, 2, 3, 4];
const RESPONSE = [11, 12, 13, 14, 15];
const NO_STOP = { temperature: 1, stopTokens: [] };

const importanceSampling: ObjectiveConfig = {
  objective: "importance-sampling",
  clipLow: 0.2,
  clipHigh: 0.2,
  entropyCoefficient: 0,
};

/** Registers the contract's tests for one engine. One engine serves them all. */
export function engineContract(name: string, subject: ContractSubject): void {
  const reason = subject.ignore === undefined ? "" : ` (${subject.ignore})`;
  Deno.test({
    name: `${name}: engine contract${reason}`,
    ignore: subject.ignore !== undefined,
    fn: async (t) => {
      const engine = await subject.makeEngine();
      const folder = await Deno.makeTempDir();
      try {
        await engine.save(`${folder}/fresh`);
        for (const [title, test] of Object.entries(promises)) {
          await t.step(title, async () => {
            // Weights and optimiser moments of one test must not reach the next.
            await engine.load(`${folder}/fresh`);
            await test(engine, subject, folder);
          });
        }
      } finally {
        await finish(engine);
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

type ContractTest = (
  engine: Engine,
  subject: ContractSubject,
  folder: string,
) => Promise<void>;

const promises: Record<string, ContractTest> = {
  "the same seed gives the same samples": async (engine) => {
    const request = [ask(7, 3), ask(8, 2)];
    const first = await engine.sample(request, NO_STOP);
    const again = await engine.sample(request, NO_STOP);
    assert.deepEqual(tokensOf(again), tokensOf(first));
    assert.deepEqual(first.map((samples) => samples.length), [3, 2]);
  },

  "a request's samples do not depend on its neighbours": async (engine) => {
    const alone = await engine.sample([ask(7, 3)], NO_STOP);
    const crowd = await engine.sample([ask(9, 2), ask(7, 3)], NO_STOP);
    assert.deepEqual(tokensOf([crowd[1]]), tokensOf(alone));
  },

  "different and neighbouring seeds give different samples": async (engine) => {
    const results = await engine.sample(
      [ask(1, 3), ask(2, 3), ask(3, 3)],
      NO_STOP,
    );
    const texts = tokensOf(results).flat().map(String);
    assert.equal(new Set(texts).size, texts.length);
  },

  "temperature 0 is greedy": async (engine) => {
    const greedy = { temperature: 0, stopTokens: [] };
    const [[a], [b]] = await engine.sample([ask(1, 1), ask(2, 1)], greedy);
    assert.deepEqual(a.tokens, b.tokens);
    const other = a.tokens.map((token) => token === 5 ? 6 : 5);
    const [[best], [worse]] = await engine.logProbs([
      { promptTokens: PROMPT, responseTokens: a.tokens },
      { promptTokens: PROMPT, responseTokens: other },
    ]);
    assert.ok(best >= worse, `${best} < ${worse}`);
  },

  "a sample ends with its stop token, or is cut at its length": async (
    engine,
  ) => {
    const [free] = await engine.sample([ask(7, 4)], NO_STOP);
    for (const sample of free) checkEnding(sample, [], 8);
    // Every token that occurred is now a stop token, so each sample is one token long.
    const stopTokens = [...new Set(free.flatMap(({ tokens }) => tokens))];
    const stopping = { temperature: 1, stopTokens };
    const [stopped] = await engine.sample([ask(7, 4)], stopping);
    for (const sample of stopped) checkEnding(sample, stopTokens, 8);
    assert.deepEqual(
      stopped.map(({ tokens }) => tokens),
      free.map(({ tokens }) => tokens.slice(0, 1)),
    );
  },

  "sampling reports the log-probabilities that logProbs reports": async (
    engine,
    { tolerance },
  ) => {
    const [samples] = await engine.sample([ask(3, 4)], NO_STOP);
    const scored = await engine.logProbs(samples.map(({ tokens }) => ({
      promptTokens: PROMPT,
      responseTokens: tokens,
    })));
    samples.forEach(({ logProbs }, i) => close(scored[i], logProbs, tolerance));
  },

  "at another temperature, log-probabilities are those of the tempered policy":
    async (
      engine,
      { tolerance },
    ) => {
      const hot = { temperature: 1.7, stopTokens: [] };
      const [[sample]] = await engine.sample([ask(3, 1)], hot);
      const score = () =>
        engine.logProbs([{
          promptTokens: PROMPT,
          responseTokens: sample.tokens,
          temperature: hot.temperature,
        }]);
      if (engine.description.lacks?.includes("temperature")) {
        await assert.rejects(score, /temperature is 1\.7/);
      } else close((await score())[0], sample.logProbs, tolerance);
    },

  "log-probabilities do not depend on padding or on the batch": async (
    engine,
    { tolerance },
  ) => {
    const short = { promptTokens: [5, 6], responseTokens: [7] };
    const long = { promptTokens: PROMPT, responseTokens: RESPONSE };
    const [alone] = await engine.logProbs([short]);
    const [, beside] = await engine.logProbs([long, short]);
    close(beside, alone, tolerance);
    assert.equal(alone.length, 1);
  },

  "the loss is the weighted sum over tokens": async (engine, subject) => {
    const norm = async (sequences: TrainSequence[]) =>
      (await step(engine, sequences, 0)).gradientNorm;
    const one = await sequence(engine, 1);
    const single = await norm([one]);
    assert.ok(single > 0);
    const ratio = async (sequences: TrainSequence[]) =>
      await norm(sequences) / single;
    const near = (value: number, wanted: number) =>
      close([value], [wanted], 1e-3 + subject.tolerance);
    near(await ratio([one, one]), 2);
    near(await ratio([{ ...one, weights: one.weights.map(() => 0.25) }]), 0.25);
    // Weight 0 after the second token: as if the response ended there.
    const masked = { ...one, weights: [1, 1, 0, 0, 0] };
    near(await ratio([masked]), await ratio([shorten(one, 2)]));
  },

  "advantage +1 raises a sequence's log-probability, −1 lowers it": async (
    engine,
    { learningRate },
    folder,
  ) => {
    for (
      const objective of [
        "importance-sampling",
        "ppo-clip",
        "cispo",
        "reinforce",
      ] as const
    ) {
      for (const advantage of [1, -1]) {
        const before = await sequence(engine, advantage);
        const report = await step(engine, [before], learningRate, objective);
        const change = total((await sequence(engine, 0)).oldLogProbs) -
          total(before.oldLogProbs);
        assert.ok(
          change * advantage > 0,
          `${objective}, advantage ${advantage}: changed by ${change}`,
        );
        assert.ok(Object.values(report).every(Number.isFinite));
        assert.equal(report.tokens, RESPONSE.length);
        await engine.load(`${folder}/fresh`);
      }
    }
  },

  "a sample ends behind its first stop string": async (engine) => {
    const [samples] = await engine.sample([ask(5, 4)], NO_STOP);
    const decode = (tokens: readonly number[]) =>
      tokens.map((token) => `[${token}]`).join("");
    // A string that begins within one token and ends within the next.
    const [, second, third] = samples[0].tokens;
    const stop = `${second}][${third}`;
    const stopText = { strings: ["never", stop], decode };
    const [cut] = await engine.sample([ask(5, 4)], { ...NO_STOP, stopText });
    cut.forEach(({ tokens, logProbs, finish }, i) => {
      const at = decode(samples[i].tokens).indexOf(stop);
      assert.equal(finish, at < 0 ? "length" : "stop");
      assert.deepEqual(tokens, samples[i].tokens.slice(0, tokens.length));
      assert.equal(logProbs.length, tokens.length);
      const before = decode(tokens.slice(0, -1));
      assert.ok(!before.includes(stop), "went on after a stop string");
    });
    assert.equal(cut[0].tokens.length <= 3, true);
    assert.equal(cut[0].finish, "stop");
  },

  "sampling uses the weights of the last step": async (
    engine,
    { learningRate, tolerance },
    folder,
  ) => {
    await engine.sample([ask(3, 1)], NO_STOP);
    await step(engine, [await sequence(engine, 1)], learningRate);
    const [[sample]] = await engine.sample([ask(3, 1)], NO_STOP);
    const scored = { promptTokens: PROMPT, responseTokens: sample.tokens };
    close((await engine.logProbs([scored]))[0], sample.logProbs, tolerance);
    await engine.load(`${folder}/fresh`);
    const [old] = await engine.logProbs([scored]);
    assert.ok(distance(old, sample.logProbs) > 10 * tolerance);
  },

  "load puts back what save kept": async (
    engine,
    { learningRate, tolerance },
    folder,
  ) => {
    const before = await sequence(engine, 1);
    await engine.save(`${folder}/kept`);
    await step(engine, [before], learningRate);
    const changed = (await sequence(engine, 0)).oldLogProbs;
    assert.ok(distance(changed, before.oldLogProbs) > 10 * tolerance);
    await engine.load(`${folder}/kept`);
    close(
      (await sequence(engine, 0)).oldLogProbs,
      before.oldLogProbs,
      tolerance,
    );
  },

  "training on from a loaded state equals training straight through": async (
    engine,
    { learningRate, tolerance },
    folder,
  ) => {
    const batch = [await sequence(engine, 1)];
    // Two steps first, so that the optimiser's moments matter.
    await step(engine, batch, learningRate);
    await step(engine, batch, learningRate);
    await engine.save(`${folder}/resume`);
    const straight = await twoMoreSteps(engine, batch, learningRate);
    await engine.load(`${folder}/resume`);
    const resumed = await twoMoreSteps(engine, batch, learningRate);
    close(resumed, straight, tolerance);
  },

  "loading a folder without a saved state names it": async (
    engine,
    _,
    folder,
  ) => {
    await assert.rejects(
      () => engine.load(`${folder}/nothing-here`),
      /nothing-here/,
    );
  },
};

/** A sequence of the fixed response with the engine's current log-probabilities. */
async function sequence(
  engine: Engine,
  advantage: number,
): Promise<TrainSequence> {
  const [oldLogProbs] = await engine.logProbs([{
    promptTokens: PROMPT,
    responseTokens: RESPONSE,
  }]);
  return {
    promptTokens: PROMPT,
    responseTokens: RESPONSE,
    advantages: RESPONSE.map(() => advantage),
    weights: RESPONSE.map(() => 1),
    oldLogProbs,
  };
}

function step(
  engine: Engine,
  sequences: TrainSequence[],
  learningRate: number,
  objective: ObjectiveConfig["objective"] = "importance-sampling",
) {
  const optimiser: OptimiserConfig = {
    learningRate,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradientNorm: Infinity,
  };
  const config = { ...importanceSampling, objective };
  return engine.trainStep(sequences, config, optimiser);
}

async function twoMoreSteps(
  engine: Engine,
  batch: TrainSequence[],
  learningRate: number,
): Promise<number[]> {
  await step(engine, batch, learningRate);
  await step(engine, batch, learningRate);
  return [...(await sequence(engine, 0)).oldLogProbs];
}

function shorten(whole: TrainSequence, length: number): TrainSequence {
  return {
    promptTokens: whole.promptTokens,
    responseTokens: whole.responseTokens.slice(0, length),
    advantages: whole.advantages.slice(0, length),
    weights: whole.weights.slice(0, length),
    oldLogProbs: whole.oldLogProbs.slice(0, length),
  };
}

function ask(seed: number, count: number) {
  return { promptTokens: PROMPT, count, maxNewTokens: 8, seed };
}

function tokensOf(results: Sample[][]): number[][][] {
  return results.map((samples) => samples.map(({ tokens }) => tokens));
}

function checkEnding(
  sample: Sample,
  stopTokens: number[],
  maxNewTokens: number,
): void {
  const stops = sample.tokens.map((token) => stopTokens.includes(token));
  assert.equal(sample.logProbs.length, sample.tokens.length);
  assert.ok(!stops.slice(0, -1).includes(true), "went on after a stop token");
  if (sample.finish === "stop") assert.equal(stops.at(-1), true);
  else assert.equal(sample.tokens.length, maxNewTokens);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

function close(
  got: readonly number[],
  wanted: readonly number[],
  tolerance: number,
): void {
  assert.equal(got.length, wanted.length);
  const gap = distance(got, wanted);
  assert.ok(gap <= tolerance, `differs by ${gap}: ${got} instead of ${wanted}`);
}

async function finish(engine: Engine): Promise<void> {
  engine.dispose();
  const remote = engine as Engine & Partial<AsyncDisposable>;
  await remote[Symbol.asyncDispose]?.();
}

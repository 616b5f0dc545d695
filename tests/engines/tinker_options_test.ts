/** What the Tinker engine makes of its options, against the small lying server. */
import assert from "node:assert/strict";
import {
  TinkerEngine,
  type TinkerOptions,
} from "../../lib/engines/tinker/tinker.ts";
import { FakeTinker } from "./fake_tinker.ts";

function connect(server: FakeTinker, options: Partial<TinkerOptions> = {}) {
  return TinkerEngine.connect({
    url: server.url,
    baseModel: "tiny",
    contextLength: 64,
    lossReduction: "sum",
    ...options,
  });
}

Deno.test("a model that the server does not have is refused before an adapter is made", async () => {
  await using server = new FakeTinker();
  await assert.rejects(
    connect(server, { baseModel: "huge" }),
    /does not have the model "huge", but "tiny": give the name exactly so/,
  );
  assert.equal(server.count("create_model"), 0);
});

Deno.test("stop strings go to the server or are cut here, as it can", async () => {
  await using server = new FakeTinker();
  const request = { promptTokens: [1], count: 1, maxNewTokens: 4, seed: 1 };
  const stopText = {
    strings: ["</answer>"],
    decode: (tokens: readonly number[]) => tokens.map((t) => `<${t}>`).join(""),
  };
  const options = { temperature: 1, stopTokens: [9], stopText };
  const stops = [];
  for (const stopForm of ["tokens", "strings"] as const) {
    await using engine = await connect(server, { stopForm });
    await engine.sample([request], options);
    const sent = server.bodies.findLast((body) => "sampling_params" in body);
    stops.push((sent!.sampling_params as { stop: unknown }).stop);
  }
  assert.deepEqual(stops, [[9], ["<9>", "</answer>"]]);
  await using engine = await connect(server);
  const cutting = { ...stopText, strings: ["5>"] };
  const [[cut]] = await engine.sample([request], {
    ...options,
    stopText: cutting,
  });
  assert.deepEqual(cut, { tokens: [5], logProbs: [-1], finish: "stop" });
});

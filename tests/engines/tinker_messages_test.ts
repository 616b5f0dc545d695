/**
 * The Tinker API's protobuf messages against the bytes of the official client
 * (tasks/make_tinker_fixtures.py), and the choice between JSON and protobuf.
 */
import assert from "node:assert/strict";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { JsonObject } from "../../lib/engines/http.ts";
import { readFields } from "../../lib/engines/tinker/protobuf.ts";
import { TinkerConnection } from "../../lib/engines/tinker/tinker_http.ts";
import {
  type ModelPass,
  modelPassMessage,
  readResult,
  type WireDatum,
} from "../../lib/engines/tinker/tinker_messages.ts";
import { TinkerSession } from "../../lib/engines/tinker/tinker_session.ts";
import { FakeTinker } from "./fake_tinker.ts";
import fixtures from "./tinker_messages.json" with { type: "json" };

const bytesOf = (text: string) =>
  Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

type Inputs = Record<string, number[] | undefined>;

function datum({ tokens, inputs }: { tokens: number[]; inputs: Inputs }) {
  const loss_fn_inputs = Object.fromEntries(
    Object.entries(inputs).map(([name, data = []]) => [name, { data }]),
  );
  const chunks = [{ type: "encoded_text", tokens } as const];
  return { model_input: { chunks }, loss_fn_inputs };
}

Deno.test("a model pass is written in the bytes of the official client", () => {
  for (const request of fixtures.requests) {
    const pass = {
      model_id: "model_1a2b",
      seq_id: request.seq_id,
      loss_fn: request.loss_fn as ModelPass["loss_fn"],
      loss_fn_config: request.loss_fn_config ?? undefined,
      data: request.data.map(datum),
      forwardOnly: request.forwardOnly,
    };
    assert.deepEqual(modelPassMessage(pass), bytesOf(request.bytes));
  }
});

Deno.test("answers are read as the official client reads them", () => {
  for (const { operation, bytes, ...wanted } of fixtures.answers) {
    const result = readResult(operation, bytesOf(bytes));
    if (operation === "asample") {
      assert.deepEqual(result, wanted);
      continue;
    }
    const { loss_fn_outputs, metrics } = result;
    const rows = loss_fn_outputs as { logprobs: { data: number[] } }[];
    assert.deepEqual(
      rows.map(({ logprobs }) => logprobs.data),
      wanted.logprobs,
    );
    assert.deepEqual(metrics, wanted.metrics);
  }
});

Deno.test("bytes that are cut or no protobuf are refused", () => {
  const bytes = bytesOf(fixtures.answers[1].bytes);
  for (let length = 1; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    try {
      readResult("forward", cut);
    } catch (error) {
      assert.ok(error instanceof RangeError, `${length} bytes: ${error}`);
    }
  }
  assert.throws(() => readFields(bytes.subarray(0, -1)), /premature EOF/);
  assert.throws(
    () => readFields(new Uint8Array([11])),
    /premature EOF/,
  );
  assert.throws(
    () => readFields(new Uint8Array(12).fill(255)),
    /invalid varint/,
  );
  const { LengthDelimited } = WireType;
  const odd = new BinaryWriter().tag(1, LengthDelimited).fork()
    .tag(2, LengthDelimited).bytes(new Uint8Array(3)).join().finish();
  assert.throws(() => readResult("asample", odd), /no whole number of values/);
});

Deno.test("a server that refuses JSON gets protobuf from then on, another one JSON", async () => {
  const data: WireDatum[] = [datum(fixtures.requests[1].data[0])];
  const objective = { loss_fn: "cross_entropy" } as const;
  for (const protobufOnly of [true, false]) {
    await using server = new FakeTinker();
    server.protobufOnly = protobufOnly;
    const line = new TinkerConnection(server.url, undefined);
    const session = await TinkerSession.create(line, {
      ...{ baseModel: "tiny", loraRank: 1, seed: 0 },
    });
    const results: JsonObject[] = [
      await session.forward(data),
      await session.forwardBackward(data, objective),
      await session.forward(data),
    ];
    for (const { loss_fn_outputs } of results) {
      assert.deepEqual(loss_fn_outputs, [{ logprobs: { data: [-1] } }]);
    }
    const forms = server.calls.flatMap((call, i) =>
      call.startsWith("forward") ? [`${call} ${server.form(i)}`] : []
    );
    assert.deepEqual(
      forms,
      protobufOnly
        ? ["forward json", ...new Array(3).fill("forward_backward x-protobuf")]
        : ["forward json", "forward_backward json", "forward json"],
    );
    await session.unload();
    line.close();
  }
});

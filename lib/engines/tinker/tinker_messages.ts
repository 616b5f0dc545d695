/**
 * The Tinker API's protobuf messages, which SkyRL 0.4.0 takes and gives in place of
 * JSON for model passes and samples. Field numbers and encodings are those of
 * `tinker/proto/tinker_public_pb2.py` in the official client, versions 0.25 to 0.38:
 * tokens as int32, numbers as float32, targets and offsets as int64, in
 * little-endian bytes.
 *
 * Answers are read into the objects that the JSON form of the API has, so the rest
 * of the engine knows one form.
 *
 * Left out: images, sparse tensors, log-probabilities of prompts.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { JsonObject } from "../http.ts";
import {
  type Fields,
  readBytes,
  readFields,
  readMap,
  readNumber,
} from "./protobuf.ts";

/** The objective in the form of `forward_backward`. */
export interface WireObjective {
  loss_fn: "cross_entropy" | "importance_sampling" | "ppo" | "cispo";
  loss_fn_config?: { clip_low_threshold: number; clip_high_threshold: number };
}

/** A forward pass over data, with gradients or without. */
export interface ModelPass extends WireObjective {
  model_id: string;
  seq_id: number;
  data: readonly WireDatum[];
  /** Computes log-probabilities alone. */
  forwardOnly: boolean;
}

/** A text with its targets, in the form that JSON has too. */
export interface WireDatum {
  model_input: WireText;
  loss_fn_inputs: Record<string, { data: number[] }>;
}

/** The tokens of a text. */
export interface WireText {
  chunks: { type: "encoded_text"; tokens: readonly number[] }[];
}

/** The API's numbers for the types of a tensor's values. */
const FLOAT32 = 1;
const INT64 = 2;
const BFLOAT16 = 4;

const BYTES = WireType.LengthDelimited;

/** Writes the message ForwardBackwardRequest. Numbers of value 0 are left out, as protobuf 3 does. */
export function modelPassMessage(pass: ModelPass): Uint8Array {
  const message = new BinaryWriter().tag(1, BYTES).string(pass.model_id);
  if (pass.seq_id !== 0) message.tag(2, WireType.Varint).int64(pass.seq_id);
  for (const datum of pass.data) {
    writeDatum(message.tag(3, BYTES).fork(), datum).join();
  }
  message.tag(4, BYTES).string(pass.loss_fn);
  writeMap(message, 5, { ...pass.loss_fn_config }, (value) => {
    message.tag(2, WireType.Bit64).double(value);
  });
  if (pass.forwardOnly) message.tag(6, WireType.Varint).bool(true);
  return message.finish();
}

function writeDatum(
  to: BinaryWriter,
  { model_input, loss_fn_inputs }: WireDatum,
): BinaryWriter {
  for (const { tokens } of model_input.chunks) {
    const bytes = new Uint8Array(Int32Array.from(tokens).buffer);
    to.tag(1, BYTES).fork().tag(1, BYTES).fork();
    to.tag(1, BYTES).bytes(bytes).join().join();
  }
  writeMap(to, 2, loss_fn_inputs, ({ data }, name) => {
    const type = name === "target_tokens" ? INT64 : FLOAT32;
    const { buffer } = type === INT64
      ? BigInt64Array.from(data, BigInt)
      : Float32Array.from(data);
    to.tag(2, BYTES).fork().tag(1, BYTES).bytes(new Uint8Array(buffer));
    to.tag(3, WireType.Varint).int32(type).join();
  });
  return to;
}

/** Writes a map as one nested message per entry, in the order of the keys. */
function writeMap<T>(
  to: BinaryWriter,
  field: number,
  map: Record<string, T>,
  writeValue: (value: T, key: string) => void,
) {
  for (const key of Object.keys(map).sort()) {
    to.tag(field, BYTES).fork().tag(1, BYTES).string(key);
    writeValue(map[key], key);
    to.join();
  }
}

/** Reads the message of an operation's result. Throws on bytes that are none. */
export function readResult(operation: string, bytes: Uint8Array): JsonObject {
  const fields = readFields(bytes);
  return operation === "asample" ? readSamples(fields) : readModelPass(fields);
}

/** Reads a SampleResponse. */
function readSamples(fields: Fields): JsonObject {
  const sequences = readBytes(fields, 1).map((bytes) => {
    const sequence = readFields(bytes);
    const [tokens = new Uint8Array()] = readBytes(sequence, 2);
    const [logprobs = new Uint8Array()] = readBytes(sequence, 3);
    return {
      stop_reason: readNumber(sequence, 1) === 0 ? "stop" : "length",
      tokens: [...new Int32Array(aligned(tokens, 4))],
      logprobs: [...new Float32Array(aligned(logprobs, 4))],
    };
  });
  return { sequences };
}

/** Reads a ForwardBackwardOutput: each sequence's log-probabilities, and the metrics. */
function readModelPass(fields: Fields): JsonObject {
  const rows = readBytes(fields, 2).flatMap((record) => {
    const tensors = new Map(readMap(readFields(record), 2));
    return readRows(tensors.get("logprobs") ?? new Uint8Array());
  });
  const metrics = readMap(fields, 3).map(([name, bytes]) =>
    [name, new Float64Array(aligned(bytes, 8))[0] ?? 0] as const
  );
  return {
    loss_fn_outputs: rows.map((data) => ({ logprobs: { data } })),
    metrics: Object.fromEntries(metrics),
  };
}

/** Reads a BatchedTensor: the values of several sequences, cut at their offsets in bytes. */
function readRows(bytes: Uint8Array): number[][] {
  const tensor = readFields(bytes);
  const [data = new Uint8Array()] = readBytes(tensor, 1);
  const [ends = new Uint8Array()] = readBytes(tensor, 2);
  const type = readNumber(tensor, 3);
  const offsets = Array.from(new BigInt64Array(aligned(ends, 8)), Number);
  return offsets.slice(1).map((end, i) => {
    if (end > data.length) {
      throw new RangeError(`offset ${end} lies beyond ${data.length} bytes`);
    }
    return floats(data.subarray(offsets[i], end), type);
  });
}

function floats(bytes: Uint8Array, type: number): number[] {
  if (type === FLOAT32) return [...new Float32Array(aligned(bytes, 4))];
  if (type !== BFLOAT16) {
    throw new RangeError(
      `log-probabilities have the type ${type}, not a float`,
    );
  }
  // A bfloat16 is the upper half of a float32.
  const upper = Uint32Array.from(
    new Uint16Array(aligned(bytes, 2)),
    (half) => half * 65536,
  );
  return [...new Float32Array(upper.buffer)];
}

/** Returns a copy that begins at a whole number of words. */
function aligned(bytes: Uint8Array, size: number): ArrayBuffer {
  if (bytes.length % size === 0) return bytes.slice().buffer as ArrayBuffer;
  throw new RangeError(`${bytes.length} bytes are no whole number of values`);
}

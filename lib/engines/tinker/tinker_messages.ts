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
import type { JsonObject } from "../http.ts";
import {
  type Fields,
  joinBytes,
  readBytes,
  readFields,
  readMap,
  readNumber,
  writeBytes,
  writeDouble,
  writeMap,
  writeNumber,
  writeText,
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

/** Writes the message ForwardBackwardRequest. */
export function modelPassMessage(pass: ModelPass): Uint8Array {
  return joinBytes([
    writeText(1, pass.model_id),
    writeNumber(2, pass.seq_id),
    ...pass.data.map((datum) => writeBytes(3, datumMessage(datum))),
    writeText(4, pass.loss_fn),
    writeMap(5, { ...pass.loss_fn_config }, writeDouble),
    writeNumber(6, pass.forwardOnly ? 1 : 0),
  ]);
}

function datumMessage({ model_input, loss_fn_inputs }: WireDatum): Uint8Array {
  const chunks = model_input.chunks.map(({ tokens }) => {
    const bytes = new Uint8Array(Int32Array.from(tokens).buffer);
    return writeBytes(1, writeBytes(1, writeBytes(1, bytes)));
  });
  const tensors = Object.fromEntries(
    Object.entries(loss_fn_inputs).map((
      [name, { data }],
    ) => [
      name,
      tensorMessage(data, name === "target_tokens" ? INT64 : FLOAT32),
    ]),
  );
  return joinBytes([...chunks, writeMap(2, tensors, writeBytes)]);
}

function tensorMessage(data: readonly number[], type: number): Uint8Array {
  const { buffer } = type === INT64
    ? BigInt64Array.from(data, BigInt)
    : Float32Array.from(data);
  return joinBytes([
    writeBytes(1, new Uint8Array(buffer)),
    writeNumber(3, type),
  ]);
}

/** Reads the message of an operation's result. Throws `RangeError` on bytes that are none. */
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

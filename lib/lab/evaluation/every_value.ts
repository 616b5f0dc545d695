/**
 * An engine that makes a model write the value of every step of its trace: the control
 * that tells a careful style, which decoding alone can impose, from what was learnt.
 *
 * A hasty trace writes `+1*2=8`, a whole one `+1=4*2=8` (WorldConfig `hastyShare`). Where
 * a sampled operation is not followed by the sign that opens its value, the response is
 * cut behind it, the sign is set and the model goes on from there. The operations
 * themselves stay the model's choice. Left out: maths and induction, which are untouched.
 */

import type {
  Engine,
  EngineSamplingOptions,
  Sample,
  SampleRequest,
} from "../../method/engine.ts";
import type { TextCodec } from "../../method/setting.ts";
import { derivedSeed } from "../../random.ts";
import { ANSWER_TOKEN } from "../../method/modes/compact_words.ts";
import { type WorldConfig, worldLanguages } from "../world/config.ts";
import { ProgramGenerator } from "../world/generator.ts";
import { traceLabel } from "../world/operations.ts";

/** The sign that opens a step's value, by the marker that opens the prompt (trace.ts). */
const SIGNS: Record<string, string> = { "<SD>": "=", "<SA>": ":" };

/** A response under way: its request, its place and what it has so far. */
interface Open {
  request: SampleRequest;
  sign: string;
  sample: Sample;
  seed: number;
}

/** Returns the place of the first operation of a trace whose value is left out; -1 where there is none. */
export function firstOmission(
  pieces: readonly string[],
  labels: ReadonlySet<string>,
  sign: string,
): number {
  let depth = 0;
  let quoted = false;
  for (const [i, piece] of pieces.entries()) {
    if (piece === ANSWER_TOKEN) break;
    // Behind a sign, "-1" is a value and not the operation of that name.
    const opensValue = i > 0 && [sign, ">"].includes(pieces[i - 1]);
    if (labels.has(piece) && depth === 0 && !quoted && !opensValue) {
      if (i + 1 < pieces.length && pieces[i + 1] !== sign) return i;
      continue;
    }
    if (piece.split('"').length % 2 === 0) quoted = !quoted;
    else if (!quoted) depth += Number(piece === "[") - Number(piece === "]");
  }
  return -1;
}

/** Returns an engine with the samples of `engine`, but of deduction and abduction in which no step's value is left out. */
export function writingEveryValue(
  engine: Pick<Engine, "sample">,
  tokenizer: TextCodec,
  world: WorldConfig,
): Pick<Engine, "sample"> {
  const { operations } = new ProgramGenerator(world);
  const labels = new Set(
    worldLanguages(world).flatMap((language) =>
      operations.map((operation) => traceLabel(operation, language))
    ),
  );
  const piecesOf = (tokens: readonly number[]) =>
    tokens.map((token) => tokenizer.decode([token]));
  const omission = ({ sample, sign }: Open) =>
    firstOmission(piecesOf(sample.tokens), labels, sign);

  const sample = async (
    requests: readonly SampleRequest[],
    options: EngineSamplingOptions,
  ): Promise<Sample[][]> => {
    const samples = await engine.sample(requests, options);
    const open = requests.flatMap((request, i): Open[] => {
      const sign = SIGNS[piecesOf(request.promptTokens.slice(0, 1))[0]];
      if (sign === undefined) return [];
      return samples[i].map((sample, k) => ({
        ...{ request, sign, sample },
        seed: derivedSeed(request.seed, "every value", k),
      }));
    });
    for (let round = 0;; round++) {
      const omitting = open.flatMap((one) => {
        const at = omission(one);
        return at < 0 ? [] : [{ one, at }];
      });
      if (omitting.length === 0) return samples;
      await continueFrom(omitting, round, options);
    }
  };

  /** Cuts each sample behind its omission, sets the sign and samples the rest anew. */
  const continueFrom = async (
    omitting: readonly { one: Open; at: number }[],
    round: number,
    options: EngineSamplingOptions,
  ): Promise<void> => {
    for (const { one: { sample, sign }, at } of omitting) {
      sample.tokens = [...sample.tokens.slice(0, at + 1), tokenizer.id(sign)];
      // The sign was not sampled.
      sample.logProbs = [...sample.logProbs.slice(0, at + 1), 0];
      sample.finish = "length";
    }
    const short = omitting.map(({ one }) => one).filter(({ request, sample }) =>
      sample.tokens.length < request.maxNewTokens
    );
    const rest = await engine.sample(
      short.map(({ request, sample: { tokens }, seed }) => ({
        promptTokens: [...request.promptTokens, ...tokens],
        count: 1,
        maxNewTokens: request.maxNewTokens - tokens.length,
        seed: derivedSeed(seed, "round", round),
      })),
      options,
    );
    for (const [i, { sample }] of short.entries()) {
      const [{ tokens, logProbs, finish }] = rest[i];
      sample.tokens.push(...tokens);
      sample.logProbs.push(...logProbs);
      sample.finish = finish;
    }
  };

  return { sample };
}

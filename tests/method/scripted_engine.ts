/**
 * A policy made of a table, for tests of the loop's logic: every prompt has a
 * few possible responses, and training makes the first of them likelier. It is
 * fast, deterministic, and has a state that must be saved to resume exactly.
 */

import { join } from "node:path";
import type {
  Engine,
  Sample,
  SampleRequest,
  SamplingOptions,
  TrainReport,
  TrainSequence,
} from "../../lib/method/engine.ts";
import { Tokenizer } from "../../lib/model/mod.ts";
import { randomStream } from "../../lib/random.ts";
import { SPECIAL_TOKENS } from "../../lib/method/modes/compact_words.ts";
import { wordTokenizerJson } from "../../lib/lab/world/word_tokenizer.ts";

const PROGRAMS = [
  "x=>x+1",
  "x=>x*2",
  "x=>x-3",
  "x=>x%3",
  "x=>x+2+1",
  "x=>x.length",
  "x=>x*3",
  "x=>(",
];

/** A tokenizer of the dialect's markers and single printable characters. */
export function characterTokenizer(): Tokenizer {
  const characters = Array.from(
    { length: 95 },
    (_, i) => String.fromCharCode(32 + i),
  ).concat("\n");
  const pieces = [...SPECIAL_TOKENS, "<unk>", ...characters];
  return Tokenizer.fromJson(wordTokenizerJson({
    pieces,
    special: SPECIAL_TOKENS.length + 1,
    pattern: "[ -~\\n]",
    unknown: "<unk>",
  }));
}

export class ScriptedEngine implements Engine {
  readonly description = {
    name: "scripted",
    backend: "table",
    parameters: 1,
    contextLength: 16384,
  };
  /** The one parameter: how often the first response of a table is chosen. */
  skill = 0;
  trained: TrainSequence[][] = [];
  sampled: { request: SampleRequest; options: SamplingOptions }[] = [];
  failAtStep = -1;

  constructor(
    readonly tokenizer: Tokenizer,
    readonly responses = compactResponses,
  ) {}

  sample(
    requests: readonly SampleRequest[],
    options: SamplingOptions,
  ): Promise<Sample[][]> {
    return Promise.resolve(requests.map((request) => {
      this.sampled.push({ request, options });
      const prompt = this.tokenizer.decode(request.promptTokens);
      return Array.from({ length: request.count }, (_, i) => {
        const stream = randomStream(request.seed, "scripted", i);
        const table = this.responses(prompt, stream.integer(0, 9));
        const text = stream.next() < this.skill
          ? table[0]
          : stream.choice(table);
        const whole = this.tokenizer.encode(text);
        const tokens = whole.slice(0, request.maxNewTokens);
        const ended = text.endsWith("<eos>") && tokens.length === whole.length;
        return {
          tokens,
          logProbs: tokens.map(() => -0.5 - this.skill),
          finish: ended ? "stop" as const : "length" as const,
        };
      });
    }));
  }

  logProbs(sequences: readonly { responseTokens: readonly number[] }[]) {
    return Promise.resolve(
      sequences.map(({ responseTokens }) => responseTokens.map(() => -0.25)),
    );
  }

  trainStep(sequences: readonly TrainSequence[]): Promise<TrainReport> {
    if (this.trained.length === this.failAtStep) {
      return Promise.reject(new Error("loss is NaN"));
    }
    this.trained.push([...sequences]);
    const tokens = sequences.reduce((n, s) => n + s.responseTokens.length, 0);
    this.skill = Math.min(0.9, this.skill + tokens / 20000);
    return Promise.resolve({
      loss: 1 - this.skill,
      gradientNorm: 1,
      entropy: 0.5,
      clipFraction: 0,
      approximateKl: 0,
      tokens,
      seconds: 0,
    });
  }

  async save(folder: string): Promise<void> {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(join(folder, "skill.json"), `${this.skill}`);
  }

  async load(folder: string): Promise<void> {
    this.skill = Number(
      await Deno.readTextFile(join(folder, "skill.json")),
    );
  }

  dispose(): void {}
}

/** Possible responses to a prompt of the compact dialect; the first is the best. */
function compactResponses(prompt: string, variant: number): string[] {
  const program = PROGRAMS[variant % PROGRAMS.length];
  if (prompt.startsWith("<PD>") || prompt.startsWith("<PA>")) {
    return [
      `${program}<i>${variant + 3}<eos>`,
      `${program}<i>${variant}<eos>`,
      `${program}<i>[1,2]<eos>`,
      `${program}${variant}<eos>`,
      `${program}<i>7`,
    ];
  }
  if (prompt.startsWith("<PI>")) {
    const inputs = [0, 1, 2, 3, 4, 5].map((i) => i + variant);
    return [
      `${inputs.join("<i>")}<eos>`,
      `${inputs.slice(0, 3).join("<i>")}<eos>`,
      `<o>1<eos>`,
    ];
  }
  const guess = prompt.startsWith("<SI>")
    ? ["x=>x+1", "x=>x*2", "x=>x-3", "x=>x"]
    : ["4", "6", "0", "2", "7", "1"];
  return [
    ...guess.map((answer) => `<a>${answer}<eos>`),
    `<t>+1=4<a>4<eos>`,
    `<a>4<a>5<eos>`,
    `4<eos>`,
    `<a>4`,
  ];
}

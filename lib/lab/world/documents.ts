/**
 * Pretraining documents: prompts with responses, as an endless seeded stream.
 *
 * Documents replace language-model pretraining; self-play never uses them. Most answers
 * are direct. A share of the answers is traced, the same share at every depth. Greedy
 * answers of the trained model therefore do not think, and sampled ones sometimes do.
 * No document holds an evaluation item.
 */

import {
  abductionPrompt,
  ANSWER_TOKEN,
  deductionPrompt,
  END_TOKEN,
  INDUCTION_INPUTS,
  INDUCTION_SHOWN,
  inductionPrompt,
  mathsPrompt,
  proposeInductionPrompt,
  proposePrompt,
  type Reference,
  THINK_TOKEN,
} from "../../method/modes/compact_words.ts";
import type { RandomStream } from "../../random.ts";
import {
  type DocumentKind,
  type SolverKind,
  type WorldConfig,
  worldLanguages,
} from "./config.ts";
import { ProgramGenerator, type Sketch } from "./generator.ts";
import type { HeldOut } from "./held_out.ts";
import {
  type InductionSearch,
  isNumberPair,
  searchProgram,
} from "./induction_trace.ts";
import { drawMaths } from "./maths.ts";
import type { WorldLanguage } from "./operations.ts";
import { renderProgram } from "./program.ts";
import { cutStates } from "./states.ts";
import { forwardTrace, type LeavesOut } from "./trace.ts";
import { TRACE_FORMS, type TraceForm } from "./trace_forms.ts";
import { CORPUS_RANGE, literal, type ValueType } from "./value.ts";

/** A pretraining document. Both texts hold the dialect's markers; the response ends with `<eos>` unless it is cut. */
export interface Document {
  kind: DocumentKind;
  prompt: string;
  response: string;
}

/** The parts of a world's configuration that a curriculum changes. */
export interface DocumentMix {
  depthWeights: readonly number[];
  mixture: Record<DocumentKind, number>;
  traceShare: Record<SolverKind, number>;
  hastyShare?: Partial<Record<SolverKind, number>>;
}

/** Most reference tasks kept per language and input type, the newest last. */
const POOL_SIZE = 200;
/** Numbers of references in a proposal prompt, drawn uniformly. */
const REFERENCE_COUNTS = [0, 1, 2, 2];

const TYPES: readonly ValueType[] = ["integer", "list", "string"];

/** A document in two parts, and whether it ends there and is not cut (absent: it does). */
type Written = [prompt: string, response: string, ends?: boolean];

/** A writer of pretraining documents of one world. */
export class DocumentWriter {
  readonly #config: WorldConfig;
  readonly #heldOut: HeldOut;
  readonly #random: RandomStream;
  readonly #languages: readonly WorldLanguage[];
  readonly #pool = new Map<string, Reference[]>();
  /** Language of the document being written. */
  #language: WorldLanguage;
  #generator: ProgramGenerator;
  #mix: DocumentMix;
  #kinds: DocumentKind[] = [];
  #kindWeights: number[] = [];

  constructor(config: WorldConfig, heldOut: HeldOut, random: RandomStream) {
    this.#config = config;
    this.#heldOut = heldOut;
    this.#random = random;
    this.#languages = worldLanguages(config);
    this.#language = config.language;
    this.#generator = new ProgramGenerator(config);
    this.#mix = config;
    this.use(config);
  }

  /** Changes depths, mixture and trace shares from the next document on. */
  use(mix: DocumentMix): void {
    this.#mix = mix;
    this.#generator = new ProgramGenerator({
      ...this.#config,
      depthWeights: mix.depthWeights,
    });
    this.#kinds = Object.keys(mix.mixture) as DocumentKind[];
    this.#kindWeights = this.#kinds.map((kind) => mix.mixture[kind]);
  }

  /** Writes the next document. */
  next(): Document {
    const kind = this.#random.weightedChoice(this.#kinds, this.#kindWeights);
    const { languageWeights } = this.#config;
    if (languageWeights) {
      const weights = this.#languages.map((name) => languageWeights[name]);
      this.#language = this.#random.weightedChoice(this.#languages, weights);
    }
    const [prompt, response, ends = true] = this.#write(kind);
    return { kind, prompt, response: response + (ends ? END_TOKEN : "") };
  }

  #write(kind: DocumentKind): Written {
    switch (kind) {
      case "deduction":
      case "abduction":
        return this.#traced(kind);
      case "induction":
        return this.#induction();
      case "proposeDeduction":
        return this.#proposal("deduction");
      case "proposeAbduction":
        return this.#proposal("abduction");
      case "proposeInduction":
        return this.#inductionProposal();
      case "maths":
        return this.#maths();
    }
  }

  /** Writes a deduction or abduction. One that is cut ends in its thought, without an answer. */
  #traced(mode: "deduction" | "abduction"): Written {
    const { cutShare = 0, cutDepths = [], cutSteps = 1 } = this.#config;
    const cut = cutShare > 0 && this.#random.next() < cutShare;
    const sketch = this.#sketch(1, undefined, cut ? cutDepths : undefined);
    const { source, pairs: [{ argument, output }] } = this.#texts(sketch);
    const [run] = sketch.runs;
    const forwards = mode === "deduction";
    const prompt = forwards
      ? deductionPrompt(source, argument)
      : abductionPrompt(source, output);
    if (cut) {
      const steps = this.#random.integer(1, cutSteps);
      const states = cutStates(mode, run, this.#language, steps);
      return [prompt, THINK_TOKEN + states, false];
    }
    const { forward, backward } = this.#traceForm();
    const think = forwards ? forward : backward;
    const trace = think(run, this.#language, this.#haste(mode));
    return [prompt, this.#answer(mode, trace, forwards ? output : argument)];
  }

  #induction(): [string, string] {
    const searched = this.#config.inductionTrace === "search" &&
      this.#random.next() < this.#mix.traceShare.induction;
    for (;;) {
      const sketch = this.#sketch(INDUCTION_SHOWN);
      const { source, pairs } = this.#texts(sketch);
      if (new Set(pairs.map((pair) => pair.output)).size < 2) continue;
      const response = searched
        ? this.#searchedAnswer(sketch)
        : this.#derivedAnswer(sketch, source);
      if (response) return [inductionPrompt(pairs), response];
    }
  }

  /** Returns a program as answer, after the first example's forward trace where the world has such. */
  #derivedAnswer({ runs }: Sketch, source: string): string {
    if (this.#config.inductionTrace === "search") return ANSWER_TOKEN + source;
    const trace = forwardTrace(runs[0], this.#language);
    return this.#answer("induction", trace, source);
  }

  /** Returns the search for a program and the program found; null where the search finds none. */
  #searchedAnswer(sketch: Sketch): string | null {
    const search = this.#search(sketch);
    if (search === null) return null;
    const program = { input: sketch.program.input, operations: search.found };
    return THINK_TOKEN + search.trace + ANSWER_TOKEN +
      renderProgram(program, this.#language);
  }

  /** Searches a sketch's program; null where it is not one of numbers or is not found. */
  #search({ inputs, runs }: Sketch): InductionSearch | null {
    const examples = inputs.map((input, i) => ({
      input,
      output: runs[i].output,
    }));
    if (!examples.every(isNumberPair)) return null;
    return searchProgram(
      examples,
      this.#generator.operations,
      this.#language,
    );
  }

  #maths(): [string, string] {
    const { wordShare, mathsOperations } = this.#config;
    for (;;) {
      const kind = this.#random.next() < wordShare ? "words" : "expression";
      const operations = this.#random.choice(mathsOperations);
      const drawn = drawMaths(kind, operations, this.#random);
      if (this.#heldOut.hasQuestion(drawn.question)) continue;
      return [
        mathsPrompt(drawn.question),
        this.#answer("maths", drawn.trace, drawn.answer),
      ];
    }
  }

  #proposal(mode: "deduction" | "abduction"): [string, string] {
    const random = this.#random;
    this.#growPool();
    const type = random.next() < .5 ? this.#inputType() : undefined;
    const pick = () => random.choice(this.#poolOf(type ?? this.#inputType()));
    const references = Array.from(
      { length: random.choice(REFERENCE_COUNTS) },
      pick,
    );
    const { program, argument } = pick();
    const input = random.next() < this.#config.mismatchedShare
      ? random.choice(this.#poolOf(this.#inputType())).argument
      : argument;
    return [proposePrompt(mode, references), `${program}<i>${input}`];
  }

  #inductionProposal(): [string, string] {
    const { source, pairs } = this.#texts(this.#sketch(INDUCTION_INPUTS));
    const inputs = pairs.map((pair) => pair.argument);
    return [proposeInductionPrompt(source), inputs.join("<i>")];
  }

  /** Returns the form of the next trace; draws nothing in worlds without sketches. */
  #traceForm(): TraceForm {
    const { sketchShare, traceForm = "steps" } = this.#config;
    const sketched = sketchShare !== undefined &&
      this.#random.next() < sketchShare;
    return TRACE_FORMS[sketched ? "sketch" : traceForm];
  }

  /** Returns the draw that leaves out values by the kind's share; it draws nothing where that is 0. */
  #haste(kind: SolverKind): LeavesOut {
    const share = this.#mix.hastyShare?.[kind] ?? 0;
    return () => share > 0 && this.#random.next() < share;
  }

  /** Returns `[<t>trace]<a>answer`; the trace is drawn by the share of its kind. */
  #answer(kind: SolverKind, trace: string, answer: string): string {
    const traced = this.#random.next() < this.#mix.traceShare[kind];
    return (traced ? THINK_TOKEN + trace : "") + ANSWER_TOKEN + answer;
  }

  /** Draws a sketch none of whose calls is held out. */
  #sketch(
    inputCount: number,
    inputType?: ValueType,
    depths?: readonly number[],
  ): Sketch {
    for (;;) {
      const depth = depths
        ? this.#random.choice(depths)
        : this.#generator.depth(this.#random);
      const sketch = this.#generator.sketch(
        { depth, inputCount, range: CORPUS_RANGE, inputType },
        this.#random,
      );
      const { source, pairs } = this.#texts(sketch);
      if (!pairs.some((pair) => this.#heldOut.has(source, pair))) {
        return sketch;
      }
    }
  }

  #texts(sketch: Sketch) {
    const source = renderProgram(sketch.program, this.#language);
    const pairs = sketch.inputs.map((input, i) => ({
      argument: literal(input),
      output: literal(sketch.runs[i].output),
    }));
    return { source, pairs };
  }

  #inputType(): ValueType {
    const weights = TYPES.map((type) => this.#config.inputWeights[type]);
    return this.#random.weightedChoice(TYPES, weights);
  }

  #poolOf(type: ValueType): Reference[] {
    const key = `${this.#language} ${type}`;
    const pool = this.#pool.get(key);
    if (pool && pool.length > 0) return pool;
    const first = [this.#reference(type)];
    this.#pool.set(key, first);
    return first;
  }

  /** Adds a fresh task to the pool that proposals draw from. */
  #growPool(): void {
    const type = this.#inputType();
    const pool = this.#poolOf(type);
    pool.push(this.#reference(type));
    if (pool.length > POOL_SIZE) pool.shift();
  }

  #reference(type: ValueType): Reference {
    const { source, pairs: [pair] } = this.#texts(this.#sketch(1, type));
    return { program: source, ...pair };
  }
}

/**
 * The program generator: typed random programs with inputs on which they run.
 *
 * Each operation is drawn by weight among those that take the previous value's type, so
 * that every program type-checks. A program whose values leave the range is drawn again.
 */

import type { RandomStream } from "../../random.ts";
import type { WorldConfig } from "./config.ts";
import { HeldOutPairs } from "./held_out_pairs.ts";
import { type Operation, operationNamed, OPERATIONS } from "./operations.ts";
import {
  countsToArgument,
  type ProgramRun,
  runProgram,
  type WorldProgram,
} from "./program.ts";
import {
  CORPUS_RANGE,
  drawInput,
  literal,
  type Value,
  type ValueRange,
  type ValueType,
} from "./value.ts";

/** A program with inputs and its runs on them. */
export interface Sketch {
  program: WorldProgram;
  inputs: Value[];
  runs: ProgramRun[];
}

/** The depth, the inputs and the range of a sketch. */
interface SketchRequest {
  depth: number;
  /** Number of distinct inputs. */
  inputCount: number;
  range: ValueRange;
  inputType?: ValueType;
}

/** Most tries per input before the program is dropped. */
const INPUT_ATTEMPTS = 4;
/** Share of draws with an empty output that are drawn again. */
const EMPTY_REJECTED = .9;

const TYPES: readonly ValueType[] = ["integer", "list", "string"];

interface Weighted {
  operations: Operation[];
  weights: number[];
}

/** A generator of programs of one world, without state: every draw comes from the given stream. */
export class ProgramGenerator {
  readonly operations: readonly Operation[];
  readonly #config: WorldConfig;
  readonly #steps: Record<ValueType, Weighted>;
  readonly #loops: Record<ValueType, Weighted>;
  readonly #typeWeights: number[];
  readonly #pairs: HeldOutPairs;

  constructor(config: WorldConfig) {
    this.#config = config;
    this.#pairs = new HeldOutPairs(config);
    this.operations = config.operations.length > 0
      ? config.operations.map(operationNamed)
      : OPERATIONS;
    this.#steps = byInput(this.operations, "expression");
    this.#loops = byInput(this.operations, "loop");
    this.#typeWeights = TYPES.map((type) => config.inputWeights[type]);
  }

  /** Draws a depth from the corpus' distribution. */
  depth(random: RandomStream): number {
    const weights = this.#config.depthWeights;
    return 1 + random.weightedChoice([...weights.keys()], weights);
  }

  /** Draws a program of a depth. The input type is drawn by weight unless given. */
  program(
    depth: number,
    random: RandomStream,
    inputType?: ValueType,
  ): WorldProgram {
    const input = inputType ?? random.weightedChoice(TYPES, this.#typeWeights);
    const operations: Operation[] = [];
    let type = input;
    const loops = this.#loops[input];
    if (
      loops.operations.length > 0 && random.next() < this.#config.loopShare
    ) {
      operations.push(random.weightedChoice(loops.operations, loops.weights));
      type = "integer";
    }
    while (operations.length < depth) {
      const { operations: choices, weights } = this.#next(type, operations);
      const operation = random.weightedChoice(choices, weights);
      operations.push(operation);
      type = operation.output;
    }
    return { input, operations };
  }

  /** Returns the operations that may come next: of that type, and no held-out pair with the last. */
  #next(type: ValueType, operations: readonly Operation[]): Weighted {
    const last = operations.at(-1);
    if (last === undefined || this.#pairs.size === 0) return this.#steps[type];
    const allowed = this.#steps[type].operations
      .filter((operation) => !this.#pairs.has(last, operation));
    return {
      operations: allowed,
      weights: allowed.map(({ weight }) => weight),
    };
  }

  /** Draws a program with distinct inputs whose runs all stay in range. */
  sketch(request: SketchRequest, random: RandomStream): Sketch {
    for (;;) {
      const { depth, inputType } = request;
      const program = this.program(depth, random, inputType);
      const sketch = drawInputs(program, request, random);
      if (sketch) return sketch;
    }
  }

  /** Draws two programs of familiar depths and chains them into a deeper one. */
  composed(
    depths: readonly [number, number],
    inputCount: number,
    random: RandomStream,
  ): Sketch {
    for (;;) {
      const first = this.program(depths[0], random);
      const type = first.operations[first.operations.length - 1].output;
      const second = this.program(depths[1], random, type);
      if (second.operations[0].form === "loop") continue;
      const program = {
        input: first.input,
        operations: [...first.operations, ...second.operations],
      };
      const request = { depth: 0, inputCount, range: CORPUS_RANGE };
      const sketch = drawInputs(program, request, random);
      if (sketch) return sketch;
    }
  }
}

/** Draws inputs for a program; null where too few runs stay in range. */
function drawInputs(
  program: WorldProgram,
  { inputCount, range }: SketchRequest,
  random: RandomStream,
): Sketch | null {
  const loop = countsToArgument(program);
  const sketch: Sketch = { program, inputs: [], runs: [] };
  const seen = new Set<string>();
  for (let left = inputCount * INPUT_ATTEMPTS; left > 0; left--) {
    const input = drawInput(program.input, range, random, loop);
    const text = literal(input);
    if (seen.has(text)) continue;
    const run = runProgram(program, input, range);
    if (run === null) continue;
    if (isEmpty(run.output) && random.next() < EMPTY_REJECTED) continue;
    seen.add(text);
    sketch.inputs.push(input);
    sketch.runs.push(run);
    if (sketch.inputs.length === inputCount) return sketch;
  }
  return null;
}

function isEmpty(value: Value): boolean {
  return typeof value !== "number" && value.length === 0;
}

function byInput(
  operations: readonly Operation[],
  form: Operation["form"],
): Record<ValueType, Weighted> {
  const select = (type: ValueType): Weighted => {
    const found = operations.filter((operation) =>
      operation.form === form && operation.input === type
    );
    return {
      operations: found,
      weights: found.map((operation) => operation.weight),
    };
  };
  return {
    integer: select("integer"),
    list: select("list"),
    string: select("string"),
  };
}

/**
 * Evaluation splits, drawn from a seed of their own and held out everywhere.
 *
 * | split | programs |
 * |---|---|
 * | familiar | depths and values as in the corpus, below its deepest; induction shallower |
 * | deep | the deepest of the corpus |
 * | large | inputs larger than any in the corpus |
 * | composed | two programs chained, deeper than any in the corpus |
 * | pairs | with a held-out pair of operations, which no other program has |
 * | expressions, longer expressions, words | maths |
 *
 * A world of two languages has the program splits in each: `familiar` in its
 * own and, with the same abstract programs, `familiar, other language`.
 */

import { compactDialect } from "../../method/modes/compact.ts";
import { INDUCTION_INPUTS } from "../../method/modes/compact_words.ts";
import {
  MODE_NAMES,
  type ModeName,
  type Task,
} from "../../method/modes/task.ts";
import { modeOf } from "../../method/modes/registry.ts";
import { type RandomStream, randomStream } from "../../random.ts";
import { type WorldConfig, worldLanguages } from "./config.ts";
import { ProgramGenerator, type Sketch } from "./generator.ts";
import { HeldOut } from "./held_out.ts";
import { HeldOutPairs } from "./held_out_pairs.ts";
import { type MathsItem, mathsSplits } from "./maths_splits.ts";
import type { WorldLanguage } from "./operations.ts";
import { renderProgram } from "./program.ts";
import {
  CORPUS_RANGE,
  LARGE_RANGE,
  literal,
  type ValueRange,
} from "./value.ts";

/** One item to be evaluated. `depth` counts operations; `operations` names those of a program. */
export type EvaluationItem =
  | {
    kind: ModeName;
    id: string;
    depth: number;
    operations: string[];
    task: Task;
  }
  | MathsItem;

export interface Split {
  name: string;
  kind: ModeName | "maths";
  items: EvaluationItem[];
}

export interface SplitSet {
  splits: Split[];
  heldOut: HeldOut;
}

type DrawSketch = (
  mode: ModeName,
  inputCount: number,
  random: RandomStream,
) => Sketch;

/** Returns all splits of a world, with the set that bars them from training. */
export function buildSplits(config: WorldConfig): SplitSet {
  const [, ...others] = worldLanguages(config);
  const splits = [
    ...programSplits(config),
    ...others.flatMap((language) => splitsIn(language, config)),
    ...mathsSplits(config),
  ];
  const heldOut = new HeldOut();
  for (const text of new HeldOutPairs(config).texts()) heldOut.addText(text);
  for (const item of splits.flatMap((split) => split.items)) {
    if (item.kind === "maths") heldOut.addQuestion(item.question);
    else {
      for (const example of item.task.examples) {
        heldOut.add(item.task.program.source, example);
      }
    }
  }
  return { splits, heldOut };
}

/** Returns the program splits in the language that is not the world's own. */
function splitsIn(language: WorldLanguage, config: WorldConfig): Split[] {
  return programSplits({ ...config, language }).map((split) => {
    const name = `${split.name}, other language`;
    const items = split.items.map((item) => ({
      ...item,
      id: item.id.replace(split.name, name),
    }));
    return { ...split, name, items };
  });
}

function programSplits(config: WorldConfig): Split[] {
  const generator = new ProgramGenerator(config);
  const anyPairs = new ProgramGenerator({ ...config, heldOutPairs: undefined });
  const { familiarDepths, deepDepths, largeDepths, composedDepths } = config;
  const pairDepths = config.heldOutPairs?.depths ?? [];
  const sketchOf = (
    depths: (mode: ModeName) => readonly number[],
    range: ValueRange,
    of = generator,
  ) =>
  (mode: ModeName, inputCount: number, random: RandomStream) =>
    of.sketch({
      depth: random.choice(depths(mode)),
      inputCount,
      range,
    }, random);
  const familiar = (mode: ModeName) =>
    mode === "induction" ? config.familiarInductionDepths : familiarDepths;
  const drawn: [string, readonly number[], number, DrawSketch][] = [
    [
      "familiar",
      familiarDepths,
      config.familiarItems,
      sketchOf(familiar, CORPUS_RANGE),
    ],
    [
      "deep",
      deepDepths,
      config.otherItems,
      sketchOf(() => deepDepths, CORPUS_RANGE),
    ],
    [
      "large",
      largeDepths,
      config.otherItems,
      sketchOf(() => largeDepths, LARGE_RANGE),
    ],
    [
      "composed",
      composedDepths,
      config.otherItems,
      (_mode, inputCount, random) =>
        generator.composed(
          [random.choice(composedDepths), random.choice(composedDepths)],
          inputCount,
          random,
        ),
    ],
    [
      PAIRS,
      pairDepths,
      config.otherItems,
      sketchOf(() => pairDepths, CORPUS_RANGE, anyPairs),
    ],
  ];
  const modes = MODE_NAMES.filter((mode) => familiar(mode).length > 0);
  return drawn.filter(([, depths]) => depths.length > 0)
    .flatMap(([name, , count, draw]) =>
      modes.map((mode) => programSplit(config, name, mode, count, draw))
    );
}

function programSplit(
  config: WorldConfig,
  name: string,
  mode: ModeName,
  count: number,
  draw: DrawSketch,
): Split {
  const random = randomStream(config.splitSeed, "split", name, mode);
  const items: EvaluationItem[] = [];
  const seen = new Set<string>();
  const pairs = new HeldOutPairs(config);
  for (let refused = 0; items.length < count; refused++) {
    if (refused > MOST_REFUSED) throw tooFewTasks(name, mode, items, count);
    const sketch = draw(
      mode,
      modeOf(mode).writesProgram ? 1 : INDUCTION_INPUTS,
      random,
    );
    if (pairs.inProgram(sketch.program) !== (name === PAIRS)) continue;
    const task = toTask(
      sketch,
      mode,
      config,
      `${name}/${mode}/${items.length}`,
    );
    if (task.examples.length > 1 && !tellsSomething(task)) continue;
    const key = itemKey(task);
    if (seen.has(key)) continue;
    seen.add(key);
    refused = 0;
    items.push({
      kind: mode,
      id: task.id,
      depth: sketch.program.operations.length,
      operations: sketch.program.operations.map(({ name }) => name),
      task,
    });
  }
  return { name, kind: mode, items };
}

/** The split of programs with a held-out pair of operations. */
const PAIRS = "pairs";

/** Draws in a row that give nothing new before a split is called impossible. */
const MOST_REFUSED = 10_000;

function tooFewTasks(
  name: string,
  mode: ModeName,
  items: readonly EvaluationItem[],
  count: number,
): RangeError {
  return new RangeError(
    `split ${name}/${mode} wants ${count} items, but this world seems to have ` +
      `no more than ${items.length}: lower "familiarItems" or "otherItems", ` +
      `or allow more operations or depths`,
  );
}

/** Returns what two items of a split may not share: the program, and with one example what is shown of it. */
function itemKey(task: Task): string {
  if (task.examples.length > 1) return task.program.source;
  const { argument, output } = task.examples[0];
  return `${task.program.source} ${
    task.mode === "deduction" ? argument : output
  }`;
}

/** Tells whether the shown examples differ in their outputs. */
function tellsSomething(task: Task): boolean {
  const shown = task.examples.slice(0, task.shownCount);
  return new Set(shown.map((example) => example.output)).size > 1;
}

/** Returns a sketch as a task, as self-play would hold it. */
function toTask(
  sketch: Sketch,
  mode: ModeName,
  config: WorldConfig,
  id: string,
): Task {
  return {
    id,
    mode,
    program: {
      language: config.language,
      source: renderProgram(sketch.program, config.language),
    },
    examples: sketch.inputs.map((input, i) => ({
      argument: literal(input),
      output: literal(sketch.runs[i].output),
    })),
    shownCount: modeOf(mode).shownCount(compactDialect.induction),
    message: "",
    provenance: {
      source: "generated",
      parents: [],
      step: 0,
      seed: config.splitSeed,
      verdict: "generated",
      solveRate: null,
    },
  };
}

/**
 * Held-out pairs: operations that no program of the corpus applies one after the other.
 *
 * Self-play may not propose them either, so that the split `pairs` asks whether a model
 * puts known operations together in a new way. A pair is barred as the text in which the
 * world writes it; pairs that are not written side by side (`(x+1)*2`) are never drawn.
 */

import { randomStream } from "../../random.ts";
import { type WorldConfig, worldLanguages } from "./config.ts";
import {
  type Operation,
  operationNamed,
  OPERATIONS,
  type WorldLanguage,
} from "./operations.ts";
import { FRAMES, renderProgram } from "./program.ts";

type Pair = readonly [Operation, Operation];

/** The held-out pairs of a world; none unless its config asks for some. */
export class HeldOutPairs {
  readonly #pairs: readonly Pair[];
  readonly #names: ReadonlySet<string>;
  readonly #languages: readonly WorldLanguage[];

  /** Draws the pairs. Throws `RangeError` where the world has too few. */
  constructor(config: WorldConfig) {
    this.#languages = worldLanguages(config);
    const { count } = config.heldOutPairs ?? { count: 0 };
    this.#pairs = count > 0 ? drawPairs(config, count) : [];
    this.#names = new Set(this.#pairs.map(nameOf));
  }

  get size(): number {
    return this.#pairs.length;
  }

  /** Tells whether the second operation may not follow the first. */
  has(first: Operation, second: Operation): boolean {
    return this.#names.has(nameOf([first, second]));
  }

  /** Tells whether a program applies a held-out pair. */
  inProgram({ operations }: { operations: readonly Operation[] }): boolean {
    return operations.some((operation, i) =>
      i > 0 && this.has(operations[i - 1], operation)
    );
  }

  /** Returns the texts of all pairs, in every language of the world. */
  texts(): string[] {
    return this.#languages.flatMap((language) =>
      this.#pairs.map((pair) => sideBySide(pair, language)!)
    );
  }
}

const nameOf = ([first, second]: Pair) => `${first.name}, ${second.name}`;

/** Draws pairs by the seed of the splits. Every operation keeps one that may follow it. */
function drawPairs(config: WorldConfig, count: number): Pair[] {
  const { operations: names, splitSeed } = config;
  const operations = names.length > 0 ? names.map(operationNamed) : OPERATIONS;
  const candidates = operations.flatMap((first) =>
    operations.map((second): Pair => [first, second])
  ).filter((pair) =>
    worldLanguages(config).every((language) => sideBySide(pair, language))
  );
  const left = new Map(operations.map((first) => [
    first.name,
    operations.filter((next) => follows(first, next)).length,
  ]));
  const drawn: Pair[] = [];
  const random = randomStream(splitSeed, "held-out pairs");
  for (const pair of random.shuffle(candidates)) {
    const followers = left.get(pair[0].name)!;
    if (drawn.length === count || followers === 1) continue;
    left.set(pair[0].name, followers - 1);
    drawn.push(pair);
  }
  if (drawn.length === count) return drawn;
  throw new RangeError(
    `world.heldOutPairs.count is ${count}, but this world can hold out only ` +
      `${drawn.length} pairs of operations: lower it, or allow more operations`,
  );
}

const follows = (first: Operation, second: Operation) =>
  second.form === "expression" && second.input === first.output;

/** Returns the text of both operations; null where they cannot follow each other or are not written side by side. */
function sideBySide(pair: Pair, language: WorldLanguage): string | null {
  const [first, second] = pair;
  if (!follows(first, second) || first.form === "loop") return null;
  const frame = FRAMES[language].expression + "x";
  const program = renderProgram(
    { input: first.input, operations: pair },
    language,
  );
  const after = pair.map(({ rendering: { [language]: rendering } }) =>
    "after" in rendering ? rendering.after : ""
  ).join("");
  return program === frame + after ? after : null;
}

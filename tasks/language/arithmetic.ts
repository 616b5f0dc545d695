/**
 * An arithmetic set of the kit's own: deduction of functions that only reckon with two
 * whole numbers. Equal seeds give equal rows. Left out: words, which `gsm8k` has.
 */

import { type RandomStream, randomStream } from "../../lib/random.ts";
import type { FunctionRow } from "./functions.ts";

/** One question: the expression in `a` and `b`, both numbers, and the right value. */
interface Sum {
  expression: string;
  a: number;
  b: number;
  value: number;
}

/** What is asked at each level, from 1: digits added, numbers added, taken away, digits multiplied, two steps. */
const LEVELS: ((random: RandomStream) => Sum)[] = [
  (random) => added(random.integer(1, 9), random.integer(1, 9)),
  (random) => added(random.integer(10, 99), random.integer(10, 99)),
  (random) => {
    const [a, b] = [random.integer(10, 99), random.integer(10, 99)];
    return { expression: "a - b", a, b, value: a - b };
  },
  (random) => {
    const [a, b] = [random.integer(2, 9), random.integer(2, 9)];
    return { expression: "a * b", a, b, value: a * b };
  },
  (random) => {
    const [a, b] = [random.integer(2, 9), random.integer(2, 9)];
    const c = random.integer(2, 9);
    return { expression: `a * ${c} + b`, a, b, value: a * c + b };
  },
];

const added = (a: number, b: number) => ({
  ...{ expression: "a + b", a, b, value: a + b },
});

/** Returns so many questions; the five levels take turns, and none comes twice. */
export function arithmeticRows(count: number, seed: number): FunctionRow[] {
  const known = new Set<string>();
  return Array.from({ length: count }, (_, i) => {
    const random = randomStream(seed, "arithmetic", i);
    for (;;) {
      const { expression, a, b, value } = LEVELS[i % LEVELS.length](random);
      const key = `${expression} ${a} ${b}`;
      if (known.has(key)) continue;
      known.add(key);
      return {
        id: `arithmetic-${i + 1}`,
        level: 1 + i % LEVELS.length,
        source: `def f(a, b):\n    return ${expression}`,
        inputs: [`${a}, ${b}`],
        outputs: [`${value}`],
      };
    }
  });
}

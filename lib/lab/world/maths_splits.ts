/** The evaluation splits of maths questions. */

import { randomStream } from "../../random.ts";
import type { WorldConfig } from "./config.ts";
import { drawMaths, type MathsKind } from "./maths.ts";

/** A question to be evaluated; `depth` counts its operations. */
export interface MathsItem {
  kind: "maths";
  id: string;
  depth: number;
  question: string;
  answer: string;
}

interface MathsSplit {
  name: string;
  kind: "maths";
  items: MathsItem[];
}

/** Draws the splits of maths questions. */
export function mathsSplits(config: WorldConfig): MathsSplit[] {
  const { mathsOperations, longerMathsOperations, otherItems } = config;
  const drawn: [string, MathsKind, readonly number[]][] = [
    ["expressions", "expression", mathsOperations],
    ["longer expressions", "expression", longerMathsOperations],
    ["words", "words", config.wordShare > 0 ? mathsOperations : []],
  ];
  return drawn.filter(([, , counts]) => counts.length > 0).map(
    ([name, kind, counts]) => {
      const random = randomStream(config.splitSeed, "split", name);
      const items = new Map<string, MathsItem>();
      while (items.size < otherItems) {
        const operations = random.choice(counts);
        const { question, answer } = drawMaths(kind, operations, random);
        if (items.has(question)) continue;
        items.set(question, {
          kind: "maths",
          id: `${name}/${items.size}`,
          depth: operations,
          question,
          answer,
        });
      }
      return { name, kind: "maths", items: [...items.values()] };
    },
  );
}

/** The world's interpreter held against the sandbox. */

import assert from "node:assert/strict";
import { type Language, startExecutor } from "../../../lib/sandbox/mod.ts";
import { randomStream } from "../../../lib/random.ts";
import {
  CORPUS_RANGE,
  LARGE_RANGE,
  literal,
} from "../../../lib/lab/world/value.ts";
import { ProgramGenerator } from "../../../lib/lab/world/generator.ts";
import { renderProgram } from "../../../lib/lab/world/program.ts";
import type { WorldLanguage } from "../../../lib/lab/world/operations.ts";
import { TEST_WORLD } from "./world_config.ts";

async function disagreements(
  language: WorldLanguage & Language,
  count: number,
): Promise<string[]> {
  const generator = new ProgramGenerator(TEST_WORLD);
  const random = randomStream(3, "agreement", language);
  const sketches = Array.from({ length: count }, (_, i) =>
    generator.sketch({
      depth: 1 + i % 7,
      inputCount: 1,
      range: i % 3 === 0 ? LARGE_RANGE : CORPUS_RANGE,
    }, random));
  await using executor = await startExecutor({ languages: [language] });
  const jobs = sketches.map(({ program, inputs }) => ({
    program: { language, source: renderProgram(program, language) },
    argument: literal(inputs[0]),
  }));
  const outcomes = await executor.runMany(jobs);
  return outcomes.flatMap((outcome, i) => {
    const expected = literal(sketches[i].runs[0].output);
    if (outcome.kind === "value" && sameLiteral(outcome.literal, expected)) {
      return [];
    }
    return [
      `${jobs[i].program.source} on ${jobs[i].argument}: ` +
      `${JSON.stringify(outcome)}, expected ${expected}`,
    ];
  });
}

/** Equal up to the kind of quotes, which Python chooses otherwise. */
function sameLiteral(found: string, expected: string): boolean {
  return found.replaceAll("'", '"').replaceAll(" ", "") === expected;
}

Deno.test("5000 random JavaScript programs give what the interpreter says", async () => {
  assert.deepEqual(await disagreements("javascript", 5000), []);
});

Deno.test("300 random Python programs give what the interpreter says", async () => {
  assert.deepEqual(await disagreements("python", 300), []);
});

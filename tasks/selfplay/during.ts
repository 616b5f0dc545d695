/**
 * Benchmarks during self-play, as in the paper's Figures 6a, 14 and 28 to 31: the same
 * items, asked and graded as `deno task evaluate` does, at every evaluation of a run.
 */

import type { EvaluationRow, Setting } from "../../lib/method/setting.ts";
import { Tokenizer } from "../../lib/model/mod.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { modelAnswerer } from "../evaluate/model_answerer.ts";
import {
  answered,
  askedOf,
  type Chosen,
} from "../../lib/lab/benchmarks/evaluate.ts";
import { GRADING_SANDBOX } from "../../lib/lab/benchmarks/livecodebench.ts";

/** Items asked together. */
const BATCH = 8;

/**
 * Returns the evaluation of a run on benchmarks: greedy, in the run's own dialect, with
 * responses as long as the solver's, a row an item (BenchmarkRow).
 */
export function benchmarksDuring(
  // Each benchmark reads its own items and is given no others.
  // deno-lint-ignore no-explicit-any
  chosen: readonly Chosen<any>[],
): (step: number, setting: Setting) => Promise<EvaluationRow[]> {
  return async (_step, { engine, tokenizer, dialect, config }) => {
    if (!(tokenizer instanceof Tokenizer)) {
      throw new TypeError("benchmarks need the model's own tokenizer");
    }
    await using executor = await startExecutor(GRADING_SANDBOX);
    const answerer = modelAnswerer({ engine, tokenizer });
    const asked = await askedOf(
      chosen.map(({ benchmark, items }) => ({
        benchmark: benchmark.inDialect?.(dialect) ?? benchmark,
        items,
      })),
      answerer,
    );
    const { maxSolutionTokens: maxNewTokens, seed } = config;
    const settings = {
      ...{ samples: 1, temperature: 0, topP: 1 },
      ...{ maxNewTokens, seed },
    };
    const rows: EvaluationRow[] = [];
    const answering = { settings, answerer, executor, batch: BATCH };
    for await (const batch of answered(asked, answering)) {
      rows.push(...batch.map((row) => ({ ...row })));
    }
    return rows;
  };
}

/**
 * The time that is left, from the time that was taken: a plain step's median over
 * the last ones, and evaluations, which are longer and do not come in every step.
 */
import { median } from "../../lib/lab/evaluation/statistics.ts";
import type { SelfPlayConfig } from "../../lib/method/config.ts";
import type { SelfPlayEvent } from "../../lib/method/loop.ts";
import type { TimingRow } from "../../lib/run/stopwatch.ts";

/** Steps whose times make the estimate. */
const STEPS_REMEMBERED = 10;

export class Estimate {
  readonly #config: Pick<SelfPlayConfig, "steps" | "evaluateEvery">;
  #steps: number[] = [];
  #during: number | null = null;
  /** Seconds of the evaluation before the first step, as one of the last step would take. */
  #ends: number | null = null;
  #stepSeconds = 0;
  #last: number | null = null;

  /** `before` are the times of a run that is resumed. */
  constructor(
    config: Pick<SelfPlayConfig, "steps" | "evaluateEvery">,
    before: readonly TimingRow[] = [],
  ) {
    this.#config = config;
    for (const { step, seconds } of before) {
      const { evaluated = null, ...rest } = seconds;
      if (evaluated !== null) this.#noteEvaluation(step, evaluated);
      const plain = Object.values(rest).reduce((sum, s) => sum + s, 0);
      if (step > 0) this.#steps.push(plain);
    }
  }

  /** Takes note of an event at a time in seconds. What comes before the first one is start-up. */
  mark(event: SelfPlayEvent, now: number): void {
    const spent = this.#last === null ? null : now - this.#last;
    this.#last = now;
    if (event.type === "evaluated" && spent !== null) {
      const share = event.step === 0 ? shareAtTheEnd(event.rows) : 1;
      this.#noteEvaluation(event.step, spent * share);
      return;
    }
    this.#stepSeconds += spent ?? NaN;
    if (event.type !== "stepFinished") return;
    // A step that was not seen from its beginning says nothing.
    if (event.step > 0 && Number.isFinite(this.#stepSeconds)) {
      this.#steps.push(this.#stepSeconds);
    }
    this.#stepSeconds = 0;
  }

  /** Seconds until the run's end, after a step; null as long as nothing is known. */
  secondsLeft(step: number): number | null {
    if (this.#steps.length === 0) return null;
    const { steps, evaluateEvery } = this.#config;
    const left = Math.max(0, steps - step);
    const plain = left * median(this.#steps.slice(-STEPS_REMEMBERED));
    if (left === 0) return 0;
    const due = (upTo: number) =>
      evaluateEvery === 0 ? 0 : Math.floor(upTo / evaluateEvery);
    const during = Math.max(0, due(steps - 1) - due(step));
    return plain + during * (this.#during ?? 0) + (this.#ends ?? 0);
  }

  #noteEvaluation(step: number, seconds: number): void {
    if (step === 0 || step >= this.#config.steps) this.#ends = seconds;
    else this.#during = seconds;
  }
}

/** Before the first step, a base is also made to think, which is not done again. */
function shareAtTheEnd(rows: readonly Record<string, unknown>[]): number {
  if (rows.length === 0) return 1;
  return rows.filter(({ thinking }) => thinking !== "forced").length /
    rows.length;
}

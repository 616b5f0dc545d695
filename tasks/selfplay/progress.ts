/** Progress on the terminal: one line that moves, or one line per step in a log. */

import type { PretrainProgress } from "../../lib/lab/mod.ts";
import type { SelfPlayEvent, StepMetrics } from "../../lib/method/mod.ts";

const BAR_WIDTH = 24;

/** Steps whose times make the estimate of the time left. */
const STEPS_REMEMBERED = 10;

export class ProgressBar {
  readonly #terminal = Deno.stdout.isTerminal();
  readonly #steps: number;
  #stepStarted = performance.now();
  #recentSeconds: number[] = [];
  #lastLogged = -Infinity;
  #lastLine = "";
  #pretrainingStarted: number | null = null;

  constructor(steps: number) {
    this.#steps = steps;
  }

  pretraining(progress: PretrainProgress): void {
    const { tokens, totalTokens, stage, loss } = progress;
    const share = Math.min(1, tokens / totalTokens);
    this.#pretrainingStarted ??= performance.now();
    const seconds = (performance.now() - this.#pretrainingStarted) / 1000;
    const left = share < 0.01 ? NaN : seconds * (1 / share - 1);
    this.#show(
      `base model ${bar(share)} ${(tokens / 1e6).toFixed(2)}/${
        (totalTokens / 1e6).toFixed(2)
      }M tokens, ${stage}, loss ${loss.toFixed(3)}, ${duration(left)} left`,
      share === 1,
    );
    this.#stepStarted = performance.now();
  }

  /** Follows self-play; every finished step is also a line of a log. */
  event(event: SelfPlayEvent): void {
    if (event.type !== "stepFinished") {
      if (this.#terminal) this.#show(this.#stageLine(event), false);
      return;
    }
    const now = performance.now();
    if (event.step > 0) {
      this.#recentSeconds.push((now - this.#stepStarted) / 1000);
      this.#recentSeconds = this.#recentSeconds.slice(-STEPS_REMEMBERED);
    }
    this.#stepStarted = now;
    this.#lastLine = this.#stepLine(event.step, event.metrics);
    this.#show(this.#lastLine, true);
  }

  /** Text of its own line, below whatever moves. */
  note(text: string): void {
    if (this.#terminal) write("\r\x1b[K");
    console.log(text);
  }

  /** Leaves the moving line. */
  end(): void {
    if (this.#terminal) write("\n");
  }

  #stepLine(step: number, metrics: StepMetrics): string {
    const rates = Object.entries(metrics.solve).map(([mode, { solveRate }]) =>
      `${mode[0].toUpperCase()} ${percent(solveRate)}`
    );
    const proposer = mean(
      Object.values(metrics.propose).map(({ meanReward }) => meanReward),
    );
    const solver = mean(
      Object.values(metrics.solve).map(({ meanReward }) => meanReward),
    );
    const left = (this.#steps - step) * (mean(this.#recentSeconds) ?? NaN);
    return `self-play ${
      bar(step / Math.max(1, this.#steps))
    } step ${step}/${this.#steps}` +
      `, rewards: propose ${signed(proposer)} solve ${signed(solver)}` +
      `, solved ${rates.join(" ")}, ${duration(left)} left`;
  }

  #stageLine(event: SelfPlayEvent): string {
    return `${
      this.#lastLine || "self-play"
    } (step ${event.step}: ${event.type})`;
  }

  #show(line: string, important: boolean): void {
    if (this.#terminal) {
      const width = terminalWidth();
      write(`\r${line.slice(0, width - 1)}\x1b[K`);
      return;
    }
    // A log gets every step of self-play, and pretraining every ten seconds.
    const now = performance.now();
    if (!important && now - this.#lastLogged < 10_000) return;
    this.#lastLogged = now;
    console.log(line);
  }
}

function bar(share: number): string {
  const filled = Math.round(BAR_WIDTH * share);
  return `[${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}]`;
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function signed(value: number | null): string {
  if (value === null) return "-";
  return `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
}

function percent(share: number | null): string {
  return share === null ? "-" : `${Math.round(100 * share)}%`;
}

function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 100;
  }
}

function write(text: string): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  } catch {
    // The terminal was closed; the run goes on without it.
  }
}

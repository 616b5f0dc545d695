/** Progress on the terminal: one line that moves, or one line per step in a log. */

import type { PretrainProgress } from "../../lib/lab/pretrain.ts";
import type { SeedingRound } from "../../lib/method/seeding.ts";
import type { SelfPlayConfig } from "../../lib/method/config.ts";
import type { SelfPlayEvent } from "../../lib/method/loop.ts";
import type { StepMetrics } from "../../lib/method/metrics.ts";
import type { RunSampling } from "../../lib/run/watch.ts";
import type { TimingRow } from "../../lib/run/stopwatch.ts";
import { Estimate } from "./estimate.ts";

/** Milliseconds between two looks at the clock of a terminal's line. */
const REDRAW = 1000;

/** Milliseconds between lines of a log that tell nothing new but that there is life. */
const LOG_EVERY = 10_000;

/** The work that follows an event. */
const NEXT_STAGE: Record<string, string> = {
  seeded: "evaluating",
  proposed: "validating",
  validated: "solving",
  solved: "rewarding",
  rewarded: "rewarding",
  advantages: "updating",
  updated: "saving",
  evaluated: "saving",
  stepFinished: "proposing",
};

export class ProgressBar {
  readonly #terminal = Deno.stdout.isTerminal();
  readonly #config: SelfPlayConfig;
  readonly #estimate: Estimate;
  #parts: string[] = ["self-play"];
  #stage = "starting";
  #stageBegan = performance.now();
  #lastLogged = -Infinity;
  #sampling: string[] = [];
  #lastSampled = -Infinity;
  #samplingBegan = performance.now();
  #pretrainingStarted: number | null = null;
  readonly #resumed: boolean;
  #roundsDone = 0;
  #seedingBegan: { round: number; at: number } | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `before` are the times of a run that is resumed. */
  constructor(config: SelfPlayConfig, before: readonly TimingRow[] = []) {
    this.#config = config;
    this.#estimate = new Estimate(config, before);
    this.#resumed = before.length > 0;
    if (!this.#terminal) return;
    this.#timer = setInterval(() => this.#redraw(), REDRAW);
  }

  pretraining(progress: PretrainProgress): void {
    const { tokens, totalTokens, stage, loss } = progress;
    const share = Math.min(1, tokens / totalTokens);
    this.#pretrainingStarted ??= performance.now();
    const seconds = (performance.now() - this.#pretrainingStarted) / 1000;
    const left = share < 0.01 ? null : seconds * (1 / share - 1);
    const millions = (count: number) => (count / 1e6).toFixed(2);
    this.#begin("starting");
    this.#parts = [
      "base model",
      `${Math.floor(100 * share)}%`,
      `${duration(left)} left`,
      `${millions(tokens)}/${millions(totalTokens)}M tokens`,
      stage,
      `loss ${loss.toFixed(3)}`,
    ];
    this.#show(this.#parts, share === 1);
  }

  /** Follows the seeding: how full the buffers are, and the longest that it can take. */
  seeding({ round, sizes }: SeedingRound): void {
    const { seedRounds, seedTasksPerMode, modes } = this.#config;
    const now = performance.now();
    this.#roundsDone = round;
    this.#seedingBegan ??= { round: round - 1, at: this.#stageBegan };
    const { round: first, at } = this.#seedingBegan;
    const seconds = (now - at) / 1000 / (round - first);
    this.#parts = [
      this.#seedingRound(round),
      `at most ${duration((seedRounds - round) * seconds)} left`,
      `tasks ${
        modes.map((mode) =>
          `${mode[0].toUpperCase()} ${sizes[mode] ?? 0}/${seedTasksPerMode}`
        ).join(" ")
      }`,
    ];
    this.#stage = "seeding";
    this.#stageBegan = now;
    this.#show(this.#parts, false);
  }

  /** Follows sampling: its tokens and responses, and the longest that it can take. */
  sampling({ tokens, done, rows, share, evaluating }: RunSampling): void {
    if (evaluating) this.#begin("evaluating");
    else if (this.#stage === "starting") {
      this.#begin(this.#resumed ? "proposing" : "seeding");
    }
    if (this.#stage === "seeding") {
      this.#parts[0] = this.#seedingRound(this.#roundsDone + 1);
    }
    const now = performance.now();
    if (done === 0 && tokens === 0) this.#samplingBegan = now;
    const seconds = (now - this.#samplingBegan) / 1000;
    const left = share < 0.02 ? null : seconds * (1 / share - 1);
    this.#sampling = done === rows ? [] : [
      `${tokens.toLocaleString("en")} tokens`,
      `${done}/${rows} responses`,
      `at most ${duration(left)}`,
    ];
    if (this.#terminal || this.#sampling.length === 0) return;
    // A log hears of sampling where nothing else was said for a while.
    const said = Math.max(
      this.#lastLogged,
      this.#stageBegan,
      this.#lastSampled,
    );
    if (now - said < LOG_EVERY) return;
    this.#lastSampled = now;
    console.log(this.line);
  }

  /** The work under way, in words. */
  get line(): string {
    return [this.#parts[0], this.#stage, ...this.#sampling].join(", ");
  }

  #seedingRound(round: number): string {
    return `seeding round ${round}/${this.#config.seedRounds}`;
  }

  /** Whether what is under way is given up at once when the run is told to stop. */
  get isSeeding(): boolean {
    return ["starting", "seeding"].includes(this.#stage);
  }

  /** Follows self-play; every finished step is also a line of a log. */
  event(event: SelfPlayEvent): void {
    this.#estimate.mark(event, performance.now() / 1000);
    this.#begin(this.#stageAfter(event));
    if (event.type === "seeded") {
      this.#parts = [`self-play step 0/${this.#config.steps}`];
    }
    if (event.type !== "stepFinished") {
      if (this.#terminal) this.#redraw();
      // What follows may take minutes, and a log has no clock that moves.
      else if (event.type === "seeded") {
        console.log(`seeded in ${event.rounds} rounds`);
      }
      return;
    }
    this.#parts = this.#stepParts(event.step, event.metrics);
    this.#show(this.#parts, true);
  }

  /** Text of its own line, below whatever moves. */
  note(text: string): void {
    if (this.#terminal) write("\r\x1b[K");
    console.log(text);
  }

  /** Leaves the moving line. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#terminal) write("\r\x1b[K");
  }

  #begin(stage: string): void {
    if (stage === this.#stage) return;
    this.#stage = stage;
    this.#stageBegan = performance.now();
  }

  #stageAfter({ type, step }: SelfPlayEvent): string {
    const { steps, evaluateEvery } = this.#config;
    const due = step === steps ||
      (evaluateEvery > 0 && step % evaluateEvery === 0);
    return type === "updated" && due ? "evaluating" : NEXT_STAGE[type] ?? type;
  }

  #stepParts(step: number, metrics: StepMetrics): string[] {
    const rates = Object.entries(metrics.solve).flatMap((
      [mode, { solveRate }],
    ) =>
      solveRate === null
        ? []
        : [`${mode[0].toUpperCase()} ${Math.round(100 * solveRate)}%`]
    );
    const rewards = [metrics.propose, metrics.solve].map((role) =>
      signed(mean(Object.values(role).map(({ meanReward }) => meanReward)))
    );
    const left = this.#estimate.secondsLeft(step);
    return [
      `self-play step ${step}/${this.#config.steps}`,
      `${duration(left)} left`,
      ...(rates.length === 0 ? [] : [
        `solved ${rates.join(" ")}`,
        `rewards: propose ${rewards[0]} solve ${rewards[1]}`,
      ]),
    ];
  }

  /** The line with the stage that is under way, and for how long it has been. */
  #redraw(): void {
    const seconds = (performance.now() - this.#stageBegan) / 1000;
    const since = seconds < 2 ? "" : ` ${duration(seconds)}`;
    const [first, left, ...rest] = this.#parts;
    const known = left === undefined ? [] : [left];
    const now = [`${this.#stage}${since}`, ...this.#sampling];
    this.#show([first, ...known, ...now, ...rest], false);
  }

  #show(told: readonly string[], important: boolean): void {
    const parts = timeFirst(told);
    if (this.#terminal) {
      write(`\r${fitting(parts, terminalWidth() - 1)}\x1b[K`);
      return;
    }
    // A log gets every step of self-play, and pretraining every ten seconds.
    const now = performance.now();
    if (!important && now - this.#lastLogged < LOG_EVERY) return;
    this.#lastLogged = now;
    console.log(parts.join(", "));
  }
}

/** Puts the time that is left before all else: in a narrow window it stays. */
export function timeFirst(parts: readonly string[]): string[] {
  const isTime = (part: string) => part.endsWith(" left");
  return [...parts.filter(isTime), ...parts.filter((part) => !isTime(part))];
}

/** As many parts as a line has room for, the first ones first; one that does not fit is left out. */
export function fitting(parts: readonly string[], width: number): string {
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}, ${part}`;
    if (longer.length <= width) line = longer;
  }
  return line;
}

/** Hours, minutes and seconds; "?" where nothing is known. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  const two = (count: number) => String(count).padStart(2, "0");
  return minutes < 60
    ? `${minutes}:${two(rest)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(rest)}`;
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

function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}

function write(text: string): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  } catch {
    // The terminal was closed; the run goes on without it.
  }
}

/**
 * The pool: spreads jobs over child processes and loses none of them.
 *
 * Jobs wait in one queue. Each child has one frame of up to 64 jobs in flight and
 * one more queued, so it never idles and never holds more than it must. When a
 * child dies, stalls past the wall clock or answers nonsense, it is killed and
 * replaced, and every job of the frame it was at runs again alone: only the culprit
 * can fail there, and its failure is an infrastructure outcome, never a verdict
 * about a neighbour. An answer counts once, and only for a job its child holds.
 */

import { ChildProcess, type Silence } from "./child_process.ts";
import type { Reply, WireJob } from "./frame.ts";
import type { EngineRecipe } from "../language_engine.ts";
import type { Job, Limits, Outcome } from "../outcome.ts";

const LARGEST_BATCH = 64;
const SMALLEST_BATCH = 16;
const FRAMES_PER_CHILD = 2;
/**
 * Failures of a job that ran alone before it is given up. A stall costs the whole
 * wall clock and has no innocent cause twice; a death may come from outside.
 */
const FAILURES_ALONE: Record<Silence, number> = {
  stalled: 2,
  garbled: 2,
  died: 5,
};
const START_ATTEMPTS = 3;

/** What the pool needs of a child. */
export interface Child {
  readonly pid: number;
  send(jobs: readonly WireJob[]): void;
  /** The next reply, or why none came within `wallMs`. */
  reply(wallMs: number): Promise<Reply | Silence>;
  /** Ends it, whatever it does, and waits until it is gone. */
  end(): Promise<void>;
}

/** Starts a child whose engine is ready. */
export type StartChild = () => Promise<Child>;

/** How a pool is set up. */
export interface PoolOptions {
  workers: number;
  /** Backstop for one reply. */
  wallMs: number;
  /** Fixes the jobs per frame; by default they follow the queue's length. */
  batchSize?: number;
}

/** Starts processes of one recipe. */
export function childStarter(
  recipe: EngineRecipe,
  limits: Limits,
  cacheFolder: string,
): StartChild {
  return () => ChildProcess.start(recipe, limits, cacheFolder);
}

/** A job waiting for its outcome. */
interface Ticket {
  id: number;
  job: Job;
  failuresAlone: number;
  settle(outcome: Outcome): void;
  fail(error: unknown): void;
  isCancelled(): boolean;
}

/** A frame that a child holds. */
interface Frame {
  /** Whether its job was sent alone, so that a failure is its own. */
  isAlone: boolean;
  /** Its unanswered jobs, by number. */
  tickets: Map<number, Ticket>;
}

/** One place for a child; the child in it may be replaced. */
interface Slot {
  child: Child | null;
  frames: Frame[];
  /** Outcomes that the child has sent and not yet proved, by number. */
  unproven: Map<number, Outcome>;
  running: Promise<void> | null;
}

/** A pool of children of one engine. */
export class Pool {
  /** Children replaced because they died, stalled or answered nonsense. */
  restarts = 0;
  readonly #startChild: StartChild;
  readonly #options: PoolOptions;
  readonly #slots: Slot[];
  #queue: Ticket[] = [];
  #head = 0;
  #alone: Ticket[] = [];
  #nextId = 0;
  #closed = false;

  constructor(startChild: StartChild, options: PoolOptions) {
    this.#startChild = startChild;
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, () => ({
      child: null,
      frames: [],
      unproven: new Map(),
      running: null,
    }));
  }

  /** Process numbers of the living children. */
  get pids(): number[] {
    return this.#slots.flatMap((slot) => slot.child ? [slot.child.pid] : []);
  }

  /** Starts all children now; otherwise the first jobs do. */
  async start(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => this.#ensureChild(slot)));
  }

  /** Outcomes in the order of the jobs. */
  runMany(jobs: readonly Job[], signal?: AbortSignal): Promise<Outcome[]> {
    if (this.#closed) {
      return Promise.reject(new Error("the executor is closed"));
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (jobs.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const outcomes = new Array<Outcome>(jobs.length);
      let missing = jobs.length;
      let over = false;
      const finish = (act: () => void) => {
        if (over) return;
        over = true;
        signal?.removeEventListener("abort", onAbort);
        act();
      };
      const onAbort = () => finish(() => reject(signal!.reason));
      signal?.addEventListener("abort", onAbort);
      jobs.forEach((job, index) =>
        this.#queue.push({
          id: this.#nextId++,
          job,
          failuresAlone: 0,
          settle(outcome) {
            outcomes[index] = outcome;
            if (--missing === 0) finish(() => resolve(outcomes));
          },
          fail: (error) => finish(() => reject(error)),
          isCancelled: () => over,
        })
      );
      this.#wake();
    });
  }

  /** Ends all children; jobs that are not done fail. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#failAll(new Error("the executor was closed"));
    const children = this.#slots.flatMap((slot) => slot.child ?? []);
    await Promise.all(children.map((child) => child.end()));
    await Promise.all(this.#slots.map((slot) => slot.running));
  }

  #wake(): void {
    for (const slot of this.#slots) {
      slot.running ??= this.#serve(slot)
        .catch((error) => this.#failAll(error))
        .finally(() => {
          slot.running = null;
          // A job may have come while this was on its way out.
          if (!this.#closed && this.#hasWork(slot)) this.#wake();
        });
    }
  }

  /** Keeps one child busy until the queue is empty. */
  async #serve(slot: Slot): Promise<void> {
    while (!this.#closed && this.#hasWork(slot)) {
      const child = await this.#ensureChild(slot);
      this.#fill(slot, child);
      if (slot.frames.length === 0) return;
      const reply = await child.reply(this.#options.wallMs);
      if (this.#closed) return;
      if (typeof reply === "string") {
        await this.#recover(slot, child, reply);
        continue;
      }
      if (!this.#accept(slot, reply)) {
        await this.#recover(slot, child, "garbled");
      }
    }
  }

  #hasWork(slot: Slot): boolean {
    return slot.frames.length > 0 || this.#alone.length > 0 ||
      this.#head < this.#queue.length;
  }

  async #ensureChild(slot: Slot): Promise<Child> {
    for (let attempt = 1; slot.child === null; attempt++) {
      try {
        slot.child = await this.#startChild();
      } catch (error) {
        if (attempt >= START_ATTEMPTS || this.#closed) throw error;
      }
    }
    if (this.#closed) await slot.child.end();
    return slot.child;
  }

  /** Sends frames until the child has its share. A job to run alone gets it all. */
  #fill(slot: Slot, child: Child): void {
    while (slot.frames.length < FRAMES_PER_CHILD) {
      const isIdle = slot.frames.length === 0;
      const alone = isIdle ? this.#takeAlone() : null;
      const tickets = alone ? [alone] : this.#takeBatch();
      if (tickets.length === 0) return;
      slot.frames.push({
        isAlone: tickets.length === 1,
        tickets: new Map(tickets.map((ticket) => [ticket.id, ticket])),
      });
      child.send(tickets.map(wireJob));
      if (alone || this.#alone.length > 0) return;
    }
  }

  #takeAlone(): Ticket | null {
    for (;;) {
      const ticket = this.#alone.shift();
      if (ticket === undefined) return null;
      if (!ticket.isCancelled()) return ticket;
    }
  }

  #takeBatch(): Ticket[] {
    const waiting = this.#queue.length - this.#head;
    const share = Math.ceil(waiting / (FRAMES_PER_CHILD * this.#slots.length));
    const size = this.#options.batchSize ??
      Math.min(LARGEST_BATCH, Math.max(SMALLEST_BATCH, share));
    const tickets: Ticket[] = [];
    while (tickets.length < size && this.#head < this.#queue.length) {
      const ticket = this.#queue[this.#head++];
      if (!ticket.isCancelled()) tickets.push(ticket);
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    return tickets;
  }

  /** Settles what counts; false if the child answered for a job it does not hold. */
  #accept(slot: Slot, { outcomes = [], unproven, stands }: Reply): boolean {
    const settle = (outcome: Outcome, id: number) => {
      const frame = slot.frames.find(({ tickets }) => tickets.has(id));
      frame?.tickets.get(id)?.settle(outcome);
      frame?.tickets.delete(id);
      slot.unproven.delete(id);
    };
    for (const [id, outcome] of outcomes) {
      const isHeld = slot.frames.some(({ tickets }) => tickets.has(id));
      if (!isHeld || typeof outcome?.kind !== "string") return false;
      if (unproven) slot.unproven.set(id, outcome);
      else settle(outcome, id);
    }
    if (stands) slot.unproven.forEach(settle);
    slot.frames = slot.frames.filter(({ tickets }) => tickets.size > 0);
    return true;
  }

  /** Replaces a child; what it had begun and not answered runs again, one at a time. */
  async #recover(
    slot: Slot,
    child: Child,
    silence: Silence,
  ): Promise<void> {
    this.restarts++;
    const [running, ...queued] = slot.frames;
    slot.child = null;
    slot.frames = [];
    slot.unproven.clear();
    for (const ticket of running?.tickets.values() ?? []) {
      if (running.isAlone) ticket.failuresAlone++;
      if (ticket.failuresAlone >= FAILURES_ALONE[silence]) {
        const reason = `the sandbox process ${silence} ` +
          `${ticket.failuresAlone} times on this job alone`;
        ticket.settle({ kind: "infrastructure", reason });
      } else {
        this.#alone.push(ticket);
      }
    }
    // Frames behind the running one had not begun.
    for (const frame of queued) this.#queue.push(...frame.tickets.values());
    await child.end();
    this.#wake();
  }

  #failAll(error: unknown): void {
    const waiting = [
      ...this.#queue.slice(this.#head),
      ...this.#alone,
      ...this.#slots.flatMap(unansweredIn),
    ];
    this.#queue = [];
    this.#head = 0;
    this.#alone = [];
    for (const slot of this.#slots) slot.frames = [];
    for (const ticket of waiting) ticket.fail(error);
  }
}

function unansweredIn(slot: Slot): Ticket[] {
  return slot.frames.flatMap(({ tickets }) => [...tickets.values()]);
}

function wireJob(ticket: Ticket): WireJob {
  const { program, argument } = ticket.job;
  return [ticket.id, program.language, program.source, argument];
}

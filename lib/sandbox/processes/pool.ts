/**
 * The pool: spreads jobs over child processes and loses none of them.
 *
 * Jobs wait in one queue. Each child has one frame of up to 64 jobs in flight and
 * one more queued, so it never idles and never holds more than it must. Children are
 * started when jobs come for them. A child with nothing to do takes over what waits
 * behind a slow program of another one; the first answer counts. Frames are as
 * short as jobs are slow, so that there is little to take over. When a
 * child dies, stalls past the wall clock or answers nonsense, it is killed and
 * replaced, and every job of the frame it was at runs again alone: only the culprit
 * can fail there, and its failure is an infrastructure outcome, never a verdict
 * about a neighbour. An answer counts once, and only for a job its child holds.
 */

import { ChildProcess, type Silence } from "./child_process.ts";
import type { Reply, WireJob } from "./frame.ts";
import type { EngineRecipe } from "../language_engine.ts";
import { wallFor } from "../limits.ts";
import type { Limits, Outcome } from "../outcome.ts";
import { LARGEST_FRAME, Pace } from "./pace.ts";
import {
  isWanted,
  JobQueue,
  type PoolJob,
  type Ticket as QueueTicket,
  ticketsFor,
  wireJob,
} from "./job_queue.ts";

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
/** A program that runs for longer than this lets idle children take what is behind it. */
const SLOW_MS = 100;

/** What the pool needs of a child. */
export interface Child {
  readonly pid: number;
  /** `isUrgent`: the outcomes may not wait for each other. */
  send(jobs: readonly WireJob[], isUrgent: boolean): void;
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
  /** Of these, the fuel and the wall clock: the backstop for one reply. */
  limits: Pick<Limits, "fuel" | "wallMs">;
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

type Ticket = QueueTicket<Slot>;

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
  /** When the child last answered or was given its first frame. */
  busySince: number;
}

/** A pool of children of one engine. */
export class Pool {
  /** Children replaced because they died, stalled or answered nonsense. */
  restarts = 0;
  readonly #startChild: StartChild;
  readonly #options: PoolOptions;
  readonly #slots: Slot[];
  readonly #queue = new JobQueue<Slot>();
  #nextId = 0;
  readonly #pace = new Pace();
  #closed = false;

  constructor(startChild: StartChild, options: PoolOptions) {
    this.#startChild = startChild;
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, () => ({
      child: null,
      frames: [],
      unproven: new Map(),
      running: null,
      busySince: 0,
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

  /** Returns the outcomes in the order of the jobs. */
  async runMany(
    jobs: readonly PoolJob[],
    signal?: AbortSignal,
  ): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(jobs.length);
    const keep = (index: number, outcome: Outcome) => outcomes[index] = outcome;
    await this.runEach(jobs, keep, signal);
    return outcomes;
  }

  /** Calls back with each outcome as it comes; resolves when all have come. */
  runEach(
    jobs: readonly PoolJob[],
    tell: (index: number, outcome: Outcome) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.#closed) {
      return Promise.reject(new Error("the executor is closed"));
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (jobs.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const errand = { tell, signal, resolve, reject };
      this.#queue.push(...ticketsFor<Slot>(jobs, this.#nextId, errand));
      this.#nextId += jobs.length;
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

  /** Sets free children to work, of those without a process no more than there are jobs. */
  #wake(): void {
    const free = this.#slots.filter(({ running }) => running === null);
    if (free.length === 0) return;
    const jobs = this.#queue.size + this.#heldUp(free[0]).length;
    const ready = free.filter(({ child }) => child !== null);
    const starting = free.filter(({ child }) => child === null);
    const most = Math.max(0, jobs - ready.length);
    for (const slot of [...ready, ...starting.slice(0, most)]) {
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
      slot.busySince = performance.now();
      const offer = setTimeout(() => this.#wake(), SLOW_MS);
      const reply = await child.reply(this.#wallMs(slot))
        .finally(() => clearTimeout(offer));
      if (this.#closed) return;
      if (typeof reply === "string") {
        await this.#recover(slot, child, reply);
        continue;
      }
      this.#pace.learn(
        performance.now() - slot.busySince,
        reply.outcomes?.length ?? 0,
      );
      if (!this.#accept(slot, reply)) {
        await this.#recover(slot, child, "garbled");
      }
    }
  }

  #hasWork(slot: Slot): boolean {
    return slot.frames.length > 0 || this.#queue.size > 0 ||
      this.#heldUp(slot).length > 0;
  }

  /** Returns the backstop for the slowest program of a child's first frame. */
  #wallMs(slot: Slot): number {
    const { limits } = this.#options;
    const fuel = Math.max(
      limits.fuel,
      ...slot.frames[0].tickets.values()
        .map(({ job }) => job.limits?.fuel ?? 0),
    );
    return wallFor(fuel, limits);
  }

  /** What waits behind a slow program of another child. */
  #heldUp(slot: Slot): Ticket[] {
    const before = performance.now() - SLOW_MS;
    return this.#slots.flatMap((other) => {
      if (other === slot || other.busySince > before) return [];
      const waiting = unansweredIn(other);
      const running = waiting.find(({ id }) => !other.unproven.has(id));
      return waiting.filter((ticket) =>
        ticket !== running && !ticket.isOver() && !ticket.holders.has(slot)
      );
    });
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
      const isUrgent = this.#isNearEnd();
      const alone = isIdle ? this.#queue.takeAlone() : null;
      const tickets = alone ? [alone] : this.#queue.take(this.#frameJobs());
      if (tickets.length === 0 && isIdle) {
        // From the far end, which the other child reaches last.
        const held = this.#heldUp(slot).reverse();
        tickets.push(...held.slice(0, this.#pace.jobsInTime()));
      }
      if (tickets.length === 0) return;
      for (const ticket of tickets) ticket.holders.add(slot);
      slot.frames.push({
        isAlone: tickets.length === 1,
        tickets: new Map(tickets.map((ticket) => [ticket.id, ticket])),
      });
      child.send(tickets.map(wireJob), isUrgent);
      if (alone || this.#queue.hasAlone) return;
    }
  }

  /** Tells whether children will soon have nothing to do but help each other. */
  #isNearEnd(): boolean {
    const room = LARGEST_FRAME * FRAMES_PER_CHILD * this.#slots.length;
    return this.#queue.waiting <= room;
  }

  #frameJobs(): number {
    return this.#options.batchSize ?? this.#pace.frameJobs(
      this.#queue.waiting,
      this.#slots.length,
      FRAMES_PER_CHILD,
    );
  }

  /** Settles what counts; false if the child answered for a job it does not hold. */
  #accept(slot: Slot, { outcomes = [], unproven, stands }: Reply): boolean {
    const settle = (outcome: Outcome, id: number) => {
      const frame = slot.frames.find(({ tickets }) => tickets.has(id));
      const ticket = frame?.tickets.get(id);
      ticket?.holders.delete(slot);
      ticket?.settle(outcome);
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

  /** Replaces a child. The jobs that it had begun and not answered run again, one at a time. */
  async #recover(
    slot: Slot,
    child: Child,
    silence: Silence,
  ): Promise<void> {
    this.restarts++;
    const [running, ...queued] = slot.frames;
    for (const ticket of unansweredIn(slot)) ticket.holders.delete(slot);
    slot.child = null;
    slot.frames = [];
    slot.unproven.clear();
    for (const ticket of running?.tickets.values() ?? []) {
      if (!isWanted(ticket)) continue;
      if (running.isAlone) ticket.failuresAlone++;
      if (ticket.failuresAlone >= FAILURES_ALONE[silence]) {
        const reason = `the sandbox process ${silence} ` +
          `${ticket.failuresAlone} times on this job alone`;
        ticket.settle({ kind: "infrastructure", reason });
      } else {
        this.#queue.pushAlone(ticket);
      }
    }
    // Only the first frame was running: the others go back without a failure counted.
    for (const { tickets } of queued) this.#queue.push(...tickets.values());
    await child.end();
    this.#wake();
  }

  #failAll(error: unknown): void {
    const waiting = [
      ...this.#queue.takeAll(),
      ...this.#slots.flatMap(unansweredIn),
    ];
    for (const slot of this.#slots) slot.frames = [];
    for (const ticket of waiting) ticket.fail(error);
  }
}

function unansweredIn(slot: Slot): Ticket[] {
  return slot.frames.flatMap(({ tickets }) => [...tickets.values()]);
}

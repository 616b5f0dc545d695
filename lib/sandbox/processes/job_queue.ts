/** Jobs that wait for a child: in their order, and those that have to run alone. */

import type { RunSetting } from "../language_engine.ts";
import type { Job, Outcome } from "../outcome.ts";
import type { WireJob } from "./frame.ts";

/** Most characters of a frame's jobs, a little more for the last: far from the longest frame. */
const FRAME_CHARS = 2_000_000;

/** A job, and of a test's case what the children must know besides. */
export type PoolJob = Job & { testSetup?: string };

/** A job waiting for its outcome. */
export interface Ticket<Holder> {
  id: number;
  job: PoolJob;
  failuresAlone: number;
  /** The children that have it. */
  holders: Set<Holder>;
  settle(outcome: Outcome): void;
  fail(error: unknown): void;
  /** Whether nobody waits for it: it is settled, or its caller has given up. */
  isOver(): boolean;
}

/** A caller that waits for jobs: told of each, and when all are done or one cannot be. */
interface Errand {
  tell(index: number, outcome: Outcome): void;
  signal?: AbortSignal;
  resolve(): void;
  reject(error: unknown): void;
}

/** Makes the tickets of a caller's jobs, numbered from `firstId`. An abort ends them all. */
export function ticketsFor<Holder>(
  jobs: readonly PoolJob[],
  firstId: number,
  { tell, signal, resolve, reject }: Errand,
): Ticket<Holder>[] {
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
  return jobs.map((job, index) => {
    let isSettled = false;
    return {
      id: firstId + index,
      job,
      failuresAlone: 0,
      holders: new Set(),
      settle(outcome) {
        if (isSettled || over) return;
        isSettled = true;
        tell(index, outcome);
        if (--missing === 0) finish(resolve);
      },
      fail: (error) => finish(() => reject(error)),
      isOver: () => over || isSettled,
    };
  });
}

/** Tells whether somebody waits for it and no child has it. */
export function isWanted(ticket: Ticket<unknown>): boolean {
  return !ticket.isOver() && ticket.holders.size === 0;
}

export class JobQueue<Holder> {
  #tickets: Ticket<Holder>[] = [];
  #head = 0;
  #alone: Ticket<Holder>[] = [];

  /** Jobs in order. */
  get waiting(): number {
    return this.#tickets.length - this.#head;
  }

  get hasAlone(): boolean {
    return this.#alone.length > 0;
  }

  get size(): number {
    return this.waiting + this.#alone.length;
  }

  push(...tickets: readonly Ticket<Holder>[]): void {
    for (const ticket of tickets) this.#tickets.push(ticket);
  }

  pushAlone(ticket: Ticket<Holder>): void {
    this.#alone.push(ticket);
  }

  /** The next one that has to run alone. */
  takeAlone(): Ticket<Holder> | null {
    for (;;) {
      const ticket = this.#alone.shift();
      if (ticket === undefined) return null;
      if (isWanted(ticket)) return ticket;
    }
  }

  /** Returns the next ones in order, at most `size`, and as many as a frame may hold. */
  take(size: number): Ticket<Holder>[] {
    const taken: Ticket<Holder>[] = [];
    for (let chars = 0; taken.length < size && chars < FRAME_CHARS;) {
      if (this.#head === this.#tickets.length) break;
      const ticket = this.#tickets[this.#head++];
      if (!isWanted(ticket)) continue;
      taken.push(ticket);
      chars += charsOf(ticket.job);
    }
    if (this.waiting === 0) {
      this.#tickets = [];
      this.#head = 0;
    }
    return taken;
  }

  takeAll(): Ticket<Holder>[] {
    const all = [...this.#tickets.slice(this.#head), ...this.#alone];
    this.#tickets = [];
    this.#head = 0;
    this.#alone = [];
    return all;
  }
}

/** Returns a job as it travels to a child. */
export function wireJob({ id, job }: Ticket<unknown>): WireJob {
  const { program: { language, source, entry }, argument } = job;
  const { stdin, captureStdout, seed, limits, twice, testSetup } = job;
  const setting: RunSetting = Object.fromEntries(
    Object.entries({
      ...{ entry, stdin, captureStdout, seed, limits, twice, testSetup },
    })
      .filter(([, value]) => value !== undefined),
  );
  const isPlain = Object.keys(setting).length === 0;
  return isPlain
    ? [id, language, source, argument]
    : [id, language, source, argument, setting];
}

function charsOf({ program, argument, stdin, testSetup }: PoolJob): number {
  return program.source.length + argument.length + (stdin?.length ?? 0) +
    (testSetup?.length ?? 0);
}

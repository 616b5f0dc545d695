/**
 * Which outcomes of a child count: those behind which an audit has found the
 * engine's memory as it was at the start.
 *
 * Nothing should be able to stay behind from one program to the next. If something
 * does all the same, by a store that was not noted or a fault of the machine, no
 * outcome since the last good audit can be told from a wrong one. So outcomes leave
 * as unproven and count with the next good audit: after {@link AUDIT_MS} of work,
 * after every trap and at the end of a frame. When an audit fails, the engine has a
 * new instance, and what was unproven is judged again, each program alone and
 * audited; one after which the audit fails alone too gets no verdict.
 *
 * Python's memory has three kinds of pages. What is left behind on a page that
 * most programs write to meets no later program, for every restore puts such a page
 * back, noted or not. Any other page is compared with what it should be before it is
 * written for the first time after a restore, so that no program wipes out what
 * another one left; a difference is a fault of the interpreter. What is left on a
 * page that no later program writes to is there when the audit comes.
 */

import process from "node:process";

import type { LanguageEngine } from "../language_engine.ts";
import type { Outcome } from "../outcome.ts";
import type { Reply, WireJob } from "./frame.ts";

/** Unproven outcomes that are not urgent are sent this long after the last were. */
const FLUSH_MS = 2;
/**
 * CPU time between audits, so that a process that waits for a core audits no more
 * often. An audit of Python reads 96 MiB, 3 ms: some per cent of the work it proves.
 */
const AUDIT_MS = 50;
const LEFT_BEHIND: Outcome = {
  kind: "infrastructure",
  reason: "the program leaves something behind in the interpreter",
};

export class Judge {
  readonly #engine: Pick<LanguageEngine, "audit" | "isSuspect">;
  readonly #runAlone: (job: WireJob) => Outcome;
  readonly #send: (reply: Omit<Reply, "nonce">) => void;
  readonly #flushMs: number;
  #unproven: WireJob[] = [];
  #unsent: [id: number, outcome: Outcome][] = [];
  #flushedAt = performance.now();
  #auditedAt = performance.now();
  #auditedCpu = cpuMs();

  /** `runAlone` judges a job on the engine with no other before it. */
  constructor(
    engine: Pick<LanguageEngine, "audit" | "isSuspect">,
    runAlone: (job: WireJob) => Outcome,
    send: (reply: Omit<Reply, "nonce">) => void,
    isUrgent = false,
  ) {
    this.#flushMs = isUrgent ? 0 : FLUSH_MS;
    this.#engine = engine;
    this.#runAlone = runAlone;
    this.#send = send;
  }

  /** Takes an outcome; audits if it is time. */
  add(job: WireJob, outcome: Outcome): void {
    this.#unproven.push(job);
    this.#unsent.push([job[0], outcome]);
    const now = performance.now();
    const isDue = now - this.#auditedAt > AUDIT_MS &&
      cpuMs() - this.#auditedCpu > AUDIT_MS; // read only if the time has passed
    if (this.#engine.isSuspect || isDue) {
      this.prove();
    } else if (now - this.#flushedAt >= this.#flushMs) {
      this.#flush({ unproven: true });
    }
  }

  /** Audits, and lets count what was unproven or judges it again. */
  prove(): void {
    const jobs = this.#unproven.splice(0);
    if (this.#engine.audit()) {
      this.#flush({ stands: true });
    } else {
      this.#unsent = [];
      for (const job of jobs) {
        const outcome = this.#runAlone(job);
        const isSound = this.#engine.audit();
        this.#send({ outcomes: [[job[0], isSound ? outcome : LEFT_BEHIND]] });
      }
    }
    this.#auditedAt = performance.now();
    this.#auditedCpu = cpuMs();
  }

  #flush(mark: Omit<Reply, "nonce">): void {
    this.#send({ outcomes: this.#unsent.splice(0), ...mark });
    this.#flushedAt = performance.now();
  }
}

/** Returns the milliseconds of CPU that this process has used. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

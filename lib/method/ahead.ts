/**
 * A step that is played ahead: while the model learns from step t, step t + 1 is
 * proposed and solved by the weights from before that update (asynchronous reinforcement
 * learning: AReaL, Fu et al. 2025, arXiv 2505.24298, with a staleness of 1).
 *
 * Only the weights are stale: step t has put its tasks into the buffers before step
 * t + 1 begins. Which weights play a step does not depend on who is faster, so that an
 * engine that can do one thing at a time gives the same numbers. Such an engine plays
 * first and learns then, and gains nothing.
 *
 * Left out: more than one step ahead. Steps are played one after another, so that a
 * second would gain only where step times vary much; and SkyRL keeps one copy of the
 * weights to sample from.
 */

import type { Engine, Sampler } from "./engine.ts";
import { engineWith } from "./engine_with.ts";
import type { Setting } from "./setting.ts";

type Play<Event, Result> = AsyncGenerator<Event, Result, void>;

/** At most one play under way. Disposing ends its sampling and waits for it. */
export class PlayAhead<Event, Result> implements AsyncDisposable {
  readonly #ended = new AbortController();
  #begun: Promise<{ events: Event[]; result: Result }> | null = null;

  /**
   * Begins a play by the weights as they are now. Returns when the model may be
   * trained: at once, or behind the play where an engine cannot do both.
   */
  async begin(
    setting: Setting,
    play: (setting: Setting) => Play<Event, Result>,
  ): Promise<void> {
    const { engine, proposerEngine: proposer } = setting;
    const held: Setting = {
      ...setting,
      engine: await this.#held(engine),
      ...(proposer && { proposerEngine: await this.#held(proposer) }),
    };
    this.#begun = recorded(play(held));
    this.#begun.catch(() => {}); // Thrown where the play is taken.
    const overlaps = engine.sampler && (!proposer || proposer.sampler);
    if (!overlaps) await Promise.allSettled([this.#begun]);
  }

  /** Waits for the play that was begun: its events, and its result. Null where there is none. */
  take(): Play<Event, Result> | null {
    const begun = this.#begun;
    this.#begun = null;
    return begun && (async function* () {
      const { events, result } = await begun;
      yield* events;
      return result;
    })();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new DOMException("the run has ended", "AbortError"));
    await Promise.allSettled([this.#begun]);
  }

  async #held(engine: Engine): Promise<Engine> {
    const sampler: Sampler = await engine.sampler?.() ?? engine;
    const ended = this.#ended.signal;
    return engineWith(engine, {
      sample: (requests, { stop, ...options }) =>
        sampler.sample(requests, {
          ...options,
          stop: stop ? AbortSignal.any([stop, ended]) : ended,
        }),
    });
  }
}

/** Plays to the end and keeps the events. */
async function recorded<Event, Result>(play: Play<Event, Result>) {
  const events: Event[] = [];
  for (;;) {
    const { done, value } = await play.next();
    if (done) return { events, result: value };
    events.push(value);
  }
}

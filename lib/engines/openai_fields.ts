/**
 * Optional request fields, which are left out where a server refuses them.
 *
 * Compatible servers refuse parts of the API: several answers at once (llama.cpp's
 * server for years), log-probabilities, seeds, more than four stop strings. The engine
 * can replace each of them: it requests answers one by one, sets log-probabilities to
 * NaN, and cuts text after a stop string itself. The prompt, the limit and a
 * temperature other than the API's own 1 are necessary and never left out.
 */
import type { JsonObject } from "./http.ts";

/** A change of the request that leaves out one optional part. */
export interface Concession {
  /** Name of the part that is left out, for messages. */
  name: string;
  /** Pattern of refusals that mean this part. */
  mentions: RegExp;
  /** Returns the body without the part, or null where the body does not have the part. */
  apply(body: JsonObject): JsonObject | null;
}

function without(...fields: string[]): Concession["apply"] {
  return (body) => {
    if (!(fields[0] in body)) return null;
    const rest = { ...body };
    for (const field of fields) delete rest[field];
    return rest;
  };
}

/** Leaves out a field whose value is the API's own default. */
function ownDefault(field: string): Concession["apply"] {
  return (body) => body[field] === 1 ? without(field)(body) : null;
}

/** The optional parts, in the order in which they are tried again. */
const CONCESSIONS: readonly Concession[] = [
  {
    name: "several answers at once (n)",
    mentions: /\bn\b|choice|multiple|several/i,
    apply: (body) => Number(body.n) > 1 ? without("n")(body) : null,
  },
  {
    name: "log-probabilities",
    mentions: /log.?prob/i,
    apply: without("logprobs"),
  },
  { name: "a seed", mentions: /seed/i, apply: without("seed") },
  {
    name: "stop strings",
    mentions: /\bstop\b|include_stop_str/i,
    apply: without("stop", "include_stop_str_in_output"),
  },
  {
    name: "more than four stop strings",
    mentions: /\bstop\b/i,
    apply(body) {
      const { stop } = body;
      if (!Array.isArray(stop) || stop.length <= 4) return null;
      // The last four are kept: the first are end tokens, at which servers stop anyway.
      return { ...body, stop: stop.slice(-4) };
    },
  },
  {
    name: "stop tokens",
    mentions: /stop_token_ids/i,
    apply: without("stop_token_ids"),
  },
  {
    name: "special tokens in the text",
    mentions: /skip_special_tokens/i,
    apply: without("skip_special_tokens"),
  },
  { name: "top_p 1", mentions: /top_?p/i, apply: ownDefault("top_p") },
  {
    name: "temperature 1",
    mentions: /temperature/i,
    apply: ownDefault("temperature"),
  },
];

/** Used only if the refusal names it: other servers would ignore the new field, and the limit with it. */
const NEWER_LIMIT: Concession = {
  name: "max_tokens in favour of max_completion_tokens",
  mentions: /max_completion_tokens/i,
  apply({ max_tokens, ...rest }) {
    if (max_tokens === undefined) return null;
    return { ...rest, max_completion_tokens: max_tokens };
  },
};

/** A function that sends a body and tells whether the server accepted it. */
export type Send<A> = (
  body: JsonObject,
) => Promise<{ answer: A; refusal: string | null }>;

/** The parts that one server refuses, learnt from its refusals. */
export class SparedFields {
  #made = new Set<Concession>();
  #turn: Promise<unknown> = Promise.resolve();

  /** Makes an empty record. `tell` receives one note for each part that is left out. */
  constructor(readonly tell: (note: string) => void) {}

  /** Sends a body; where the server refuses it, leaves out as few parts as possible. */
  async send<A>(body: JsonObject, send: Send<A>): Promise<A> {
    for (;;) {
      const before = this.#made;
      const { answer, refusal } = await send(this.#spared(body));
      if (refusal === null) return answer;
      // One request learns the refused parts; the batch's other requests wait for it.
      const turn = this.#turn.then(async () =>
        before === this.#made ? await this.#learn(body, refusal, send) : "again"
      );
      this.#turn = turn.catch(() => {});
      const learnt = await turn;
      if (learnt === null) return answer;
      if (learnt !== "again") return learnt.answer;
    }
  }

  #spared(body: JsonObject, made: Iterable<Concession> = this.#made) {
    let spared = body;
    for (const one of made) spared = one.apply(spared) ?? spared;
    return spared;
  }

  /** Finds the parts to leave out; returns null where the server refuses the body without all of them. */
  async #learn<A>(
    body: JsonObject,
    refusal: string,
    send: Send<A>,
  ): Promise<{ answer: A } | null> {
    const made = [...this.#made];
    const asked = this.#spared(body);
    const open = [...CONCESSIONS, NEWER_LIMIT].filter((one) =>
      one.apply(asked) !== null
    );
    const named = open.filter(({ mentions }) => mentions.test(refusal));
    const all = open.filter((one) => one !== NEWER_LIMIT);
    for (const tried of [named, all]) {
      if (tried.length === 0) continue;
      const kept = await this.#fewest(body, [...made, ...tried], tried, send);
      if (kept === null) continue;
      this.#made = new Set(kept.made);
      const left = kept.made.filter((one) => !made.includes(one));
      const names = left.map(({ name }) => name).join(", ");
      if (names !== "") {
        this.tell(
          `the server refuses ${names}: requests leave that out (${refusal})`,
        );
      }
      return kept;
    }
    return null;
  }

  /** Leaves out all candidate parts, then puts back one after another the parts that the server accepts. */
  async #fewest<A>(
    body: JsonObject,
    made: Concession[],
    tried: readonly Concession[],
    send: Send<A>,
  ): Promise<{ answer: A; made: Concession[] } | null> {
    let { answer, refusal } = await send(this.#spared(body, made));
    if (refusal !== null) return null;
    for (const one of tried.length > 1 ? tried : []) {
      const fewer = made.filter((other) => other !== one);
      const again = await send(this.#spared(body, fewer));
      if (again.refusal === null) ({ answer } = again), made = fewer;
    }
    return { answer, made };
  }
}

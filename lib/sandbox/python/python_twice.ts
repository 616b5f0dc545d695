/**
 * The Python engine with its mirror image: what a child serves.
 *
 * A job that asks for it runs in both, and ends as `nondeterministic` if the values
 * differ: the order of a set of texts, `hash("abc")`, an address cut out of a repr.
 * Paper, section 3.3.3: "running the program j times and checking that all outputs
 * are equal", with j = 2 in the official code, whose runs share one hash seed.
 *
 * The mirror interpreter is made when first needed.
 */

import type { LanguageEngine, RunSetting } from "../language_engine.ts";
import type { Language, Limits, Outcome } from "../outcome.ts";
import { PythonEngine } from "./python_engine.ts";
import { PythonInterpreter } from "./python_interpreter.ts";

/** Boots the engine from the image that the parent sent. */
export async function startPython(
  payload: Uint8Array<ArrayBuffer>,
  limits: Limits,
): Promise<PythonTwice> {
  const starters = await PythonInterpreter.starters(payload);
  const [usual, mirror] = starters.map((start) => () =>
    new PythonEngine(start(), limits)
  );
  return new PythonTwice(usual(), mirror);
}

export class PythonTwice implements LanguageEngine {
  readonly usual: PythonEngine;
  readonly #startMirror: () => PythonEngine;
  #mirror: PythonEngine | null = null;
  /** Whether the mirror has run anything since the last audit. */
  #isMirrorUsed = false;

  constructor(usual: PythonEngine, startMirror: () => PythonEngine) {
    this.usual = usual;
    this.#startMirror = startMirror;
  }

  get mirror(): PythonEngine {
    return this.#mirror ??= this.#startMirror();
  }

  /** Instances of the interpreters that a fault has cost so far. */
  get faults(): number {
    return this.usual.faults + (this.#mirror?.faults ?? 0);
  }

  /** Whether a restore puts every byte of both back; changes nothing else. */
  restoresCompletely(): boolean {
    return this.usual.restoresCompletely() &&
      (this.#mirror?.restoresCompletely() ?? true);
  }

  get isSuspect(): boolean {
    return this.usual.isSuspect || (this.#mirror?.isSuspect ?? false);
  }

  audit(): boolean {
    const isMirrorGood = !this.#isMirrorUsed || this.mirror.audit();
    this.#isMirrorUsed = false;
    return this.usual.audit() && isMirrorGood;
  }

  *runEach(
    language: Language,
    source: string,
    argumentTexts: readonly string[],
    limits: Limits,
    setting: RunSetting = {},
  ): Generator<Outcome> {
    const run = (engine: PythonEngine, texts: readonly string[]) =>
      engine.runEach(language, source, texts, limits, setting);
    if (!setting.twice) return yield* run(this.usual, argumentTexts);
    const outcomes = [...run(this.usual, argumentTexts)];
    const isValue = (_: string, i: number) => outcomes[i].kind === "value";
    this.#isMirrorUsed = true;
    const again = run(this.mirror, argumentTexts.filter(isValue));
    for (const outcome of outcomes) {
      if (outcome.kind !== "value") yield outcome;
      else yield compared(outcome, again.next().value!);
    }
  }
}

/** The first outcome, if the second is the same value. */
function compared(
  first: Extract<Outcome, { kind: "value" }>,
  second: Outcome,
): Outcome {
  if (second.kind === "infrastructure") return second;
  if (second.kind === "value" && second.canonical === first.canonical) {
    return first;
  }
  const other = second.kind === "value" ? second.literal : second.kind;
  const [one, two] = [first.literal, other].map((text) => text.slice(0, 60));
  const reason = `${one} in one run, ${two} in another`;
  return { kind: "nondeterministic", reason, fuel: first.fuel };
}

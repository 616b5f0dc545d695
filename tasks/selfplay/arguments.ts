/** The command line of self-play, read strictly: what is not understood is an error. */

import { parseArgs } from "node:util";
import { type EngineConfig, ENGINES } from "../../lib/engines/engine_config.ts";
import type { SelfPlayConfig } from "../../lib/method/config.ts";
import { optionLines, type OptionText } from "../usage.ts";
import { didYouMean } from "../../lib/method/nearest.ts";

/** The parsed arguments. */
export interface SelfPlayArguments {
  /** Null takes the preset of the run that is resumed, else "smoke". */
  preset: string | null;
  seed: number | null;
  out: string | null;
  steps: number | null;
  settings: [string, string][];
  /** Given fields of the engine's config; the others have the engine's defaults. */
  engine: Partial<EngineConfig>;
  resume: boolean;
  cache: string | null;
  /** Number of functions that a language model is evaluated on. */
  evaluate: number | null;
  /** Benchmarks that it is evaluated on, and the folder of their files. */
  during: string | null;
  data: string | null;
  show: "help" | "list" | "dry" | null;
}

/** An error of the user's, whose message says what to do. */
export class ArgumentError extends Error {
  override name = "ArgumentError";
}

/** An option of the command line, and its parser. */
interface Option extends OptionText {
  read(parsed: SelfPlayArguments, text: string): void;
}

function ofEngine(
  field: "model" | "address" | "tokenizer" | "form" | "weights",
  value: string,
  says: string,
): Option {
  // Checked with the other fields of the engine.
  const read = ({ engine }: SelfPlayArguments, text: string) =>
    void Object.assign(engine, { [field]: text });
  return { value, says, read };
}

function ofEngineNumber(
  field:
    | "loraRank"
    | "microBatchTokens"
    | "contextLength"
    | "reconnectSeconds"
    | "requestSeconds",
  value: string,
  says: string,
): Option {
  const read = ({ engine }: SelfPlayArguments, text: string) =>
    void (engine[field] = wholeNumber(text));
  return { value, says, read };
}

/** Every option by name, in the order of the usage text. */
export const OPTIONS: Record<string, Option> = {
  "--preset": {
    value: "NAME",
    says: "what to run (default: smoke; --list names all)",
    read: (parsed, text) => void (parsed.preset = text),
  },
  "--seed": {
    value: "NUMBER",
    says: "seed of base model and self-play (default: 1)",
    read: (parsed, text) => void (parsed.seed = wholeNumber(text)),
  },
  "--out": {
    value: "FOLDER",
    says: "the run's folder (default: runs/PRESET-seedSEED)",
    read: (parsed, text) => void (parsed.out = text),
  },
  "--steps": {
    value: "NUMBER",
    says: "number of self-play steps, instead of the preset's",
    read: (parsed, text) => void (parsed.steps = wholeNumber(text)),
  },
  "--set": {
    value: "FIELD=VALUE",
    says: "change a setting of self-play; may be repeated,\nfor example " +
      "--set estimator=grpo --set references=0",
    read: (parsed, text) => void parsed.settings.push(setting(text)),
  },
  "--engine": {
    value: "NAME",
    says: "engine of the model: local (default), tinker or openai",
    read: ({ engine }, text) => void (engine.engine = engineNamed(text)),
  },
  "--model": ofEngine(
    "model",
    "MODEL",
    "a model's name (deno task model lists names), folder or\nGGUF file, or its " +
      "name on the server; default: the\npreset's own base model. A model on this " +
      "machine that\nplays in Python is tried in each dialect for a minute,\n" +
      "unless --set dialect or chatForm chooses one. With\n--resume: the place of " +
      "the model now",
  ),
  "--lora": ofEngineNumber(
    "loraRank",
    "RANK",
    "train LoRA adapters of this rank instead of the weights",
  ),
  "--weights": ofEngine(
    "weights",
    "TYPE",
    "numbers of a --model's weight matrices: float32 (default)\nor bfloat16, " +
      "half the memory",
  ),
  "--micro-batch": ofEngineNumber(
    "microBatchTokens",
    "TOKENS",
    "tokens of a micro-batch in training (default: what memory\nallows; a " +
      "preset for a card names its own)",
  ),
  "--address": ofEngine(
    "address",
    "URL",
    "the server's address (tinker, openai); its key comes\nfrom the " +
      "environment, TINKER_API_KEY or OPENAI_API_KEY",
  ),
  "--tokenizer": ofEngine(
    "tokenizer",
    "FOLDER",
    "folder of the model's tokenizer.json, or a name as for\n--model, for a " +
      "server's model",
  ),
  "--form": ofEngine(
    "form",
    "FORM",
    "form of the requests: tokens, text or chat (README)",
  ),
  "--context": ofEngineNumber(
    "contextLength",
    "TOKENS",
    "longest prompt + response in tokens, where config.json\ndoes not give it",
  ),
  "--reconnect-seconds": ofEngineNumber(
    "reconnectSeconds",
    "NUMBER",
    "seconds to wait for a lost server (default: 120); before\nthe first answer 10, unless more than 120 are given",
  ),
  "--request-seconds": ofEngineNumber(
    "requestSeconds",
    "NUMBER",
    "seconds to wait for one answer (default: 3600)",
  ),
  "--resume": {
    says: "resume the run in --out from its newest checkpoint",
    read: (parsed) => void (parsed.resume = true),
  },
  "--cache": {
    value: "FOLDER",
    says: "folder of base models (default: .cache/base)",
    read: (parsed, text) => void (parsed.cache = text),
  },
  "--during": {
    value: "NAMES",
    says: "benchmarks to evaluate a language model on at every\nevaluation " +
      "(--set evaluateEvery=STEPS); a name may have a\nnumber of items: " +
      "cruxeval-o:50,gsm8k:20",
    read: (parsed, text) => void (parsed.during = text),
  },
  "--data": {
    value: "FOLDER",
    says: "where the files of --during lie (default: benchmarks)",
    read: (parsed, text) => void (parsed.data = text),
  },
  "--evaluate": {
    value: "NUMBER",
    says: "functions (of 300) to evaluate a language model on,\n0 for none",
    read: (parsed, text) => void (parsed.evaluate = wholeNumber(text)),
  },
  "--list": {
    says:
      "list the presets, and the settings that apply (of\n--preset or --model, with every --set)",
    read: (parsed) => void (parsed.show = "list"),
  },
  "--dry": {
    says:
      "measure a --model for ten seconds and say what a step\nwould cost, " +
      "and which settings would make it fit",
    read: (parsed) => void (parsed.show = "dry"),
  },
  "--help": {
    says: "print this text",
    read: (parsed) => void (parsed.show = "help"),
  },
};

export const USAGE = [
  "deno task selfplay [OPTIONS]\n",
  ...optionLines(OPTIONS),
].join("\n");

/** Parses the arguments. Throws `ArgumentError` at the first that is unknown or has a wrong value. */
export function parseArguments(args: readonly string[]): SelfPlayArguments {
  const parsed: SelfPlayArguments = {
    preset: null,
    seed: null,
    out: null,
    steps: null,
    settings: [],
    engine: {},
    resume: false,
    cache: null,
    evaluate: null,
    during: null,
    data: null,
    show: null,
  };
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(OPTIONS).map(([name, { value }]) => [name.slice(2), {
        type: value === undefined ? "boolean" : "string",
        ...(name === "--help" && { short: "h" }),
      }]),
    ),
    // The messages below say more than those of the strict form.
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "option") {
      readOption(parsed, `--${token.name}`, token.rawName, token.value);
    } else {
      throw unknown(token.kind === "positional" ? token.value : "--");
    }
  }
  return parsed;
}

function unknown(argument: string): ArgumentError {
  return new ArgumentError(
    `unknown argument ${argument}.${
      didYouMean(argument, Object.keys(OPTIONS))
    } --help lists what there is`,
  );
}

function readOption(
  parsed: SelfPlayArguments,
  name: string,
  written: string,
  text: string | undefined,
): void {
  if (!Object.hasOwn(OPTIONS, name)) throw unknown(written);
  const { value, says, read } = OPTIONS[name];
  if (value === undefined && text !== undefined) {
    throw new ArgumentError(`${name} takes no value, got ${text}`);
  }
  if (value !== undefined && (!text || text.startsWith("--"))) {
    throw new ArgumentError(
      `${name} needs a value, ${value}: ${says.replaceAll("\n", " ")}`,
    );
  }
  try {
    read(parsed, text ?? "");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ArgumentError(`${name} ${error.message}`);
  }
}

function engineNamed(name: string): EngineConfig["engine"] {
  if (Object.hasOwn(ENGINES, name)) return name as EngineConfig["engine"];
  throw new RangeError(
    `must be one of ${Object.keys(ENGINES).join(", ")}, got ${name}`,
  );
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) {
    return Number(text);
  }
  throw new RangeError(
    `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${text}`,
  );
}

function setting(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new RangeError(`needs FIELD=VALUE, got ${text}`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/**
 * Returns the config with some fields replaced. A value takes the type of the one it
 * replaces; lists are written with commas (`modes=deduction,abduction`).
 */
export function withSettings(
  config: SelfPlayConfig,
  settings: readonly [string, string][],
): SelfPlayConfig {
  const changed: Record<string, unknown> = { ...config };
  for (const [field, text] of settings) {
    if (!Object.hasOwn(config, field)) {
      throw new ArgumentError(
        `there is no setting "${field}".${
          didYouMean(field, Object.keys(config))
        } --list lists what there is`,
      );
    }
    changed[field] = convert(field, text, changed[field]);
  }
  return changed as unknown as SelfPlayConfig;
}

function convert(field: string, text: string, before: unknown): unknown {
  if (Array.isArray(before)) return text.split(",");
  if (typeof before === "number") {
    const number = Number(text);
    if (text.trim() === "" || !Number.isFinite(number)) {
      throw new ArgumentError(`--set ${field} needs a number, got "${text}"`);
    }
    return number;
  }
  if (typeof before === "boolean") {
    if (text !== "true" && text !== "false") {
      throw new ArgumentError(
        `--set ${field} needs true or false, got "${text}"`,
      );
    }
    return text === "true";
  }
  return text;
}

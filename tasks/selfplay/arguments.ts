/** The command line of self-play, read strictly: what is not understood is an error. */

import { type EngineConfig, ENGINES } from "../../lib/engines/engine_config.ts";
import type { SelfPlayConfig } from "../../lib/method/config.ts";
import { didYouMean } from "./nearest.ts";

/** What was asked for. */
export interface SelfPlayArguments {
  /** Null takes the preset of the run that is resumed, else "smoke". */
  preset: string | null;
  seed: number | null;
  out: string | null;
  steps: number | null;
  settings: [string, string][];
  /** What is said of the engine; the rest is the engine's own default. */
  engine: Partial<EngineConfig>;
  resume: boolean;
  cache: string | null;
  show: "help" | "list" | null;
}

/** An error of the user's, whose message says what to do. */
export class ArgumentError extends Error {
  override name = "ArgumentError";
}

/** An option: what follows it, what it does, and how it is read. */
interface Option {
  /** Name of the value that follows; none for a switch. */
  value?: string;
  says: string;
  read(parsed: SelfPlayArguments, text: string): void;
}

function ofEngine(
  field: "model" | "address" | "tokenizer" | "form",
  value: string,
  says: string,
): Option {
  // Checked with the other fields of the engine.
  const read = ({ engine }: SelfPlayArguments, text: string) =>
    void Object.assign(engine, { [field]: text });
  return { value, says, read };
}

function ofEngineNumber(
  field: "loraRank" | "contextLength" | "reconnectSeconds" | "requestSeconds",
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
    says: "self-play steps, in the place of the preset's",
    read: (parsed, text) => void (parsed.steps = wholeNumber(text)),
  },
  "--set": {
    value: "FIELD=VALUE",
    says: "another setting of self-play; may be repeated,\nfor example " +
      "--set estimator=grpo --set references=0",
    read: (parsed, text) => void parsed.settings.push(setting(text)),
  },
  "--engine": {
    value: "NAME",
    says: "local (default), tinker or openai: what the model runs on",
    read: ({ engine }, text) => void (engine.engine = engineNamed(text)),
  },
  "--model": ofEngine(
    "model",
    "MODEL",
    "a model's name (deno task model says which), folder or\nGGUF file, or its " +
      "name on the server; without it the\npreset's own base model plays. " +
      "With --resume: where\nthe model lies now",
  ),
  "--lora": ofEngineNumber(
    "loraRank",
    "RANK",
    "train LoRA adapters of that rank, not the weights",
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
    "how a server is spoken to: tokens, text or chat (README)",
  ),
  "--context": ofEngineNumber(
    "contextLength",
    "TOKENS",
    "longest prompt and response, where config.json does\nnot tell",
  ),
  "--reconnect-seconds": ofEngineNumber(
    "reconnectSeconds",
    "NUMBER",
    "how long a server that is not there is waited for (120)",
  ),
  "--request-seconds": ofEngineNumber(
    "requestSeconds",
    "NUMBER",
    "how long the answer to one request is waited for (3600)",
  ),
  "--resume": {
    says: "go on with the run in --out from its newest checkpoint",
    read: (parsed) => void (parsed.resume = true),
  },
  "--cache": {
    value: "FOLDER",
    says: "where base models are kept (default: .cache/base)",
    read: (parsed, text) => void (parsed.cache = text),
  },
  "--list": {
    says: "list the presets, and the settings of --preset",
    read: (parsed) => void (parsed.show = "list"),
  },
  "--help": {
    says: "this text",
    read: (parsed) => void (parsed.show = "help"),
  },
};

/** Room for an option and its value in the usage text. */
const OPTION_WIDTH = 19;

export const USAGE = [
  "deno task selfplay [OPTIONS]\n",
  ...Object.entries(OPTIONS).map(([name, { value, says }]) => {
    const option = value === undefined ? name : `${name} ${value}`;
    const indent = " ".repeat(OPTION_WIDTH + 3);
    const first = option.length > OPTION_WIDTH
      ? `${option}\n${indent}`
      : option.padEnd(OPTION_WIDTH + 1);
    return `  ${first}${says.replaceAll("\n", `\n${indent}`)}`;
  }),
].join("\n");

/** Reads the arguments; throws `ArgumentError` at the first that is not understood. */
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
    show: null,
  };
  const rest = args.flatMap((argument) => {
    const equals = argument.indexOf("=");
    return argument.startsWith("--") && equals > 0
      ? [argument.slice(0, equals), argument.slice(equals + 1)]
      : [argument];
  });
  while (rest.length > 0) readOption(parsed, rest.shift()!, rest);
  return parsed;
}

function readOption(
  parsed: SelfPlayArguments,
  name: string,
  rest: string[],
): void {
  if (name === "-h") name = "--help";
  if (!Object.hasOwn(OPTIONS, name)) {
    throw new ArgumentError(
      `unknown argument ${name}.${
        didYouMean(name, Object.keys(OPTIONS))
      } --help lists what there is`,
    );
  }
  const option = OPTIONS[name];
  try {
    option.read(parsed, option.value === undefined ? "" : valueOf(name, rest));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ArgumentError(`${name} ${error.message}`);
  }
}

function valueOf(name: string, rest: string[]): string {
  const value = rest.shift();
  if (value !== undefined && value !== "" && !value.startsWith("--")) {
    return value;
  }
  const { value: wanted, says } = OPTIONS[name];
  throw new ArgumentError(
    `${name} needs a value, ${wanted}: ${says.replaceAll("\n", " ")}`,
  );
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
 * The config with some fields replaced. A value takes the type of the one it
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

/** The command line of self-play, read strictly: what is not understood is an error. */

import { type EngineConfig, ENGINES } from "../../lib/engines/mod.ts";
import type { SelfPlayConfig } from "../../lib/method/mod.ts";

export const USAGE = `deno task selfplay [OPTIONS]

  --preset NAME       what to run (default: smoke; --list names all)
  --seed NUMBER       seed of base model and self-play (default: 1)
  --out FOLDER        the run's folder (default: runs/PRESET-seedSEED)
  --steps NUMBER      self-play steps, in the place of the preset's
  --set FIELD=VALUE   another setting of self-play; may be repeated,
                      for example --set estimator=grpo --set references=0
  --engine NAME       local (default), tinker or openai: what the model runs on
  --model MODEL       a model's folder, or the name under which the server has it;
                      without it the preset's own base model plays
  --lora RANK         train LoRA adapters of that rank, not the weights
  --address URL       the server's address (tinker, openai); its key is taken from
                      the environment, TINKER_API_KEY or OPENAI_API_KEY
  --tokenizer FOLDER  folder with the model's tokenizer.json, for a model on a server
  --form tokens|text  how the server is spoken to (README)
  --context TOKENS    longest prompt and response, where config.json does not tell
  --resume            go on with the run in --out from its newest checkpoint
  --cache FOLDER      where base models are kept (default: .cache/base)
  --list              list the presets, and the settings of --preset
  --help              this text`;

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
  option: string,
  rest: string[],
): void {
  switch (option) {
    case "--preset":
      parsed.preset = valueOf(option, rest);
      return;
    case "--seed":
      parsed.seed = wholeNumber(option, valueOf(option, rest));
      return;
    case "--steps":
      parsed.steps = wholeNumber(option, valueOf(option, rest));
      return;
    case "--out":
      parsed.out = valueOf(option, rest);
      return;
    case "--cache":
      parsed.cache = valueOf(option, rest);
      return;
    case "--set":
      parsed.settings.push(setting(valueOf(option, rest)));
      return;
    case "--engine":
      parsed.engine.engine = engineNamed(valueOf(option, rest));
      return;
    case "--model":
    case "--address":
    case "--tokenizer": {
      const field = option.slice(2) as "model" | "address" | "tokenizer";
      parsed.engine[field] = valueOf(option, rest);
      return;
    }
    case "--form":
      // Checked with the other fields of the engine.
      parsed.engine.form = valueOf(option, rest) as EngineConfig["form"];
      return;
    case "--lora":
      parsed.engine.loraRank = wholeNumber(option, valueOf(option, rest));
      return;
    case "--context":
      parsed.engine.contextLength = wholeNumber(option, valueOf(option, rest));
      return;
    case "--resume":
      parsed.resume = true;
      return;
    case "--list":
      parsed.show = "list";
      return;
    case "--help":
    case "-h":
      parsed.show = "help";
      return;
    default:
      throw new ArgumentError(`unknown argument ${option}\n\n${USAGE}`);
  }
}

function valueOf(option: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined || value === "" || value.startsWith("--")) {
    throw new ArgumentError(`${option} needs a value\n\n${USAGE}`);
  }
  return value;
}

function engineNamed(name: string): EngineConfig["engine"] {
  if (Object.hasOwn(ENGINES, name)) return name as EngineConfig["engine"];
  throw new ArgumentError(
    `--engine must be one of ${Object.keys(ENGINES).join(", ")}, got ${name}`,
  );
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new ArgumentError(
      `${option} must be a whole number of at least 0, got ${text}`,
    );
  }
  return Number(text);
}

function setting(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1) {
    throw new ArgumentError(`--set needs FIELD=VALUE, got ${text}`);
  }
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
    if (!(field in config)) {
      throw new ArgumentError(
        `there is no setting "${field}"; the settings are: ` +
          Object.keys(config).sort().join(", "),
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

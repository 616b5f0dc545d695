/**
 * Serves the environment to other people's trainers: prompts out, proposals and
 * answers in, verdicts and rewards out (lib/serve/README.md).
 *
 *     deno task serve [--state FOLDER] [--port NUMBER] [--set FIELD=VALUE] ...
 *
 * The token is read from the file `token` in the state's folder, or made and written
 * there for its owner alone. Ctrl-C stops the server; nothing acknowledged is lost.
 */

import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { MODEL_PRESETS } from "../lib/lab/model_presets.ts";
import { PAPER_CONFIG, type SelfPlayConfig } from "../lib/method/config.ts";
import { didYouMean } from "../lib/method/nearest.ts";
import { Tokenizer } from "../lib/model/mod.ts";
import { lockRun } from "../lib/run/lock.ts";
import { startExecutor } from "../lib/sandbox/mod.ts";
import { Environment } from "../lib/serve/environment.ts";
import { SERVED_SETTINGS } from "../lib/serve/served_settings.ts";
import { startService } from "../lib/serve/service.ts";
import { ArgumentError, withSettings } from "./selfplay/arguments.ts";
import { STOPPING } from "./stopping.ts";
import { optionLines, readWords, runTask, UsageError } from "./usage.ts";

const OPTIONS = {
  state: {
    value: "FOLDER",
    says: "where journal and token are (default: runs/serve)",
  },
  port: { value: "NUMBER", says: "port on 127.0.0.1, 0 for a free one (8750)" },
  preset: {
    value: "NAME",
    says: `settings to begin with: paper (default), ${
      Object.keys(MODEL_PRESETS).join(", ")
    }`,
  },
  tokenizer: {
    value: "FOLDER",
    says: "measures prompts in tokens of this model (default: in bytes)",
  },
  set: { value: "FIELD=VALUE", says: "changes a setting; may be repeated" },
  workers: { value: "NUMBER", says: "sandbox processes (default: by cores)" },
  help: { says: "this text" },
};

/** The parsed command line. */
interface ServeArguments {
  folder: string;
  port: number;
  workers?: number;
  tokenizer?: string;
  config: SelfPlayConfig;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    await serve(parse(args));
    return 0;
  } catch (error) {
    if (error instanceof ArgumentError || error instanceof RangeError) {
      throw new UsageError(error.message);
    }
    throw error;
  }
}

function usage(): string {
  const named = Object.entries(OPTIONS).map(([name, text]) =>
    [`--${name}`, text] as const
  );
  const lines = optionLines(Object.fromEntries(named));
  return ["deno task serve [OPTIONS]\n", ...lines].join("\n");
}

/** Port 0 is any free port. */
const PORTS = [0, 65_535] as const;
const WORKERS = [1, 1024] as const;

function parse(args: readonly string[]): ServeArguments {
  const text = { type: "string" as const };
  const { values } = readWords(args, {
    ...{ state: text, port: text, preset: text, tokenizer: text },
    ...{ workers: text, set: { ...text, multiple: true } },
  });
  const preset = values.preset ?? "paper";
  const presets: Record<string, SelfPlayConfig> = { paper: PAPER_CONFIG };
  for (const [name, { selfPlay }] of Object.entries(MODEL_PRESETS)) {
    presets[name] = selfPlay;
  }
  if (!Object.hasOwn(presets, preset)) {
    throw new UsageError(
      `there is no preset "${preset}".${
        didYouMean(preset, Object.keys(presets))
      }`,
    );
  }
  return {
    folder: resolve(values.state ?? join("runs", "serve")),
    port: wholeNumber("port", values.port ?? "8750", PORTS),
    tokenizer: values.tokenizer,
    ...(values.workers && {
      workers: wholeNumber("workers", values.workers, WORKERS),
    }),
    config: withSettings(presets[preset], (values.set ?? []).map(setting)),
  };
}

function setting(text: string): [string, string] {
  const [field, ...value] = text.split("=");
  const served: readonly string[] = SERVED_SETTINGS;
  if (value.length === 0) {
    throw new UsageError(`--set needs FIELD=VALUE, got ${text}`);
  }
  if (served.includes(field)) return [field, value.join("=")];
  throw new UsageError(
    `an environment has no use for "${field}".${didYouMean(field, served)} ` +
      `It obeys ${served.join(", ")}`,
  );
}

/** Reads an option's whole number from `least` to `most`. */
function wholeNumber(
  option: string,
  text: string,
  [least, most]: readonly [number, number],
): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(
    `--${option} needs a whole number from ${least} to ${most}, got ${text}`,
  );
}

/** Returns the folder's token, made where there is none. Only the owner may read it. */
function tokenOf(folder: string): string {
  const path = join(folder, "token");
  try {
    const token = Deno.readTextFileSync(path).trim();
    if (token.length >= 16) return token;
    throw new UsageError(
      `${path} holds a token of under 16 characters: delete the file`,
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const token = randomBytes(32).toString("base64url");
  Deno.writeTextFileSync(path, token + "\n", { createNew: true, mode: 0o600 });
  return token;
}

async function serve(
  { folder, port, workers, tokenizer: path, config }: ServeArguments,
): Promise<void> {
  // The journal holds right answers, which no client may read.
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  using _lock = lockRun(folder, console.error);
  const languages = [config.language];
  await using executor = await startExecutor({ languages, workers });
  await executor.start();
  const tokenizer = path ? await Tokenizer.fromFolder(path) : undefined;
  const parts = { config, executor, tokenizer, folder };
  await using environment = await Environment.open(parts);
  const token = tokenOf(folder);
  const stopped = new Promise<void>((stop) => {
    for (const signal of STOPPING) Deno.addSignalListener(signal, stop);
  });
  await using service = await startService({ environment, token, port });
  const sizes = Object.entries(environment.state.buffers.sizes());
  console.log(`url     ${service.url}`);
  console.log(`token   ${join(folder, "token")}`);
  console.log(`tasks   ${sizes.map((size) => size.join(" ")).join(", ")}`);
  console.log("Ctrl-C stops the server.");
  await stopped;
}

if (import.meta.main) await runTask(usage(), main);

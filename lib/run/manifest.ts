/** `manifest.json`: what a run was made with, so that it can be made again. */

import { createHash } from "node:crypto";
import type { EngineConfig } from "../engines/engine_config.ts";
import type { ExecutorIdentity } from "../sandbox/mod.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import type { SelfPlayOptions } from "../method/loop.ts";
import type { Tokenizer } from "../model/mod.ts";

export interface Manifest {
  /** When the run was begun, and by which versions. */
  started: string;
  deno: string;
  typescript: string;
  platform: string;
  seed: number;
  /** SHA-256 of `config.json`'s settings, `steps` left out. */
  configSha256: string;
  /** The settings themselves; earlier versions did not keep them. */
  settings?: SelfPlayConfig;
  /** SHA-256 of what the tokenizer reads and writes. */
  tokenizerSha256?: string;
  engine: SelfPlayOptions["engine"]["description"];
  proposerEngine: SelfPlayOptions["engine"]["description"] | null;
  /** How the engine was chosen; null for one made by hand. Holds no key. */
  engineConfig: EngineConfig | null;
  executor: ExecutorIdentity;
  /** What the caller knows: preset, base model, its hash, data. */
  experiment: Record<string, unknown>;
  /** Where and when the run was taken up again. */
  resumed: {
    afterStep: number;
    /** Rounds of seeding that were done, where the run was left in its seeding. */
    seedingRounds?: number;
    at: string;
    address?: string;
    /** Folders and limits of time that were other ones then. */
    moved?: Partial<EngineConfig>;
    /** What had changed since, as the caller was told. */
    notes?: string[];
  }[];
}

export function newManifest(
  options: SelfPlayOptions & {
    tokenizer: Tokenizer;
    engineConfig?: EngineConfig;
  },
  experiment: Record<string, unknown>,
): Manifest {
  const { config, engine, proposerEngine, executor } = options;
  return {
    started: new Date().toISOString(),
    deno: Deno.version.deno,
    typescript: Deno.version.typescript,
    platform: `${Deno.build.os} ${Deno.build.arch}`,
    seed: config.seed,
    configSha256: configHash(config),
    settings: config,
    tokenizerSha256: tokenizerHash(options.tokenizer),
    engine: engine.description,
    proposerEngine: proposerEngine?.description ?? null,
    engineConfig: options.engineConfig ?? null,
    executor: executor.identity,
    experiment,
    resumed: [],
  };
}

/** SHA-256 of the settings that may not change when a run is resumed. */
export function configHash(config: SelfPlayConfig): string {
  const { steps: _steps, ...fixed } = config;
  const ordered = Object.entries(fixed).sort(([a], [b]) => a < b ? -1 : 1);
  return createHash("sha256").update(JSON.stringify(ordered)).digest("hex");
}

/** SHA-256 of all that decides how a tokenizer cuts a prompt and ends an answer. */
export function tokenizerHash(tokenizer: Tokenizer): string {
  const { json, endIds, config } = tokenizer;
  const read = JSON.stringify([json, endIds, config.chat_template ?? null]);
  return createHash("sha256").update(read).digest("hex");
}

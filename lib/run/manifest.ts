/** `manifest.json`: the versions, engine, sandbox and settings with which a run can be repeated. */

import { createHash } from "node:crypto";
import type { EngineConfig } from "../engines/engine_config.ts";
import type { ExecutorIdentity } from "../sandbox/mod.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import type { SelfPlayOptions } from "../method/loop.ts";
import type { Tokenizer } from "../model/mod.ts";
import { codeRevision, type Revision } from "./revision.ts";

/** The content of `manifest.json`. */
export interface Manifest {
  /** Date and time at which the run was begun, in UTC. */
  started: string;
  deno: string;
  typescript: string;
  platform: string;
  /** Revision of the code; null where it is unknown, absent in files of earlier versions. */
  code?: Revision | null;
  seed: number;
  /** SHA-256 of `config.json`'s settings, `steps` left out. */
  configSha256: string;
  /** The settings; absent in files of earlier versions. */
  settings?: SelfPlayConfig;
  /** SHA-256 of the tokenizer's files. */
  tokenizerSha256?: string;
  engine: SelfPlayOptions["engine"]["description"];
  proposerEngine: SelfPlayOptions["engine"]["description"] | null;
  /** Config of the engine, without keys; null for an engine that the caller made. */
  engineConfig: EngineConfig | null;
  executor: ExecutorIdentity;
  /** Facts of the caller: preset, base model, its hash, data. */
  experiment: Record<string, unknown>;
  /** Each time that the run was resumed. */
  resumed: {
    afterStep: number;
    /** Finished rounds of seeding, where the run was stopped in its seeding. */
    seedingRounds?: number;
    at: string;
    address?: string;
    /** Fields of the engine's config, folders and time limits, that differ from the run's start. */
    moved?: Partial<EngineConfig>;
    /** Differences from the run's start, as reported to the caller. */
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
    code: codeRevision(),
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

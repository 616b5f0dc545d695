/** An environment with its server, in a folder of its own, and a client that speaks to it. */

import { join } from "node:path";
import { PAPER_CONFIG, type SelfPlayConfig } from "../../lib/method/config.ts";
import { type PooledExecutor, startExecutor } from "../../lib/sandbox/mod.ts";
import { Environment } from "../../lib/serve/environment.ts";
import type { ServiceLimits } from "../../lib/serve/limits.ts";
import { startService } from "../../lib/serve/service.ts";

export const TOKEN = "a token for tests, long enough";

export const CONFIG: SelfPlayConfig = {
  ...PAPER_CONFIG,
  language: "javascript",
  duplicates: "penalise",
  rolloutsPerTask: 4,
  references: 2,
};

/** A running server and what is behind it. */
export interface Served extends AsyncDisposable {
  url: string;
  environment: Environment;
  executor: PooledExecutor;
}

/** Serves the environment of a folder. */
export async function serve(
  folder: string,
  config = CONFIG,
  limits: Partial<ServiceLimits> = {},
  workers = 1,
): Promise<Served> {
  const executor = await startExecutor({
    languages: [config.language],
    limits: { fuel: 20_000_000 },
    workers,
  });
  const environment = await Environment.open({ config, executor, folder });
  const options = { environment, token: TOKEN, port: 0, limits };
  const service = await startService(options);
  return {
    ...{ url: service.url, environment, executor },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await environment[Symbol.asyncDispose]();
      await executor.close();
    },
  };
}

/** Runs a test with a server in a folder that is removed afterwards. */
export async function withServer(
  test: (served: Served, folder: string) => Promise<void>,
  limits: Partial<ServiceLimits> = {},
  config = CONFIG,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "served-" });
  try {
    await using served = await serve(folder, config, limits);
    await test(served, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// deno-lint-ignore no-explicit-any -- answers are JSON of many shapes
type Json = any;

/** Posts JSON with the token; returns the status, the headers and the answer. */
export async function post(
  { url }: Pick<Served, "url">,
  path: string,
  body: unknown,
  token = TOKEN,
): Promise<{ status: number; headers: Headers; json: Json }> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const { status, headers } = response;
  return { status, headers, json: await response.json() };
}

/** A response with a program and an input, as the chat dialect wants it. */
export const proposalText = (source: string, input: string) =>
  `idea</think> <answer>\n\`\`\`javascript\n${source}\n\`\`\`\n` +
  `\`\`\`input\n${input}\n\`\`\`\n</answer>`;

/** A response with inputs and a message. */
export const inputsText = (inputs: readonly string[]) =>
  "idea</think> <answer>\n" +
  inputs.map((input) => `\`\`\`input\n${input}\n\`\`\`\n`).join("") +
  "```message\nlook closely\n```\n</answer>";

/** A response with a value in a fence of a name. */
export const answerText = (value: string, fence = "output") =>
  `idea</think> <answer>\n\`\`\`${fence}\n${value}\n\`\`\`\n</answer>`;

/** The path of a folder's journal. */
export const journalOf = (folder: string) => join(folder, "journal.jsonl");

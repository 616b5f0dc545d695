/**
 * `deno task bench NAME [arguments]`: runs the measurement `tasks/bench_NAME.ts`. Without
 * a name it lists the measurements.
 */

import { projectFolder } from "./setup/project.ts";
import { join } from "node:path";
import { known } from "../lib/method/nearest.ts";
import { runTask, UsageError } from "./usage.ts";

/** Returns the names of all measurements, in alphabetical order. */
export function benchmarkNames(): string[] {
  return [...Deno.readDirSync(join(projectFolder, "tasks"))]
    .flatMap(({ name }) => /^bench_(\w+)\.ts$/.exec(name)?.[1] ?? [])
    .sort();
}

async function main([name, ...rest]: readonly string[]): Promise<number> {
  const names = benchmarkNames();
  if (name === undefined) throw new UsageError("no measurement named");
  if (!names.includes(name)) {
    throw new UsageError(
      `no measurement is called "${name}"; there are ${known(name, names)}`,
    );
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      join(projectFolder, "tasks", `bench_${name}.ts`),
      ...rest,
    ],
  }).spawn();
  return (await child.status).code;
}

if (import.meta.main) {
  // A measurement answers `--help` itself.
  if (benchmarkNames().includes(Deno.args[0])) Deno.exit(await main(Deno.args));
  const usage = [
    "deno task bench NAME [ARGUMENTS]\n",
    "takes one measurement; `deno task bench NAME --help` says what it can do",
    ...benchmarkNames().map((name) => `  ${name}`),
  ].join("\n");
  await runTask(usage, main);
}

/**
 * `deno task bench NAME [arguments]`: runs the measurement `tasks/bench_NAME.ts`. Without
 * a name it lists the measurements.
 */

import { projectFolder } from "./setup/project.ts";
import { join } from "node:path";

/** Returns the names of all measurements, in alphabetical order. */
export function benchmarkNames(): string[] {
  return [...Deno.readDirSync(join(projectFolder, "tasks"))]
    .flatMap(({ name }) => /^bench_(\w+)\.ts$/.exec(name)?.[1] ?? [])
    .sort();
}

async function main([name, ...rest]: readonly string[]): Promise<number> {
  const names = benchmarkNames();
  if (name === undefined || !names.includes(name)) {
    const complaint = name === undefined
      ? ""
      : `no measurement is called "${name}"; `;
    console.error(
      `${complaint}usage: deno task bench NAME, with NAME one of ${
        names.join(", ")
      }`,
    );
    return 2;
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

if (import.meta.main) Deno.exit(await main(Deno.args));

/**
 * Recorded runs at the command line: list, compare, query, pack.
 *
 *   deno task runs list [FOLDER]
 *   deno task runs compare RUN RUN [RUN…]
 *   deno task runs query "SQL" [FOLDER]
 *   deno task runs pack FOLDER [FOLDER…]
 *   deno task runs unpack FOLDER OUT
 *
 * Packing turns the run folders below each FOLDER into Parquet files in it, which all
 * readers take as if the run folders were there (lib/run/packed).
 *
 * A query sees the tables `metrics`, `timings`, `tasks`, `rollouts` and `eval`
 * of all runs below the folder, read in place by DuckDB, each with a column
 * `run`; of packed runs also `scores`, and a column for each path, for example
 * "solve.deduction.solveRate". DuckDB is fetched on the first query (140 MB) and needed for nothing
 * else, so it is no dependency of the kit; the task runs with `--no-lock`.
 */

import { basename, join, relative, resolve } from "node:path";
import { beforeAndAfter, differingSettings } from "./runs/compare.ts";
import { findRuns, packedFolders } from "./runs/find.ts";
import { readRun, type RunSummary } from "../lib/run/read.ts";
import type { Manifest } from "../lib/run/manifest.ts";
import { packRuns, unpackRuns } from "./runs/pack.ts";
import {
  type LogName,
  LOGS,
  recordingFile,
  recordingsIn,
} from "../lib/run/packed/recordings.ts";

import { runTask } from "./usage.ts";

const USAGE =
  `deno task runs list [FOLDER]            runs below FOLDER (default: runs)
deno task runs compare RUN RUN [RUN…]   settings that differ, accuracy before → after
deno task runs query "SQL" [FOLDER]     tables metrics, timings, tasks, rollouts, eval
deno task runs pack FOLDER [FOLDER…]    run folders below FOLDER to Parquet files in it
deno task runs unpack FOLDER OUT        packed runs to run folders below OUT
  for example: query "select run, status, count(*) from tasks group by all"`;

/** Tables of run folders. */
const TABLES = ["metrics", "timings", "tasks", "rollouts", "eval"];

/** What a query is answered by. */
export const DUCKDB = "npm:@duckdb/node-api@1.5.4-r.1";

/** The part of DuckDB that is used. */
interface DuckDb {
  DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<DuckDbConnection>;
    }>;
  };
}

interface DuckDbConnection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<{
    columnNames(): string[];
    getRowsJson(): unknown[][];
  }>;
}

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  try {
    if (command === "list" && rest.length <= 1) list(rest[0] ?? "runs");
    else if (command === "compare" && rest.length >= 2) compare(rest);
    else if (command === "query" && rest.length >= 1 && rest.length <= 2) {
      await query(rest[0], rest[1] ?? "runs");
    } else if (command === "pack" && rest.length >= 1) {
      for (const folder of rest) {
        console.log(`${folder}: ${packRuns(folder).length} runs packed`);
      }
    } else if (command === "unpack" && rest.length === 2) {
      console.log(`${unpackRuns(rest[0], rest[1]).length} runs unpacked`);
    } else {
      if (command !== undefined) {
        console.error(`runs: not understood: ${args.join(" ")}\n`);
      }
      console.error(USAGE);
      return command === undefined ? 0 : 2;
    }
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

function list(folder: string): void {
  const rows: string[][] = [];
  for (const path of findRuns(resolve(folder))) {
    try {
      rows.push([relative(resolve(folder), path) || ".", ...rowOf(path)]);
    } catch (error) {
      console.error(`left out: ${(error as Error).message}`);
    }
  }
  if (rows.length === 0) console.log(`no runs below ${folder}`);
  else {
    printTable(
      ["run", "preset or model", "seed", "steps", "solve rates", "begun (UTC)"],
      rows,
    );
  }
}

function rowOf(path: string): string[] {
  const { config, manifest, metrics } = readRun(path);
  const last = metrics.at(-1);
  return [
    playerOf(manifest),
    String(config.seed),
    `${last?.step ?? 0}/${config.steps}`,
    config.modes.map((mode) =>
      `${mode[0].toUpperCase()} ${percent(last?.solve[mode]?.solveRate)}`
    ).join(" "),
    manifest.started.slice(0, 16).replace("T", " "),
  ];
}

/** Returns the preset that was played, or the model where there was none. */
function playerOf({ experiment, engineConfig }: Manifest): string {
  return String(experiment.preset ?? basename(engineConfig?.model ?? ""));
}

function compare(folders: readonly string[]): void {
  const runs = folders.map((folder) => readRun(resolve(folder)));
  const settings = differingSettings(runs).map(({ field, values }) => [
    field,
    ...values.map((value) => JSON.stringify(value) ?? "-"),
  ]);
  console.log("Settings that differ:");
  if (settings.length === 0) console.log("none");
  else printTable(["setting", ...folders], settings);
  console.log("\nAccuracy before → after, with items:");
  printTable(["evaluation", ...folders], accuracyRows(runs));
}

function accuracyRows(runs: readonly RunSummary[]): string[][] {
  const tables = runs.map(beforeAndAfter);
  const names = [...new Set(tables.flatMap((table) => [...table.keys()]))];
  return names.map((name) => [
    name,
    ...tables.map((table) => {
      const found = table.get(name);
      if (!found) return "-";
      const { before, after } = found;
      // The base made to think is evaluated once; it does not change.
      const change = before.step === after.step
        ? percent(before.accuracy)
        : `${percent(before.accuracy)} → ${percent(after.accuracy)}`;
      return `${change} (${after.items}, step ${after.step})`;
    }),
  ]);
}

async function query(sql: string, folder: string): Promise<void> {
  const runs = findRuns(resolve(folder));
  const packed = packedFolders(resolve(folder), 3);
  if (runs.length + packed.length === 0) {
    throw new Error(`no runs below ${folder}`);
  }
  const { DuckDBInstance } = await import(DUCKDB) as DuckDb;
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  for (const name of TABLES) {
    const files = runs.map((run) => join(run, `${name}.jsonl`)).filter(hasRows);
    for (const path of files.filter(endsAmidLine)) {
      console.error(`${path}: its last line is not whole and is left out`);
    }
    if (files.length === 0 || !await makeView(connection, name, files)) {
      continue;
    }
    const readable = await readableLogs(connection, files);
    if (readable.length > 0) await makeView(connection, name, readable);
  }
  for (const log of LOGS) await addPacked(connection, log, packed);
  const result = await connection.runAndReadAll(sql);
  printTable(
    result.columnNames(),
    result.getRowsJson().map((row) =>
      row.map((cell) => typeof cell === "string" ? cell : JSON.stringify(cell))
    ),
  );
}

/** Makes the rows of some logs a table; returns why they cannot be read, or null. */
async function makeView(
  connection: DuckDbConnection,
  name: string,
  files: readonly string[],
): Promise<string | null> {
  const cut = files.some(endsAmidLine);
  try {
    await connection.run(
      `create or replace view ${name} as select regexp_extract(filename, ` +
        `'([^/\\\\]+)[/\\\\][^/\\\\]+$', 1) as run, * exclude (filename) ` +
        `from read_json_auto([${files.map(quote).join(", ")}], ` +
        "format = 'newline_delimited', " +
        "union_by_name = true, filename = true, sample_size = -1" +
        // What is ignored becomes a row of nothing; every row of a log has its step.
        `${cut ? ", ignore_errors = true) where step is not null" : ")"}`,
    );
    return null;
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

/** Adds the rows of a log of packed runs to its table, or makes it. */
async function addPacked(
  connection: DuckDbConnection,
  log: LogName,
  folders: readonly string[],
): Promise<void> {
  const files = folders.flatMap((folder) =>
    recordingsIn(folder).map((recording) =>
      recordingFile(folder, log, recording)
    )
  ).filter(hasRows);
  if (files.length === 0) return;
  const rows = `select * exclude (shape) from read_parquet([${
    files.map(quote).join(", ")
  }], union_by_name = true)`;
  const unpacked = `${log}_of_folders`;
  const both = `${rows} union all by name select * from ${unpacked}`;
  let from = both;
  try {
    await connection.run(`alter view ${log} rename to ${unpacked}`);
  } catch {
    // No run folder has this log.
    from = rows;
  }
  await connection.run(`create view ${log} as ${from}`);
}

/** Returns the logs that can be read; the others are named, and keep no run from being queried. */
async function readableLogs(
  connection: DuckDbConnection,
  files: readonly string[],
): Promise<string[]> {
  const readable: string[] = [];
  for (const file of files) {
    const reason = await makeView(connection, "one_log", [file]);
    if (reason === null) readable.push(file);
    else console.error(`left out: ${file} (${reason})`);
  }
  return readable;
}

function hasRows(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch {
    return false;
  }
}

/** Tells whether a log was cut while a line was written. */
function endsAmidLine(path: string): boolean {
  using file = Deno.openSync(path);
  file.seekSync(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  file.readSync(last);
  return last[0] !== "\n".charCodeAt(0);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function percent(share: number | null | undefined): string {
  return typeof share === "number" ? `${(100 * share).toFixed(1)}%` : "-";
}

function printTable(heading: string[], rows: string[][]): void {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length))
  );
  const line = (cells: string[]) =>
    cells.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd();
  console.log(line(heading));
  console.log(widths.map((width) => "-".repeat(width)).join("  "));
  for (const row of rows) console.log(line(row));
}

if (import.meta.main) await runTask(USAGE, main);

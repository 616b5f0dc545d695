/** Packing the run folders below a folder, and unpacking them again. */

import assert from "node:assert/strict";
import { join, relative } from "node:path";
import type { Manifest } from "../../lib/run/manifest.ts";
import { readRows } from "../../lib/run/read.ts";
import {
  type Column,
  columnsOf,
  RowReader,
} from "../../lib/run/packed/columns.ts";
import { parquetBytes, ParquetColumns } from "../../lib/run/packed/parquet.ts";
import {
  type LogName,
  LOGS,
  packedRows,
  type PackedRun,
  packedRuns,
  recordingFile,
  recordingsIn,
} from "../../lib/run/packed/recordings.ts";
import { spread } from "../../lib/run/packed/spread.ts";

/** Logs whose numbers that are not whole are kept in single precision: seven digits. */
const SINGLE: readonly LogName[] = ["metrics", "timings", "tasks"];

/**
 * Packs the run folders below `folder` as one further recording, reads it back, compares
 * every row, and only then removes the folders. Returns the names of the runs. Throws
 * where a run folder holds what cannot be packed, or where nothing is to be packed.
 */
export function packRuns(folder: string): string[] {
  const names = runFolders(folder);
  if (names.length === 0) throw new Error(`${folder} holds no run folder`);
  const recording = (recordingsIn(folder).at(-1) ?? 0) + 1;
  const runs = names.map((name) => packedRun(folder, name));
  for (const log of LOGS) {
    const rows = names.flatMap((run) =>
      rowsOf(join(folder, run), log).map((row) => ({ run, row }))
    );
    if (rows.length === 0) continue;
    write(folder, log, recording, rows.map(({ row }) => row), [{
      name: "run",
      type: "string",
      cells: rows.map(({ run }) => run),
    }]);
  }
  // Last: a recording is one from the moment that this file is there.
  write(folder, "runs", recording, runs);
  for (const name of names) {
    Deno.removeSync(join(folder, name), { recursive: true });
  }
  removeEmpty(folder);
  return names;
}

/** Writes the newest recording of every packed run as run folders below `out`. */
export function unpackRuns(folder: string, out: string): string[] {
  const runs = packedRuns(folder);
  for (const [name, { files, rows }] of runs) {
    const own = join(out, name);
    Deno.mkdirSync(own, { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      Deno.writeTextFileSync(join(own, file), text);
    }
    for (const log of LOGS.filter((log) => rows[log] > 0)) {
      const lines = packedRows(join(folder, name, `${log}.jsonl`))!;
      Deno.writeTextFileSync(
        join(own, `${log}.jsonl`),
        lines.map((row) => JSON.stringify(row) + "\n").join(""),
      );
    }
  }
  return [...runs.keys()];
}

/** Finds the folders below with metrics, by their paths from `folder`. */
function runFolders(folder: string): string[] {
  const visit = (at: string): string[] =>
    [...Deno.readDirSync(at)].flatMap(({ name, isDirectory }) =>
      isDirectory ? visit(join(at, name)) : name === "metrics.jsonl" ? [at] : []
    );
  return visit(folder).map((path) => relative(folder, path)).sort();
}

function packedRun(folder: string, name: string): PackedRun {
  const own = join(folder, name);
  const files: Record<string, string> = {};
  for (const { name: file, isFile } of Deno.readDirSync(own)) {
    if (LOGS.some((log) => file === `${log}.jsonl`)) continue;
    if (!isFile || file.endsWith(".jsonl")) {
      throw new Error(`${join(own, file)} is not packed: remove or move it`);
    }
    files[file] = Deno.readTextFileSync(join(own, file));
  }
  const { code }: Partial<Manifest> = JSON.parse(
    files["manifest.json"] ?? "{}",
  );
  const rows = Object.fromEntries(
    LOGS.map((log) => [log, rowsOf(own, log).length]),
  ) as Record<LogName, number>;
  const ordered = Object.fromEntries(Object.entries(files).sort());
  return {
    run: name,
    commit: code?.commit ?? null,
    dirty: code?.dirty ?? null,
    rows,
    files: ordered,
  };
}

/** Returns the rows of a log as they are packed; none where the run lacks it. */
function rowsOf(run: string, log: LogName): object[] {
  const path = join(run, `${log}.jsonl`);
  try {
    Deno.statSync(path);
  } catch {
    return [];
  }
  const rows = readRows<object>(path);
  return log === "scores" ? spread(rows) : rows;
}

function write(
  folder: string,
  name: LogName | "runs",
  recording: number,
  rows: readonly object[],
  beside: readonly Column[] = [],
): void {
  const single = SINGLE.includes(name as LogName);
  const bytes = parquetBytes([...beside, ...columnsOf(rows)], { single });
  const reader = new RowReader(new ParquetColumns(bytes));
  for (const [i, row] of rows.entries()) {
    const back = reader.row(i);
    assert.equal(text(back, single), text(row, single), `row ${i} of ${name}`);
  }
  Deno.writeFileSync(recordingFile(folder, name, recording), bytes);
}

/** A row as JSON; in single precision numbers are as the file keeps them. */
function text(row: unknown, single: boolean): string {
  if (!single) return JSON.stringify(row);
  return JSON.stringify(
    row,
    (_, value) => typeof value === "number" ? Math.fround(value) : value,
  );
}

/** Removes the folders in which runs lay and nothing is left. */
function removeEmpty(folder: string): void {
  for (const { name, isDirectory } of [...Deno.readDirSync(folder)]) {
    if (!isDirectory) continue;
    const own = join(folder, name);
    removeEmpty(own);
    if ([...Deno.readDirSync(own)].length === 0) Deno.removeSync(own);
  }
}

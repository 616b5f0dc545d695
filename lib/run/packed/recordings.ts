/**
 * Packed runs: the run folders below a folder in a few Parquet files, read as if the
 * run folders were there.
 *
 * | file | rows |
 * |---|---|
 * | `runs.N.parquet` | a run: its name, commit, small files as text, number of rows in each log |
 * | `metrics.N.parquet`, `timings.N.parquet` | a step |
 * | `eval.N.parquet`, `scores.N.parquet` | an evaluated item at a step |
 * | `tasks.N.parquet` | a proposal |
 *
 * N counts recordings: packing appends one and overwrites none. Of a run that was
 * recorded more than once the newest recording is read. A run's name is its path below
 * the folder ("grpo/seed-1"). A run folder that lies there unpacked is read first.
 */

import { basename, dirname, join } from "node:path";
import { RowReader } from "./columns.ts";
import { ParquetColumns } from "./parquet.ts";
import { gathered } from "./spread.ts";

/** The logs that are packed, each a file `NAME.jsonl` of a run folder. */
export const LOGS = ["metrics", "timings", "eval", "scores", "tasks"] as const;
export type LogName = typeof LOGS[number];

/** A row of `runs.N.parquet`. */
export interface PackedRun {
  run: string;
  /** Revision of the code that played the run; null where its manifest does not say. */
  commit: string | null;
  dirty: boolean | null;
  /** Number of rows of each log. */
  rows: Record<LogName, number>;
  /** Text of every other file, by its name. */
  files: Record<string, string>;
}

/** A run in a recording, with the first row of each of its logs. */
interface RecordedRun extends PackedRun {
  recording: number;
  from: Record<LogName, number>;
}

/** Most folders between a packed folder and a file of one of its runs. */
const DEEPEST = 3;

/** Returns the path of a file of a recording. */
export function recordingFile(
  folder: string,
  name: LogName | "runs",
  recording: number,
): string {
  return join(folder, `${name}.${recording}.parquet`);
}

/** Returns the numbers of the recordings of a folder, oldest first; empty where it is not packed. */
export function recordingsIn(folder: string): number[] {
  try {
    return [...Deno.readDirSync(folder)]
      .flatMap(({ name }) => /^runs\.(\d+)\.parquet$/.exec(name)?.[1] ?? [])
      .map(Number).sort((a, b) => a - b);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Returns the runs of a packed folder by name, each of its newest recording. */
export function packedRuns(folder: string): Map<string, RecordedRun> {
  const runs = recordingsIn(folder).flatMap((recording) =>
    runsOf(folder, recording)
  );
  return new Map(runs.map((run) => [run.run, run]));
}

/** Returns the runs of one recording, in the order of their rows. */
function runsOf(folder: string, recording: number): RecordedRun[] {
  const file = opened(recordingFile(folder, "runs", recording));
  return file.runs ??= decodedRuns(file, recording);
}

function decodedRuns(
  { reader, columns }: Opened,
  recording: number,
): RecordedRun[] {
  const next = Object.fromEntries(LOGS.map((log) => [log, 0])) as Record<
    LogName,
    number
  >;
  return Array.from({ length: columns.rows }, (_, row) => {
    const run = reader.row<PackedRun>(row);
    const from = { ...next };
    for (const log of LOGS) next[log] += run.rows[log];
    return { ...run, recording, from };
  });
}

/** Returns the names of the packed runs below a folder, which may lie within a packed one. */
export function packedNames(folder: string): string[] {
  const found = packAbove(join(folder, "x"));
  if (!found) return [];
  const prefix = found.run === "" ? "" : `${found.run}/`;
  return [...packedRuns(found.folder).keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

/** Returns the text of a small file of a packed run; null where there is none. */
export function packedText(path: string): string | null {
  return packedRun(path)?.run.files[basename(path)] ?? null;
}

/** Returns the rows of a log of a packed run; null where the path is none. */
export function packedRows<Row>(path: string): Row[] | null {
  const log = basename(path, ".jsonl") as LogName;
  const found = packedRun(path);
  if (!found || !LOGS.includes(log)) return null;
  const { folder, run } = found;
  const count = run.rows[log];
  if (count === 0) return null;
  const { reader, columns } = opened(
    recordingFile(folder, log, run.recording),
  );
  const from = run.from[log];
  if (log !== "scores") {
    return Array.from({ length: count }, (_, i) => reader.row<Row>(from + i));
  }
  return gathered(
    (row) => reader.row(row),
    (row) => columns.cell("correct", row) as number,
    { from, count },
  );
}

function packedRun(
  path: string,
): { folder: string; run: RecordedRun } | null {
  const found = packAbove(path);
  const run = found && packedRuns(found.folder).get(found.run);
  return found && run ? { folder: found.folder, run } : null;
}

/** Finds the packed folder above a file, and the name of the file's run in it. */
function packAbove(path: string): { folder: string; run: string } | null {
  let [folder, run] = [dirname(path), ""];
  for (let level = 0; level <= DEEPEST; level++) {
    if (recordingsIn(folder).length > 0) return { folder, run };
    run = run === "" ? basename(folder) : `${basename(folder)}/${run}`;
    folder = dirname(folder);
  }
  return null;
}

interface Opened {
  changed: number;
  columns: ParquetColumns;
  reader: RowReader;
  /** The runs of a file of runs, once they were asked for. */
  runs?: RecordedRun[];
}

/** Files that were read, kept while they do not change. */
const kept = new Map<string, Opened>();

function opened(path: string): Opened {
  const changed = Deno.statSync(path).mtime?.getTime() ?? 0;
  const known = kept.get(path);
  if (known?.changed === changed) return known;
  const columns = new ParquetColumns(Deno.readFileSync(path));
  const file = { changed, columns, reader: new RowReader(columns) };
  kept.set(path, file);
  return file;
}

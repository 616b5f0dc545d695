/**
 * Checks the code of notebooks without running it: types, lint, formatting and line
 * length. Every finding names its notebook, cell and line.
 *
 * Deno checks modules, not notebooks. The code cells of a notebook are therefore made
 * into one module, in which each cell opens a block inside the block of the cell before.
 * A later cell sees the names of earlier cells and may declare them anew, as in the
 * kernel. Imports are moved to the top of the module.
 */

import { dirname, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  joined,
  kitRoot,
  type Notebook,
  notebookText,
  readNotebook,
} from "./notebook_file.ts";

/** Longest line of code that a reader sees without scrolling. */
export const LONGEST_LINE = 80;

/** A fault of a notebook. `cell` and `line` are null where the fault concerns the whole file. */
export interface Problem {
  notebook: string;
  /** Number of the cell, counted from 0 over cells of all kinds. */
  cell: number | null;
  /** Line in the cell, counted from 1. */
  line: number | null;
  message: string;
}

interface Position {
  cell: number;
  line: number;
}

/** The code of a notebook as a module; `positions[i]` is the place in the notebook of line i + 1. */
export interface NotebookModule {
  source: string;
  positions: (Position | null)[];
}

const IMPORT =
  /^import\s+(type\s+)?([\w*${}\s,]+?\s+from\s+)?["']([^"'\n]+)["'](?:\s+with\s*\{[^}]*\})?[ \t]*;?/gm;

/** Makes one module of a notebook's code cells. Relative imports start from `folder`. */
export function notebookModule(
  notebook: Notebook,
  folder: string,
): NotebookModule {
  const imports = new Map<string, Position>();
  const body: [string, Position | null][] = [];
  let depth = 0;
  for (const [cell, { cell_type, source }] of notebook.cells.entries()) {
    if (cell_type !== "code") continue;
    const code = joined(source).replace(IMPORT, (statement, ...groups) => {
      const [typeOnly, names, specifier] = groups as (string | undefined)[];
      const offset = groups.find((group) => typeof group === "number");
      const line = joined(source).slice(0, offset).split("\n").length;
      const from = absoluteSpecifier(specifier as string, folder);
      for (const single of splitImport(typeOnly, names, from)) {
        if (!imports.has(single)) imports.set(single, { cell, line });
      }
      return statement.replace(/[^\n]/g, " ");
    });
    body.push(["{", null]);
    depth++;
    for (const [i, text] of code.split("\n").entries()) {
      body.push([text, { cell, line: i + 1 }]);
    }
  }
  const rows = [...imports, ...body, ["}".repeat(depth), null] as const];
  return {
    source: rows.map(([text]) => text).join("\n") + "\nexport {};\n",
    positions: rows.map(([, position]) => position),
  };
}

/** Checks notebooks. Returns the faults, none where the list is empty. */
export async function checkNotebooks(paths: string[]): Promise<Problem[]> {
  if (paths.length === 0) return [];
  // Beside deno.json, so that its imports and rules hold; git ignores the name.
  const folder = await Deno.makeTempDir({
    dir: kitRoot(),
    prefix: "cells-",
    suffix: ".tmp",
  });
  try {
    const modules = new Map<string, { path: string } & NotebookModule>();
    const problems: Problem[] = [];
    for (const [i, path] of paths.entries()) {
      const notebook = await readNotebook(path);
      problems.push(...await formatProblems(path, notebook));
      const module = notebookModule(notebook, dirname(path));
      const file = `${folder}/notebook_${i}.ts`;
      await Deno.writeTextFile(file, module.source);
      modules.set(pathToFileURL(file).href, { path, ...module });
      problems.push(...longLines(path, notebook));
      problems.push(...endsInImport(path, notebook));
    }
    const locate: Locate = (url, line) => {
      const module = modules.get(url);
      const position = module?.positions[line - 1];
      return {
        notebook: relative(kitRoot(), module?.path ?? url),
        cell: position?.cell ?? null,
        line: position?.line ?? null,
      };
    };
    problems.push(...await typeProblems([...modules.keys()], locate));
    problems.push(...await lintProblems([...modules.keys()], locate));
    return problems;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns a problem on one line: `notebooks/00_tour.ipynb cell 3 line 2: …`. */
export function problemText(problem: Problem): string {
  const { notebook, cell, line, message } = problem;
  const place = cell === null ? "" : ` cell ${cell} line ${line}`;
  return `${notebook}${place}: ${message}`;
}

type Locate = (url: string, line: number) => Omit<Problem, "message">;

function absoluteSpecifier(specifier: string, folder: string): string {
  if (!/^\.{1,2}\//.test(specifier)) return specifier;
  return new URL(specifier, pathToFileURL(`${folder}/`)).href;
}

/** Returns one import statement per name, so that cells may import a name again. */
function splitImport(
  typeOnly: string | undefined,
  names: string | undefined,
  from: string,
): string[] {
  const source = JSON.stringify(from);
  if (!names) return [`import ${source};`];
  const keyword = typeOnly ? "import type" : "import";
  const clause = names.replace(/\s+from\s+$/, "");
  const braces = clause.match(/\{([^}]*)\}/);
  const named = (braces?.[1] ?? "").split(",");
  const whole = clause.replace(/\{[^}]*\}/, "").split(",");
  const clean = (list: string[]) =>
    list.map((name) => name.trim()).filter((name) => name !== "");
  return [
    ...clean(whole).map((name) => `${keyword} ${name} from ${source};`),
    ...clean(named).map((name) => `${keyword} { ${name} } from ${source};`),
  ];
}

function longLines(path: string, notebook: Notebook): Problem[] {
  const problems: Problem[] = [];
  for (const [cell, { cell_type, source }] of notebook.cells.entries()) {
    if (cell_type !== "code") continue;
    for (const [i, text] of joined(source).split("\n").entries()) {
      if (text.length <= LONGEST_LINE) continue;
      problems.push({
        notebook: relative(kitRoot(), path),
        cell,
        line: i + 1,
        message: `${text.length} characters; at most ${LONGEST_LINE}`,
      });
    }
  }
  return problems;
}

/** Returns a problem for each cell that ends with an import: the kernel would show the whole module as the cell's value. */
function endsInImport(path: string, notebook: Notebook): Problem[] {
  return notebook.cells.flatMap(({ cell_type, source }, cell) => {
    const code = joined(source).trimEnd();
    const last = [...code.matchAll(IMPORT)].at(-1);
    const end = last ? last.index + last[0].length : 0;
    if (cell_type !== "code" || !last || end < code.length) return [];
    return [{
      notebook: relative(kitRoot(), path),
      cell,
      line: code.split("\n").length,
      message: "ends in an import, and so would show the module",
    }];
  });
}

async function deno(args: string[]) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: kitRoot(),
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return {
    success,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** Returns the errors of `deno check`, each of which is a text that ends with its position. */
async function typeProblems(
  urls: string[],
  locate: Locate,
): Promise<Problem[]> {
  const { success, stderr } = await deno(["check", "--quiet", ...urls]);
  if (success) return [];
  const problems: Problem[] = [];
  const position = /\n\s*at (file:\/\/\S+?):(\d+):\d+\n/g;
  let start = 0;
  for (const found of `${stderr}\n`.matchAll(position)) {
    const message = stderr.slice(start, found.index).trim();
    problems.push({ ...locate(found[1], Number(found[2])), message });
    start = found.index + found[0].length;
  }
  if (problems.length > 0) return problems;
  const whole = { notebook: "notebooks", cell: null, line: null };
  return [{ ...whole, message: stderr.trim() }];
}

/** Returns the findings of `deno lint`, but for nested functions: the nesting is the checker's own. */
async function lintProblems(
  urls: string[],
  locate: Locate,
): Promise<Problem[]> {
  const { stdout, stderr } = await deno([
    "lint",
    "--json",
    "--rules-exclude=no-inner-declarations",
    ...urls.map((url) => fileURLToPath(url)),
  ]);
  let report: {
    diagnostics: {
      filename: string;
      range: { start: { line: number } };
      message: string;
      code: string;
    }[];
  };
  try {
    report = JSON.parse(stdout);
  } catch {
    const whole = { notebook: "notebooks", cell: null, line: null };
    return [{ ...whole, message: `deno lint failed: ${stderr.trim()}` }];
  }
  return report.diagnostics.map(({ filename, range, message, code }) => ({
    ...locate(filename, range.start.line),
    message: `lint ${code}: ${message}`,
  }));
}

async function formatProblems(
  path: string,
  notebook: Notebook,
): Promise<Problem[]> {
  const formatted = await formattedSources(notebook);
  return notebook.cells.flatMap(({ source }, cell) => {
    if (joined(source) === formatted[cell]) return [];
    const message = "not formatted; run: deno task fmt";
    return [{ notebook: relative(kitRoot(), path), cell, line: 1, message }];
  });
}

/**
 * Returns the sources of all cells as `deno fmt` writes them. It is given the notebook
 * by stdin, since its `--check` rejects every notebook it has not itself
 * written to disk.
 */
export async function formattedSources(notebook: Notebook): Promise<string[]> {
  const cells = notebook.cells.map((cell) => ({ ...cell, outputs: [] }));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", "ipynb", "-"],
    cwd: kitRoot(),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  const text = notebookText({ ...notebook, cells });
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`deno fmt failed: ${decoder.decode(stderr)}`);
  const formatted: Notebook = JSON.parse(decoder.decode(stdout));
  return formatted.cells.map(({ source }) => joined(source));
}

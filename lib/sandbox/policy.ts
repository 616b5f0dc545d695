/**
 * The static policy: what a proposed program may not mention.
 *
 * The paper bans a list of Python modules, because programs that use them are not
 * reproducible or reach outside (official code, `contains_banned_imports`: only
 * import statements, so its dotted entries such as `os.path` can never match, and
 * not in hidden inputs or answers). Here dotted entries match uses too, JavaScript
 * has its equivalents, and the verdict says what was found. Names are compared as
 * tokens: `datetime` in a string or as part of `update_time` is no offence.
 *
 * The policy makes tasks good; safety does not rest on it. The sandbox contains
 * programs that slip through, for example by building a name at run time.
 */

import type { Language, Program } from "./outcome.ts";
import { type NameToken, nameTokens } from "./tokens.ts";

/** What is banned. Plain lists, so that a run's configuration can hold them. */
export interface Policy {
  /** Python modules that may not be imported; a dotted one may not be used either. */
  pythonModules: readonly string[];
  /** Python names; with `()` only their calls. */
  pythonNames: readonly string[];
  /** JavaScript names and dotted paths; with `()` only their calls. */
  javascriptNames: readonly string[];
}

export type PolicyVerdict =
  | { allowed: true }
  | { allowed: false; reason: string };

/**
 * Python modules that the official code bans (`banned_words` of its settings; the
 * paper's figure 8 shows the same without `hmac`).
 */
export const OFFICIAL_BANNED_MODULES: readonly string[] = [
  "logging",
  "random",
  "multiprocessing",
  "pebble",
  "subprocess",
  "threading",
  "datetime",
  "time",
  "hashlib",
  "hmac",
  "bcrypt",
  "os.sys",
  "os.path",
  "sys.exit",
  "os.environ",
  "calendar",
];

/** The official list of modules, what reaches outside, and JavaScript's equivalents. */
export const defaultPolicy: Policy = {
  pythonModules: [
    ...OFFICIAL_BANNED_MODULES,
    // Not in the official list: unavailable or meaningless in the sandbox.
    "os",
    "sys",
    "secrets",
    "uuid",
    "socket",
    "asyncio",
    "ctypes",
    "js",
    "pyodide",
    "pyodide_js",
  ],
  pythonNames: [
    "open()",
    "input()",
    "eval()",
    "exec()",
    "compile()",
    "id()",
    "breakpoint()",
    "exit()",
    "quit()",
    "__import__",
  ],
  javascriptNames: [
    "import",
    "export",
    "require",
    "eval",
    "Function",
    "Date",
    "Math.random",
    "Intl",
    "Temporal",
    "performance",
    "crypto",
    "fetch",
    "XMLHttpRequest",
    "WebSocket",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "queueMicrotask",
    "Deno",
    "process",
    "Bun",
    "globalThis",
    "window",
    "self()",
    "Worker",
    "SharedArrayBuffer",
    "Atomics",
    "WebAssembly",
    "WeakRef",
    "FinalizationRegistry",
    "localStorage",
    "sessionStorage",
    "document",
    "debugger",
  ],
};

/** A policy that bans nothing. */
export const emptyPolicy: Policy = {
  pythonModules: [],
  pythonNames: [],
  javascriptNames: [],
};

/** Checks a program's text; nothing runs. */
export function checkPolicy(
  program: Program,
  policy: Policy = defaultPolicy,
): PolicyVerdict {
  const tokens = nameTokens(program.source, program.language);
  const found = program.language === "python"
    ? bannedImport(program.source, tokens, policy.pythonModules) ??
      bannedName(program, tokens, [
        ...policy.pythonNames,
        ...policy.pythonModules.filter((name) => name.includes(".")),
      ])
    : bannedName(program, tokens, policy.javascriptNames);
  return found === null ? { allowed: true } : { allowed: false, reason: found };
}

function bannedName(
  { source, language }: { source: string; language: Language },
  tokens: readonly NameToken[],
  banned: readonly string[],
): string | null {
  const names = new Set(banned.filter((name) => !name.endsWith("()")));
  const calls = new Set(
    banned.filter((name) => name.endsWith("()")).map((name) =>
      name.slice(0, -2)
    ),
  );
  for (const token of tokens) {
    if (token.isProperty) continue;
    const used = prefixes(token.path).find((path) => names.has(path));
    if (used !== undefined) return `${used} is not allowed`;
    const after = source.slice(token.position + token.name.length);
    const isCall = token.path === token.name && /^\s*\(/.test(after);
    const isDefinition = language === "python" &&
      /\b(?:def|class)\s+$/.test(source.slice(0, token.position));
    if (isCall && !isDefinition && calls.has(token.name)) {
      return `calling ${token.name} is not allowed`;
    }
  }
  return null;
}

function bannedImport(
  source: string,
  tokens: readonly NameToken[],
  banned: readonly string[],
): string | null {
  const modules = new Set(banned);
  for (const imported of importedModules(source, tokens)) {
    const module = prefixes(imported).find((path) => modules.has(path));
    if (module !== undefined) return `importing ${module} is not allowed`;
  }
  return null;
}

/** Dotted names that import statements mention: `a`, `a.b`, and `a.c` of `from a import c`. */
function importedModules(
  source: string,
  tokens: readonly NameToken[],
): string[] {
  const found: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const { name, isProperty, position } = tokens[i];
    if (isProperty || (name !== "import" && name !== "from")) continue;
    if (!/(?:^|[\n;:])[ \t]*$/.test(source.slice(0, position))) continue;
    const statement = statementNames(source, tokens, i);
    const base = name === "from" ? statement.shift()?.path ?? "" : "";
    if (base) found.push(base);
    for (const token of statement) {
      if (token.name !== "import") {
        found.push(base ? `${base}.${token.path}` : token.path);
      }
    }
  }
  return found;
}

/** Names after a statement's first word, without what follows `as`. */
function statementNames(
  source: string,
  tokens: readonly NameToken[],
  first: number,
): NameToken[] {
  const names: NameToken[] = [];
  const start = tokens[first].position;
  for (let i = first + 1; i < tokens.length; i++) {
    const text = source.slice(start, tokens[i].position)
      .replace(/\\\r?\n|\([^)]*$/g, "");
    if (/[\n;]/.test(text)) break;
    const isAlias = tokens[i].name === "as" || tokens[i - 1].name === "as";
    if (!tokens[i].isProperty && !isAlias) names.push(tokens[i]);
  }
  return names;
}

/** `a`, `a.b` and `a.b.c` of `a.b.c`. */
function prefixes(path: string): string[] {
  const parts = path.split(".");
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}

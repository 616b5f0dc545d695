/**
 * The static policy: modules, names and calls that a proposed program may not use.
 *
 * The paper bans a list of Python modules, because programs that use them are not
 * reproducible or reach outside (official code, `contains_banned_imports`: only
 * import statements, so its dotted entries such as `os.path` can never match, and
 * not in hidden inputs or answers). Here dotted entries match uses too, JavaScript
 * has its equivalents, and the verdict says what was found.
 *
 * A name is banned where it stands for what the language provides. `datetime` in a
 * string or as part of `update_time` is no offence, and a name that the program
 * binds itself, as in `def eval(e)` or with a parameter called `document`, is the
 * program's own. The same lists make the sentences that the proposer is told.
 *
 * The policy makes tasks good; safety does not rest on it. The sandbox contains
 * programs that slip through, for example by building a name at run time.
 */

import type { Language, Program } from "./outcome.ts";
import { foundNames } from "./syntax/names.ts";
import { everyNode, type PlacedNode, placedSyntax } from "./syntax/syntax.ts";

/** The bans, as plain lists that a run's config can hold. */
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
const OFFICIAL_BANNED_MODULES: readonly string[] = [
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

/** The official list of modules, names that reach outside, and JavaScript's equivalents. */
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

/** A policy for one language. */
interface Ban {
  modules: readonly string[];
  /** Names and dotted paths. */
  names: readonly string[];
  calls: readonly string[];
}

function banIn(policy: Policy, language: Language): Ban {
  const isPython = language === "python";
  const modules = isPython ? policy.pythonModules : [];
  const all = isPython ? policy.pythonNames : policy.javascriptNames;
  return {
    modules,
    names: [
      ...all.filter((name) => !name.endsWith("()")),
      ...modules.filter((name) => name.includes(".")),
    ],
    calls: all.filter((name) => name.endsWith("()"))
      .map((name) => name.slice(0, -2)),
  };
}

/** Returns the bans of a policy as sentences for the author of a program. */
export function policySentences(policy: Policy, language: Language): string[] {
  const { modules, names, calls } = banIn(policy, language);
  const within = (path: string, others: readonly string[]) =>
    prefixes(path).slice(0, -1).some((outer) => others.includes(outer));
  const listed = (kept: readonly string[]) =>
    kept.filter((path) => !within(path, modules)).join(", ");
  const own = ", unless the program defines them itself";
  return [
    ["These modules are not imported", listed(modules)],
    [
      `These names are not used${own}`,
      listed(names.filter((name) => !modules.includes(name))),
    ],
    [`These functions are not called${own}`, listed(calls)],
  ].filter(([, list]) => list !== "").map((parts) => parts.join(": "));
}

/** Checks a program's text against a policy. Nothing runs. */
export function checkPolicy(
  program: Program,
  policy: Policy = defaultPolicy,
): PolicyVerdict {
  const ban = banIn(policy, program.language);
  const suspect = mentioned(program.source, ban);
  if (suspect === undefined) return { allowed: true };
  const root = placedSyntax(program);
  const reason = root === null
    ? `too long or too deeply nested to be checked for ${suspect}`
    : bannedImport(root, ban.modules) ??
      bannedName(root, program.language, ban);
  return reason === null ? { allowed: true } : { allowed: false, reason };
}

const WORDS = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu;

/** Returns the first banned name whose words all occur in a text. Most texts then need no parser. */
function mentioned(source: string, ban: Ban): string | undefined {
  const words = new Set(source.match(WORDS));
  return [...ban.modules, ...ban.names, ...ban.calls].find((path) =>
    path.split(".").every((word) => words.has(word))
  );
}

function bannedName(
  root: PlacedNode,
  language: Language,
  ban: Ban,
): string | null {
  const names = new Set(ban.names);
  // A keyword is a node of its own name.
  const keyword = everyNode(root).find(({ name, text }) =>
    name === text && names.has(name)
  );
  if (keyword) return `${keyword.name} is not allowed`;
  for (const { node } of foundNames(root, language)) {
    const used = prefixes(pathFrom(node)).find((path) => names.has(path));
    if (used !== undefined) return `${used} is not allowed`;
    if (isCalled(node) && ban.calls.includes(node.text)) {
      return `calling ${node.text} is not allowed`;
    }
  }
  return null;
}

function isCalled({ parent, index }: PlacedNode): boolean {
  return parent?.name === "CallExpression" && index === 0;
}

/** Returns the dotted path that begins at a name: `a.b.c` for the node `a`. */
function pathFrom(node: PlacedNode): string {
  let path = node.text;
  for (
    let inner = node;
    inner.parent?.name === "MemberExpression" && inner.index === 0;
    inner = inner.parent
  ) {
    const property = inner.parent.children[2];
    if (property?.name !== "PropertyName") break;
    path += `.${property.text}`;
  }
  return path;
}

function bannedImport(
  root: PlacedNode,
  banned: readonly string[],
): string | null {
  const modules = new Set(banned);
  for (const imported of importedModules(root)) {
    const module = prefixes(imported).find((path) => modules.has(path));
    if (module !== undefined) return `importing ${module} is not allowed`;
  }
  return null;
}

/** Returns the dotted names in import statements: `a`, `a.b`, and `a.c` of `from a import c`. */
function importedModules(root: PlacedNode): string[] {
  const statements = everyNode(root).filter(({ name }) =>
    name === "ImportStatement"
  );
  return statements.flatMap(({ children }) => {
    const words = children.map(({ text }) => text)
      .filter((text) => text !== "(" && text !== ")");
    const split = words[0] === "from" ? words.indexOf("import") : 0;
    const base = words.slice(1, Math.max(split, 1)).join("");
    const names = words.slice(split + 1).join(" ").split(" , ")
      // Without the alias.
      .map((name) => name.split(" as ")[0].replaceAll(" ", ""));
    return base === ""
      ? names
      : [base, ...names.map((name) => `${base}.${name}`)];
  });
}

/** Returns `a`, `a.b` and `a.b.c` of `a.b.c`. */
function prefixes(path: string): string[] {
  const parts = path.split(".");
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}

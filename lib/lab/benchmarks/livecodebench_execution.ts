/**
 * LiveCodeBench's code execution (Jain et al. 2024): predict what a solution of a
 * contest returns, as the solver of deduction.
 *
 * The paper speaks of it so; its code asks it as abduction. The function is called `f`
 * as there, by the syntax tree and not by text, the input's arguments lose their names,
 * and names of Python's modules that the program leaves to its surroundings are
 * imported.
 */

import {
  everyNode,
  outerNames,
  type PlacedNode,
  placedSyntax,
  type Program,
} from "../../sandbox/mod.ts";
import { withEntryNamed } from "../../method/modes/entry.ts";
import { asSelfPlay, codeTask } from "./cruxeval.ts";

/** Names that contests' solutions use without importing them, by module; `*` is the module. */
const SURROUNDINGS: Record<string, string> = {
  bisect: "* bisect_left bisect_right insort",
  collections: "* Counter OrderedDict defaultdict deque",
  functools: "* cache cmp_to_key lru_cache reduce",
  heapq:
    "* heapify heappop heappush heapreplace heappushpop nlargest nsmallest",
  itertools: "* accumulate chain combinations count cycle groupby pairwise " +
    "permutations product zip_longest",
  math:
    "* ceil comb factorial floor gcd inf isqrt lcm log log2 perm pi prod sqrt",
  operator: "* add itemgetter mul or_ xor",
  string: "* ascii_letters ascii_lowercase ascii_uppercase digits",
  typing: "Any Dict Iterable List Optional Set Tuple Union",
};

export const livecodebenchExecution = asSelfPlay("deduction", {
  name: "livecodebench-execution",
  files: ["livecodebench_execution.jsonl", "test.jsonl"],
  source:
    "https://huggingface.co/datasets/livecodebench/execution-v2 (test.jsonl)",
  caution:
    "contests from May to November 2023: newer models may have seen them",
  read(row) {
    const id = row.label("id");
    const entry = row.text("function_name");
    const given = { language: "python", source: row.text("code") } as const;
    const source = withImports(calledF(given, entry));
    const example = {
      argument: positional(row.text("input")),
      output: row.text("output"),
    };
    return {
      id,
      task: codeTask(id, "deduction", { ...given, source }, [example]),
    };
  },
});

/** The source with its entry called `f`; by another name where a local name is `f`. */
function calledF(program: Program, entry: string): string {
  const { source } = program;
  const names = outerNames(program);
  if (!names?.bound.has(entry) || (entry !== "f" && names.bound.has("f"))) {
    throw new TypeError(
      `the field "code" has no function "${entry}" that could be called f`,
    );
  }
  const renamed = withEntryNamed(program, entry);
  return entry === "f" || renamed !== source
    ? renamed
    : `${source.trimEnd()}\n\nf = ${entry}`;
}

/** The arguments of a call such as `f(a = 1, b = [2])`, without their names. */
function positional(call: string): string {
  const root = placedSyntax({ language: "python", source: call });
  const list = everyNode(root ?? NOTHING).find(({ name }) =>
    name === "ArgList"
  );
  if (list === undefined) {
    throw new TypeError('the field "input" is no call of a function');
  }
  const values = list.children.filter(({ name, index }) => {
    const isName = list.childNames[index + 1] === "AssignOp";
    return !isName && !["(", ")", ",", "AssignOp"].includes(name);
  });
  return values.map(({ text }) => text).join(", ");
}

const NOTHING = { children: [] as PlacedNode[] } as PlacedNode;

/** The source with imports of the surroundings' names that it uses and does not bind. */
function withImports(source: string): string {
  const program: Program = { language: "python", source };
  const names = outerNames(program);
  const used = new Set(
    everyNode(names?.root ?? NOTHING)
      .filter(({ name }) => name === "VariableName").map(({ text }) => text),
  );
  const isFree = (name: string) =>
    used.has(name) && !names!.bound.has(name) && !names!.inner.has(name);
  const imports = Object.entries(SURROUNDINGS).flatMap(([module, listed]) => {
    const free = listed.split(" ").filter(isFree);
    return [
      ...(listed.startsWith("* ") && isFree(module)
        ? [`import ${module}`]
        : []),
      ...(free.length > 0 ? [`from ${module} import ${free.join(", ")}`] : []),
    ];
  });
  return imports.length > 0 ? `${imports.join("\n")}\n\n${source}` : source;
}

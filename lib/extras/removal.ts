/**
 * Comments and global variables taken out of proposed programs (paper, appendix D.5),
 * before anything runs or is stored.
 *
 * The paper finds that either removal hurts: what a proposer writes beside its program
 * seems to help the solver. The official code removes both from programs before the
 * first step and neither from later ones (`remove_comments`, `remove_after_return`: of
 * the statements outside functions it keeps imports, functions and classes). Here both
 * hold for a whole run. Off by default.
 *
 * In JavaScript a variable whose value is a function or a class counts as a definition.
 * A text that the parser cannot read stays as it is: the executor refuses it.
 */

import type { SelfPlayConfig } from "../method/config.ts";
import { registerExtra } from "../method/extras.ts";
import {
  COMMENTS,
  everyNode,
  GRAMMARS,
  isWellFormed,
  type PlacedNode,
  placedSyntax,
  type Program,
} from "../sandbox/mod.ts";

/** A part of a source, what stands there instead, and whether its line may go with it. */
interface Cut {
  from: number;
  to: number;
  instead: string;
  line: boolean;
}

/** Returns a program without what a config removes. */
export function withoutRemoved(
  { comments, globalVariables }: Pick<
    SelfPlayConfig,
    "comments" | "globalVariables"
  >,
  program: Program,
): Program {
  const bare = comments === "remove"
    ? cutFrom(program, (root) => [...docstrings(root), ...commentsOf(program)])
    : program;
  return globalVariables === "remove"
    ? cutFrom(bare, (root) => root.children.flatMap(globalsIn))
    : bare;
}

function cutFrom(
  program: Program,
  find: (root: PlacedNode) => Cut[],
): Program {
  const root = placedSyntax(program);
  if (root === null || !isWellFormed(root)) return program;
  let { source } = program;
  for (const cut of find(root).sort((a, b) => b.from - a.from)) {
    source = withCut(source, cut);
  }
  return { ...program, source: source.trim() };
}

/** Makes one cut. A line of which nothing is left goes whole, and no line ends in blanks. */
function withCut(source: string, { from, to, instead, line }: Cut): string {
  const [before, after] = [source.slice(0, from), source.slice(to)];
  const indent = /(?<=^|\n)[ \t]*$/.exec(before);
  const end = /^[ \t]*;?[ \t]*(?=\n|$)/.exec(after);
  if (line && indent && end) {
    return before.slice(0, indent.index) +
      after.slice(end[0].length).replace(/^\n/, "");
  }
  const endsLine = instead.trim() === "" && /^[ \t]*(?:\n|$)/.test(after);
  return endsLine
    ? before.replace(/[ \t]+$/, "") + after.replace(/^[ \t]+/, "")
    : before + instead + after;
}

function commentsOf({ language, source }: Program): Cut[] {
  const cuts: Cut[] = [];
  GRAMMARS[language].parse(source).iterate({
    enter: ({ name, from, to }) => {
      if (!COMMENTS.has(name)) return;
      // A comment that holds a line break ends a statement in JavaScript, as one does.
      const instead = source.slice(from, to).includes("\n") ? "\n" : " ";
      cuts.push({ from, to, instead, line: true });
    },
  });
  return cuts;
}

/** Finds Python's documentation: a text that is the first statement of its block. */
function docstrings(root: PlacedNode): Cut[] {
  return everyNode(root).flatMap((block) => {
    const isBlock = block.name === "Script" || (block.name === "Body" &&
      /^(?:Function|Class)Definition$/.test(block.parent!.name));
    const statements = block.children.filter(({ name }) => name !== ":");
    const [first] = statements;
    const text = first?.name === "StatementGroup" ? first.children[0] : first;
    const isText = text?.name === "ExpressionStatement" &&
      /^(?:Continued)?String$/.test(text.children[0]?.name);
    if (!isBlock || !isText) return [];
    const line = statements.length > 1;
    return [{ from: text.from, to: text.to, instead: "pass", line }];
  });
}

/** The statements outside functions that stay. */
const DEFINITIONS = new Set([
  ...["ImportStatement", "FunctionDefinition", "ClassDefinition"],
  ...["DecoratedStatement", "FunctionDeclaration", "ClassDeclaration"],
  ...["ImportDeclaration", "ExportDeclaration", "TypeAliasDeclaration"],
  ...["InterfaceDeclaration", "EnumDeclaration"],
]);

const FUNCTIONS = ["ArrowFunction", "FunctionExpression", "ClassExpression"];

function globalsIn(statement: PlacedNode): Cut[] {
  const { name, from, text, children } = statement;
  if (isDefinition(statement)) return [];
  // A group of statements has its line break within it.
  const to = from + text.trimEnd().length;
  if (name !== "StatementGroup") return [{ from, to, instead: "", line: true }];
  const kept = children.filter(isDefinition).map(({ text }) => text);
  return [{ from, to, instead: kept.join("; "), line: kept.length === 0 }];
}

/** Tells whether a statement only imports, or defines functions, classes and types. */
function isDefinition({ name, children, childNames }: PlacedNode): boolean {
  if (DEFINITIONS.has(name)) return true;
  if (name === "ExpressionStatement") {
    const [{ name: inner, childNames: parts }] = children;
    return inner === "AssignmentExpression" &&
      FUNCTIONS.includes(parts.at(-1)!);
  }
  return name === "VariableDeclaration" && childNames.includes("Equals") &&
    childNames.every((part, i) =>
      part !== "Equals" || FUNCTIONS.includes(childNames[i + 1])
    );
}

registerExtra("removal", { remove: withoutRemoved });

/**
 * Takes out of a test what a program need not see: `assert candidate(arguments) ==
 * value` becomes a call, whose value is compared outside of the sandbox.
 *
 * Split are the statements of `check` itself, where neither the arguments nor the
 * value hold a name; also `assert candidate(arguments)` and the same with `not`, by
 * the truth of what is returned. The rest of the test stays code: loops, helpers,
 * tolerances, and calls around the call.
 */

import {
  everyNode,
  isWellFormed,
  type PlacedNode,
  placedSyntax,
} from "../../sandbox/mod.ts";

/** A call of the tested function and what it should return. */
export interface ExpectedCall {
  /** The assertion as it is written, its first line. */
  text: string;
  /** The arguments, as they are written. */
  argument: string;
  /** An expression; `True` or `False` where only the truth counts. */
  expected: string;
  isTruth: boolean;
}

/** A test in two parts; `rest` is its code without the calls, null where nothing is left. */
export interface SplitTest {
  calls: ExpectedCall[];
  rest: string | null;
}

/** Splits the code of a test that defines `check(candidate)`. */
export function splitTest(source: string): SplitTest {
  const root = placedSyntax({ language: "python", source });
  if (root === null || !isWellFormed(root)) return { calls: [], rest: source };
  const calls: ExpectedCall[] = [];
  let rest = "";
  let copied = 0;
  let isDone = true;
  for (const statement of statementsOfCheck(root)) {
    const call = expectedCall(statement);
    if (call === null) {
      isDone &&= SAYS_NOTHING.test(statement.text);
      continue;
    }
    calls.push(call);
    // Lines keep their numbers.
    const lines = statement.text.split("\n").length;
    rest += source.slice(copied, statement.from) + "pass" +
      "\n".repeat(lines - 1);
    copied = statement.to;
  }
  if (calls.length === 0) return { calls, rest: source };
  return { calls, rest: isDone ? null : rest + source.slice(copied) };
}

/** A statement that judges nothing; there is one with a bare `print`. */
const SAYS_NOTHING = /^(?:pass|print|assert True\b[^\n]*)$/;

function statementsOfCheck(root: PlacedNode): PlacedNode[] {
  return root.children.filter(({ name, children }) =>
    name === "FunctionDefinition" && children[1].text === "check"
  ).flatMap(({ children }) =>
    children.at(-1)!.children.filter(({ name }) => name !== ":")
  );
}

/** Reads a statement as a call with what it should return; null for any other. */
function expectedCall(statement: PlacedNode): ExpectedCall | null {
  if (statement.name !== "AssertStatement") return null;
  let tested = withoutBrackets(statement.children[1]);
  let expected = "True";
  let isTruth = true;
  const [first, operator, last] = tested.children;
  if (tested.name === "BinaryExpression" && operator.text === "==") {
    if (hasNames(last)) return null;
    [tested, expected, isTruth] = [first, last.text, false];
  } else if (tested.name === "UnaryExpression" && first.text === "not") {
    [tested, expected] = [operator, "False"];
  }
  if (tested.name !== "CallExpression") return null;
  const [callee, list] = tested.children;
  if (callee.text !== "candidate" || hasNames(list)) return null;
  const argument = list.text.slice(1, -1);
  return { text: statement.text.split("\n")[0], argument, expected, isTruth };
}

function withoutBrackets(node: PlacedNode): PlacedNode {
  return node.name === "ParenthesizedExpression"
    ? withoutBrackets(node.children[1])
    : node;
}

/** Tells whether an expression uses a name; that of a keyword argument is none. */
function hasNames(node: PlacedNode): boolean {
  return everyNode(node).some(({ name, parent, index }) =>
    name === "VariableName" &&
    !(parent?.name === "ArgList" && parent.childNames[index + 1] === "AssignOp")
  );
}

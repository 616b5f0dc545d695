/**
 * Halstead's measures (1977): a program as a text over operators and operands.
 *
 * Every token is one or the other. Operands: names, numbers, strings and other
 * literals. Operators: all else, namely keywords, operator signs, and opening brackets,
 * which stand for the pair. Commas, semicolons, colons and closing brackets
 * separate and do not count.
 */

import { allNodes, type SyntaxNode } from "./syntax.ts";

export interface Halstead {
  /** n1: distinct operators. */
  distinctOperators: number;
  /** n2: distinct operands. */
  distinctOperands: number;
  /** N1: all operators. */
  operators: number;
  /** N2: all operands. */
  operands: number;
  /** V = (N1 + N2)·log2(n1 + n2), in bits. */
  volume: number;
  /** D = n1/2 · N2/n2. */
  difficulty: number;
  /** E = D·V. */
  effort: number;
}

const SEPARATORS = new Set([",", ";", ":", ")", "]", "}", "InterpolationEnd"]);

/** Names of the tokens that stand for a value or name one. */
const OPERAND =
  /^(?:Variable\w*|Property\w*|Private\w*|Type\w+|Label|Number|String|FormatString|TemplateString|ContinuedString|RegExp|Boolean\w*|None|null|this|super|Ellipsis|Escape|JSX\w*)$/;

/** Tells whether a token is an operand. */
export function isOperandToken({ name }: SyntaxNode): boolean {
  return OPERAND.test(name);
}

/** Measures all tokens of a program. */
export function halstead(root: SyntaxNode): Halstead {
  const operators: string[] = [];
  const operands: string[] = [];
  for (const node of allNodes(root)) {
    const { name, text } = node;
    if (text === "" || SEPARATORS.has(name)) continue;
    (isOperandToken(node) ? operands : operators).push(text);
  }
  return halsteadOf(operators, operands);
}

/** Returns the measures of two lists of occurrences; zero where they are not defined. */
export function halsteadOf(
  operators: readonly string[],
  operands: readonly string[],
): Halstead {
  const distinctOperators = new Set(operators).size;
  const distinctOperands = new Set(operands).size;
  const vocabulary = distinctOperators + distinctOperands;
  const length = operators.length + operands.length;
  const volume = vocabulary > 0 ? length * Math.log2(vocabulary) : 0;
  const difficulty = distinctOperands > 0
    ? distinctOperators / 2 * (operands.length / distinctOperands)
    : 0;
  return {
    distinctOperators,
    distinctOperands,
    operators: operators.length,
    operands: operands.length,
    volume,
    difficulty,
    effort: difficulty * volume,
  };
}

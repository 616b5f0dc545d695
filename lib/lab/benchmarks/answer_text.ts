/**
 * The layer before the maths library: what people write around an answer, and the
 * shapes that hold several values (lists, intervals, unions, matrices).
 *
 * Left to the library: what an expression means.
 */

/** A text that holds one value, words, or parts inside brackets. */
export type AnswerShape =
  | { kind: "value"; latex: string }
  | { kind: "words"; words: string }
  | {
    kind: "parts";
    /** The brackets, "," for a list without, "cup" for a union, "matrix", or "=" and its like. */
    form: string;
    isOrdered: boolean;
    parts: AnswerShape[];
  };

/** Removes what says nothing of the value: dollar signs, sizes, spaces, units, degrees. */
function plainLatex(text: string): string {
  return text.trim()
    .replace(/^\\\(([^]*)\\\)$|^\\\[([^]*)\\\]$/, "$1$2")
    .replace(/\\(?:left|right|bigg?|Bigg?)(?![a-zA-Z])\.?/g, "")
    .replace(/\s*\\!\s*/g, "")
    .replace(/(?<!\\)\\[,;: ]|~|\\q?quad\b/g, " ")
    .replace(/\\\$|\$/g, "")
    .replace(/\\[dtc]frac/g, "\\frac")
    .replace(
      /\\(?:mbox|textbf|textit|textrm|mathrm|mathbf|text ?)\s*\{/g,
      "\\text{",
    )
    // In `\sin 60^\circ` the library needs them.
    .replace(
      /^(?!.*\\(?:sin|cos|tan)).*/s,
      (text) => text.replace(/\^\s*\{?\s*\\circ\s*\}?|\\degree/g, ""),
    )
    .replace(
      /(?<=[\d)}])\s*(?:\\text\s*\{\s*(?:and|or)\s*\}|\b(?:and|or)\b)/g,
      ", ",
    )
    .replace(/\\?%/g, "")
    // `1,234,567`, and no part of a list such as `27,54,108`.
    .replace(
      /(?<![\d,.]\s*)\d{1,3}(?:,\d{3})+(?!\s*[\d,])/g,
      (number) => number.replaceAll(",", ""),
    )
    .replace(/(\d)\{,\}(?=\d{3})/g, "$1")
    .replace(/\\frac\s*(\d)\s*(\d)/g, "\\frac{$1}{$2}")
    .replace(/\\frac\s*\{([^{}]*)\}\s*(\d)(?!\d)/g, "\\frac{$1}{$2}")
    .replace(/\\sqrt\s*(\d)/g, "\\sqrt{$1}")
    .replace(/(\d|[)}])\s*\\text\{[^{}]*\}(?:\s*\^\s*\{?[23]\}?)?\s*$/, "$1")
    .replace(/([_^])\s*\{\s*(\w)\s*\}/g, "$1$2")
    .replace(/\s+/g, " ")
    .replace(/^(?:[,\s]|\.(?!\d))+|[.,\s]+$/g, "");
}

/** Reads the shape of an answer. */
export function answerShape(text: string): AnswerShape {
  const latex = plainLatex(text);
  const said = /^\(?\\text\s*\{\s*\(?([^{}]*?)\)?\s*\}\)?$/.exec(latex)?.[1] ??
    /^\(?([A-Za-z]{2,}(?: [A-Za-z]+)*)\)?$/.exec(latex)?.[1] ??
    /^\(([A-Z])\)$/.exec(latex)?.[1];
  if (said !== undefined) return { kind: "words", words: said.toLowerCase() };
  return shapeOf(withoutName(latex));
}

/** `x = 5`, `5 = x` and `x \in [0, 1)` without the name of what is asked. */
function withoutName(latex: string): string {
  return latex.replace(
    /^[a-zA-Z](?:_\{?\w+\}?)?(?:\([a-zA-Z, ]*\))?\s*(?:=(?!.*=)|\\in(?![a-z]))\s*/,
    "",
  ).replace(/^([^=]+)=\s*[a-zA-Z]$/, "$1");
}

function shapeOf(latex: string): AnswerShape {
  const text = latex.trim();
  for (const [form, mark] of [["cup", "\\cup"], [",", ","]] as const) {
    const parts = splitOutside(text, mark);
    if (parts.length > 1) {
      return group(form, false, parts);
    }
  }
  const either = splitOutside(text, "\\pm");
  if (either.length === 2) {
    const [left, right] = either;
    return group(",", false, [`${left}+${right}`, `${left}-${right}`]);
  }
  const matrix = /^\\begin\{[pbv]?matrix\}(.*)\\end\{[pbv]?matrix\}$/.exec(
    text,
  );
  if (matrix) {
    return group(
      "matrix",
      true,
      matrix[1].split("\\\\"),
      (row) => group("row", true, row.split("&")),
    );
  }
  return bracketed(text) ?? { kind: "value", latex: text };
}

/** `(a, b]`, `[a, b]` and `\{a, b\}`; null for brackets around one value. */
function bracketed(text: string): AnswerShape | null {
  const found = /^(\\\{|[([])(.*?)(\\\}|[)\]])$/.exec(text);
  if (!found) return null;
  const [, open, inside, close] = found;
  if (!isBalanced(inside)) return null;
  const parts = splitOutside(inside, ",");
  const isSet = open === "\\{";
  if (isSet) {
    // `{1 ± √5, -2}` holds three values, as `1+√5, 1-√5, -2` does.
    const shape = shapeOf(inside);
    return shape.kind === "parts" && shape.form === ","
      ? shape
      : { kind: "parts", form: ",", isOrdered: false, parts: [shape] };
  }
  return parts.length > 1 ? group(open + close, true, parts) : null;
}

function group(
  form: string,
  isOrdered: boolean,
  parts: readonly string[],
  read: (part: string) => AnswerShape = (part) =>
    shapeOf(form === "," ? withoutName(part.trim()) : part),
): AnswerShape {
  const shapes = parts.map(read);
  const flat = form === ","
    ? shapes.flatMap((shape) =>
      shape.kind === "parts" && shape.form === "," ? shape.parts : [shape]
    )
    : shapes;
  return { kind: "parts", form, isOrdered, parts: flat };
}

function splitOutside(text: string, mark: string): string[] {
  const parts = [""];
  let depth = 0;
  for (let at = 0; at < text.length;) {
    if (depth === 0 && text.startsWith(mark, at)) {
      parts.push("");
      at += mark.length;
      continue;
    }
    const token = /^\\[a-zA-Z]+|^\\?[^]/.exec(text.slice(at))![0];
    if (/^(?:\\?\{|[([]|\\begin)$/.test(token)) depth++;
    if (/^(?:\\?\}|[)\]]|\\end)$/.test(token)) depth--;
    parts[parts.length - 1] += token;
    at += token.length;
  }
  return parts.map((part) => part.trim());
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/\\?[^]/g)) {
    if (/^(?:\\?\{|[([])$/.test(token)) depth++;
    if (/^(?:\\?\}|[)\]])$/.test(token) && --depth < 0) return false;
  }
  return depth === 0;
}

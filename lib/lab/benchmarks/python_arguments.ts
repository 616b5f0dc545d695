/**
 * Arguments of MBPP+ as Python's literals. JSON has no tuples, sets or complex
 * numbers, so EvalPlus turns the lists of some tasks back (`mbpp_deserialize_inputs`).
 */

import type { WrittenJson } from "./fields.ts";

/** Where a task's lists are tuples: at these depths (an argument is at 1), of all arguments or of one. */
interface Shape {
  depths: readonly number[] | "all";
  argument?: number;
}

const SHAPES: readonly [Shape, readonly number[]][] = [
  // deno-fmt-ignore
  [{ depths: [1] }, [2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809]],
  // deno-fmt-ignore
  [{ depths: [2] }, [63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780]],
  [{ depths: [2], argument: 0 }, [75, 413, 444, 722, 753]],
  [{ depths: [1], argument: 1 }, [106, 750]],
  [{ depths: [1], argument: 0 }, [250, 307, 405, 446, 617, 720, 763, 808]],
  [{ depths: [1, 2] }, [259, 278, 401, 445]],
  [{ depths: "all" }, [580, 615, 791]],
];
const SHAPE_OF = new Map(
  SHAPES.flatMap(([shape, tasks]) => tasks.map((task) => [task, shape])),
);

/** Tasks whose numbers are written as texts: `float(a), complex(b)` and `complex(a)`. */
const NUMBERS_AS_TEXT = [124, 252];
/** The task whose inner lists are sets; an empty one is a dict there. */
const SETS = 115;

/** The arguments of one call, separated by commas. Throws where they are no list. */
export function pythonArguments(task: number, call: WrittenJson): string {
  if (!Array.isArray(call)) throw new TypeError("an input is no list");
  const shape = SHAPE_OF.get(task);
  return call.map((argument, index) => {
    if (NUMBERS_AS_TEXT.includes(task) && typeof argument === "string") {
      return task === 124 && index === 0 ? asFloat(argument) : argument;
    }
    const isTuple = (depth: number) =>
      shape !== undefined && (shape.argument ?? index) === index &&
      (shape.depths === "all" || shape.depths.includes(depth));
    return literal(argument, 1, isTuple, task === SETS);
  }).join(", ");
}

/** The items of a list, each as a literal, separated by commas. Throws where it is no list. */
export function pythonLiterals(list: WrittenJson): string {
  if (!Array.isArray(list)) throw new TypeError("an input is no list");
  return list.map(pythonLiteral).join(", ");
}

/** A value of JSON as Python writes it. */
export function pythonLiteral(value: WrittenJson): string {
  return literal(value, 1, () => false, false);
}

function asFloat(text: string): string {
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function literal(
  value: WrittenJson,
  depth: number,
  isTuple: (depth: number) => boolean,
  hasSets: boolean,
): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return JSON.stringify(value);
  const inner = (part: WrittenJson) =>
    literal(part, depth + 1, isTuple, hasSets);
  if (Array.isArray(value)) {
    const items = value.map(inner).join(", ");
    if (hasSets && depth === 2) return `{${items}}`;
    if (!isTuple(depth)) return `[${items}]`;
    return value.length === 1 ? `(${items},)` : `(${items})`;
  }
  if ("number" in value) {
    return value.number.replace("Infinity", "inf").replace("NaN", "nan");
  }
  const pairs = value.object.map(([key, part]) =>
    `${JSON.stringify(key)}: ${inner(part)}`
  );
  return `{${pairs.join(", ")}}`;
}

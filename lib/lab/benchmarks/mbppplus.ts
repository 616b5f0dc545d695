/**
 * MBPP+ (Liu et al. 2023): functions by a sentence and an example, judged as EvalPlus
 * does (evalplus.ts). Read are its release, which lists the inputs, and the Hub's rows,
 * whose `test` holds them (plus_test.ts).
 */

import { plusBenchmark, type PlusItem, type SpecialCases } from "./evalplus.ts";
import type { Fields } from "./fields.ts";
import { isHubs, plusTest } from "./plus_test.ts";
import { pythonArguments } from "./python_arguments.ts";

const ENDS = ['\n"""', "\nassert"];

/** EvalPlus 0.3's. */
const SPECIAL: SpecialCases = {
  asSets: [
    "similar_elements",
    "find_char_long",
    "common_in_nested_lists",
    "extract_singly",
    "larg_nnum",
    "intersection_array",
    "find_dissimilar",
    "Diff",
  ],
  isThere: ["check_str", "text_match_three", "text_starta_endb"],
  // The problem does not say what is equivalent.
  anything: ["are_equivalent"],
  alsoRight: {
    sum_div: "def sum_div(number): return 0",
    surface_Area: `def surface_Area(base_edge, height):
    slant = ((base_edge / 2) ** 2 + height ** 2) ** 0.5
    return round(base_edge ** 2 + 2 * base_edge * slant)`,
    digit_distance_nums: `def digit_distance_nums(a, b):
    a, b = str(a), str(b)
    width = max(len(a), len(b))
    pairs = zip(a.zfill(width), b.zfill(width))
    return sum(abs(int(x) - int(y)) for x, y in pairs)`,
  },
};

/** A row of EvalPlus' release, which lists the inputs. */
function releaseItem(row: Fields): PlusItem {
  const id = row.text("task_id");
  const task = Number(/^Mbpp\/(\d+)$/.exec(id)?.[1]);
  if (!Number.isInteger(task)) {
    throw new TypeError(
      `the field "task_id" is "${id}" and not "Mbpp/NUMBER"`,
    );
  }
  // One row of the published file has {} for an empty list.
  const inputs = [...row.list("base_input"), ...row.list("plus_input", "{}")];
  return {
    id,
    problem: row.text("prompt"),
    entry: row.text("entry_point"),
    solution: row.text("canonical_solution"),
    reference: row.text("canonical_solution"),
    inputs: inputs.map((call) => pythonArguments(task, call)),
    tolerance: row.number("atol"),
  };
}

/** A row of the Hub. Its problem is put as the release has it: with the first assertion of MBPP. */
function hubItem(row: Fields): PlusItem {
  const [example] = row.list("test_list");
  const solution = row.text("code");
  return {
    id: `Mbpp/${row.number("task_id")}`,
    problem: `"""\n${row.text("prompt")}\n${example}\n"""\n`,
    ...{ solution, reference: solution },
    ...plusTest(row.text("test")),
  };
}

export const mbppplus = plusBenchmark(
  {
    name: "mbppplus",
    files: ["MbppPlus.jsonl"],
    source:
      "https://github.com/evalplus/evalplus (MbppPlus, v0.2.0, Apache-2.0)" +
      " or https://huggingface.co/datasets/evalplus/mbppplus",
    caution: "MBPP is public since August 2021: most models have seen it",
    read: (row) => isHubs(row) ? hubItem(row) : releaseItem(row),
  },
  ENDS,
  SPECIAL,
);

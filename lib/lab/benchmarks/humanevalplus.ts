/**
 * HumanEval+ (Liu et al. 2023): HumanEval's problems with eighty times as many inputs,
 * judged as EvalPlus does (evalplus.ts). Read are its release, which lists the inputs,
 * and the Hub's rows, whose `test` holds them (plus_test.ts).
 */

import { plusBenchmark } from "./evalplus.ts";
import { isHubs, plusTest } from "./plus_test.ts";
import { pythonLiterals } from "./python_arguments.ts";

const ENDS = ["\ndef ", "\nclass ", "\nimport ", "\nfrom ", "\nassert "];

export const humanevalplus = plusBenchmark(
  {
    name: "humanevalplus",
    files: ["HumanEvalPlus.jsonl"],
    source:
      "https://github.com/evalplus/humanevalplus_release (v0.1.10, Apache-2.0)" +
      " or https://huggingface.co/datasets/evalplus/humanevalplus",
    caution: "HumanEval is public since July 2021: most models have seen it",
    read(row) {
      const [problem, solution] = [
        row.text("prompt"),
        row.text("canonical_solution"),
      ];
      return {
        id: row.text("task_id"),
        problem,
        solution,
        reference: problem + solution,
        ...(isHubs(row) ? plusTest(row.text("test")) : {
          inputs: [...row.list("base_input"), ...row.list("plus_input", "{}")]
            .map(pythonLiterals),
          tolerance: row.number("atol"),
        }),
        entry: row.text("entry_point"),
      };
    },
  },
  ENDS,
  // Its problem has no one answer.
  { roots: ["find_zero"] },
);

/** Every table and figure of the paper: redrawn here and from what, described, or what is needed. */

import { type Bundle, display } from "../../../lib/show/notebook/display.ts";
import { paperRows } from "./numbers.ts";
import { isRecorded } from "./appendix.ts";
import { openStudy } from "./studies.ts";

const EXPERIMENTS =
  new URL("../../../data/experiment", import.meta.url).pathname;

export type Status =
  /** From the logs of runs, in this notebook or the one that is named. */
  | "redrawn"
  /** Printed from the kit's code or a run's texts. */
  | "shown"
  /** The paper's numbers or words alone: nothing here measures the same. */
  | "not here";

/** What the kit does with one item of the paper. */
export interface Entry {
  item: string;
  says: string;
  status: Status;
  /** From what it is redrawn or shown, or what is needed. */
  from: string;
}

type Fate = Pick<Entry, "status" | "from">;
const redrawn = (from: string): Fate => ({ status: "redrawn", from });
const shown = (from: string): Fate => ({ status: "shown", from });
const missing = (from: string): Fate => ({ status: "not here", from });

/** The fate of an appendix that a study repeats, as far as that is recorded. */
function fromStudy(name: "appendix" | "appendix_words"): Fate {
  if (isRecorded(openStudy(name, EXPERIMENTS))) {
    return redrawn(`\`appendixFigure\`: the study \`${name}\``);
  }
  const model = name === "appendix_words" ? " --model FOLDER" : "";
  return missing(
    `to record: \`deno task ablate ${name} --seeds 1,2,3${model}\``,
  );
}

const EVALUATE = "`deno task evaluate` on a model before and after";

/** By the figure's number in `data/paper/figures.json`. */
const FIGURES: Record<string, Fate> = {
  "1": redrawn("with Table 1"),
  "2 to 4": shown("drawings: notebook 00 has the loop"),
  "5": shown("`identityTasks`, section 6"),
  "6a": redrawn("`inDistribution`: greedy accuracy over steps"),
  "6b": redrawn("`scalingFigure`: the study `scaling`, three sizes"),
  "7": shown("`trialAndError`: searches a run's answers"),
  "8": shown("`policySentences`, notebook 03"),
  "9 to 13": shown("notebook 01: calls are data here, not templates"),
  "14": redrawn("with Figure 6a"),
  "15": redrawn("`rewardsAndLengths`: metrics of a run"),
  "16": redrawn("`rewardsAndLengths`"),
  "17": redrawn("`rewardsAndLengths`"),
  "18 to 26": shown("`exampleTask`: searches a run's tasks"),
  "27": redrawn("`proposerMeasures`: metrics of a run"),
  "28": redrawn("`outOfDistribution`: ends, against Table 1"),
  "29": redrawn("`outOfDistribution`, base `Qwen2.5-7B-Coder`"),
  "30": redrawn("`outOfDistribution`, base `Qwen2.5-14B`"),
  "31": redrawn("`outOfDistribution`, base `Qwen2.5-14B-Coder`"),
  "32": shown("`uhOhs`: searches a run's texts"),
  "33 to 39": shown("`sixPrompts`"),
  "40": shown("`askCheckpoint` with `SUDOKU`"),
  "41": shown("`askCheckpoint` with `SUM_PRODUCT`"),
  "8 of v3": redrawn("`passBeside`: the samples of an evaluation"),
  "9 of v3": missing(`\`--benchmarks mmlu-pro\`: ${EVALUATE}`),
};

/** Tables and appendices, which `figures.json` does not list. */
const OTHERS: readonly Entry[] = [
  {
    ...{ item: "Table 1", says: "Main results, nine benchmarks, 16 models" },
    ...redrawn(
      `\`mainTable\`: the study \`ablations\`; its benchmarks: ${EVALUATE}`,
    ),
  },
  {
    ...{ item: "Table 2", says: "Four ablations" },
    ...redrawn("`ablationTable`: the same arms of the study `ablations`"),
  },
  {
    ...{ item: "Table 3", says: "Hyper-parameters" },
    ...shown("`settingsBeside`: row by row against `PAPER_CONFIG`"),
  },
  {
    ...{ item: "Table 4", says: "Training data of the baselines" },
    ...missing("facts about other systems, in data/paper/table4.json"),
  },
  {
    ...{ item: "Table 5", says: "Benchmarks beyond 7B" },
    ...redrawn("with Figures 28 to 31"),
  },
  {
    ...{ item: "C.5", says: "Complexity, proposer minus solver: 0.27" },
    ...redrawn("`complexityGap`: tasks and rollouts of a run"),
  },
  {
    ...{ item: "D.1", says: "Error prediction brings no gain" },
    ...fromStudy("appendix_words"),
  },
  {
    ...{ item: "D.2", says: "Composite tasks bring no gain" },
    ...fromStudy("appendix_words"),
  },
  {
    item: "D.3",
    says: "LeetCode seeds no better; recent references collapse",
    ...fromStudy("appendix"),
  },
  {
    ...{ item: "D.4", says: "Intrinsic rewards, four ways to combine them" },
    ...fromStudy("appendix"),
  },
  {
    ...{ item: "D.5", says: "Without comments or global variables: worse" },
    ...fromStudy("appendix_words"),
  },
];

/** The whole paper, tables first, figures in their order. */
export function inventory(): Entry[] {
  const figures = paperRows("figures").map(({ figure, says }) => (
    { item: `Figure ${figure}`, says, ...FIGURES[figure] }
  ));
  const tables = OTHERS.filter(({ item }) => item.startsWith("Table"));
  const appendices = OTHERS.filter(({ item }) => !item.startsWith("Table"));
  return [...tables, ...figures, ...appendices];
}

/** Shows the inventory as a table. */
export async function showInventory(): Promise<void> {
  await display(inventoryBundle());
}

function inventoryBundle(): Bundle {
  const rows = inventory().map(({ item, says, status, from }) =>
    `| ${item} | ${says} | **${status}** | ${from} |`
  );
  const text = [
    "| paper | what it shows | here | from what, or what is needed |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
  return { "text/markdown": text, "text/plain": text };
}

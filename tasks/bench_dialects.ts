/**
 * Measures a model in each dialect: how many of 24 proposals and of 100 answers can be
 * read, how many are valid or right, and why the others are not.
 *
 *     deno task bench dialects --model NAME [--dialects chat,template,code] [--tasks choose]
 *       [--tokens 128] [--seed 1] [--show 2] [--set FIELD=VALUE]
 *
 * `template` is the chat dialect in the model's own chat template. The temperature is 1.
 * The functions are those of `tasks/bench/dialect_tasks.ts`. Prompts are chosen on the
 * list `choose` and reported on the list `report`, which is the default.
 */

import { openModel } from "../lib/engines/choice.ts";
import { ENGINES } from "../lib/engines/mod.ts";
import { checkConfig } from "../lib/method/config.ts";
import { dialectFor } from "../lib/method/dialect_choice.ts";
import type { ModeName } from "../lib/method/modes/task.ts";
import type { Setting } from "../lib/method/setting.ts";
import { startExecutor } from "../lib/sandbox/mod.ts";
import { DIALECT_TASKS } from "./bench/dialect_tasks.ts";
import { benchOptions, namesIn } from "./bench/options.ts";
import { modelFolder } from "./model/folder.ts";
import { withSettings } from "./selfplay/arguments.ts";
import {
  answerRows,
  DIALECTS,
  proposalRows,
  type Row,
  settingIn,
  tasksFor,
} from "./selfplay/dialect_probe.ts";

/** Number of answers to each task: 20 tasks make 100 answers. */
const ANSWERS: Record<string, number> = {
  deduction: 2,
  abduction: 2,
  induction: 1,
};
const PROPOSALS_PER_MODE = 8;

const text = { type: "string" } as const;
const { values: asked } = benchOptions({
  name: "dialects",
  says: "measures how well a language model reads each dialect",
  options: {
    model: {
      ...{ ...text, default: "", value: "NAME" },
      says: "a folder, a file, or a name of deno task model",
    },
    dialects: {
      ...{ ...text, default: "chat,template,code", value: "NAMES" },
      says: "dialects to try (default: chat,template,code)",
    },
    tasks: {
      ...{ ...text, default: "report", value: "LIST" },
      says: `tasks to ask: ${Object.keys(DIALECT_TASKS).join(", ")}`,
    },
    tokens: {
      ...{ ...text, default: "128", value: "NUMBER" },
      says: "most tokens of a response (default: 128)",
    },
    seed: {
      ...{ ...text, default: "1", value: "NUMBER" },
      says: "seed of the samples (default: 1)",
    },
    show: {
      ...{ ...text, default: "0", value: "NUMBER" },
      says: "responses to print of each kind",
    },
    set: {
      ...{ ...text, multiple: true as const, default: [] as string[] },
      ...{ value: "FIELD=VALUE", says: "changes a setting; may be repeated" },
    },
  },
});
const names = namesIn(
  "dialects",
  "dialects",
  asked.dialects,
  Object.keys(DIALECTS),
);
namesIn("dialects", "tasks", asked.tasks, Object.keys(DIALECT_TASKS));

const { engine, tokenizer } = await openModel(
  { ...ENGINES.local, model: await modelFolder(asked.model) },
  1,
);
await using executor = await startExecutor({ languages: ["python"] });
/** Readable responses of each dialect, proposals and answers alike. */
const readable = new Map<string, number>();
for (const name of names) {
  const setting = settingOf(name);
  const list = DIALECT_TASKS[asked.tasks as keyof typeof DIALECT_TASKS];
  const tasks = await tasksFor(setting, list);
  const shares = [
    await report(
      name,
      "proposals",
      "valid",
      () => proposalRows(setting, tasks, PROPOSALS_PER_MODE),
    ),
    await report(
      name,
      "answers",
      "right",
      () => answerRows(setting, tasks, ANSWERS),
    ),
  ];
  readable.set(name, (shares[0] + shares[1]) / 2);
}
engine.dispose();
const [best, share] = [...readable].sort((a, b) => b[1] - a[1])[0];
const changes = best === "template"
  ? "--set chatForm=template"
  : `--set dialect=${best}`;
console.log(
  `best read: ${best}, ${
    (100 * share).toFixed(0)
  } % of proposals and answers; ` +
    `play it with ${changes}`,
);

function settingOf(name: string): Setting {
  const dialect = name as keyof typeof DIALECTS;
  const parts = { engine, tokenizer, executor };
  const setting = settingIn(
    dialect,
    parts,
    Number(asked.tokens),
    Number(asked.seed),
  );
  const changes = asked.set.map((text) => text.split("=") as [string, string]);
  const config = withSettings(setting.config, changes);
  checkConfig(config);
  return { ...setting, config, dialect: dialectFor(config, tokenizer) };
}

function byMode(rows: readonly Row[]): [ModeName, Row[]][] {
  return [...Map.groupBy(rows, ({ mode }) => mode)];
}

/** Prints what came back; returns the share that could be read. */
async function report(
  name: string,
  what: string,
  good: string,
  measure: () => Promise<Row[]>,
): Promise<number> {
  const began = performance.now();
  const groups = byMode(await measure());
  const seconds = (performance.now() - began) / 1000;
  const all: [string, Row[]] = ["all", groups.flatMap(([, rows]) => rows)];
  for (const [mode, rows] of [...groups, all]) {
    const share = (is: (row: Row) => boolean) =>
      `${Math.round(100 * rows.filter(is).length / rows.length)} %`;
    const tokens = rows.reduce((sum, row) => sum + row.tokens, 0);
    const causes = [...Map.groupBy(rows, ({ cause }) => cause)]
      .map(([cause, { length }]) => [cause, length] as const)
      .sort((a, b) => b[1] - a[1]);
    console.log(
      `${name} ${what} ${mode}: ${rows.length}, readable ${
        share(({ readable }) => readable)
      }, ${good} ${share((row) => row.good)}, ${
        (tokens / rows.length).toFixed(0)
      } tokens each; ${causes.map(([cause, n]) => `${cause} ${n}`).join(", ")}`,
    );
    if (mode === "all") continue;
    for (const { text, cause } of rows.slice(0, Number(asked.show))) {
      console.log(`  ${cause}: ${JSON.stringify(text)}`);
    }
  }
  console.log(`${name} ${what}: ${seconds.toFixed(0)} s`);
  const [, rows] = all;
  return rows.filter(({ readable }) => readable).length / rows.length;
}

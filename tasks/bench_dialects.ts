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

import { parseArgs } from "node:util";
import { openModel } from "../lib/engines/choice.ts";
import { ENGINES } from "../lib/engines/mod.ts";
import { Buffers } from "../lib/method/buffer/buffers.ts";
import { checkConfig, PAPER_CONFIG } from "../lib/method/config.ts";
import { evenly } from "../lib/method/draft.ts";
import { solveAndGrade } from "../lib/method/grade.ts";
import { dialectFor } from "../lib/method/dialect_choice.ts";
import type { DialectName } from "../lib/method/modes/dialect.ts";
import { MODES } from "../lib/method/modes/registry.ts";
import {
  MODE_NAMES,
  type ModeName,
  type Task,
} from "../lib/method/modes/task.ts";
import { drawProposals } from "../lib/method/propose.ts";
import type { Setting } from "../lib/method/setting.ts";
import { validateProposals } from "../lib/method/validate.ts";
import { startExecutor } from "../lib/sandbox/mod.ts";
import { DIALECT_TASKS } from "./bench/dialect_tasks.ts";
import { modelFolder } from "./model/folder.ts";
import { withSettings } from "./selfplay/arguments.ts";
import "../lib/extras/mod.ts";

/** Number of answers to each task: 20 tasks make 100 answers. */
const ANSWERS: Record<string, number> = {
  deduction: 2,
  abduction: 2,
  induction: 1,
};
const PROPOSALS_PER_MODE = 8;

const { values: asked } = parseArgs({
  args: Deno.args,
  options: {
    model: { type: "string", default: "" },
    dialects: { type: "string", default: "chat,template,code" },
    tasks: { type: "string", default: "report" },
    tokens: { type: "string", default: "128" },
    seed: { type: "string", default: "1" },
    show: { type: "string", default: "0" },
    set: { type: "string", multiple: true, default: [] },
  },
});

/** A response, whether it could be read, whether it was good, the named result, and its text. */
interface Row {
  readable: boolean;
  good: boolean;
  cause: string;
  text: string;
  tokens: number;
}

const { engine, tokenizer } = await openModel(
  { ...ENGINES.local, model: await modelFolder(asked.model) },
  1,
);
await using executor = await startExecutor({ languages: ["python"] });
/** Readable responses of each dialect, proposals and answers alike. */
const readable = new Map<string, number>();
for (const name of asked.dialects.split(",")) {
  const setting = settingOf(name);
  const tasks = await tasksFor(setting);
  const shares = [
    await report(name, "proposals", "valid", () => proposals(setting, tasks)),
    await report(name, "answers", "right", () => answers(setting, tasks)),
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
  const isTemplate = name === "template";
  const config = withSettings({
    ...PAPER_CONFIG,
    dialect: isTemplate ? "chat" : name as DialectName,
    chatForm: isTemplate ? "template" : "transcript",
    references: 2,
    maxProposalTokens: Number(asked.tokens),
    maxSolutionTokens: Number(asked.tokens),
    maxPromptTokens: 1024,
    seed: Number(asked.seed),
  }, asked.set.map((text) => text.split("=") as [string, string]));
  checkConfig(config);
  const dialect = dialectFor(config, tokenizer);
  return { config, dialect, engine, tokenizer, executor };
}

/** The tasks of every mode, with outputs as the sandbox gives them. */
async function tasksFor({ dialect }: Setting): Promise<Task[]> {
  const rows = DIALECT_TASKS[asked.tasks as keyof typeof DIALECT_TASKS];
  const language = "python";
  const made = MODE_NAMES.map(async (mode) => {
    const candidates = rows.map(({ source, inputs }) => ({
      program: { language, source } as const,
      arguments: mode === "induction" ? inputs : inputs.slice(0, 1),
      message: "",
    }));
    const shape = { ...dialect.induction, asked: 5, minimum: 4, shown: 3 };
    const verdicts = await MODES[mode as keyof typeof MODES]
      .validate(executor, candidates, { ...dialect, induction: shape });
    return candidates.map(({ program, message }, i): Task => {
      const verdict = verdicts[i];
      if (!verdict.valid) {
        throw new Error(`${program.source}: ${verdict.reason}`);
      }
      const { examples } = verdict;
      const shownCount = mode === "induction" ? shape.shown : 1;
      return {
        id: `${mode}-${i}`,
        ...{ mode, program, examples, shownCount, message },
        provenance: {
          source: "file",
          parents: [],
          step: 0,
          seed: 1,
          verdict: "valid",
          solveRate: null,
        },
      };
    });
  });
  return (await Promise.all(made)).flat();
}

async function proposals(
  setting: Setting,
  all: readonly Task[],
): Promise<[ModeName, Row[]][]> {
  const { bufferCapacity: capacity, inputsPerProgram } = setting.config;
  const limits = { capacity, inputsPerProgram };
  const tasks = Object.fromEntries(
    Map.groupBy(all, ({ mode }) => mode),
  );
  const buffers = new Buffers({ limits, tasks });
  const request = evenly(MODE_NAMES, PROPOSALS_PER_MODE, 1);
  const { proposals } = await drawProposals(setting, buffers, request);
  const judged = await validateProposals(setting, buffers, proposals);
  return byMode(judged.map(({ mode, status, cause, response }) => ({
    mode,
    readable: status !== "malformed",
    good: status === "valid",
    cause,
    text: response!.text,
    tokens: response!.sample.tokens.length,
  })));
}

async function answers(
  setting: Setting,
  tasks: readonly Task[],
): Promise<[ModeName, Row[]][]> {
  const { config } = setting;
  const rollouts = await solveAndGrade(
    setting,
    tasks.map((task, i) => ({
      question: { task },
      count: ANSWERS[task.mode],
      seed: config.seed * 1000 + i,
    })),
    { temperature: 1, maxNewTokens: config.maxSolutionTokens },
  );
  return byMode(
    tasks.flatMap(({ mode }, i) =>
      rollouts[i].map(({ grade, cause, response }) => ({
        mode,
        readable: grade !== "malformed",
        good: grade === "right",
        cause,
        text: response.text,
        tokens: response.sample.tokens.length,
      }))
    ),
  );
}

function byMode(rows: (Row & { mode: ModeName })[]): [ModeName, Row[]][] {
  return [...Map.groupBy(rows, ({ mode }) => mode)];
}

/** Prints what came back; returns the share that could be read. */
async function report(
  name: string,
  what: string,
  good: string,
  measure: () => Promise<[ModeName, Row[]][]>,
): Promise<number> {
  const began = performance.now();
  const groups = await measure();
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

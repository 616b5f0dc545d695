/** data/engine/serve.md: what `deno task test:serve --write` has measured, as tables. */

import type { Machine } from "../machine.ts";
import { join } from "node:path";
import { BOUNDS, brokenBounds, type ServeFigures } from "../serve/bounds.ts";
import type { LoadFigures } from "../serve/load.ts";
import { markdownTable } from "./markdown.ts";
import { table } from "./table.ts";

export const SERVE = "data/engine/serve";

/** Returns the page of the figures in a folder of data. */
export function serveReport(data: string): string {
  const figures = readFigures(data);
  const { load, trl } = figures;
  const broken = brokenBounds(figures);
  return [
    "<!-- deno-fmt-ignore-file -->",
    "# The environment's server, measured",
    "Written by `deno task report` from the figures that `deno task test:serve --write` keeps. Server and clients run on one machine together.",
    ...load ? loadLines(load) : [],
    "## TRL",
    trl ? trlLines(trl) : "No run is recorded yet.",
    "## Bounds",
    `Committed before the runs: ${BOUNDS.faults} faults, at least ${BOUNDS.verdictsPerSecond} verdicts a second for 8 clients in Python, at least ${BOUNDS.rateBesideHostile} of the rate beside hostile clients, ${BOUNDS.otherRewards} rewards that are not the kit's own, mean rewards of TRL within ${BOUNDS.meanReward}. ${
      broken.length > 0
        ? `Not met: ${broken.join("; ")}.`
        : "All that were measured are met."
    }`,
  ].join("\n\n") + "\n";
}

type Load = NonNullable<ServeFigures["load"]>;
type Trl = NonNullable<ServeFigures["trl"]>;

function readFigures(data: string): ServeFigures {
  const path = join(data, "engine", "serve.json");
  return JSON.parse(Deno.readTextFileSync(path));
}

const machine = ({ hardware, loadAverage }: Machine) =>
  `Hardware: ${hardware}, shared with other work (load average ${
    loadAverage.join(", ")
  }).`;

function loadLines(load: Load): string[] {
  return [
    "## Load",
    `${
      machine(load)
    } A client sends a proposal, then eight answers to its task in one request, and begins again: nine verdicts. Times are the median and the 95th percentile of a request in milliseconds. Faults are acknowledged verdicts that the journal lacks, holds twice or knows otherwise, and solve rates that are not those of the eight answers.`,
    loadTable(load),
    hostileLine(load),
  ];
}

/** Returns README's table: the verdicts a second, and what troubles the server. */
export function serveTable(data: string): string {
  return table(
    ["programs", "clients", "verdicts a second", "faults"],
    loadRows(readFigures(data).load!).map((
      [name, { clients, verdictsPerSecond, faults }],
    ) => [
      ...[name, `${clients}`, verdictsPerSecond.toLocaleString("en-US")],
      `${Object.values(faults).reduce((a, b) => a + b)}`,
    ]),
  );
}

function loadRows(load: Load): [string, LoadFigures][] {
  const { rates, sandboxKilled, serverKilled, besideHostile } = load;
  return [
    ...Object.entries(rates).flatMap(([language, all]) =>
      all.map((figures): [string, LoadFigures] => [language, figures])
    ),
    [`python, ${sandboxKilled.kills} sandbox processes killed`, sandboxKilled],
    [`python, server killed ${serverKilled.kills} times`, serverKilled],
    ["python, beside hostile clients", besideHostile],
  ];
}

function loadTable(load: Load): string {
  return markdownTable(
    [
      ...["programs", "clients", "verdicts a second", "a proposal"],
      ...["eight answers", "verdicts", "resends", "faults"],
    ],
    loadRows(load).map(([name, figures]) => [
      ...[name, `${figures.clients}`, `${figures.verdictsPerSecond}`],
      ...[figures.proposeMs.join(", "), figures.answersMs.join(", ")],
      ...[`${figures.verdicts}`, `${figures.resends}`],
      `${Object.values(figures.faults).reduce((a, b) => a + b)}`,
    ]),
  );
}

function hostileLine({ besideHostile }: Load): string {
  const sent = Object.entries(besideHostile.requests)
    .map(([kind, count]) => `${count} ${kind}`).join(", ");
  return `The hostile clients, four of each kind, began requests as fast as the server let them: ${sent}.`;
}

function trlLines(trl: Trl): string {
  const means = trl.meanRewards
    .map(([told, given]) => `${told} and ${given}`).join("; ");
  return `${machine(trl)} GRPO in TRL (${
    trl.packages.join(", ")
  }) trained ${trl.model} for ${trl.steps} steps on the processor: ${trl.answers} answers and ${trl.proposals} proposals had rewards, ${trl.attempts} attempts were made at the tasks of valid proposals. ${trl.valid} proposals became tasks, those to begin with among them. The kit's own stages graded all responses again without the server: ${trl.otherRewards} rewards differ. Mean reward a step, as TRL tells it and as the kit gave it: ${means}.`;
}

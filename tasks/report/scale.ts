/**
 * data/engine/scale.md and scale.json: what the paper's run costs by model and card, what
 * 64 nodes would ask of each part of the kit, and what playing ahead would gain. From
 * formulas (tasks/scale), recorded rates and recorded timings.
 */
import { join } from "node:path";
import { PAPER_CONFIG } from "../../lib/method/config.ts";
import { CARDS, qwen, SIZES } from "../scale/cards.ts";
import {
  ASSUMED,
  cardsFor,
  secondsOf,
  stateGigabytes,
  workloadOf,
} from "../scale/estimate.ts";
import { bestSplit, type RecordedStep, synchronous } from "../scale/replay.ts";
import { markdownTable } from "./markdown.ts";

export const SCALE = "data/engine/scale";

/** A model on a card: ranges are [at high, at low utilisation]. */
export interface ScaleRow {
  model: string;
  card: string;
  cards: number;
  stateGigabytes: number;
  bound: string;
  stepSeconds: [number, number];
  stepsPerHour: [number, number];
  cardHours: [number, number];
  dollars: [number, number];
}

const NODES = 64;
const CARDS_PER_NODE = 8;

/** Returns the rows of all sizes and cards. */
export function scaleRows(): ScaleRow[] {
  const config = PAPER_CONFIG;
  const { low, high } = ASSUMED.utilisation;
  return SIZES.flatMap((size) =>
    CARDS.map((card) => {
      const model = qwen(size);
      const cards = cardsFor(model, card);
      const [fast, slow] = [high, low].map((use) =>
        secondsOf(model, card, { config, cards, use })
      );
      const range = (of: (seconds: number) => number): [number, number] =>
        [fast, slow].map(({ sampling, training, network }) =>
          of(sampling + training + network)
        ) as [number, number];
      const hours = (seconds: number) => config.steps * seconds * cards / 3600;
      return {
        ...{ model: size, card: card.name, cards, bound: fast.bound },
        stateGigabytes: stateGigabytes(model),
        stepSeconds: range((seconds) => seconds),
        stepsPerHour: range((seconds) => 3600 / seconds),
        cardHours: range(hours),
        dollars: range((seconds) => hours(seconds) * card.dollarsPerHour),
      };
    })
  );
}

/** A part of the kit: what is measured of one process here, and what 64 nodes ask. */
export interface Headroom {
  part: string;
  measuredPerSecond: number;
  neededPerSecond: number;
}

/** Returns the parts, the one that breaks first at the head. */
export function headroom(data: string): Headroom[] {
  const read = (path: string) =>
    JSON.parse(Deno.readTextFileSync(join(data, path)));
  const bench = read("engine/scale_bench.json");
  const runs: Record<string, number>[] = read("executor/bench.json").runs;
  const executor = (field: string) =>
    runs.reduce((sum, run) => sum + run[field], 0) / runs.length;
  const h100 = CARDS.find(({ name }) => name === "H100")!;
  const model = qwen("7B");
  const cards = cardsFor(model, h100);
  const { high: use } = ASSUMED.utilisation;
  const step = secondsOf(model, h100, { config: PAPER_CONFIG, cards, use });
  const batches = NODES * CARDS_PER_NODE / cards;
  const perSecond = batches / (step.sampling + step.training + step.network);
  const work = workloadOf(PAPER_CONFIG);
  const part = (part: string, measured: number, count: number) => ({
    part,
    measuredPerSecond: measured,
    neededPerSecond: count * perSecond,
  });
  return [
    part(
      "executor, small Python",
      executor("py_tiny_per_s"),
      work.executorJobs,
    ),
    part(
      "executor, long Python (10 ms)",
      executor("py_medium_per_s"),
      work.executorJobs,
    ),
    part("server, requests", bench.requests_per_s, work.sampledSequences),
    part("logs, rows of 8 kB", bench.rows_logged_per_s, work.sampledSequences),
    part("buffer, prompts drawn", bench.prompts_drawn_per_s, work.proposals),
    part("buffer, tasks added", bench.tasks_added_per_s, work.proposals),
  ].sort((a, b) => share(a) - share(b));
}

const share = ({ measuredPerSecond, neededPerSecond }: Headroom) =>
  measuredPerSecond / neededPerSecond;

/** The recorded steps of the language model's runs. */
function recordedSteps(data: string): RecordedStep[] {
  const folder = join(data, "language_model", "self-play");
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort()
    .flatMap((name) =>
      Deno.readTextFileSync(join(folder, name, "timings.jsonl")).trim()
        .split("\n").map((line) => JSON.parse(line))
    )
    .filter(({ step }) => step > 0)
    .map(({ seconds }) => ({
      sampling: seconds.proposed + seconds.solved,
      executor: seconds.validated,
      training: seconds.updated,
    }));
}

/** Minutes of the recorded steps on n accelerators, in turn and played ahead. */
export function replayRows(data: string) {
  const steps = recordedSteps(data);
  const { rows } = JSON.parse(
    Deno.readTextFileSync(join(data, "model", "language_model.json")),
  );
  const alone = rows.find(({ row }: { row: string }) => row === "decode-1");
  const [speed] = alone.own.tokens_per_s;
  // The study's longest proposal and longest solution.
  const longest = (64 + 32) / speed;
  return [2, 8, 64].map((n) => {
    const inTurn = synchronous(steps, n, longest);
    const { samplers, seconds } = bestSplit(steps, n, longest);
    return { n, steps: steps.length, inTurn, samplers, ahead: seconds };
  });
}

/** Returns the page and the numbers behind it. */
export function scaleReport(data: string): { page: string; json: string } {
  const [rows, parts, replay] = [scaleRows(), headroom(data), replayRows(data)];
  const work = workloadOf(PAPER_CONFIG);
  const cell = ([fast, slow]: [number, number], digits = 0) =>
    `${fast.toFixed(digits)} to ${slow.toFixed(digits)}`;
  const page = [
    "<!-- deno-fmt-ignore-file -->",
    "# The paper's run on paper",
    "Written by `deno task report`. **Computed, not measured on a card**: formulas of `tasks/scale/estimate.ts` on data sheets of `tasks/scale/cards.ts`. The paper's 7B run used four cards of 80 GB (A800), its 14B run eight, its 3B run two.",
    `Assumed: mean responses of ${
      Object.entries(ASSUMED.responseTokens).map(([mode, tokens]) =>
        `${tokens} (${mode})`
      ).join(", ")
    } tokens, half of where the paper's figures 15 to 17 end; prompts of ${ASSUMED.promptTokens} tokens; ${
      100 * ASSUMED.valid
    } % of the proposals valid; ${100 * ASSUMED.utilisation.low} to ${
      100 * ASSUMED.utilisation.high
    } % of a card's arithmetic and bandwidth; prices of ${
      CARDS.map(({ name, dollarsPerHour }) => `${dollarsPerHour} (${name})`)
        .join(", ")
    } dollars an hour.`,
    `A step: ${work.proposals} proposals, ${
      Math.round(work.sampledSequences)
    } responses, ${
      (work.sampledTokens / 1e6).toFixed(2)
    } million tokens sampled and ${
      (work.trainedTokens / 1e6).toFixed(2)
    } trained on with prompts, ${
      Math.round(work.executorJobs)
    } jobs of the executor. ${PAPER_CONFIG.steps} steps: ${
      (PAPER_CONFIG.steps * work.sampledTokens / 1e9).toFixed(2)
    } billion tokens sampled.`,
    markdownTable(
      [
        ...["model", "card", "cards", "states in GB", "seconds a step"],
        ...["steps an hour", "card hours", "dollars", "sampling is bound by"],
      ],
      rows.map((row) => [
        ...[row.model, row.card, `${row.cards}`],
        ...[row.stateGigabytes.toFixed(0), cell(row.stepSeconds)],
        ...[cell(row.stepsPerHour), cell(row.cardHours), cell(row.dollars)],
        row.bound,
      ]),
    ),
    "`cards` is the fewest, as a power of 2, that hold 16 bytes a parameter and a copy to sample from; `dollars` follow from the assumed prices.",
    `## What breaks first at ${NODES} nodes`,
    `7B on ${
      NODES * CARDS_PER_NODE
    } H100 at high utilisation, each four cards with the paper's batch, held against one process on two cores (\`deno task bench scale\`, \`data/executor/bench.json\`). Below 1, a part has to be given more cores or processes.`,
    markdownTable(
      ["part", "measured a second", "needed a second", "headroom"],
      parts.map((part) => [
        part.part,
        part.measuredPerSecond.toFixed(0),
        part.neededPerSecond.toFixed(0),
        share(part).toFixed(2),
      ]),
    ),
    `The buffers fill before that: ${PAPER_CONFIG.bufferCapacity} tasks a mode hold ${
      (PAPER_CONFIG.bufferCapacity /
        (PAPER_CONFIG.proposalsPerMode * ASSUMED.valid * NODES *
          CARDS_PER_NODE / 4)).toFixed(1)
    } steps of such a batch, where the paper's hold ${
      Math.round(
        PAPER_CONFIG.bufferCapacity /
          (PAPER_CONFIG.proposalsPerMode * ASSUMED.valid),
      )
    }.`,
    "## Playing ahead",
    `The ${
      replay[0].steps
    } recorded steps of \`data/language_model/self-play\` (SmolLM2-135M on two cores), replayed by \`tasks/scale/replay.ts\` on n accelerators as fast as this machine. Sampling cannot be shorter than the longest response.`,
    markdownTable(
      ["n", "in turn, s", "ahead, s", "of them sampling", "gain in %"],
      replay.map(({ n, inTurn, samplers, ahead }) => [
        ...[`${n}`, inTurn.toFixed(0), ahead.toFixed(0), `${samplers}`],
        (100 * (inTurn / ahead - 1)).toFixed(0),
      ]),
    ),
  ].join("\n\n") + "\n";
  const json = JSON.stringify({ rows, parts, replay }, null, 2) + "\n";
  return { page, json };
}

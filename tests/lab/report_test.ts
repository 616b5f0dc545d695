import assert from "node:assert/strict";
import { type EvaluationLog, reportLines } from "../../lib/lab/report.ts";
import { reportMarkdown } from "../../tasks/report/experiment.ts";

/** 100 items: `before`, `forced` and `after` of them are right. */
function log(before: number, forced: number, after: number): EvaluationLog {
  const rows = (
    step: number,
    thinking: "free" | "forced",
    right: number,
    thought: number,
  ) =>
    Array.from({ length: 100 }, (_, i) => ({
      step,
      split: "familiar",
      mode: "deduction" as const,
      item: `familiar/deduction/${i}`,
      depth: 2,
      temperature: 0,
      thinking,
      samples: 1,
      correct: i < right ? 1 : 0,
      thought,
      malformed: 0,
      tokens: thought ? 12 : 4,
      response: "",
    }));
  return [
    ...rows(0, "free", before, 0),
    ...rows(0, "forced", forced, 1),
    ...rows(10, "free", 99, 0),
    ...rows(40, "free", after, 1),
  ];
}

Deno.test("a line compares before, forced and after, and ignores steps between", () => {
  const [line, ...others] = reportLines([log(20, 60, 70)]);
  assert.equal(others.length, 0);
  assert.deepEqual(
    [line.items, line.before, line.forced, line.after],
    [100, .2, .6, .7],
  );
  assert.equal(line.change.mean, .5);
  assert.ok(line.change.low > .38 && line.change.high < .62);
  assert.ok(Math.abs(line.beyondForced.mean - .1) < 1e-12);
  assert.deepEqual([line.thinkingBefore, line.thinkingAfter], [0, 1]);
  assert.deepEqual([line.tokensBefore, line.tokensAfter], [4, 12]);
});

Deno.test("several seeds are averaged and widen the interval", () => {
  const one = reportLines([log(20, 60, 70)])[0];
  const three = reportLines([
    log(20, 60, 40),
    log(20, 60, 70),
    log(20, 60, 100),
  ])[0];
  assert.ok(Math.abs(three.after - .7) < 1e-12);
  const width = (line: typeof one) => line.change.high - line.change.low;
  assert.ok(width(three) > 2 * width(one));
});

Deno.test("equal logs give equal text", () => {
  const text = () =>
    reportMarkdown(reportLines([log(20, 60, 70)]), "smoke", ["- a note"]);
  assert.equal(text(), text());
  assert.match(
    text(),
    /\| familiar \| deduction \| 100 \| 20\.0 \| 60\.0 \| 70\.0 \| \+50\.0 \[/,
  );
});

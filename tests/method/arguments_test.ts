import assert from "node:assert/strict";
import { TINY_CONFIG } from "../../lib/method/config.ts";
import {
  ArgumentError,
  parseArguments,
  withSettings,
} from "../../tasks/selfplay/arguments.ts";
import { main } from "../../tasks/selfplay.ts";

Deno.test("the command line is read with and without equals signs", () => {
  const parsed = parseArguments([
    "--preset=smoke",
    "--seed",
    "7",
    "--steps=9",
    "--set",
    "estimator=grpo",
    "--set=references=0",
    "--resume",
  ]);
  assert.equal(parsed.preset, "smoke");
  assert.equal(parsed.seed, 7);
  assert.equal(parsed.steps, 9);
  assert.equal(parsed.resume, true);
  assert.deepEqual(parsed.settings, [["estimator", "grpo"], [
    "references",
    "0",
  ]]);
});

Deno.test("a value may hold equals signs and begin with one dash", () => {
  const { out, settings, show } = parseArguments(
    ["--out", "-a=b", "--set", "taskFile=a=b", "-h"],
  );
  assert.deepEqual([out, settings, show], [
    "-a=b",
    [["taskFile", "a=b"]],
    "help",
  ]);
});

Deno.test("what is not understood is an error that says what is wrong", () => {
  const cases: [string[], RegExp][] = [
    [["--sed", "1"], /^unknown argument --sed\. Did you mean --seed\? --help/],
    [["--prset", "x"], /^unknown argument --prset\. Did you mean --preset\?/],
    [["--nothing-like-it"], /^unknown argument --nothing-like-it\. --help/],
    [["--seed"], /--seed needs a value/],
    [
      ["--seed", "one"],
      /--seed must be a whole number from 0 to 9007199254740991, got one/,
    ],
    [["--seed", "9007199254740992"], /got 9007199254740992$/],
    [["--seed", "-1"], /got -1/],
    [["--out", "--resume"], /--out needs a value/],
    [["--set", "estimator"], /--set needs FIELD=VALUE, got estimator/],
    [["smoke"], /unknown argument smoke/],
    [["--out=", "--resume"], /--out needs a value/],
    [["--resume=yes"], /^--resume takes no value, got yes/],
    [["--", "smoke"], /^unknown argument --\. /],
    [["-x"], /^unknown argument -x\. /],
    [["--toString"], /^unknown argument --toString\. /],
  ];
  for (const [args, message] of cases) {
    assert.throws(() => parseArguments(args), (error) => {
      assert.ok(error instanceof ArgumentError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("settings take the type of what they replace", () => {
  const config = withSettings(TINY_CONFIG, [
    ["learningRate", "1e-3"],
    ["trainProposer", "false"],
    ["modes", "deduction,abduction"],
    ["estimator", "rloo"],
  ]);
  assert.equal(config.learningRate, 1e-3);
  assert.equal(config.trainProposer, false);
  assert.deepEqual(config.modes, ["deduction", "abduction"]);
  assert.equal(config.estimator, "rloo");
  assert.equal(TINY_CONFIG.trainProposer, true);
  const fail = (field: string, value: string, message: RegExp) =>
    assert.throws(() => withSettings(TINY_CONFIG, [[field, value]]), message);
  fail("learningrate", "1", /"learningrate"\. Did you mean learningRate\?/);
  fail("toString", "1", /no setting "toString"\. --list/);
  fail("learningRate", "fast", /needs a number, got "fast"/);
  fail("trainProposer", "no", /needs true or false/);
});

Deno.test("the list names every preset and every setting, with its value and choices", async () => {
  const { log } = console;
  const lines: string[] = [];
  console.log = (text: string) => lines.push(text);
  try {
    assert.equal(await main(["--list", "--preset", "default"]), 0);
  } finally {
    console.log = log;
  }
  const said = lines.join("\n");
  assert.match(said, /^smoke +\S.*\ndefault +\S/);
  for (const field of Object.keys(TINY_CONFIG)) {
    assert.match(said, new RegExp(`^  ${field} +\\S`, "m"));
  }
  assert.match(said, /^ {2}estimator +trrpp {2}\(trrpp, .*dr-grpo/m);
  assert.match(said, /^ {2}policies +shared {2}\(shared, separate\)$/m);
  assert.match(said, /^ {2}clipLow +0.2 {2}\(in \[0, 1\]\)\n {6}Distance/m);
});

Deno.test("a wrong preset or setting ends with code 2 and without a folder", async () => {
  const parent = await Deno.makeTempDir({ prefix: "arguments-" });
  const out = `${parent}/run`;
  const error = console.error;
  const said: string[] = [];
  console.error = (text: string) => said.push(text);
  try {
    assert.equal(await main(["--preset", "huge", "--out", out]), 2);
    assert.equal(await main(["--set", "modes=", "--out", out]), 2);
    assert.equal(await main(["--set", "estimator=best", "--out", out]), 2);
  } finally {
    console.error = error;
  }
  assert.match(said[0], /no preset "huge"; there are: smoke, default/);
  assert.match(said[1], /"modes" must be/);
  assert.match(said[2], /"estimator" must be one of trrpp, /);
  assert.throws(() => Deno.statSync(out), Deno.errors.NotFound);
  await Deno.remove(parent, { recursive: true });
});

import assert from "node:assert/strict";
import {
  checkConfig,
  OFFICIAL_CONFIG,
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import { paperTable3 } from "../../lib/method/paper_table.ts";
import { SETTINGS } from "../../lib/method/settings.ts";
import { SETTINGS_PAGE, settingsPage } from "../../tasks/report/settings.ts";

const fields = Object.keys(SETTINGS) as (keyof SelfPlayConfig)[];

Deno.test("every setting says what it does, allows its stated values and refuses others", () => {
  for (const field of fields) {
    const { says, wanted, complaint, paper, official, kit } = SETTINGS[field];
    assert.match(says, /^[A-Z`].*\.$/, field);
    assert.ok(wanted.length > 0);
    const stated = [paper, official, kit].filter((value) =>
      value !== undefined
    );
    assert.ok(stated.length > 0, field);
    for (const value of stated) assert.equal(complaint(value), null, field);
    const wrong = [undefined, null, {}, NaN, -Infinity];
    for (const value of field === "taskFile" ? wrong : [...wrong, "wrong"]) {
      assert.equal(typeof complaint(value), "string", `${field}: ${value}`);
    }
  }
});

Deno.test("a config of one source takes that source's value wherever it states one", () => {
  for (const field of fields) {
    const { paper, official } = SETTINGS[field];
    if (paper !== undefined) assert.deepEqual(PAPER_CONFIG[field], paper);
    const ofCode = official ?? paper;
    if (ofCode !== undefined) assert.deepEqual(OFFICIAL_CONFIG[field], ofCode);
  }
  for (const config of [PAPER_CONFIG, OFFICIAL_CONFIG, TINY_CONFIG]) {
    checkConfig(config);
    assert.deepEqual(Object.keys(config), fields);
  }
  const differing = fields.filter((field) =>
    String(PAPER_CONFIG[field]) !== String(OFFICIAL_CONFIG[field])
  );
  assert.deepEqual(differing, [
    "compositeSchedule",
    "sampler",
    "solveTiming",
    "estimateForm",
    "learnability",
    "whitening",
    "clipHigh",
    "entropyCoefficient",
    "weightDecay",
  ]);
});

Deno.test("a reward for parts of inductions is refused where none is played", () => {
  const partial = { ...TINY_CONFIG, rewardPartial: 1 };
  checkConfig(partial);
  assert.throws(
    () => checkConfig({ ...partial, modes: ["deduction"] }),
    /"rewardPartial" must be 0 unless "modes" has "induction"/,
  );
});

Deno.test("configs share no list: changing one leaves the others", () => {
  assert.notEqual(PAPER_CONFIG.modes, OFFICIAL_CONFIG.modes);
  assert.notEqual(PAPER_CONFIG.modes, TINY_CONFIG.modes);
});

Deno.test("Table 3 has the published numbers", () => {
  const table = new Map(paperTable3().map(([name, paper]) => [name, paper]));
  const published = {
    "Max prompt length": "6144",
    "Max response length": "8096",
    "Seed batch factor": "4",
    "Max programs": "16384",
    "Train batch size": "64 × 6",
    "Learning rate": "1e-6",
    "Grad clip": "1",
    "Total steps": "500",
    "Algorithm": "trrpp",
    "KL loss": "false",
    "Entropy coefficient": "0.001",
    "PPO epochs": "1",
    "N rollouts": "1",
    "Rollout temperature": "1",
    "Rollout top-p": "1",
    "K references": "6",
    "N samples to estimate accuracy": "8",
  };
  for (const [name, value] of Object.entries(published)) {
    assert.equal(table.get(name), value, name);
  }
});

Deno.test("the page of settings is the table's: deno task report writes it", () => {
  const page = new URL(`../../${SETTINGS_PAGE}`, import.meta.url);
  assert.equal(Deno.readTextFileSync(page), settingsPage());
});

Deno.test("what cannot work is refused with the cure", () => {
  const refused = (changes: Partial<SelfPlayConfig>, message: RegExp) =>
    assert.throws(() => checkConfig({ ...PAPER_CONFIG, ...changes }), message);
  for (const estimator of ["grpo", "rloo", "dr-grpo"] as const) {
    // The paper trains one rollout of a task: nothing to compare it with.
    const cure = /"estimator" must be "trrpp" .*set "trainOnEstimates" to true/;
    refused({ estimator }, cure);
    refused({ estimator, trainOnEstimates: true, rolloutsPerTask: 1 }, cure);
    checkConfig({ ...PAPER_CONFIG, estimator, trainOnEstimates: true });
  }
  refused({ rolloutsPerTask: 1 }, /"rolloutsPerTask" must be at least 2: with/);
  checkConfig({ ...PAPER_CONFIG, rolloutsPerTask: 1, trainProposer: false });
  checkConfig({ ...PAPER_CONFIG, rolloutsPerTask: 1, learnability: "uniform" });
  assert.throws(
    () => checkConfig({ ...TINY_CONFIG, answerEnd: "answer-tag" }),
    /"answerEnd" must be "end-token" unless the dialect is "chat"/,
  );
});

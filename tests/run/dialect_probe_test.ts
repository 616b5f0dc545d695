/**
 * A language model plays the dialect that it can play, unless one is chosen. With
 * AZR_LANGUAGE_MODEL set, SmolLM2-135M itself is probed, which takes a minute.
 */
import assert from "node:assert/strict";
import { openModel } from "../../lib/engines/choice.ts";
import { ENGINES } from "../../lib/engines/mod.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { modelFolder } from "../../tasks/model/folder.ts";
import { parseArguments } from "../../tasks/selfplay/arguments.ts";
import {
  bestDialect,
  type ProbedDialect,
  probeDialects,
} from "../../tasks/selfplay/dialect_probe.ts";
import { planOf } from "../../tasks/selfplay/plan.ts";
import { writeChatModel } from "./chat_model.ts";

const none: ProbedDialect = {
  ...{ dialect: "chat", proposals: 10, proposalsRead: 0, valid: 0 },
  ...{ answers: 10, answersRead: 0, right: 0 },
};

Deno.test("valid proposals and readable answers decide, and the paper's dialect where nothing does", () => {
  const template = { ...none, dialect: "template" } as const;
  const code = { ...none, dialect: "code", valid: 3 } as const;
  assert.equal(bestDialect([none, template]), "chat");
  assert.equal(bestDialect([none, template, code]), "code");
  const read = { ...template, answersRead: 4 };
  assert.equal(bestDialect([none, read, code]), "template");
  const right = { ...none, proposalsRead: 9, right: 9 };
  assert.equal(bestDialect([none, template, right]), "chat");
});

async function probed(model: string) {
  const lines: string[] = [];
  const opened = await openModel({ ...ENGINES.local, model }, 1);
  await using executor = await startExecutor({ languages: ["python"] });
  const parts = { ...opened, executor };
  const rows = await probeDialects(parts, 1, (line) => lines.push(line));
  opened.engine.dispose();
  return { rows, lines };
}

Deno.test("a probe says the same twice, and is left out where a dialect is chosen", async () => {
  const model = await Deno.makeTempDir({ prefix: "probe-" });
  await writeChatModel(model);
  const first = await probed(model);
  assert.deepEqual(first, await probed(model));
  // The model has no chat template.
  assert.deepEqual(first.rows.map(({ dialect }) => dialect), ["chat", "code"]);
  assert.match(
    first.lines[1],
    /^dialect code: \d+ of 6 proposals can be read/,
  );
  const probes = async (...words: string[]) =>
    (await planOf(parseArguments(["--model", model, ...words]))).probes;
  assert.ok(await probes());
  assert.ok(!await probes("--set", "dialect=code"));
  assert.ok(!await probes("--set", "chatForm=transcript"));
  assert.ok(!await probes("--set", "language=javascript"));
  await Deno.remove(model, { recursive: true });
});

Deno.test({
  name: "SmolLM2 plays code",
  ignore: !Deno.env.get("AZR_LANGUAGE_MODEL"),
  fn: async () => {
    const { rows, lines } = await probed(
      await modelFolder("smollm2-135m-instruct"),
    );
    console.log(lines.join("\n"));
    assert.deepEqual(
      rows.map(({ dialect }) => dialect),
      ["chat", "template", "code"],
    );
    assert.equal(bestDialect(rows), "code");
  },
});

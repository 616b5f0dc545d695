/** The chat dialect in models' own chat templates, and templates that do not fit. */

import assert from "node:assert/strict";
import {
  checkConfig,
  PAPER_CONFIG,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import { identityTasks } from "../../lib/method/buffer/identity.ts";
import { dialectFor } from "../../lib/method/dialect_choice.ts";
import type { Dialect } from "../../lib/method/modes/dialect.ts";
import { MODE_NAMES } from "../../lib/method/modes/task.ts";
import { Tokenizer } from "../../lib/model/tokenizer.ts";
import { chatTokenizer } from "../run/chat_model.ts";
import "../../lib/extras/mod.ts";

const TURNS = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + " +
  "m.content + '<|im_end|>\n' }}{% endfor %}";
const OPENING = "{{ '<|im_start|>assistant\n' }}";

/** What published templates do at the end of a prompt. */
const TEMPLATES = {
  plain: TURNS + OPENING,
  // Qwen3: thinks unless told not to.
  qwen3: TURNS + OPENING + "{% if enable_thinking is defined and " +
    "enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}",
  // DeepSeek R1, Qwen3 Thinking: open the thought themselves.
  opens: TURNS + OPENING + "{{ '<think>\n' }}",
  // Hybrids that think only in a mode of their own.
  closes: TURNS + OPENING + "{{ '<think>\n\n</think>\n' }}",
  loses: "{{ messages[0].content[:20] }}" + OPENING,
  refuses: "{{ raise_exception('only with a system turn') }}",
};

function dialectOf(template?: string): Dialect {
  const { json, config } = chatTokenizer();
  const tokenizer = Tokenizer.fromJson(json, {
    ...config,
    ...(template !== undefined && { chat_template: template }),
  });
  return dialectFor({ ...PAPER_CONFIG, chatForm: "template" }, tokenizer);
}

const [identity] = identityTasks("deduction", "python", 1);
const task = { ...identity, shownCount: 1 };

Deno.test("a question is one turn in the model's template, and the prompt opens the thought once", () => {
  for (const name of ["plain", "qwen3", "opens"] as const) {
    const dialect = dialectOf(TEMPLATES[name]);
    const prompts = MODE_NAMES.flatMap((mode) => [
      dialect.solverPrompt({ ...task, mode }),
      dialect.proposerPrompt(mode, [task], "python"),
    ]);
    for (const prompt of [...prompts, dialect.questionPrompt("What is 1?")]) {
      assert.equal(prompt.match(/<\|im_start\|>user\n/g)?.length, 1);
      assert.match(prompt, /<\|im_start\|>assistant\n<think>\s*$/);
      assert.doesNotMatch(prompt, /User:|Assistant:/);
    }
  }
});

Deno.test("the worked example of each prompt is read as right in form", () => {
  const dialect = dialectOf(TEMPLATES.qwen3);
  for (const mode of MODE_NAMES) {
    for (const language of ["python", "javascript", "typescript"] as const) {
      const example = (prompt: string) =>
        prompt.match(/### Example[^]*?\n<think>([^]*?<\/answer>)/)![1];
      const proposal = example(dialect.proposerPrompt(mode, [task], language));
      const read = dialect.readProposal(mode, proposal, language);
      assert.ok(read.ok && read.arguments.length > 0, proposal);
      const program = { language, source: task.program.source };
      const solution = example(
        dialect.solverPrompt({ ...task, mode, program }),
      );
      const answer = dialect.readAnswer(mode, solution, language);
      assert.ok(answer.ok && answer.trace, solution);
      // It is of another task, so that copying it is no answer.
      assert.ok(!answer.answer.includes("Hello"), answer.answer);
    }
  }
});

Deno.test("the end token may follow the answer, and special tokens stay out of prompts", () => {
  const dialect = dialectOf(TEMPLATES.qwen3);
  const text = "so </think>\n<answer>\n7\n</answer><|im_end|>";
  const read = dialect.readAnswer("deduction", text, "python");
  assert.deepEqual(read, { ok: true, answer: "7", trace: "so " });
  assert.ok(dialect.keepsSpecialTokens);
  assert.ok(dialect.isUnsafe("return '<|im_end|>'"));
  assert.ok(!dialect.isUnsafe("return '<b>'"));
});

Deno.test("a template that does not fit is refused before the first step, with the cure", () => {
  const faults: [string | undefined, RegExp][] = [
    [TEMPLATES.closes, /ends the thought by itself/],
    [TEMPLATES.loses, /changes the question/],
    [TEMPLATES.refuses, /only with a system turn/],
    [undefined, /no chat_template/],
  ];
  for (const [template, fault] of faults) {
    assert.throws(() => dialectOf(template), (error: Error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, fault);
      assert.match(
        error.message,
        /set it to "transcript", or "dialect" to "code"$/,
      );
      return true;
    });
  }
  assert.throws(
    () => checkConfig({ ...TINY_CONFIG, chatForm: "template" }),
    /"chatForm" must be "transcript" unless the dialect is "chat"/,
  );
});

import assert from "node:assert/strict";
import {
  abductionPrompt,
  containsMarker,
  deductionPrompt,
  inductionPrompt,
  proposeInductionPrompt,
  proposePrompt,
  SPECIAL_TOKENS,
} from "../../../lib/method/modes/compact_words.ts";
import {
  compactDialect,
  parseAnswer,
  parseInductionProposal,
  parseProposal,
} from "../../../lib/method/modes/compact.ts";
import { randomStream } from "../../../lib/random.ts";

Deno.test("compact prompts are the documented strings", () => {
  assert.equal(deductionPrompt("x=>x+1", "3"), "<SD>x=>x+1<i>3<o>");
  assert.equal(abductionPrompt("x=>x+1", "4"), "<SA>x=>x+1<o>4<i>");
  assert.equal(
    inductionPrompt([{ argument: "1", output: "2" }, {
      argument: "5",
      output: "6",
    }]),
    "<SI><i>1<o>2<i>5<o>6<f>",
  );
  assert.equal(
    proposePrompt("abduction", [{
      program: "x=>x",
      argument: '"a"',
      output: '"a"',
    }]),
    '<PA><r>x=>x<i>"a"<o>"a"<f>',
  );
  assert.equal(proposePrompt("deduction", []), "<PD><f>");
  assert.equal(proposeInductionPrompt("x=>x"), "<PI>x=>x<i>");
});

Deno.test("each malformed answer has its own cause", () => {
  const causes: Record<string, string> = {
    "<a>7": "unfinished",
    "<t>.map=[1]<eos>": "noAnswer",
    "<a>7<a>8<eos>": "severalAnswers",
    "7<a>7<eos>": "badOpening",
    "<t>1<t>2<a>3<eos>": "badOpening",
    "<a>7<o>8<eos>": "markerInAnswer",
    "<a><eos>": "emptyAnswer",
  };
  for (const [text, cause] of Object.entries(causes)) {
    const parsed = parseAnswer(text);
    assert.equal(parsed.ok ? "ok" : parsed.cause, cause, text);
  }
  assert.deepEqual(parseAnswer("<a>[1,2]<eos>"), {
    ok: true,
    answer: "[1,2]",
    trace: null,
  });
  assert.deepEqual(parseAnswer("<t>+1=8<a>8<eos>"), {
    ok: true,
    answer: "8",
    trace: "+1=8",
  });
});

Deno.test("each malformed proposal has its own cause", () => {
  const causes: Record<string, string> = {
    "x=>x<i>1": "unfinished",
    "x=>x<eos>": "noInput",
    "x=>x<i>1<i>2<eos>": "tooManyInputs",
    "x=>x<o>1<i>2<eos>": "strayMarker",
    "<i>1<eos>": "emptyProgram",
    "x=>x<i><eos>": "emptyInput",
  };
  for (const [text, cause] of Object.entries(causes)) {
    const parsed = parseProposal(text);
    assert.equal(parsed.ok ? "ok" : parsed.cause, cause, text);
  }
});

Deno.test("an induction proposal keeps six inputs, distinct ones where the rules say so", () => {
  const inputs = "1<i>2<i>1<i>3<i>4<i>5<i>6<i>7<eos>";
  assert.deepEqual(
    parseInductionProposal(inputs, { repeatedInputs: "drop" }),
    { ok: true, arguments: ["1", "2", "3", "4", "5", "6"] },
  );
  assert.deepEqual(
    parseInductionProposal(inputs),
    { ok: true, arguments: ["1", "2", "1", "3", "4", "5"] },
  );
  assert.deepEqual(
    parseInductionProposal(Array(13).fill("1").join("<i>") + "<eos>"),
    { ok: false, cause: "tooManyInputs" },
  );
});

Deno.test("whatever the text, an accepted answer or proposal holds no marker", () => {
  assert.ok(SPECIAL_TOKENS.every(containsMarker));
  const pieces = ["<a>", "<t>", "<i>", "<i>", "<q>", "x=>x", "7", "<", "a>"];
  let accepted = 0;
  for (let trial = 0; trial < 20000; trial++) {
    const stream = randomStream(1, "fuzz", trial);
    const length = stream.integer(0, 5);
    const text = Array.from({ length }, () => stream.choice(pieces)).join("") +
      (stream.next() < 0.7 ? "<eos>" : "");
    const answer = parseAnswer(text);
    const proposal = parseProposal(text);
    const induction = parseInductionProposal(text, { repeatedInputs: "drop" });
    if (answer.ok) assert.ok(!containsMarker(answer.answer), text);
    if (proposal.ok) {
      assert.ok(!containsMarker(proposal.program), text);
      assert.ok(!containsMarker(proposal.argument), text);
      assert.equal(`${proposal.program}<i>${proposal.argument}<eos>`, text);
    }
    if (induction.ok) {
      assert.equal(
        new Set(induction.arguments).size,
        induction.arguments.length,
      );
    }
    accepted += Number(answer.ok) + Number(proposal.ok);
  }
  assert.ok(accepted > 300, `only ${accepted} accepted: the test is idle`);
});

Deno.test("an answer can be found where the form is wrong", () => {
  const found = (text: string) =>
    compactDialect.findAnswer("deduction", text, "javascript");
  assert.equal(found("4<eos>"), null);
  assert.equal(found("<a><eos>"), null);
  assert.equal(found("<a>4"), "4");
  assert.equal(found("4<a>4<a>5<eos>"), "5");
  assert.equal(found("<a>4<i>5<eos>"), "4");
});

/**
 * The code dialect: prompts as code models have read them millions of times, for
 * base models and small ones that cannot keep to the chat dialect's form.
 *
 * | mode | the prompt ends with | the response goes on with |
 * |---|---|---|
 * | deduction | the function, `assert f(input) ==` | the output |
 * | abduction | the function, its output, `assert f(` | the input, and the rest of the line |
 * | induction | asserts, `def f(` | the function |
 * | proposer | functions with an assert each, `def f(` | the function and its assert |
 * | proposer of inputs | a worked list of calls, a function and a call, `f(` | further calls |
 *
 * JavaScript and TypeScript have `assert.deepEqual(f(input), output);`. Thought is a
 * comment. Every prompt ends within a line: a prompt that ends with empty lines is cut
 * into other tokens than the same lines in the middle of a text. Small models do not
 * keep to requirements in words, so there are none; what is not allowed is refused
 * after it was written. How responses are read is in `code_reading.ts`.
 */

import type { Language } from "../../sandbox/mod.ts";
import { findAnswer, readAnswer, readProposal } from "./code_reading.ts";
import {
  CODE_FORMS,
  CODE_INDUCTION,
  type CodeForm,
  GAP,
  LISTED_CALL,
  type Worked,
} from "./code_forms.ts";
import { type Dialect, SPECIAL_TOKEN } from "../../method/modes/dialect.ts";
import { registerDialect } from "../../method/modes/mod.ts";
import { modeOf } from "../../method/modes/registry.ts";
import {
  type Example,
  MODE_NAMES,
  type Task,
} from "../../method/modes/task.ts";

function asserts({ check }: CodeForm, examples: readonly Example[]): string {
  return examples.map(({ argument, output }) => check(argument, output))
    .join("\n");
}

/** A function, with one assert for each example. */
const block = (form: CodeForm, source: string, examples: readonly Example[]) =>
  `${source}\n\n${asserts(form, examples)}`;

/** Functions that a proposer's prompt shows: more cost tokens, and the references are the newest. */
const SHOWN_FUNCTIONS = 4;

/** Deduction's and abduction's are alike: nothing is said of difficulty. */
function proposeFunction(references: readonly Task[], language: Language) {
  const form = CODE_FORMS[language];
  const head =
    `${form.comment} Short ${form.title} functions, all different, ` +
    "each with one call and its result.";
  const shown = [
    ...form.worked,
    ...references.map(({ program: { source }, examples }) => ({
      source,
      examples,
    })),
  ].slice(-Math.max(SHOWN_FUNCTIONS, references.length));
  const blocks = shown.map(({ source, examples }) =>
    block(form, source, examples.slice(0, 1))
  );
  return [head, ...blocks, form.definition].join(GAP);
}

/**
 * Calls without results: with results, a small model stops after one or two of them,
 * so that no proposal has enough inputs.
 */
function proposeInputs({ program: { language, source }, examples }: Task) {
  const form = CODE_FORMS[language];
  const listed = ({ source, examples }: Worked, count: number) =>
    `${source}\n\n${form.comment} f with ${CODE_INDUCTION.asked + 1} inputs\n` +
    examples.slice(0, count)
      .map(({ argument }) => `${form.listed(argument)}\n`).join("");
  const [worked] = form.worked;
  return `${listed(worked, worked.examples.length)}\n\n` +
    listed({ source, examples }, 1) + LISTED_CALL;
}

function solverPrompt(task: Task): string {
  const { mode, program: { language, source }, examples } = task;
  const form = CODE_FORMS[language];
  const { worked: [worked], comment } = form;
  const returns = ({ source, examples: [first] }: Worked) =>
    `${source}\n\n${comment} an input for which f returns ${first.output}\n`;
  const tests = ({ examples }: Worked) =>
    `${comment} f passes these tests\n${
      asserts(form, examples.slice(0, task.shownCount))
    }\n\n`;
  const asked = { source, examples };
  switch (mode) {
    case "deduction":
      return `${source}\n\n${form.result(examples[0].argument)}`;
    case "abduction":
      return returns(worked) + asserts(form, worked.examples.slice(0, 1)) +
        GAP + returns(asked) + form.call;
    case "induction":
      return tests(worked) + worked.source + GAP + tests(asked) +
        form.definition;
    default:
      throw noWordsFor(mode);
  }
}

const SOLVER_STOPS = [GAP, "\nassert", "\ndef ", "```"];

/** The dialect as the loop uses it. */
const codeDialect: Dialect = {
  name: "code",
  induction: CODE_INDUCTION,
  keepsSpecialTokens: true,
  thinkToken: null,
  stopStrings: {
    propose: [GAP, "\ndef ", "\nfunction ", "```"],
    solve: SOLVER_STOPS,
  },
  proposerPrompt(mode, references, language) {
    if (!MODE_NAMES.includes(mode)) throw noWordsFor(mode);
    return modeOf(mode).writesProgram
      ? proposeFunction(references, language)
      : proposeInputs(references[0]);
  },
  solverPrompt,
  questionPrompt: (question) =>
    `# ${question.replaceAll("\n", "\n# ")}\nassert answer ==`,
  readProposal,
  readAnswer,
  findAnswer,
  isUnsafe: (text) =>
    SPECIAL_TOKEN.test(text) ||
    SOLVER_STOPS.some((stop) => text.includes(stop)),
};

registerDialect(codeDialect);

function noWordsFor(mode: string): RangeError {
  return new RangeError(
    `the code dialect has no words for the mode "${mode}": use the chat dialect`,
  );
}

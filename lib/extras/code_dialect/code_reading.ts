/**
 * Reading responses in the code dialect: what the prompt opened, joined to what the
 * model wrote, is read by the language's grammar, as data. Nothing runs.
 *
 * A response is read up to the end of what was asked for; a value has to end its line,
 * and a function has to be followed by something that is not indented, so that what
 * was cut at the token limit is told from what is whole. Texts of more than 8,000
 * characters are not read. The form is one, so both rules of reading read the same.
 */

import type { Language } from "../../sandbox/mod.ts";
import { CODE_FORMS, CODE_INDUCTION, GAP, LISTED_CALL } from "./code_forms.ts";
import {
  checkIn,
  type Continued,
  continued,
  END_TOKEN,
  type Failure,
  failure,
  firstFunction,
  styleOf,
  thoughtIn,
  withoutComments,
} from "./code_syntax.ts";
import {
  type AnswerReading,
  PAPER_READING,
  type ProposalReading,
  type ReadingRules,
} from "../../method/modes/dialect.ts";
import { modeOf } from "../../method/modes/registry.ts";
import type { ModeName } from "../../method/modes/task.ts";

/** Reads a proposal: a function with a call, or for induction the inputs of calls. */
export function readProposal(
  mode: ModeName,
  responseText: string,
  language: Language,
  { repeatedInputs }: ReadingRules = PAPER_READING,
): ProposalReading {
  const { writesProgram } = modeOf(mode);
  const { definition } = CODE_FORMS[language];
  const opening = writesProgram ? definition : LISTED_CALL;
  const whole = continued(opening, responseText, language);
  if (whole === null) return failure("tooLong");
  if (!writesProgram) return readInputs(whole, repeatedInputs);
  const found = firstFunction(whole);
  if (!found.ok) return found;
  const read = checkIn(whole, whole.nodes[1]);
  if (!read.ok) return read;
  const { check: { argument } } = read;
  if (argument === "") return failure("noInput");
  const program = found.source;
  return { ok: true, program, arguments: [argument], message: "" };
}

/** The inputs of all calls up to the first that is none; at most as many as are asked for. */
function readInputs(
  whole: Continued,
  repeatedInputs: ReadingRules["repeatedInputs"],
): ProposalReading {
  const inputs: string[] = [];
  let first: Failure | null = null;
  for (const node of whole.nodes) {
    const read = checkIn(whole, node, "call");
    first ??= read.ok ? null : read;
    if (!read.ok || read.check.argument === "") break;
    inputs.push(read.check.argument);
  }
  if (inputs.length === 0) return first ?? failure("noInput");
  const kept = repeatedInputs === "drop" ? [...new Set(inputs)] : inputs;
  const given = kept.slice(0, CODE_INDUCTION.asked);
  return { ok: true, program: null, arguments: given, message: "" };
}

/** Reads an answer; its form has to be right. */
export function readAnswer(
  mode: ModeName,
  responseText: string,
  language: Language,
): AnswerReading {
  const whole = continued(openingOf(mode, language), responseText, language);
  if (whole === null) return { ...failure("tooLong"), thought: false };
  const trace = thoughtIn(whole);
  const read = answerIn(mode, whole);
  return read.ok ? { ...read, trace } : { ...read, thought: trace !== null };
}

/** The answer that a response begins with, whether or not it ends and whatever follows. */
export function findAnswer(
  mode: ModeName,
  responseText: string,
  language: Language,
): string | null {
  const whole = continued(
    openingOf(mode, language),
    responseText.replace(END_TOKEN, "") + "<end>",
    language,
  );
  if (whole === null) return null;
  if (mode !== "induction") {
    const read = answerIn(mode, whole);
    return read.ok ? read.answer : null;
  }
  const found = firstFunction(whole);
  return found.ok ? found.source : null;
}

function openingOf(mode: ModeName, language: Language): string {
  const { definition, call, result } = CODE_FORMS[language];
  if (mode === "induction") return definition;
  return mode === "abduction" ? call : result("");
}

function answerIn(
  mode: ModeName,
  whole: Continued,
): { ok: true; answer: string } | Failure {
  if (mode === "induction") {
    const found = firstFunction(whole);
    if (!found.ok) return found;
    // Two empty lines end a block, and what stands behind them is another one.
    const other = styleOf(found.rest.split(GAP)[0]);
    return other ? failure(other) : { ok: true, answer: found.source };
  }
  const read = checkIn(whole, whole.nodes[0]);
  if (mode === "abduction") {
    if (!read.ok) return read;
    const { argument } = read.check;
    return argument === ""
      ? failure("noInput")
      : { ok: true, answer: argument };
  }
  if (!read.ok) {
    const { cause } = read;
    const isMore = cause === "notOneCall" || cause === "noCall";
    return failure(isMore ? "notOneValue" : cause);
  }
  const { value } = read.check;
  if (value === null) return failure("notOneValue");
  const commented = withoutComments(whole, value.from, value.to);
  // Brackets that only hold a thought are not part of the value.
  const isThought = value.name === "ParenthesizedExpression" &&
    commented !== value.text;
  const answer = isThought ? commented.slice(1, -1).trim() : commented;
  return { ok: true, answer };
}

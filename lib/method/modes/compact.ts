/**
 * The compact dialect: prompts and responses for tiny models.
 *
 * Every marker is one special token, so a whole task is a few dozen tokens and
 * parsing is exact. All functions here are pure text; nothing is executed and
 * nothing is tokenised. Language models speak the others, `chat.ts` and `code.ts`.
 *
 * | prompt | response |
 * |---|---|
 * | `<SD>program<i>input<o>` | `[<t>trace]<a>output<eos>` |
 * | `<SA>program<o>output<i>` | `[<t>trace]<a>input<eos>` |
 * | `<SI><i>in<o>out…<f>` | `[<t>trace]<a>program<eos>` |
 * | `<PD>` or `<PA>`, K times `<r>program<i>input<o>output`, `<f>` | `program<i>input<eos>` |
 * | `<PI>program<i>` | `input<i>input…<eos>` |
 * | `<q>question<o>` | `[<t>trace]<a>answer<eos>` |
 *
 * A solver response starts with a mode token: `<a>` answers at once, `<t>`
 * thinks first. Making the choice an explicit token keeps it independent of how
 * certain the first answer token happens to be.
 */

import {
  type AnswerReading,
  type Dialect,
  PAPER_READING,
  type ProposalReading,
  type ReadingRules,
} from "./dialect.ts";
import {
  abductionPrompt,
  ANSWER_TOKEN,
  containsMarker,
  deductionPrompt,
  END_TOKEN,
  INDUCTION_INPUTS,
  INDUCTION_MINIMUM,
  INDUCTION_SHOWN,
  inductionPrompt,
  mathsPrompt,
  proposeInductionPrompt,
  proposePrompt,
  type Reference,
  SPECIAL_TOKENS,
  THINK_TOKEN,
} from "./compact_words.ts";
import type { Task } from "./task.ts";

/** The causes of a malformed solver response. */
type AnswerFormatCause =
  /** Does not end with `<eos>`: cut at the token limit. */
  | "unfinished"
  /** Holds no `<a>`. */
  | "noAnswer"
  /** Holds more than one `<a>`. */
  | "severalAnswers"
  /** Starts with neither `<a>` nor `<t>`, or has a `<t>` elsewhere. */
  | "badOpening"
  /** A marker inside the answer. */
  | "markerInAnswer"
  /** Nothing after `<a>`. */
  | "emptyAnswer";

type ParsedAnswer =
  | { ok: true; answer: string; trace: string | null }
  | { ok: false; cause: AnswerFormatCause; thought: boolean };

/**
 * Splits a solver response (decoded with its special tokens) into trace and
 * answer. Format is right if there is exactly one `<a>`, at most one `<t>` and
 * only first, an `<eos>` at the end, and no marker inside the answer.
 */
export function parseAnswer(responseText: string): ParsedAnswer {
  const thought = responseText.startsWith(THINK_TOKEN);
  const fail = (cause: AnswerFormatCause): ParsedAnswer => ({
    ok: false,
    cause,
    thought,
  });
  const body = withoutEnd(responseText);
  if (body === null) return fail("unfinished");
  const pieces = body.split(ANSWER_TOKEN);
  if (pieces.length === 1) return fail("noAnswer");
  if (pieces.length > 2) return fail("severalAnswers");
  const [before, answer] = pieces;
  const trace = thought ? before.slice(THINK_TOKEN.length) : null;
  if (trace === null ? before !== "" : trace.includes(THINK_TOKEN)) {
    return fail("badOpening");
  }
  if (containsMarker(answer)) return fail("markerInAnswer");
  if (answer.trim() === "") return fail("emptyAnswer");
  return { ok: true, answer, trace };
}

/** The causes of a malformed proposal. */
type ProposalFormatCause =
  /** Does not end with `<eos>`: cut at the token limit. */
  | "unfinished"
  /** No `<i>` between program and input. */
  | "noInput"
  /** More inputs than asked for. */
  | "tooManyInputs"
  /** A marker where none may be. */
  | "strayMarker"
  /** An empty program. */
  | "emptyProgram"
  /** An empty input. */
  | "emptyInput";

type ParsedProposal =
  | { ok: true; program: string; argument: string }
  | { ok: false; cause: ProposalFormatCause };

/** Splits a deduction or abduction proposal into program and input. */
export function parseProposal(responseText: string): ParsedProposal {
  const parts = splitInputs(responseText);
  if (!Array.isArray(parts)) return parts;
  if (parts.length === 1) return { ok: false, cause: "noInput" };
  if (parts.length > 2) return { ok: false, cause: "tooManyInputs" };
  const [program, argument] = parts;
  if (program.trim() === "") return { ok: false, cause: "emptyProgram" };
  if (argument.trim() === "") return { ok: false, cause: "emptyInput" };
  return { ok: true, program, argument };
}

type ParsedInductionProposal =
  | { ok: true; arguments: string[] }
  | { ok: false; cause: ProposalFormatCause };

/**
 * Splits an induction proposal into its inputs, repeated ones dropped where the
 * rules say so, and at most `INDUCTION_INPUTS` kept. Whether enough are left and valid is for the
 * mode to decide: requiring all six to be distinct drove validity to zero in
 * trials with tiny models.
 */
export function parseInductionProposal(
  responseText: string,
  { repeatedInputs }: Pick<ReadingRules, "repeatedInputs"> = PAPER_READING,
): ParsedInductionProposal {
  const parts = splitInputs(responseText);
  if (!Array.isArray(parts)) return parts;
  if (parts.length > 2 * INDUCTION_INPUTS) {
    return { ok: false, cause: "tooManyInputs" };
  }
  if (parts.some((part) => part.trim() === "")) {
    return { ok: false, cause: "emptyInput" };
  }
  const kept = repeatedInputs === "drop" ? [...new Set(parts)] : parts;
  return { ok: true, arguments: kept.slice(0, INDUCTION_INPUTS) };
}

/** Returns the pieces between `<i>` markers, or the cause why there are none. */
function splitInputs(
  responseText: string,
): string[] | { ok: false; cause: ProposalFormatCause } {
  const body = withoutEnd(responseText);
  if (body === null) return { ok: false, cause: "unfinished" };
  const parts = body.split("<i>");
  if (parts.some(containsMarker)) return { ok: false, cause: "strayMarker" };
  return parts;
}

/** Returns the response without its final `<eos>`, or null if it was cut before one. */
function withoutEnd(responseText: string): string | null {
  if (!responseText.endsWith(END_TOKEN)) return null;
  return responseText.slice(0, -END_TOKEN.length);
}

/** The dialect as the loop uses it. */
export const compactDialect: Dialect = {
  name: "compact",
  induction: {
    asked: INDUCTION_INPUTS,
    minimum: INDUCTION_MINIMUM,
    shown: INDUCTION_SHOWN,
  },
  keepsSpecialTokens: true,
  thinkToken: THINK_TOKEN,
  stopStrings: { propose: [], solve: [] },
  proposerPrompt(mode, references) {
    switch (mode) {
      case "deduction":
      case "abduction":
        return proposePrompt(mode, references.map(toReference));
      case "induction":
        return proposeInductionPrompt(references[0].program.source);
      default:
        throw noWordsFor(mode);
    }
  },
  solverPrompt(task) {
    const { program, examples, shownCount } = task;
    switch (task.mode) {
      case "deduction":
        return deductionPrompt(program.source, examples[0].argument);
      case "abduction":
        return abductionPrompt(program.source, examples[0].output);
      case "induction":
        return inductionPrompt(examples.slice(0, shownCount));
      default:
        throw noWordsFor(task.mode);
    }
  },
  questionPrompt: mathsPrompt,
  readProposal(mode, responseText, _language, rules): ProposalReading {
    if (mode === "induction") {
      const parsed = parseInductionProposal(responseText, rules);
      if (!parsed.ok) return parsed;
      return {
        ok: true,
        program: null,
        arguments: parsed.arguments,
        message: "",
      };
    }
    const parsed = parseProposal(responseText);
    if (!parsed.ok) return parsed;
    const { program, argument } = parsed;
    return { ok: true, program, arguments: [argument], message: "" };
  },
  readAnswer(_mode, responseText): AnswerReading {
    return parseAnswer(responseText);
  },
  findAnswer: (_mode, responseText) => findAnswer(responseText),
  isUnsafe: (text) => containsMarker(text),
};

/** Returns the text between the last `<a>` and the next marker, or null. */
function findAnswer(responseText: string): string | null {
  const start = responseText.lastIndexOf(ANSWER_TOKEN);
  if (start < 0) return null;
  const rest = responseText.slice(start + ANSWER_TOKEN.length);
  const ends = SPECIAL_TOKENS.map((token) => rest.indexOf(token))
    .filter((end) => end >= 0);
  const answer = rest.slice(0, Math.min(rest.length, ...ends)).trim();
  return answer === "" ? null : answer;
}

function toReference({ program, examples }: Task): Reference {
  return { program: program.source, ...examples[0] };
}

function noWordsFor(mode: string): RangeError {
  return new RangeError(
    `the compact dialect has no words for the mode "${mode}": use the chat dialect`,
  );
}

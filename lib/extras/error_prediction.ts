/**
 * Error prediction: given a program and an input, name the exception that the call
 * ends with, or `NoError`. The paper saw no gain (appendix D.1), so the mode is off by
 * default. In the official code its first valid proposal ends the run.
 *
 * A program that does not parse, defines no `f`, or runs out of fuel or memory
 * is no task: there is nothing to reason about. (The official code makes all of
 * these tasks, a timeout one whose answer is "Timeout Error".) Answers are
 * compared by their first word, in any case, as in the official code.
 */

import {
  type AnswerVerdict,
  checkPolicy,
  defaultPolicy,
  describeOutcome,
  type Outcome,
  runWritten,
} from "../sandbox/mod.ts";
import type { CandidateVerdict, Mode } from "../method/modes/mode.ts";
import {
  type ChatWords,
  registerChatWords,
} from "../method/modes/chat_words.ts";
import { PAPER_READING } from "../method/modes/dialect.ts";
import { registerMode } from "../method/modes/registry.ts";

/** The answer for a call that returns. */
const NO_ERROR = "NoError";

/** The executor's name for a program without `f`. */
const NO_FUNCTION = "NoFunction";

/** Names the exception with which a call ends. */
const errorPrediction: Mode = {
  name: "error",
  writesProgram: true,
  drawsFrom: ["error"],
  seededBy: ["error"],
  identityOutput: () => NO_ERROR,
  shownCount: () => 1,
  answerIn: ({ output }) => output,
  async validate(executor, candidates, dialect, rules = PAPER_READING) {
    const policies = candidates.map(({ program }) =>
      checkPolicy(program, defaultPolicy)
    );
    const allowed = candidates.filter((_, i) => policies[i].allowed);
    const runs = await runWritten(
      executor,
      allowed.map(({ program, arguments: [argument] }) => ({
        program,
        argument,
      })),
      rules.reading,
      "program",
    );
    let next = 0;
    return candidates.map((candidate, i): CandidateVerdict => {
      const policy = policies[i];
      if (!policy.allowed) {
        return { valid: false, cause: "policy", reason: policy.reason };
      }
      const { program } = candidate;
      const { argument, outcome } = runs[next++];
      const output = endingOf(outcome);
      if (output === null) {
        const reason = describeOutcome(outcome);
        return { valid: false, cause: outcome.kind, reason };
      }
      if (
        [program.source, argument, output].some((text) =>
          dialect.isUnsafe(text, rules)
        )
      ) {
        return {
          valid: false,
          cause: "markerInTask",
          reason: "a prompt could not show it without confusing its markers",
        };
      }
      return { valid: true, examples: [{ argument, output }] };
    });
  },
  verify(_executor, attempts) {
    return Promise.resolve(attempts.map(({ task, answer }): AnswerVerdict => {
      // "TypeError: x is not a function" names its class as well as "TypeError".
      const named = answer.trim().split(/[\s:]/)[0].toLowerCase();
      return named === task.examples[0].output.toLowerCase()
        ? { correct: true, cause: "match" }
        : { correct: false, cause: "different", detail: answer };
    }));
  },
};

/** Returns how a call ended, as the right answer; null where that makes no task. */
function endingOf(outcome: Outcome): string | null {
  if (outcome.kind === "value") return NO_ERROR;
  if (outcome.kind !== "thrown" || outcome.name === NO_FUNCTION) return null;
  return outcome.name;
}

/** The words of the mode in the chat dialect. */
const WORDS: ChatWords = {
  difficulty:
    "Predicting which EXCEPTION the call ends with, or that it ends with none, should take many steps of careful reasoning.",
  question: ({ examples }, { source, fence }) =>
    "## Task: find how the call ends\n" +
    `Does \`f\` raise an exception for this input, and which?\n${source}\n` +
    `${fence("input", examples[0].argument)}\n\n` +
    "Give the name of the exception's class, or NoError if the call " +
    `returns a value, in a fence:\n${fence("output", "name")}`,
  answerTag: "output",
};

registerMode(errorPrediction);
registerChatWords("error", WORDS);

/**
 * Solving and grading: the one function behind self-play and evaluation. Questions
 * go in, graded responses come out, in any dialect and on any engine.
 */

import type { AnswerVerdict, Executor, Judging } from "../sandbox/mod.ts";
import { extraOf } from "./extras.ts";
import type { Dialect } from "./modes/dialect.ts";
import type { ModeName, Task } from "./modes/task.ts";
import type { ModeVerdict } from "./modes/mode.ts";
import { modeOf } from "./modes/registry.ts";
import { sampleResponses, type Speaker } from "./respond.ts";
import type { Response, Rollout } from "./stages.ts";

/** A model that solves, and the executor that checks its answers. */
export interface Solver extends Speaker {
  executor: Executor;
}

/** A question to the solver: a task, or a question in words whose right answer is a text. */
export type Question = { task: Task } | { question: string; answer: string };

/** A question with the number of responses wanted and their seed. */
interface Asked {
  question: Question;
  count: number;
  seed: number;
  /** Whether an answer solves the task even if the form of the response is wrong. */
  anyForm?: boolean;
  /** Whether the answers are compared with their own majority instead of the gold (extra `ungrounded`). */
  byMajority?: boolean;
}

/** The sampling and judging of responses. */
export interface SolveOptions {
  /** 0 is greedy. */
  temperature: number;
  topP?: number;
  maxNewTokens: number;
  /**
   * `forced` opens every response with the dialect's token for a trace, `banned`
   * makes that token impossible. Both need a dialect that has one. Default: `free`.
   */
  thinking?: "free" | "forced" | "banned";
  /** Rules by which answers are right. Default: the paper's. */
  judging?: Judging;
}

/** A response as it was read. */
interface Reading {
  response: Response;
  thought: boolean;
  answer: string | null;
  /** Cause of a malformed response; null where the form is right. */
  fault: string | null;
}

/**
 * Samples responses to each question and grades them, in order. Answers to tasks are
 * checked by their mode, one batch per mode. Throws `RangeError` where `thinking`
 * asks for a token that the dialect lacks.
 */
export async function solveAndGrade(
  solver: Solver,
  asked: readonly Asked[],
  options: SolveOptions,
): Promise<Rollout[][]> {
  const responses = await respond(solver, asked, options);
  return await gradeResponses(solver, asked, responses, options.judging);
}

/** Grades the responses to each question, in order, whoever wrote them. */
export async function gradeResponses(
  solver: Pick<Solver, "executor" | "dialect">,
  asked: readonly Pick<Asked, "question" | "anyForm" | "byMajority">[],
  responses: readonly (readonly Response[])[],
  judging?: Judging,
): Promise<Rollout[][]> {
  const readings = asked.map((ask, i) =>
    responses[i].map((response) => readAnswer(solver, ask, response, judging))
  );
  const verdicts = await checkAnswers(solver, asked, readings, judging);
  return readings.map((group) =>
    group.map((reading) => graded(reading, verdicts.get(reading)))
  );
}

/** Returns the prompt in which a dialect asks a question. */
export function questionPrompt(dialect: Dialect, question: Question): string {
  return "task" in question
    ? dialect.solverPrompt(question.task)
    : dialect.questionPrompt(question.question);
}

/** Samples the responses. A forced opening is part of the text that is read. */
async function respond(
  solver: Solver,
  asked: readonly Asked[],
  { temperature, topP, maxNewTokens, thinking = "free" }: SolveOptions,
): Promise<Response[][]> {
  const { tokenizer, dialect } = solver;
  const token = dialect.thinkToken;
  if (thinking !== "free" && token === null) {
    throw new RangeError(
      `thinking is "${thinking}", but the dialect "${dialect.name}" has no token ` +
        'that opens a trace: set it to "free"',
    );
  }
  const opening = thinking === "forced" ? token! : "";
  const groups = await sampleResponses(
    solver,
    asked.map(({ question, count, seed }) => ({
      promptTokens: tokenizer.encodePrompt(
        questionPrompt(dialect, question) + opening,
      ),
      count,
      maxNewTokens,
      seed,
    })),
    {
      role: "solve",
      temperature,
      topP,
      bannedTokens: thinking === "banned" ? [tokenizer.id(token!)] : [],
    },
  );
  return groups.map((group) =>
    group.map((response) => ({ ...response, text: opening + response.text }))
  );
}

function readAnswer(
  { dialect }: Pick<Solver, "dialect">,
  { question, anyForm }: Pick<Asked, "question" | "anyForm">,
  response: Response,
  judging?: Judging,
): Reading {
  // A text is read like a value: in all dialects that is deduction's answer.
  const mode = "task" in question ? question.task.mode : "deduction";
  const language = "task" in question
    ? question.task.program.language
    : "python";
  const reading = dialect.readAnswer(mode, response.text, language, judging);
  if (reading.ok) {
    const { answer, trace } = reading;
    return { response, thought: trace !== null, answer, fault: null };
  }
  const { thought, cause } = reading;
  const answer = anyForm
    ? dialect.findAnswer(mode, response.text, language, judging)
    : null;
  return { response, thought, answer, fault: cause };
}

/** Checks every answer that was found. */
async function checkAnswers(
  { executor }: Pick<Solver, "executor">,
  asked: readonly Pick<Asked, "question" | "byMajority">[],
  readings: readonly Reading[][],
  judging?: Judging,
): Promise<Map<Reading, ModeVerdict>> {
  const verdicts = new Map<Reading, ModeVerdict>();
  const attempts: { reading: Reading; task: Task; answer: string }[] = [];
  asked.forEach(({ question, byMajority }, i) => {
    if (byMajority && "task" in question) {
      const answered = readings[i].filter(({ answer }) => answer !== null);
      const { language } = question.task.program;
      extraOf("ungrounded")
        .agree(answered.map(({ answer }) => answer!), language)
        .forEach((verdict, k) => verdicts.set(answered[k], verdict));
      return;
    }
    for (const reading of readings[i]) {
      const { answer } = reading;
      if (answer === null) continue;
      if ("task" in question) {
        attempts.push({ reading, task: question.task, answer });
      } else verdicts.set(reading, sameText(question.answer, answer));
    }
  });
  const byMode = Map.groupBy(attempts, ({ task }): ModeName => task.mode);
  for (const [mode, group] of byMode) {
    const found = await modeOf(mode).verify(executor, group, judging);
    group.forEach(({ reading }, i) => verdicts.set(reading, found[i]));
  }
  return verdicts;
}

function sameText(right: string, answer: string): AnswerVerdict {
  return right === answer
    ? { correct: true, cause: "match" }
    : { correct: false, cause: "different", detail: answer };
}

function graded(
  { response, thought, answer, fault }: Reading,
  verdict: ModeVerdict | undefined,
): Rollout {
  const solves = verdict?.correct ?? false;
  const rollout = {
    response,
    thought,
    answer: fault === null ? answer : null,
    solves,
    ...verdict?.total && { share: (verdict.matched ?? 0) / verdict.total },
  };
  if (verdict?.cause === "infrastructure") {
    return { ...rollout, grade: "unjudged", cause: "infrastructure" };
  }
  if (fault !== null || !verdict) {
    return { ...rollout, grade: "malformed", cause: fault ?? "noAnswer" };
  }
  const grade = verdict.correct ? "right" : "wrong";
  return { ...rollout, grade, cause: verdict.cause };
}

/** The bodies of requests, checked: an error names the field and what is wanted. */

import { type Answered, type Proposed, RequestError } from "./rows.ts";
import type { Role } from "../method/modes/dialect.ts";
import type { ModeName } from "../method/modes/task.ts";

/** Most rows of a request. */
const MOST_ROWS = 256;
/** Longest response of a model, in UTF-16 units: 16,000 tokens and more. */
const LONGEST_TEXT = 131_072;
/** Longest name. */
const LONGEST_NAME = 200;

type Fields = Record<string, unknown>;

/** Parses a body. Throws `RequestError` where it is no JSON object. */
export function parseBody(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RequestError(`the body is no JSON: ${(error as Error).message}`);
  }
  return fieldsOf(value, "the body");
}

/** A request for prompts. */
interface PromptRequest {
  role: Role;
  mode?: ModeName;
  count: number;
}

/** Reads a request for prompts: `{role, mode?, count?}`. */
export function promptRequest(
  body: Fields,
  modes: readonly ModeName[],
): PromptRequest {
  const { role, mode = null, count = 1 } = body;
  if (role !== "propose" && role !== "solve") {
    throw new RequestError('"role" must be "propose" or "solve"');
  }
  const whole = Number.isInteger(count) && (count as number) >= 1;
  if (!whole || (count as number) > MOST_ROWS) {
    throw new RequestError(
      `"count" must be a whole number from 1 to ${MOST_ROWS}`,
    );
  }
  const named = mode === null ? {} : { mode: modeIn(mode, modes, '"mode"') };
  return { role, count: count as number, ...named };
}

/** Reads `{proposals: [{id?, prompt?, mode?, response, step?}]}`. */
export function proposalRows(
  body: Fields,
  modes: readonly ModeName[],
): Proposed[] {
  return rowsOf(body, "proposals").map((row, i) => {
    const at = `proposals[${i}]`;
    const { step = 0, mode = null } = row;
    if (!Number.isSafeInteger(step) || (step as number) < 0) {
      throw new RequestError(`${at}.step must be a whole number of at least 0`);
    }
    return {
      key: nameOrNull(row.id, `${at}.id`),
      prompt: nameOrNull(row.prompt, `${at}.prompt`),
      mode: mode === null ? null : modeIn(mode, modes, `${at}.mode`),
      response: textOf(row.response, `${at}.response`),
      step: step as number,
    };
  });
}

/** Reads `{answers: [{id?, task, response}]}`. */
export function answerRows(body: Fields): Answered[] {
  return rowsOf(body, "answers").map((row, i) => ({
    key: nameOrNull(row.id, `answers[${i}].id`),
    task: nameOf(row.task, `answers[${i}].task`),
    response: textOf(row.response, `answers[${i}].response`),
  }));
}

/** Reads a list of names. */
export function namesOf(body: Fields, field: string): string[] {
  return listOf(body, field).map((name, i) => nameOf(name, `${field}[${i}]`));
}

/** Reads a list of texts; `longest` in UTF-16 units. */
export function textsOf(
  body: Fields,
  field: string,
  longest = 2 * LONGEST_TEXT,
): string[] {
  return listOf(body, field).map((text, i) =>
    textOf(text, `${field}[${i}]`, longest)
  );
}

function listOf(body: Fields, field: string): unknown[] {
  const rows = body[field];
  if (!Array.isArray(rows) || rows.length > MOST_ROWS) {
    throw new RequestError(
      `"${field}" must be a list of at most ${MOST_ROWS} entries`,
    );
  }
  return rows;
}

function rowsOf(body: Fields, field: string): Fields[] {
  return listOf(body, field).map((row, i) => fieldsOf(row, `${field}[${i}]`));
}

function fieldsOf(value: unknown, at: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Fields;
  }
  throw new RequestError(`${at} must be a JSON object`);
}

function textOf(value: unknown, at: string, longest = LONGEST_TEXT): string {
  if (typeof value === "string" && value.length <= longest) return value;
  throw new RequestError(
    `${at} must be a text of at most ${longest} characters`,
  );
}

function nameOf(value: unknown, at: string): string {
  if (value === "") throw new RequestError(`${at} must not be empty`);
  return textOf(value, at, LONGEST_NAME);
}

function nameOrNull(value: unknown, at: string): string | null {
  return value === undefined || value === null ? null : nameOf(value, at);
}

function modeIn(
  value: unknown,
  modes: readonly ModeName[],
  at: string,
): ModeName {
  const mode = modes.find((name) => name === value);
  if (mode) return mode;
  throw new RequestError(`${at} must be one of ${modes.join(", ")}`);
}

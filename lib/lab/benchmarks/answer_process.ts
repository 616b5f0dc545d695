/**
 * Comparing maths answers in a process of its own, which may do nothing but read the
 * library's own environment variables.
 *
 * What a model wrote is parsed as data, but a short text can ask for a number that
 * takes for ever (`9^{9^{9^9}}`). The process is ended where it does not answer, and
 * that answer is `undecided`, which does not count as right.
 */

import type { AnswerPair, Comparison } from "./same_answer.ts";

/** How long one comparison may take; they take about a millisecond. */
const PATIENCE_MS = 20_000;

/** Says of each answer whether it is the right one, in order. */
export async function compareAnswers(
  pairs: readonly AnswerPair[],
): Promise<(Comparison | "undecided")[]> {
  const verdicts: (Comparison | "undecided")[] = [];
  while (verdicts.length < pairs.length) {
    const left = pairs.slice(verdicts.length);
    const found = await compareUntilStuck(left);
    verdicts.push(...found);
    if (found.length < left.length) verdicts.push("undecided");
  }
  return verdicts;
}

/** The verdicts up to the first that does not come. Throws where the process cannot start. */
async function compareUntilStuck(
  pairs: readonly AnswerPair[],
): Promise<Comparison[]> {
  await using process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--cached-only",
      "--allow-env=CE_*", // the library looks for its own settings there
      "--v8-flags=--max-old-space-size=1024",
      import.meta.resolve("./answer_child.ts"),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(process.stderr).text();
  const asked = new Blob(pairs.map((pair) => `${JSON.stringify(pair)}\n`))
    .stream().pipeTo(process.stdin).catch(() => {});
  const verdicts: Comparison[] = [];
  let isReady = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => process.kill("SIGKILL"), PATIENCE_MS);
  };
  wait();
  for await (const line of lines(process.stdout)) {
    if (line === "ready") isReady = true;
    else verdicts.push(line as Comparison);
    if (verdicts.length < pairs.length) wait();
  }
  clearTimeout(timer);
  await asked;
  if (!isReady) {
    throw new Error(`the comparison of answers did not start: ${await errors}`);
  }
  await errors;
  return verdicts;
}

async function* lines(stream: ReadableStream<Uint8Array>) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

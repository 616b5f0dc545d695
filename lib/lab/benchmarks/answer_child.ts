/** The process that compares maths answers: pairs come as lines of JSON, verdicts go as lines. */

import { sameAnswer } from "./same_answer.ts";

console.log("ready");
let rest = "";
for await (
  const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())
) {
  const parts = (rest + text).split("\n");
  rest = parts.pop()!;
  for (const line of parts) {
    const { right, answer } = JSON.parse(line);
    console.log(sameAnswer(right, answer));
  }
}

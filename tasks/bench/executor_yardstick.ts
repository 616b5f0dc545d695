/**
 * Runs the sandbox's programs in two other ways, in a process that is thrown away
 * afterwards: each in a `node:vm` context of its own, or all in one realm. Reads
 * `[[source, argument], …]` on stdin and prints the milliseconds.
 *
 * Neither way is fit for a model's programs. A `node:vm` context is no security boundary
 * and leaks memory; in one realm every program can change the next one's result.
 */

import { createContext, Script } from "node:vm";

type Runner = (source: string, argument: string) => unknown;

/** Runs each program in a new context, with a time limit and without code generation. */
const inContext: Runner = (source, argument) => {
  const context = createContext(Object.create(null), {
    codeGeneration: { strings: false, wasm: false },
  });
  const script = new Script(`${source};JSON.stringify(f(${argument}))`);
  return script.runInContext(context, { timeout: 1000 });
};

/** Runs all programs in one realm: the upper bound on speed, and the lower one on safety. */
const inSameRealm: Runner = (source, argument) =>
  new Function(`${source};return JSON.stringify(f(${argument}))`)();

const RUNNERS: Record<string, Runner> = { vm: inContext, realm: inSameRealm };

const run = RUNNERS[Deno.args[0]];
const programs: [string, string][] = JSON.parse(
  await new Response(Deno.stdin.readable).text(),
);
const start = performance.now();
for (const [source, argument] of programs) {
  try {
    run(source, argument);
  } catch { /* some programs throw, as they should */ }
}
console.log(performance.now() - start);

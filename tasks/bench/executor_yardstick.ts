/**
 * What the sandbox is compared with, in a process of its own that is thrown away:
 * the same programs in a `node:vm` context each, or in one realm without any
 * isolation. Reads `[[source, argument], …]` on stdin; prints the milliseconds.
 *
 * Neither is a way to run a model's programs: the first is no security boundary
 * and leaks memory, in the second every program can change the next one's result.
 */

import { createContext, Script } from "node:vm";

type Runner = (source: string, argument: string) => unknown;

/** A new context for each program, with a time limit and without code generation. */
const inContext: Runner = (source, argument) => {
  const context = createContext(Object.create(null), {
    codeGeneration: { strings: false, wasm: false },
  });
  const script = new Script(`${source};JSON.stringify(f(${argument}))`);
  return script.runInContext(context, { timeout: 1000 });
};

/** One realm for all: the upper bound on speed, and the lower one on safety. */
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

/**
 * The same outcomes and the same fuel in every compilation tier, in every order,
 * on memories that have grown, for every kind of recursion.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { defaultLimits } from "../../lib/sandbox/limits.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { QuickJsEngine } from "../../lib/sandbox/javascript/quickjs.ts";
import { meteredQuickJs } from "../../lib/sandbox/javascript/quickjs_recipe.ts";

const DIGEST = fileURLToPath(new URL("./digest.ts", import.meta.url));

/** Runs the digest program under V8 flags, in one order. */
async function digestUnder(flags: string, order: string): Promise<string> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `--v8-flags=--stack-size=7000,${flags}`, DIGEST, order],
    stdin: "null",
    stderr: "null",
  }).output();
  assert.ok(success, flags);
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("results and fuel are the same in every tier and order", async () => {
  const reference = await digestUnder("--no-flush-bytecode", "forward");
  assert.match(reference, /^[0-9a-f]{64}$/);
  for (const flags of ["--liftoff-only", "--no-liftoff", "--single-threaded"]) {
    assert.equal(await digestUnder(flags, "forward"), reference, flags);
  }
  assert.equal(await digestUnder("--no-flush-bytecode", "reverse"), reference);
});

const noTypes = () => ({ kind: "syntax" as const, message: "" });

Deno.test("a memory that has grown is never used again", () => {
  const limits = { ...defaultLimits, fuel: 50_000_000 };
  const engine = new QuickJsEngine(meteredQuickJs(), limits, noTypes);
  const probe =
    "x=>{try{const a=[];for(;;)a.push(new Uint8Array(65536))}catch{return 1}}";
  const [first] = engine.runEach("javascript", probe, ["1"]);
  const instances = engine.instances;
  const [second] = engine.runEach("javascript", probe, ["1"]);
  assert.deepEqual(
    second,
    first,
    "the same allocations fail at the same point",
  );
  assert.equal(engine.instances, instances + 1, "on a new instance");
});

Deno.test("several arguments at once end as each would alone, with the same fuel", () => {
  const engine = new QuickJsEngine(meteredQuickJs(), defaultLimits, noTypes);
  const sources = [
    "let calls=0;function f(x){calls++;return [calls,x]}",
    "const seen=[];x=>{seen.push(x);return seen}",
    "x=>{const a=[];for(let i=0;i<x*20000;i++)a.push({i});return a.length}",
    "const big=new Array(500000).fill(1);x=>big.push(x)",
    "x=>{if(x===2)throw new Error('two');return x}",
    "x=>{if(x===2)for(;;);return x}",
    "x=>{if(x===2)new Uint8Array(2**30);return x}",
    "syntax error",
    "throw 1",
    "for(;;);",
  ];
  const arguments_ = ["1", "2", "3", "not data", "1"];
  for (const source of sources) {
    const together = [...engine.runEach("javascript", source, arguments_)];
    const alone = arguments_.map((argument) =>
      [...engine.runEach("javascript", source, [argument])][0]
    );
    assert.deepEqual(together, alone, source);
  }
});

/** One program for each way a guest can recurse; all end in the guest's own error. */
const grown = (text: string) =>
  `function f(x){let n=64;for(;;){try{${text}}catch(e){return [n,e.name]} n=(n*1.3)|0}}`;
const counted = (text: string) =>
  `function f(x){let d=0;${text}catch(e){return [d,e.name]}}`;
const nested = (use: string) =>
  `function f(x){let q=[],n=0;for(;;){for(let i=Math.max(50,n>>2);i--;){q=[q];n++} try{${use}}catch(e){return [n,e.name]}}}`;
const RECURSIONS: Record<string, string> = {
  call: counted("function g(){d++;g()} try{g()}"),
  parentheses: grown("eval('('.repeat(n)+'1'+')'.repeat(n))"),
  arrays: grown("eval('['.repeat(n)+'1'+']'.repeat(n))"),
  objects: grown("eval('('+'{a:'.repeat(n)+'1'+'}'.repeat(n)+')')"),
  functions: grown("eval('()=>{'.repeat(n)+'1'+'}'.repeat(n))"),
  unary: grown("eval('!'.repeat(n)+'1')"),
  templates: grown("eval('`${'.repeat(n)+'1'+'}`'.repeat(n))"),
  "JSON.parse": grown("JSON.parse('['.repeat(n)+'1'+']'.repeat(n))"),
  regex: grown("new RegExp('('.repeat(n)+'a'+')'.repeat(n))"),
  "JSON.stringify": nested("JSON.stringify(q)"),
  toString: nested("String(q)"),
  flat: nested("q.flat(Infinity)"),
  comparison: nested("q==1"),
  sort: counted("function g(){d++;[2,1].sort(g);} try{g()}"),
  map: counted("function g(){d++;[2,1].map(g);} try{g()}"),
  replace: counted("function g(){d++;return 'a'.replace(/a/,g)} try{g()}"),
  getter: counted("const o={get a(){d++;return o.a}}; try{o.a}"),
  proxy: counted(
    "let p=new Proxy({}, {get(t,k,r){d++;return r[k]}}); try{p.a}",
  ),
  generator: counted("function*g(){d++;yield* g()} try{[...g()]}"),
  class: counted("class A{constructor(){d++;new A()}} try{new A()}"),
  eval: counted("function g(){d++;eval('g()')} try{g()}"),
  bound:
    "function f(x){let g=()=>1;let n=0;for(;;){for(let i=0;i<100;i++){g=g.bind(null);n++} try{g()}catch(e){return [n,e.name]}}}",
  output: "function f(x){let q=[];for(let i=0;i<50000;i++)q=[q];return q}",
  release:
    "function f(x){let q=null;for(let i=0;i<150000;i++)q={q};q=null;return 1}",
  "prototype chain":
    "function f(x){let o={};for(let i=0;i<100000;i++)o=Object.create(o);return o instanceof Array}",
};

Deno.test("every kind of recursion ends in the guest's own error, never in the host's", async () => {
  assert.equal(Object.keys(RECURSIONS).length, 25);
  await using executor = await startExecutor({
    limits: { fuel: 2_000_000_000 },
  });
  const outcomes = await executor.runMany(
    Object.values(RECURSIONS).map((source) => ({
      program: { language: "javascript", source },
      argument: "1",
    })),
  );
  Object.keys(RECURSIONS).forEach((name, i) => {
    const outcome = outcomes[i];
    if (name === "output") return assert.equal(outcome.kind, "refused", name);
    assert.equal(outcome.kind, "value", `${name}: ${JSON.stringify(outcome)}`);
    if (name === "release") return assert.equal(outcome.literal, "1");
    if (name === "prototype chain") {
      return assert.equal(outcome.literal, "false");
    }
    assert.match(outcome.literal, /^\[\d+,"(RangeError|SyntaxError)"\]$/, name);
  });
  assert.equal(executor.restarts, 0);
});

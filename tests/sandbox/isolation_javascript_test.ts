/** QuickJS is not trusted either: what it may have been made to write ends with the run. */

import assert from "node:assert/strict";

import { defaultLimits } from "../../lib/sandbox/limits.ts";
import type { Outcome } from "../../lib/sandbox/mod.ts";
import { QuickJsEngine } from "../../lib/sandbox/javascript/quickjs.ts";
import { meteredQuickJs } from "../../lib/sandbox/javascript/quickjs_recipe.ts";
import { type RandomStream, randomStream } from "../../lib/random.ts";

/** Also sets how many runs of mutated Python there are; see `isolation_test.ts`. */
const WANTED = Deno.env.get("AZR_MUTANTS");
const MUTANTS = Number(WANTED ?? 500);
const SEED = 1;
const FUEL = 2_000_000;
const COMPILE_ONLY = 32, BYTECODE = 1, HEADER_BYTES = 5;
/** Where the engine puts sources; see `quickjs.ts`. */
const EXCHANGE = 64 * 1024;

/** The exports of the newest instance: what a fault inside the engine would have. */
// deno-lint-ignore no-explicit-any -- exports of a module have no types
let guest: any;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, list: [WebAssembly.Module, WebAssembly.Imports]) {
    const instance = new target(...list);
    guest = instance.exports;
    return instance;
  },
});

const engine = new QuickJsEngine(
  meteredQuickJs(),
  { ...defaultLimits, fuel: FUEL },
  () => ({ kind: "syntax", message: "" }),
);

const SENTINEL =
  `class P { #v; constructor(v) { this.#v = v } get v() { return this.#v } }
function f(x) {
  let message; try { null.y } catch (e) { message = e.message }
  return [x + 2, [3, 1, 2].sort(), JSON.stringify({a: [1, null]}), new P(7).v, 2n ** 70n,
    /b+(c)/.exec('abbc')[1], [...new Map([[1, 'é']])], message, Math.sqrt(x), 'q'.repeat(9),
    Object.getOwnPropertyNames(globalThis).length, Reflect.ownKeys(Array.prototype).length]
}`;
const VICTIMS = [
  "(function(){let s=0;for(let i=0;i<20;i++)s+=i*3;return s})()",
  "[1,2,3].map(x=>x*2).filter(x=>x>2).join('-')",
  "(()=>{try{throw new Error('a')}catch(e){return e.message+'z'}finally{globalThis.q=1}})()",
  "(()=>{class A{#p=1;m(){return ++this.#p}};const a=new A;return [a.m(),a.m()]})()",
  "(()=>{function*g(n){while(n--)yield n};const [a,...b]=g(4);return {a,b}})()",
  "'text'.replace(/t(.)/g,(m,c)=>c+m)+`${[1,{b:2}]}`",
];

function sentinel(): Outcome {
  return [...engine.runEach("javascript", SENTINEL, ["5"])][0];
}

function memory(): Uint8Array {
  return new Uint8Array(guest.memory.buffer);
}

/** Compiles a source, changes its bytecode and has the engine run that. */
function runMutant(random: RandomStream): "value" | "exception" | "trap" {
  guest.__fuel.value = FUEL;
  const source = new TextEncoder().encode(`${random.choice(VICTIMS)}\0`);
  memory().set(source, EXCHANGE);
  try {
    const context = guest.qjs_get_context_ptr();
    const size = guest.wasm_malloc(16);
    const view = () => new DataView(guest.memory.buffer);
    const compiled = guest.qjs_eval(
      EXCHANGE,
      source.length - 1,
      EXCHANGE,
      COMPILE_ONLY,
    );
    const value = view().getBigUint64(compiled, true);
    const start = guest.JS_WriteObject(context, size, value, BYTECODE);
    const length = view().getUint32(size, true);
    const bytes = memory().slice(start, start + length);
    bytes.fill(255, 1, HEADER_BYTES); // "do not check the checksum"
    for (let change = random.integer(1, 4); change > 0; change--) {
      bytes[random.integer(HEADER_BYTES, length - 1)] = random.integer(0, 255);
    }
    memory().set(bytes, EXCHANGE);
    const read = guest.JS_ReadObject(context, EXCHANGE, length, BYTECODE);
    const result = guest.JS_EvalFunction(context, read);
    view().setBigUint64(size + 8, result, true);
    return guest.qjs_is_exception(size + 8) ? "exception" : "value";
  } catch (error) {
    if (
      error instanceof WebAssembly.RuntimeError || error instanceof RangeError
    ) return "trap";
    throw error;
  }
}

Deno.test(`${MUTANTS} runs of mutated bytecode in QuickJS change nothing`, () => {
  const expected = sentinel();
  assert.equal(expected.kind, "value", JSON.stringify(expected));
  const counts = { value: 0, exception: 0, trap: 0 };
  for (let number = 0; number < MUTANTS; number++) {
    counts[runMutant(randomStream(SEED, "javascript mutant", number))]++;
    assert.deepEqual(sentinel(), expected, `mutant ${number}`);
  }
  assert.ok(
    counts.value > 0 && counts.exception > 0 && counts.trap > 0,
    JSON.stringify(counts),
  );
  assert.ok(engine.audit());
  if (WANTED) console.log(counts);
});

Deno.test("bytes changed anywhere in QuickJS's memory change no later program", () => {
  const expected = sentinel();
  const random = randomStream(SEED, "javascript bytes");
  for (let round = 0; round < 200; round++) {
    const bytes = memory();
    for (let change = 0; change < 500; change++) {
      bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
    }
    assert.deepEqual(sentinel(), expected);
  }
  const outcomes: Outcome[] = [];
  const next = engine.runEach("javascript", "let n=0;x=>[++n,x]", [
    "1",
    "2",
    "3",
  ]);
  for (const outcome of next) {
    outcomes.push(outcome);
    memory().fill(random.integer(0, 255), random.integer(0, 2 ** 20));
  }
  const literals = outcomes.map((outcome) =>
    outcome.kind === "value" && outcome.literal
  );
  assert.deepEqual(literals, ["[1,1]", "[1,2]", "[1,3]"]);
});

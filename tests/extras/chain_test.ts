import assert from "node:assert/strict";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { dialectNamed } from "../../lib/method/modes/mod.ts";
import { MODES } from "../../lib/method/modes/registry.ts";
import { chainPrograms } from "../../lib/extras/chains/chain.ts";
import { randomStream } from "../../lib/random.ts";
import { CORPUS_RANGE, literal } from "../../lib/lab/world/value.ts";
import { ProgramGenerator } from "../../lib/lab/world/generator.ts";
import { renderProgram } from "../../lib/lab/world/program.ts";
import { TEST_WORLD } from "../lab/world/world_config.ts";
import "../../lib/extras/mod.ts";

const chained = (first: string, second: string) =>
  chainPrograms(
    { language: "javascript", source: first },
    { language: "javascript", source: second },
  )?.source ?? null;

Deno.test("the second program's parameter becomes what the first returns", () => {
  const cases: [string, string, string | null][] = [
    ["x=>x+2", "x=>x*3", "x=>(x+2)*3"],
    ["x=>x.map(v=>v+1)", "x=>x.length*2", "x=>x.map(v=>v+1).length*2"],
    ["x=>(x+1)", "y=>y-y*y", "x=>(x+1)-(x+1)*(x+1)"],
    ["x=>x", "x=>x", "x=>x"],
    ["x=>-x", "x=>-x", "x=>-(-x)"],
    [
      "function f(x){let s=0;for(const v of x)s+=v;return s-4}",
      "x=>x%5",
      "function f(x){let s=0;for(const v of x)s+=v;return (s-4)%5}",
    ],
  ];
  for (const [first, second, expected] of cases) {
    assert.equal(chained(first, second), expected);
  }
});

Deno.test("forms that a substitution could change in meaning are refused", () => {
  const cases: [string, string][] = [
    ["x=>x+1", "x=>[1].map(x=>x+1)"], // the parameter is bound again inside
    ["v=>v+1", "x=>[1].map(v=>v+x)"], // the first one's variable would be captured
    ["x=>x+1", "x=>{return x}"],
    ["x=>x+1", "(x,y)=>x"],
    ["x=>x+1", "({x})=>x"],
    ["(x,y)=>x+y", "x=>x+"],
    ["function f(x){if(x)return 1;return 2}", "x=>x+1"],
    ["function f(x){return x}function g(x){return x}", "x=>x+1"],
    ["x=>x+1", "function f(x){return x}"],
    ["x=>x+1;x=>x", "x=>x"],
    ["", "x=>x"],
  ];
  for (const [first, second] of cases) {
    assert.equal(chained(first, second), null);
  }
  const python = { language: "python" as const, source: "lambda x:x" };
  assert.equal(chainPrograms(python, python), null);
});

Deno.test("a chain computes the second program of the first one's output", async () => {
  const generator = new ProgramGenerator({ ...TEST_WORLD, loopShare: .3 });
  const random = randomStream(1, "chains");
  const draw = () =>
    generator.sketch(
      { depth: random.integer(1, 3), inputCount: 1, range: CORPUS_RANGE },
      random,
    );
  const candidate = (source: string, argument: string) => ({
    program: { language: "javascript" as const, source },
    arguments: [argument],
    message: "",
  });
  await using executor = await startExecutor({ languages: ["javascript"] });
  const outputs = async (candidates: ReturnType<typeof candidate>[]) => {
    const verdicts = await MODES.deduction.validate(
      executor,
      candidates,
      dialectNamed("compact"),
    );
    return verdicts.map((verdict) =>
      verdict.valid ? verdict.examples[0].output : null
    );
  };
  const pairs = Array.from({ length: 400 }, () => {
    const [first, second] = [draw(), draw()];
    const [a, b] = [first, second].map(({ program }) =>
      renderProgram(program, "javascript")
    );
    return { a, b, argument: literal(first.inputs[0]), chain: chained(a, b) };
  }).filter(({ chain }) => chain !== null);
  assert.ok(pairs.length > 200);
  const middles = await outputs(
    pairs.map(({ a, argument }) => candidate(a, argument)),
  );
  const ends = await outputs(
    pairs.map(({ b }, i) => candidate(b, middles[i] ?? "0")),
  );
  const chains = await outputs(
    pairs.map(({ chain, argument }) => candidate(chain!, argument)),
  );
  let compared = 0;
  chains.forEach((output, i) => {
    if (middles[i] === null || ends[i] === null) return;
    assert.equal(output, ends[i], pairs[i].chain!);
    compared++;
  });
  assert.ok(compared > 100, `only ${compared} compared`);
});

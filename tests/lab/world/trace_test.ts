import assert from "node:assert/strict";
import {
  backwardSketch,
  backwardTrace,
  forwardSketch,
  forwardTrace,
} from "../../../lib/lab/world/trace.ts";
import {
  backwardStates,
  forwardStates,
} from "../../../lib/lab/world/states.ts";
import { CORPUS_RANGE } from "../../../lib/lab/world/value.ts";
import { operationNamed } from "../../../lib/lab/world/operations.ts";
import {
  renderProgram,
  runProgram,
  type WorldProgram,
} from "../../../lib/lab/world/program.ts";

function program(
  input: WorldProgram["input"],
  ...names: string[]
): WorldProgram {
  return { input, operations: names.map(operationNamed) };
}

Deno.test("programs render in both languages from one syntax", () => {
  const cases: [WorldProgram, string, string][] = [
    [program("integer", "+3", "*2"), "x=>(x+3)*2", "lambda x:(x+3)*2"],
    [
      program("list", "map v+1", "append 3", "rest list"),
      "x=>x.map(v=>v+1).concat(3).slice(1)",
      "lambda x:([v+1 for v in x]+[3])[1:]",
    ],
    [
      program("string", "twice", "upper", "length string", "-1"),
      "x=>x.repeat(2).toUpperCase().length-1",
      "lambda x:len((x*2).upper())-1",
    ],
    [
      program("list", "loop s+=v;", "*2"),
      "function f(x){let s=0;for(const v of x)s+=v;return s*2}",
      "def f(x):\n s=0\n for v in x:s+=v;\n return s*2",
    ],
  ];
  for (const [abstract, javascript, python] of cases) {
    assert.equal(renderProgram(abstract, "javascript"), javascript);
    assert.equal(renderProgram(abstract, "python"), python);
  }
});

Deno.test("deduction goes forwards, abduction backwards", () => {
  const run = runProgram(
    program("list", "map v*2", "sum", "+2"),
    [1, 4],
    CORPUS_RANGE,
  );
  assert.ok(run);
  assert.equal(
    forwardTrace(run, "javascript"),
    ".map(v=>v*2)=[2,8].reduce((a,b)=>a+b,0)=2>10+2=12",
  );
  assert.equal(
    backwardTrace(run, "javascript"),
    "+2:10.reduce((a,b)=>a+b,0):[2,8].map(v=>v*2):[1,4]",
  );
  assert.equal(
    forwardSketch(run, "javascript"),
    ".map(v=>v*2).reduce((a,b)=>a+b,0)+2",
  );
  assert.equal(
    backwardSketch(run, "javascript"),
    "+2.reduce((a,b)=>a+b,0).map(v=>v*2)",
  );
});

Deno.test("hasty traces leave out values, never the last one", () => {
  const run = runProgram(
    program("list", "map v*2", "sum", "+2"),
    [1, 4],
    CORPUS_RANGE,
  );
  assert.ok(run);
  let asked = 0;
  const always = () => ++asked > 0;
  assert.equal(
    forwardTrace(run, "javascript", always),
    ".map(v=>v*2).reduce((a,b)=>a+b,0)+2=12",
  );
  assert.equal(asked, 2);
  const alternating = () => asked++ % 2 === 0;
  assert.equal(
    backwardTrace(run, "javascript", alternating),
    "+2.reduce((a,b)=>a+b,0):[2,8].map(v=>v*2):[1,4]",
  );
});

Deno.test("a run is refused when a step is undefined or leaves the range", () => {
  assert.equal(
    runProgram(program("list", "first list"), [], CORPUS_RANGE),
    null,
  );
  assert.equal(runProgram(program("integer", "-3"), 2, CORPUS_RANGE), null);
  assert.equal(runProgram(program("integer", "*3"), 21, CORPUS_RANGE), null);
});

Deno.test("states rewrite what is left, until nothing is", () => {
  const run = runProgram(
    program("list", "map v+1", "append 3", "reverse list"),
    [1, 2],
    CORPUS_RANGE,
  );
  assert.ok(run);
  assert.equal(
    forwardStates(run, "javascript"),
    "[1,2].map(v=>v+1).concat(3).reverse()>[2,3].concat(3).reverse()>" +
      "[2,3,3].reverse()>[3,3,2]",
  );
  assert.equal(
    backwardStates(run, "javascript"),
    ".map(v=>v+1).concat(3).reverse():[3,3,2]>.map(v=>v+1).concat(3):[2,3,3]>" +
      ".map(v=>v+1):[2,3]>:[1,2]",
  );
});

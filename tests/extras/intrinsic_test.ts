import assert from "node:assert/strict";
import {
  answerDiversity,
  intrinsicTerms,
  withIntrinsicTerms,
} from "../../lib/extras/intrinsic_terms.ts";
import "../../lib/extras/mod.ts";

Deno.test("intrinsic terms are capped, combined four ways, and never rescue a useless task", () => {
  const measures = {
    complexity: 0.4,
    halstead: 0.2,
    editDistance: 0.9,
    answerDiversity: 1,
  };
  const off = {
    complexity: 0,
    halstead: 0,
    editDistance: 0,
    answerDiversity: 0,
  };
  assert.deepEqual(intrinsicTerms(measures, off, 0.5), []);
  const terms = intrinsicTerms(
    measures,
    { ...off, complexity: 0.5, editDistance: 1 },
    0.5,
  );
  assert.deepEqual(terms, [0.2, 0.5]);
  for (const name of Object.keys(off) as (keyof typeof off)[]) {
    const [term] = intrinsicTerms(measures, { ...off, [name]: 0.5 }, 1);
    assert.equal(term, 0.5 * measures[name], name);
  }
  const unmeasured = { ...measures, halstead: null };
  assert.equal(intrinsicTerms(unmeasured, off, 0.5).length, 0);
  assert.throws(
    () => intrinsicTerms(unmeasured, { ...off, halstead: 1 }, 0.5),
    /needs "halstead", which was not measured/,
  );
  assert.equal(withIntrinsicTerms(0.5, terms, "sum"), 1.2);
  assert.equal(withIntrinsicTerms(0.5, terms, "product"), 0.05);
  assert.equal(withIntrinsicTerms(0.5, terms, "sum-product"), 0.6);
  assert.equal(withIntrinsicTerms(0.5, terms, "product-sum"), 0.35);
  assert.equal(withIntrinsicTerms(0, terms, "sum"), 0);
  assert.equal(withIntrinsicTerms(-0.5, terms, "product"), -0.5);
  assert.equal(withIntrinsicTerms(0.5, [], "product"), 0.5);
});

Deno.test("answer diversity, by hand", () => {
  const seen = new Map([["1", 3], ["2", 1]]);
  assert.equal(answerDiversity("1", seen), 0.25);
  assert.equal(answerDiversity("2", seen), 0.75);
  assert.equal(answerDiversity("9", seen), 1);
  assert.equal(answerDiversity("9", new Map()), 1);
});

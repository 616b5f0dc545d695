/**
 * Where 32 bits differ from 64: hashes and orders of sets are CPython's, what can
 * not be counted is refused.
 *
 * The digests in `python_hashes.txt`, one for each seed, come from CPython 3.13 on
 * 64 bits; set `PYTHON_REFERENCE` to such an interpreter to compare with it anew.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { type Outcome, startExecutor } from "../../lib/sandbox/mod.ts";

const HASHES = Deno.readTextFileSync(
  new URL("./python_hashes.py", import.meta.url),
);
const DIGESTS = Deno.readTextFileSync(
  new URL("./python_hashes.txt", import.meta.url),
);

async function outcomes(jobs: [string, string?][]): Promise<Outcome[]> {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  return await executor.runMany(jobs.map(([source, argument = "1"]) => ({
    program: { language: "python", source },
    argument,
    twice: true,
  })));
}

const returning = (expression: string, imports = ""): [string] => [
  `${imports}\ndef f(x):\n    return ${expression}`,
];
const shown = (outcome: Outcome) =>
  outcome.kind === "value" ? outcome.literal : outcome.kind;

Deno.test("hashes and the order of sets are CPython's on 64 bits, or refused", async () => {
  const expected = await referenceDigests();
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const found = await executor.runMany(expected.map((_, seed) => ({
    program: { language: "python", source: HASHES },
    argument: `${seed}`,
    twice: true,
  })));
  const isRefused = ({ kind }: Outcome) => kind === "nondeterministic";
  found.forEach((outcome, seed) => {
    if (isRefused(outcome)) return;
    assert.equal(
      digest(shown(outcome).slice(1, -1)),
      expected[seed],
      `${seed}`,
    );
  });
  // After six collisions in a row the lower half of a hash is not enough.
  const refused = found.filter(isRefused).length;
  assert.ok(refused <= expected.length / 50, `${refused} refused`);
});

/** Of CPython 3.13; computed anew where `PYTHON_REFERENCE` names it. */
async function referenceDigests(): Promise<string[]> {
  const reference = Deno.env.get("PYTHON_REFERENCE");
  if (!reference) return DIGESTS.trimEnd().split("\n");
  const script = `${HASHES}\nfor seed in range(1000): print(f(seed))`;
  const { stdout } = await new Deno.Command(reference, {
    args: ["-c", script],
  }).output();
  return new TextDecoder().decode(stdout).trimEnd().split("\n").map(digest);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

Deno.test("sizes beyond 2^31 are refused where they count, and cut where slices cut them", async () => {
  const tools =
    "import array, bisect, collections, decimal, gc, itertools, math, pickle, re, struct, sys";
  const refused = [
    "len(range(3 * 10**9))",
    "bisect.bisect(range(10**10), 5)",
    "collections.deque(maxlen=10**10)",
    "list(itertools.islice([1, 2], 0, 10**10))",
    "'abc' * 10**10",
    "[1, 2].insert(10**10, 3)",
    "sys.getsizeof(())",
    "sys.getsizeof(type('list', (list,), {})())",
    "sys.getsizeof(iter([]))",
    "hash(range(3))",
    "struct.calcsize('l')",
    "struct.pack('@L', 1)",
    ...[
      "(5).__sizeof__()",
      "[].__sizeof__()",
      "collections.deque().__sizeof__()",
    ],
    ...["memoryview(bytes(8)).cast('l')", "memoryview(bytes(8)).cast('@n')"],
    "pickle.dumps(array.array('l', [1]))",
    ...["gc.get_objects()", "gc.get_count()", "sys.getrefcount(1)"],
    ...["decimal.Decimal('1e500000000')", "decimal.Decimal('1e-900000000')"],
    ...["decimal.Context(prec=10**9)", "decimal.Context(Emin=-10**9)"],
    "setattr(decimal.getcontext(), 'prec', decimal.MAX_PREC)",
    "setattr(decimal.getcontext(), 'Emax', 10**9)",
    ...["re.compile('a{2147483647}')", "re.compile('a{1,4294967294}')"],
    ...["1 << 10**11", "(1).to_bytes(2**40)", "math.factorial(10**10)"],
    ...["format(1, '99999999999d')", "'%99999999999d' % 1"],
    ...["'%.99999999999f' % 1.5", "b'%99999999999d' % 1"],
  ];
  const values: [string, string][] = [
    // Exact where a list is written, grown by an eighth where it is appended to.
    [
      "sys.getsizeof([]), sys.getsizeof([1, 2, 3]), sys.getsizeof([[1]] * 10)",
      "(56,88,136)",
    ],
    [
      "sys.getsizeof([i for i in range(9)]), sys.getsizeof(list('ab'))",
      "(184,72)",
    ],
    ["array.array('l').itemsize, array.array('L').itemsize", "(8,8)"],
    [
      "array.array('l', [1]).tobytes(), array.array('L', [2**63])[0]",
      "(b'\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00',9223372036854775808)",
    ],
    [
      "str(array.array('l', [5])), memoryview(array.array('l', [-7])).tolist()",
      `("array('l', [5])",[-7])`,
    ],
    ["pickle.loads(pickle.dumps(array.array('i', [1]))).tolist()", "[1]"],
    ["memoryview(bytes(8)).cast('i').tolist()", "[0,0]"],
    [
      "decimal.MAX_PREC, decimal.MAX_EMAX, decimal.MIN_EMIN, decimal.MIN_ETINY",
      "(999999999999999999,999999999999999999,-999999999999999999,-1999999999999999997)",
    ],
    ["str(decimal.Decimal('1e400000000'))", "'1E+400000000'"],
    ["hash(''), hash(b''), list({'', 'a'})", "(0,0,['','a'])"],
    ["(1).to_bytes(3), 1 << 70", "(b'\\x00\\x00\\x01',1180591620717411303424)"],
    ["sys.maxsize", "9223372036854775807"],
    ["sys.hash_info.width, sys.hash_info.modulus", "(64,2305843009213693951)"],
    ["min([3, 1], default=sys.maxsize)", "1"],
    ["'abc'[:10**10], [1, 2][-10**12:10**12]", "('abc',[1,2])"],
    ["range(10**12)[10**11], 5 in range(10**12)", "(100000000000,True)"],
    ["next(i for i in range(10**12) if i > 3)", "4"],
    ["next(reversed(range(10**12)))", "999999999999"],
    ["[1, 2, 3].index(3, 0, sys.maxsize)", "2"],
    ["struct.calcsize('<l'), struct.pack('>H', 258)", "(4,b'\\x01\\x02')"],
    [
      "2**40 % 7, 10**20 // 3, (2**63).bit_length()",
      "(2,33333333333333333333,64)",
    ],
  ];
  // Errors of CPython on 64 bits too.
  const thrown: [string, string][] = [
    ["re.compile('a{4294967295}')", "OverflowError"],
    ["1 << 10**20", "OverflowError"],
    ["(1).to_bytes(2**70)", "OverflowError"],
    ["math.factorial(10**20)", "OverflowError"],
    ["array.array('l', [2**63])", "OverflowError"],
    ["decimal.Context(prec=0)", "ValueError"],
    ["decimal.Context(Emin=1)", "ValueError"],
    ["memoryview(bytes(8)).cast('z')", "ValueError"],
  ];
  const errors = await outcomes(
    thrown.map(([text]) => returning(text, tools)),
  );
  thrown.forEach(([text, name], i) => {
    const outcome = errors[i];
    assert.equal(outcome.kind === "thrown" && outcome.name, name, text);
  });
  const found = await outcomes([
    ...refused.map((text) => returning(text, tools)),
    ...values.map(([text]) => returning(text, tools)),
    returning(
      "try_it()",
      "def try_it():\n    try: return len(range(2**40))\n    except BaseException: return 'caught'",
    ),
  ]);
  refused.forEach((text, i) => assert.equal(found[i].kind, "refused", text));
  values.forEach(([text, expected], i) =>
    assert.equal(shown(found[refused.length + i]), expected, text)
  );
  assert.equal(found.at(-1)!.kind, "refused", "no program catches it");
});

Deno.test("sources say nothing of their encoding, and codecs are all there", async () => {
  const found = await outcomes([
    ["# -*- coding: latin-1 -*-\ndef f(x): return 'é'"],
    ["# coding: utf-16\ndef f(x): return 1"],
    ["def f(x): return '\ud800'"],
    [`def f(x): return 1 # ${"x".repeat(40_000)}`],
    returning("'13:45:56'.encode('shift_jis'), 'ж'.encode('koi8_r')"),
    returning(
      "'é'.encode('gbk'), 'ß'.encode('iso8859_2'), 'ж'.encode('cp1251')",
    ),
    returning("'x'.encode('mbcs')"),
  ]);
  assert.deepEqual(found.map(shown), [
    ...["'é'", "1", "syntax", "refused", "(b'13:45:56',b'\\xd6')"],
    ...["(b'\\xa8\\xa6',b'\\xdf',b'\\xe6')", "thrown"],
  ]);
});

Deno.test("sets of texts that lose and gain members while their tables grow are right", async () => {
  // Only a table with freed places that grows, where texts collide, walks the second
  // loop of set_table_resize.
  const source = `def f(seed):
    wrong = 0
    for _ in range(400):
        seed = (seed * 1103515245 + 12345) % 2**31
        a = [str(seed * k % 9973) for k in range(1, 4 + seed % 40)]
        b = [x for i, x in enumerate(a) if i * seed % 5]
        kept = [x for x in dict.fromkeys(a) if x not in b]
        both = set(a) ^ set(b)
        grown = set(a)
        for x in b:
            grown.discard(x)
        grown.update(a)
        wrong += sorted(both) != sorted(kept) or grown != set(a)
    return wrong`;
  await using executor = await startExecutor({ languages: ["python"] });
  for (const argument of ["1", "2", "3"]) {
    const [outcome] = await executor.runMany([
      { program: { language: "python", source }, argument },
    ]);
    assert.equal(outcome.kind === "value" && outcome.canonical, "0");
  }
});

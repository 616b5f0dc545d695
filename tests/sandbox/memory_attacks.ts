/**
 * Python programs that make CPython itself write where it should not, by bytecode
 * that no compiler makes: some written by hand, and any number made at random.
 */

import { type RandomStream, randomStream } from "../../lib/random.ts";

/**
 * A bytearray over all of the memory: a constant's index far beyond the constants
 * reaches an object that the program forged. The last lines use it as `m`.
 */
export function wildStore(lines: readonly string[]): string {
  return `import copy, builtins
keep = []
def f(x):
    a = copy.id
    w = lambda *v: b''.join(n.to_bytes(4, 'little') for n in v)
    fake = w(0x3fffffff, a(bytearray), 0x7ffffff0, 0x7ffffff0, 0, 0, 0)
    ptr = w(a(fake) + 16)
    keep.extend([fake, ptr])
    def g(): return 1234567
    c = g.__code__
    i = (a(ptr) - a(c.co_consts)) // 4 & 0xffffffff
    g.__code__ = c.replace(co_code=bytes([128, 0, 69, i >> 24, 69, i >> 16 & 255,
        69, i >> 8 & 255, 82, i & 255, 35, 0]))
    m = g()
    keep.append(m)
    ${lines.join("\n    ")}
    return 1`;
}

/** Where a map of dirty pages would be if it lay behind the heap. */
const BEHIND = 96 * 2 ** 20;

/** Each with whether its writes stay within the memory. */
export const MEMORY_ATTACKS: readonly [
  name: string,
  source: string,
  isWithin: boolean,
][] = [
  ["the integer 7 becomes 9", wildStore(["m[a(7) + 12] = 9"]), true],
  [
    "the integer 7 becomes 9, and its page's mark is cleared",
    wildStore(["m[a(7) + 12] = 9", `m[${BEHIND} + (a(7) >> 12)] = 0`]),
    false,
  ],
  [
    "a builtin is replaced, and all marks are cleared",
    wildStore([
      "builtins.sorted = lambda *v: ['pwned']",
      `m[${BEHIND} : ${BEHIND} + 24576] = bytes(24576)`,
    ]),
    false,
  ],
  [
    "all types are overwritten",
    wildStore(["m[a(int) : a(int) + 400] = bytes(400)"]),
    true,
  ],
  ["the last byte of the memory", wildStore([`m[${BEHIND} - 1] = 1`]), true],
  ["the first byte beyond it", wildStore([`m[${BEHIND}] = 1`]), false],
  ["beyond any map", wildStore(["m[0x7fffffe0] = 1"]), false],
  [
    "the slots of a type are numbers of other functions",
    wildStore([
      "for k in range(24, 160, 4): m[a(list) + k:a(list) + k + 4] = w(k * 7)",
      "return [1]",
    ]),
    true,
  ],
  [
    "None and True are thought to have one holder",
    wildStore([
      "for v in (None, True): m[a(v):a(v) + 4] = w(1)",
      "b = [None, True] * 50",
      "del b",
    ]),
    true,
  ],
  [
    "every small integer is three",
    wildStore(["for i in range(-5, 200): m[a(i) + 12] = 3"]),
    true,
  ],
  ["all memory below 64 KiB", wildStore(["m[8:65536] = bytes(65528)"]), true],
  [
    "places all over the interpreter's own stack and data",
    wildStore([
      "for at in range(0, 8000000, 4096): m[at:at + 16] = b'A' * 16",
    ]),
    true,
  ],
  [
    "the hashes of the names that every program uses",
    wildStore([
      "for n in ('f', 'x', 'append', '__builtins__', 'len'): m[a(n) + 12:a(n) + 16] = b'abcd'",
    ]),
    true,
  ],
  [
    "the namespace of programs and that of builtins",
    wildStore([
      "for d in (globals(), vars(builtins)): m[a(d) + 8:a(d) + 32] = bytes(24)",
    ]),
    true,
  ],
  [
    "what the allocator keeps of freed blocks",
    wildStore([
      "p = [a(o) for o in [bytes(64) for _ in range(100)]]",
      "for q in p: m[q:q + 8] = w(0x41414140, 0x42424240)",
      "return [bytes(64) for _ in range(100)]",
    ]),
    false,
  ],
  [
    "an integer with two thousand million digits as result",
    wildStore([
      "t = 2**70",
      "m[a(t) + 8:a(t) + 12] = w(0x7fffffff)",
      "return t",
    ]),
    false,
  ],
  [
    "a list whose items are the last bytes of the memory as result",
    wildStore([
      "t = [1, 2]",
      `m[a(t) + 12:a(t) + 16] = w(${BEHIND} - 8)`,
      "return t",
    ]),
    true,
  ],
  [
    "a builtin function that is another function of the table",
    wildStore([
      "k = int.from_bytes(m[a(print) + 8:a(print) + 12], 'little')",
      "m[k + 4:k + 8] = w(3)",
      "print(1)",
    ]),
    false,
  ],
  [
    "three hundred bytes of the module's data",
    wildStore([
      "s = 999",
      "for _ in range(300):\n        s = s * 1103515245 + 12345 & 0x7fffffff\n        m[1024 + s % 4194304] = s >> 8 & 255",
      "return sorted('cab')",
    ]),
    true,
  ],
  [
    "two hundred bytes anywhere",
    wildStore([
      "s = 12345",
      "for _ in range(200):\n        s = s * 1103515245 + 12345 & 0x7fffffff\n        m[s % 94371840] = s & 255",
      "return sorted('cab')",
    ]),
    true,
  ],
];

/** Honest functions whose bytecode is changed: loops, calls, exceptions, closures. */
const VICTIMS = [
  "def g(x):\n    s = 0\n    for i in range(20):\n        s += i * x\n    return s",
  "def g(x):\n    return [k * 2 for k in {1: x, 2: 'b', 3: [x]}.keys() if k != 2]",
  "def g(x):\n    try:\n        return {'a': (x, 1.5)}['b']\n    except KeyError as e:\n        return str(e) + 'z' * x",
  "def g(x):\n    class A:\n        def __init__(self): self.v = [x]\n    a = A()\n    a.v.append(len(a.v))\n    return a.v",
  "def g(x):\n    def h():\n        nonlocal x\n        x += 1\n        yield x\n    return list(h()) + sorted([3, x, 1])",
  "def g(x):\n    a, *b = 'text', x, b'bytes'\n    with memoryview(b'abc') as m:\n        return f'{a!r}{b}{m[0]}'",
];
/** Instructions whose argument is an index that CPython does not check. */
const INDEXED = [
  ...["LOAD_CONST", "LOAD_FAST", "STORE_FAST", "LOAD_NAME", "STORE_NAME"],
  ...["LOAD_GLOBAL", "LOAD_DEREF", "STORE_DEREF", "LOAD_ATTR", "COPY", "SWAP"],
  ...["BUILD_LIST", "CALL", "JUMP_FORWARD", "STORE_ATTR", "DELETE_FAST"],
];

/** A program that changes the bytecode of one of its functions and calls it. */
export function mutant(seed: number, number: number): string {
  const random = randomStream(seed, "mutant", number);
  const [change, stack] = random.next() < 0.5
    ? [randomBytes(random), "code.co_stacksize"]
    : [wildIndex(random), random.choice(["code.co_stacksize", "0", "1000"])];
  return `import opcode
${random.choice(VICTIMS)}
def f(x):
    code = g.__code__
    raw = bytearray(code.co_code)
    ${change}
    g.__code__ = code.replace(co_code=bytes(raw), co_stacksize=${stack})
    return g(x)`;
}

function randomBytes(random: RandomStream): string {
  const changes = Array.from(
    { length: random.integer(1, 4) },
    () => `(${random.integer(0, 499)}, ${random.integer(0, 255)})`,
  );
  return `for at, byte in [${changes.join(", ")}]: raw[at % len(raw)] = byte`;
}

/** Three bytes of prefix and one of the instruction make an index of 32 bits. */
function wildIndex(random: RandomStream): string {
  const near = random.next() < 0.5;
  const index = near ? random.integer(0, 4000) : random.nextUint32();
  const bytes = [24, 16, 8, 0].map((shift) => (index >>> shift) & 255);
  const name = random.choice(INDEXED);
  const prefix = bytes.slice(0, 3)
    .map((byte) => `opcode.opmap['EXTENDED_ARG'], ${byte}`);
  return `at = 2 + 2 * (${random.integer(0, 499)} % (len(raw) // 2 - 1))
    raw[at:at] = [${prefix.join(", ")}, opcode.opmap['${name}'], ${bytes[3]}]`;
}

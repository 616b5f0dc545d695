/**
 * Python programs that make CPython itself write where it should not, by bytecode
 * that no compiler makes: two written by hand, and any number made at random.
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

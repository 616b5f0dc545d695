/**
 * The workload that the executor is measured and tested with: twenty kinds of tiny
 * and eight kinds of medium programs, each in JavaScript and in Python, with a text
 * of its own for every index so that nothing is ever cached.
 *
 * Tiny programs are of the size that models write (string, list, map, recursion,
 * class, search); medium ones take a thousand times as many steps.
 */

import type { Job } from "../../lib/sandbox/mod.ts";

/** One program twice: JavaScript and its argument, Python and its argument. */
type Template = (
  index: number,
) => [
  javascript: string,
  javascriptArgument: string,
  python: string,
  pythonArgument: string,
];

/** A number below `modulus` that looks arbitrary and depends on the index alone. */
const K = (index: number, modulus: number) =>
  (index * 2654435761 % 4294967296) % modulus;

// deno-fmt-ignore
const TINY: readonly Template[] = [
  (i) => [`function f(x) { return x * ${i + 2} + ${K(i, 97)}; }`, `7`, `def f(x):\n    return x * ${i + 2} + ${K(i, 97)}`, `7`],
  (i) => [`function f(s) { return s.split('').reverse().join('') + '${i}'; }`, `"hello world"`, `def f(s):\n    return s[::-1] + '${i}'`, `"hello world"`],
  (i) => [`function f(a) { let s = ${i}; for (const c of a) s = (s * 31 + c) % 1000003; return { s, y: a.map(v => v * 2) }; }`, `[1,2,3,4,5]`, `def f(a):\n    s = ${i}\n    for c in a:\n        s = (s * 31 + c) % 1000003\n    return {'s': s, 'y': [v * 2 for v in a]}`, `[1,2,3,4,5]`],
  (i) => [`function f(n) {\n  const memo = {};\n  function g(k) { if (k < 2) return k; if (memo[k] !== undefined) return memo[k]; return memo[k] = (g(k-1) + g(k-2)) % ${1000 + i}; }\n  return g(n);\n}`, `30`, `def f(n):\n    memo = {}\n    def g(k):\n        if k < 2:\n            return k\n        if k in memo:\n            return memo[k]\n        memo[k] = (g(k-1) + g(k-2)) % ${1000 + i}\n        return memo[k]\n    return g(n)`, `30`],
  (i) => [`function f(words) {\n  const counts = {};\n  for (const w of words) { counts[w] = (counts[w] || 0) + ${1 + K(i, 5)}; }\n  return Object.entries(counts).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));\n}`, `["a","b","a","c","b","a"]`, `def f(words):\n    counts = {}\n    for w in words:\n        counts[w] = counts.get(w, 0) + ${1 + K(i, 5)}\n    return sorted(counts.items(), key=lambda p: (-p[1], p[0]))`, `["a","b","a","c","b","a"]`],
  (i) => [`function f(a, k) {\n  const r = [];\n  for (let j = 0; j < a.length; j++) r.push(a[(j + k + ${i}) % a.length]);\n  return r;\n}`, `[1,2,3,4,5,6], 2`, `def f(a, k):\n    r = []\n    for j in range(len(a)):\n        r.append(a[(j + k + ${i}) % len(a)])\n    return r`, `[1,2,3,4,5,6], 2`],
  (i) => [`function f(n) {\n  const out = [];\n  for (let p = 2; out.length < n; p++) { let ok = true; for (let q = 2; q * q <= p; q++) if (p % q === 0) { ok = false; break; } if (ok) out.push(p + ${K(i, 10)}); }\n  return out;\n}`, `15`, `def f(n):\n    out = []\n    p = 2\n    while len(out) < n:\n        ok = True\n        q = 2\n        while q * q <= p:\n            if p % q == 0:\n                ok = False\n                break\n            q += 1\n        if ok:\n            out.append(p + ${K(i, 10)})\n        p += 1\n    return out`, `15`],
  (i) => [`function f(s) {\n  const st = [];\n  const pair = { ')': '(', ']': '[', '}': '{' };\n  for (const c of s) { if ('([{'.includes(c)) st.push(c); else if (pair[c]) { if (st.pop() !== pair[c]) return ${-1 - K(i, 9)}; } }\n  return st.length;\n}`, `"{[()]}(("`, `def f(s):\n    st = []\n    pair = {')': '(', ']': '[', '}': '{'}\n    for c in s:\n        if c in '([{':\n            st.append(c)\n        elif c in pair:\n            if not st or st.pop() != pair[c]:\n                return ${-1 - K(i, 9)}\n    return len(st)`, `"{[()]}(("`],
  (i) => [`function f(m) { return m[0].map((_, c) => m.map(r => r[c] + ${i})); }`, `[[1,2,3],[4,5,6]]`, `def f(m):\n    return [[r[c] + ${i} for r in m] for c in range(len(m[0]))]`, `[[1,2,3],[4,5,6]]`],
  (i) => [`function f(s, k) {\n  let r = '';\n  for (const ch of s) { const c = ch.charCodeAt(0); if (c >= 97 && c <= 122) r += String.fromCharCode((c - 97 + k + ${K(i, 26)}) % 26 + 97); else r += ch; }\n  return r;\n}`, `"the quick brown fox", 3`, `def f(s, k):\n    r = ''\n    for ch in s:\n        c = ord(ch)\n        if 97 <= c <= 122:\n            r += chr((c - 97 + k + ${K(i, 26)}) % 26 + 97)\n        else:\n            r += ch\n    return r`, `"the quick brown fox", 3`],
  (i) => [`class Acc { constructor(v) { this.v = v; } add(x) { this.v += x * ${1 + K(i, 7)}; return this; } }\nfunction f(xs) { const a = new Acc(0); xs.forEach(x => a.add(x)); return a.v; }`, `[3,1,4,1,5]`, `class Acc:\n    def __init__(self, v):\n        self.v = v\n    def add(self, x):\n        self.v += x * ${1 + K(i, 7)}\n        return self\ndef f(xs):\n    a = Acc(0)\n    for x in xs:\n        a.add(x)\n    return a.v`, `[3,1,4,1,5]`],
  (i) => [`function f(g, s) {\n  const d = { [s]: ${K(i, 3)} }; const q = [s];\n  while (q.length) { const u = q.shift(); for (const v of g[u] || []) if (d[v] === undefined) { d[v] = d[u] + 1; q.push(v); } }\n  return d;\n}`, `{"a":["b","c"],"b":["d"],"c":["d","e"],"d":["f"]}, "a"`, `def f(g, s):\n    d = {s: ${K(i, 3)}}\n    q = [s]\n    while q:\n        u = q.pop(0)\n        for v in g.get(u, []):\n            if v not in d:\n                d[v] = d[u] + 1\n                q.append(v)\n    return d`, `{"a":["b","c"],"b":["d"],"c":["d","e"],"d":["f"]}, "a"`],
  (i) => [`function f(a) {\n  a = a.slice();\n  for (let j = 0; j < a.length; j++) for (let k = 0; k + 1 < a.length - j; k++) if (a[k] > a[k+1]) { const t = a[k]; a[k] = a[k+1]; a[k+1] = t; }\n  return a.concat([${i}]);\n}`, `[5,3,8,1,9,2,7]`, `def f(a):\n    a = list(a)\n    for j in range(len(a)):\n        for k in range(len(a) - j - 1):\n            if a[k] > a[k+1]:\n                a[k], a[k+1] = a[k+1], a[k]\n    return a + [${i}]`, `[5,3,8,1,9,2,7]`],
  (i) => [`function f(s) { const m = new Map(); for (const c of s) m.set(c, (m.get(c) ?? ${K(i, 4)}) + 1); return [...m].filter(([k, v]) => v > 1).map(([k]) => k).join(''); }`, `"mississippi"`, `def f(s):\n    m = {}\n    for c in s:\n        m[c] = m.get(c, ${K(i, 4)}) + 1\n    return ''.join(k for k, v in m.items() if v > 1)`, `"mississippi"`],
  (i) => [`function f(n) { let steps = ${K(i, 11)}; while (n !== 1) { n = n % 2 === 0 ? n / 2 : 3 * n + 1; steps++; } return steps; }`, `27`, `def f(n):\n    steps = ${K(i, 11)}\n    while n != 1:\n        n = n // 2 if n % 2 == 0 else 3 * n + 1\n        steps += 1\n    return steps`, `27`],
  (i) => [`function f(a, b) {\n  const m = a.length, n = b.length; const d = Array.from({ length: m + 1 }, () => new Array(n + 1).fill(0));\n  for (let p = 1; p <= m; p++) for (let q = 1; q <= n; q++) d[p][q] = a[p-1] === b[q-1] ? d[p-1][q-1] + 1 : Math.max(d[p-1][q], d[p][q-1]);\n  return d[m][n] * ${i + 1};\n}`, `"abcbdab", "bdcaba"`, `def f(a, b):\n    m, n = len(a), len(b)\n    d = [[0] * (n + 1) for _ in range(m + 1)]\n    for p in range(1, m + 1):\n        for q in range(1, n + 1):\n            d[p][q] = d[p-1][q-1] + 1 if a[p-1] == b[q-1] else max(d[p-1][q], d[p][q-1])\n    return d[m][n] * ${i + 1}`, `"abcbdab", "bdcaba"`],
  (i) => [`function f(x) { if (typeof x !== 'number' || Number.isNaN(x)) throw new TypeError('bad'); if (x < 0) throw new RangeError('neg ${i}'); return Math.sqrt(x + ${K(i, 50)}); }`, `-5`, `def f(x):\n    if not isinstance(x, (int, float)):\n        raise TypeError('bad')\n    if x < 0:\n        raise ValueError('neg ${i}')\n    return (x + ${K(i, 50)}) ** 0.5`, `-5`],
  (i) => [`function f(text) { return text.replace(/[aeiou]/g, c => c.toUpperCase()).split(/\\s+/).filter(w => w.length > ${2 + K(i, 3)}).join('-'); }`, `"the rain in spain stays mainly"`, `import re\ndef f(text):\n    t = re.sub(r'[aeiou]', lambda m: m.group(0).upper(), text)\n    return '-'.join(w for w in re.split(r'\\s+', t) if len(w) > ${2 + K(i, 3)})`, `"the rain in spain stays mainly"`],
  (i) => [`function f(o) {\n  function walk(v, d) { if (Array.isArray(v)) return v.reduce((s, e) => s + walk(e, d + 1), 0); return v * d; }\n  return { total: walk(o, ${1 + K(i, 3)}), n: ${i} };\n}`, `[1,[2,[3,[4]]],5]`, `def f(o):\n    def walk(v, d):\n        if isinstance(v, list):\n            return sum(walk(e, d + 1) for e in v)\n        return v * d\n    return {'total': walk(o, ${1 + K(i, 3)}), 'n': ${i}}`, `[1,[2,[3,[4]]],5]`],
  (i) => [`function f(n) { let s = ''; for (let j = 1; j <= n; j++) s += j % 15 === 0 ? 'FizzBuzz' : j % 3 === 0 ? 'Fizz' : j % 5 === 0 ? 'Buzz' : String(j + ${i}); return s; }`, `20`, `def f(n):\n    s = ''\n    for j in range(1, n + 1):\n        s += 'FizzBuzz' if j % 15 == 0 else 'Fizz' if j % 3 == 0 else 'Buzz' if j % 5 == 0 else str(j + ${i})\n    return s`, `20`],
];

// deno-fmt-ignore
const MEDIUM: readonly Template[] = [
  (i) => [`function f(n) { const s = new Uint8Array(n + 1); let c = ${i}; for (let p = 2; p <= n; p++) { if (!s[p]) { c++; for (let q = p * 2; q <= n; q += p) s[q] = 1; } } return c; }`, `100000`, `def f(n):\n    s = bytearray(n + 1)\n    c = ${i}\n    for p in range(2, n + 1):\n        if not s[p]:\n            c += 1\n            for q in range(p * 2, n + 1, p):\n                s[q] = 1\n    return c`, `100000`],
  (i) => [`function f(n) { function g(k) { return k < 2 ? k : g(k - 1) + g(k - 2); } return g(n) + ${i}; }`, `21`, `def f(n):\n    def g(k):\n        return k if k < 2 else g(k - 1) + g(k - 2)\n    return g(n) + ${i}`, `21`],
  (i) => [`function f(n) { const A = [], B = []; for (let r = 0; r < n; r++) { A.push([]); B.push([]); for (let c = 0; c < n; c++) { A[r].push((r * c + ${i}) % 7); B[r].push((r + c) % 5); } } let t = 0; for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) { let s = 0; for (let k = 0; k < n; k++) s += A[r][k] * B[k][c]; t = (t * 31 + s) % 1000003; } return t; }`, `40`, `def f(n):\n    A = [[(r * c + ${i}) % 7 for c in range(n)] for r in range(n)]\n    B = [[(r + c) % 5 for c in range(n)] for r in range(n)]\n    t = 0\n    for r in range(n):\n        for c in range(n):\n            s = 0\n            for k in range(n):\n                s += A[r][k] * B[k][c]\n            t = (t * 31 + s) % 1000003\n    return t`, `40`],
  (i) => [`function f(n) { let s = ''; let h = ${i}; for (let j = 0; j < n; j++) { h = (h * 1103515245 + 12345) % 2147483648; s += String.fromCharCode(97 + h % 26); } const m = new Map(); for (const c of s) m.set(c, (m.get(c) || 0) + 1); return [...m].sort((a, b) => a[0] < b[0] ? -1 : 1).map(p => p[1]); }`, `20000`, `def f(n):\n    s = []\n    h = ${i}\n    for j in range(n):\n        h = (h * 1103515245 + 12345) % 2147483648\n        s.append(chr(97 + h % 26))\n    m = {}\n    for c in ''.join(s):\n        m[c] = m.get(c, 0) + 1\n    return [v for k, v in sorted(m.items())]`, `20000`],
  (i) => [`function f(n) { const a = []; let h = ${i + 1}; for (let j = 0; j < n; j++) { h = (h * 16807) % 2147483647; a.push(h % 100000); } a.sort((x, y) => x - y); let t = 0; for (let j = 0; j < n; j += 97) t = (t + a[j] * j) % 1000000007; return t; }`, `10000`, `def f(n):\n    a = []\n    h = ${i + 1}\n    for j in range(n):\n        h = (h * 16807) % 2147483647\n        a.append(h % 100000)\n    a.sort()\n    t = 0\n    for j in range(0, n, 97):\n        t = (t + a[j] * j) % 1000000007\n    return t`, `10000`],
  (i) => [`function f(n) { const a = [], b = []; for (let j = 0; j < n; j++) { a.push((j * 7 + ${i}) % 11); b.push((j * 5) % 13); } let prev = new Array(n + 1).fill(0); for (let p = 1; p <= n; p++) { const cur = [0]; for (let q = 1; q <= n; q++) cur.push(a[p-1] === b[q-1] ? prev[q-1] + 1 : Math.max(prev[q], cur[q-1])); prev = cur; } return prev[n]; }`, `200`, `def f(n):\n    a = [(j * 7 + ${i}) % 11 for j in range(n)]\n    b = [(j * 5) % 13 for j in range(n)]\n    prev = [0] * (n + 1)\n    for p in range(1, n + 1):\n        cur = [0]\n        for q in range(1, n + 1):\n            cur.append(prev[q-1] + 1 if a[p-1] == b[q-1] else max(prev[q], cur[q-1]))\n        prev = cur\n    return prev[n]`, `200`],
  (i) => [`function f(n) { let best = 0, arg = 0; for (let s = 1; s < n; s++) { let k = s, c = 0; while (k !== 1) { k = k % 2 ? 3 * k + 1 : k / 2; c++; } if (c > best) { best = c; arg = s; } } return [best, arg, ${i}]; }`, `1000`, `def f(n):\n    best = 0\n    arg = 0\n    for s in range(1, n):\n        k = s\n        c = 0\n        while k != 1:\n            k = 3 * k + 1 if k % 2 else k // 2\n            c += 1\n        if c > best:\n            best = c\n            arg = s\n    return [best, arg, ${i}]`, `1000`],
  (i) => [`function f(n) { let cnt = ${i}; function place(r, c, d1, d2) { if (r === n) { cnt++; return; } for (let k = 0; k < n; k++) { const a = 1 << k, b = 1 << (r + k), e = 1 << (r - k + n); if (c & a || d1 & b || d2 & e) continue; place(r + 1, c | a, d1 | b, d2 | e); } } place(0, 0, 0, 0); return cnt; }`, `7`, `def f(n):\n    cnt = ${i}\n    def place(r, c, d1, d2):\n        nonlocal cnt\n        if r == n:\n            cnt += 1\n            return\n        for k in range(n):\n            a = 1 << k\n            b = 1 << (r + k)\n            e = 1 << (r - k + n)\n            if c & a or d1 & b or d2 & e:\n                continue\n            place(r + 1, c | a, d1 | b, d2 | e)\n    place(0, 0, 0, 0)\n    return cnt`, `7`],
];

/** The program of a size with an index, as a job in one of the languages. */
export function workloadJob(
  size: "tiny" | "medium",
  language: "javascript" | "python",
  index: number,
): Job {
  const templates = size === "tiny" ? TINY : MEDIUM;
  const [javascript, javascriptArgument, python, pythonArgument] = templates
    [index % templates.length](index);
  return language === "python"
    ? { program: { language, source: python }, argument: pythonArgument }
    : {
      program: { language, source: javascript },
      argument: javascriptArgument,
    };
}

/** The first `count` programs of a size. */
export function workload(
  size: "tiny" | "medium",
  language: "javascript" | "python",
  count: number,
): Job[] {
  return Array.from(
    { length: count },
    (_, i) => workloadJob(size, language, i),
  );
}

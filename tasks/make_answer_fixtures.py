"""Pairs of maths answers with math-verify's verdict, for tests/lab/benchmarks.

    python3 -m venv /tmp/venv
    /tmp/venv/bin/pip install math-verify==0.9.0
    /tmp/venv/bin/python tasks/make_answer_fixtures.py tests/lab/benchmarks/answer_pairs.json

Each line of FORMS holds forms of one right answer, the first taken for the right one,
then `#` and answers that are near it or wrong. The pairs are of our own making. With a
folder that `deno task evaluate --model gold` wrote as a second argument, a `golds.json`
is written beside the pairs: for each maths benchmark the items of which math-verify does
not accept the gold answer as it is (`itself`) or in another notation (`rewritten`), or
accepts another one: that of the next item (`next`) or one with another last digit
(`changed`).
"""

import json
import pathlib
import re
import sys

from math_verify import parse, verify

FORMS = r"""
42 | 42.0 | $42$ | \boxed{42} | +42 | 42. | 6\cdot 7 | 84/2 | \frac{84}{2} # 43 | -42 | 4.2 | 420 | 42.1
1234567 | 1,234,567 | 1{,}234{,}567 | 1\,234\,567 | 1234567.0 # 1234568 | 1,234,576 | 123456.7
-3 | -3.0 | -\frac{6}{2} | -(3) | - 3 # 3 | -3.1 | \frac{1}{3}
0 | 0.0 | 5-5 | \frac{0}{7} | 0\pi # 1 | 0.001 | -1
\frac{1}{2} | 1/2 | 0.5 | .5 | \dfrac12 | \tfrac{1}{2} | \frac12 | 2^{-1} | \frac{\sqrt{4}}{4} # \frac{1}{3} | 2 | -\frac12 | 0.51 | \frac{2}{1}
\frac{22}{7} | 22/7 | 3\frac{1}{7} | \frac{44}{14} | \dfrac{22}7 # 3.14 | \pi | \frac{7}{22} | 3.142
-\frac{5}{6} | \frac{-5}{6} | \frac{5}{-6} | -5/6 | -\dfrac{10}{12} # \frac56 | -\frac65 | -0.83
2.75 | \frac{11}{4} | 11/4 | 2\frac34 | 2.750 # 2.57 | 2.7 | 2.755
0.003 | 3 \times 10^{-3} | 3\cdot 10^{-3} | \frac{3}{1000} # 0.03 | 0.0031 | 3\times 10^{3}
4.5 \times 10^{33} | 4.5\cdot 10^{33} | 45 \times 10^{32} # 4.5 \times 10^{32} | 4.6 \times 10^{33} | 4.5
15\% | 15 \% | 15 # 16\% | 1.5 | 150\%
\$18.90 | 18.9 | \$ 18.90 | 18.90 # 18.91 | 1890 | 19
75^\circ | 75 | 75^{\circ} | 75 \text{ degrees} # 76^\circ | 105 | 57
12 \text{ cm} | 12 | 12\text{cm} | 12 \mathrm{~cm} # 13 \text{ cm} | 21 | 1.2
36 \text{ square units} | 36 | 6^2 \text{ square units} # 63 | 6 | 18
\sqrt{2} | 2^{1/2} | \sqrt 2 | \frac{2}{\sqrt{2}} | \frac{\sqrt{8}}{2} | 2^{0.5} # \sqrt{3} | 2 | 1.41 | -\sqrt{2}
3\sqrt{13} | \sqrt{117} | 3 \sqrt {13} | \sqrt{9}\sqrt{13} | 3\cdot\sqrt{13} # 13\sqrt{3} | \sqrt{116} | 3\sqrt{14}
\frac{1+\sqrt{5}}{2} | \frac{\sqrt{5}+1}{2} | \frac12+\frac{\sqrt5}{2} | (1+\sqrt{5})/2 | \frac{2}{\sqrt5-1} # \frac{1-\sqrt5}{2} | 1.618 | \frac{1+\sqrt{5}}{4}
\sqrt[3]{16} | 2\sqrt[3]{2} | 16^{1/3} | 2^{4/3} # \sqrt{16} | 2\sqrt[3]{4} | 4
5\sqrt{3}-2 | -2+5\sqrt{3} | \sqrt{75}-2 # 5\sqrt{3}+2 | 5\sqrt{1} | 2-5\sqrt{3}
2\pi | \pi\cdot 2 | 2 \pi | \frac{4\pi}{2} | 360\cdot\frac{\pi}{180} # \pi | 6.28 | 2\pi^2 | 3\pi
\frac{3\pi}{4} | 3\pi/4 | 0.75\pi | \frac{3}{4}\pi | \pi-\frac{\pi}{4} # \frac{4\pi}{3} | \frac{\pi}{4} | 2.356
\pi^2-9 | -9+\pi^2 | (\pi-3)(\pi+3) # \pi^2+9 | \pi-9 | 0.87
2^{100} | 4^{50} | 2\cdot 2^{99} | 1024^{10} # 2^{99} | 2^{101} | 100^2
10! | 3628800 | 10\cdot 9! # 9! | 362880 | 10
\binom{10}{3} | 120 | \frac{10!}{3!7!} | \binom{10}{7} # \binom{10}{4} | 720 | 30
\ln 2 | \ln(2) | \log_e 2 | \frac{\ln 4}{2} | -\ln\frac12 # \ln 3 | 0.69 | 2 | \log_{10} 2
\log_2 5 | \log_{2}{5} | \frac{\ln 5}{\ln 2} | \frac{\log 5}{\log 2} # \log_5 2 | 2.32 | \log_2 6
e^{2} | e^2 | e\cdot e | \exp(2) # e | 7.39 | 2e
\sin 60^\circ | \frac{\sqrt3}{2} # \frac12 | \frac{\sqrt{2}}{2} | 60
\arctan 2 | \tan^{-1} 2 | \arctan(2) # \tan 2 | \arctan\frac12 | \arcsin 2
|-7| | 7 | \left|-7\right| # -7 | 49 | 0
x^2+2x+1 | (x+1)^2 | 1+2x+x^2 | x(x+2)+1 | x^{2} + 2 x + 1 # x^2+2x-1 | (x-1)^2 | x^2+2x | y^2+2y+1
\frac{1}{x+1} | (x+1)^{-1} | 1/(1+x) | \frac{x}{x^2+x} # \frac{1}{x-1} | x+1 | \frac1x+1
n(n+1) | n^2+n | (n+1)n | n \cdot (n+1) # n^2-n | n^2+1 | 2n+1
\frac{n(n+1)}{2} | \frac{n^2+n}{2} | \frac12 n(n+1) | n(n+1)/2 | \binom{n+1}{2} # n(n+1) | \frac{n(n-1)}{2} | \frac{n^2}{2}+1
2^n-1 | -1+2^n | 2\cdot 2^{n-1}-1 # 2^n+1 | 2^{n-1} | n^2-1
a^2-b^2 | (a-b)(a+b) | -b^2+a^2 # a^2+b^2 | (a-b)^2 | b^2-a^2
\frac{ab}{a+b} | \frac{1}{\frac1a+\frac1b} | ab/(a+b) | \frac{a b}{b+a} # \frac{a+b}{ab} | ab | \frac{ab}{a-b}
3e^{-2t}+c | c+3e^{-2t} | 3 e^{-2 t} + c # 3e^{2t}+c | 3e^{-2t} | -3e^{-2t}+c
y = 2x+3 | y=3+2x | 2x+3 | 2x + 3 = y # y=2x-3 | y=3x+2 | x=2y+3
x = 7 | 7 | x=7 | 7.0 # x=8 | x=-7 | 70
f(x) = x^2 | x^2 | f(x)=x\cdot x # f(x)=x^3 | 2x | f(x)=-x^2
3x-4y=12 | 3x - 4y = 12 | 3x-4y-12=0 | 6x-8y=24 | 12=3x-4y # 3x+4y=12 | 3x-4y=-12 | 4x-3y=12
x^2+y^2=25 | x^2+y^2-25=0 | 25=x^2+y^2 # x^2+y^2=5 | x^2-y^2=25 | x+y=5
3+4i | 4i+3 | 3 + 4 i | (2+i)^2 # 3-4i | 4+3i | 5 | -3+4i
-i | 0-i | \frac{1}{i} | i^3 # i | 1 | -1
\frac{1+i}{2} | \frac12+\frac{i}{2} | \frac{1}{1-i} | 0.5+0.5i # \frac{1-i}{2} | 1+i | 0.5
(2,3) | (2, 3) | \left(2,3\right) | (2.0, \frac{6}{2}) # (3,2) | (2,3,4) | (2,-3) | \{2,3\}
\left(\frac12,-\sqrt{2}\right) | (0.5, -\sqrt2) | (1/2,-\frac{2}{\sqrt{2}}) # (0.5,\sqrt2) | (-\sqrt2,0.5) | (0.5,-1.41)
(1,2,3) | ( 1, 2, 3 ) | \left( 1,2,3 \right) # (1,3,2) | (1,2) | (1,2,4)
(0,5) | \left(0,5\right) | (0, 5.0) # [0,5] | (0,5] | (5,0) | (0,6)
[0,5) | \left[0,5\right) | [0, 10/2) # [0,5] | (0,5] | (0,5) | [0,6)
(-\infty,3] | \left(-\infty,3\right] | (-\infty, 3] # (-\infty,3) | [3,\infty) | (-\infty,-3]
(1,\infty) | (1,+\infty) | \left(1,\infty\right) # [1,\infty) | (-\infty,1) | (2,\infty)
(-\infty,0)\cup(0,\infty) | (0,\infty)\cup(-\infty,0) | \left(-\infty,0\right) \cup \left(0,\infty\right) # (-\infty,\infty) | (0,\infty) | (-\infty,0]\cup(0,\infty)
[-2,-1]\cup[1,2] | [1,2]\cup[-2,-1] | [-2, -1] \cup [1, 2] # [-2,2] | [-2,-1) \cup [1,2] | [1,2]
\{1,2,3\} | \{3,2,1\} | \{ 1, 2, 3 \} | 1,2,3 # \{1,2\} | \{1,2,4\} | \{1,2,3,4\}
1,2,3 | 3,1,2 | 1, 2, 3 | 1, 2 \text{ and } 3 | 1.0, 2, \frac62 # 1,2 | 1,2,4 | 1,2,3,4 | 123
-2, 5 | 5, -2 | 5,-2 | x=-2, x=5 | -2 \text{ and } 5 # 2,5 | -2 | -5,2 | 5
\frac13, -2 | -2, \frac{1}{3} | -2,1/3 # \frac13,2 | 3,-2 | \frac13
1\pm\sqrt{2} | 1+\sqrt2, 1-\sqrt2 | 1 \pm \sqrt 2 | 1-\sqrt{2}, 1+\sqrt{2} # 1+\sqrt2 | 2\pm\sqrt2 | \pm\sqrt{2}
\pm 3 | 3,-3 | -3,3 | \pm3 # 3 | \pm 4 | 9
\begin{pmatrix} 1 \\ -2 \end{pmatrix} | \begin{bmatrix}1\\-2\end{bmatrix} | \begin{pmatrix}1.0\\-\frac42\end{pmatrix} # \begin{pmatrix} -2 \\ 1 \end{pmatrix} | \begin{pmatrix} 1 \\ 2 \end{pmatrix} | \begin{pmatrix} 1 & -2 \end{pmatrix}
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | \begin{pmatrix}1&2\\3&4\end{pmatrix} | \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} # \begin{pmatrix} 1 & 3 \\ 2 & 4 \end{pmatrix} | \begin{pmatrix} 1 & 2 \\ 3 & 5 \end{pmatrix} | 10
1011_2 | 1011_{2} # 1011 | 1011_3 | 1101_2
\text{east} | east | \text{East} | \textbf{east} # \text{west} | \text{north} | eastern
\text{(B)} | B | (B) | \text{B} # \text{(C)} | A | \text{(D)}
C | (C) | \text{C} | \textbf{(C)} # D | B | (A)
\text{yes} | yes | \text{Yes} # \text{no} | No | y
x > 3 | x>3 | 3 < x # x<3 | x\ge3 | x>4
x \le -1 | x \leq -1 | -1 \ge x # x<-1 | x\ge-1 | x\le1
2\sqrt{2}\,\text{m} | 2\sqrt2 | \sqrt{8} \text{ m} # 2\sqrt{3} | 8 | 2.8
\frac{\pi}{6}+2\pi k | 2\pi k+\frac{\pi}{6} | \frac{\pi+12\pi k}{6} # \frac{\pi}{6} | \frac{\pi}{3}+2\pi k | \frac{\pi}{6}+\pi k
\frac{\sqrt{3}}{3} | \frac{1}{\sqrt{3}} | \frac{\sqrt3}3 | 3^{-1/2} # \sqrt{3} | \frac{3}{\sqrt{3}} | 0.577
\frac{2x+4}{2} | x+2 | 2+x # x+4 | 2x+2 | x-2
7.0 | 7 | 7.00 # 7.1 | 70 | 6.999
0.\overline{3} | \frac13 # 0.3 | 0.33 | 3
(3, \frac{\pi}{2}) | \left(3,\frac{\pi}{2}\right) | (3, 0.5\pi) # (3, \pi) | (\frac{\pi}{2},3) | (3,1.57)
\lfloor \frac{n}{2} \rfloor | \left\lfloor\frac{n}{2}\right\rfloor | \lfloor n/2 \rfloor # \lceil\frac n2\rceil | \frac{n}{2} | n
1:2 | 1 : 2 # 2:1 | 1:3 | 2
10:30 | 10 : 30 # 10:31 | 1030 | 11:30
11\frac{1}{2} | 11.5 | \frac{23}{2} | 23/2 # \frac{11}{2} | 11 | 12.5
"""


def judged(right: str, answer: str) -> bool:
    """Whether math-verify takes an answer for the right one, both in a box."""
    gold, given = (parse(boxed(text), parsing_timeout=10) for text in (right, answer))
    return verify(gold, given, timeout_seconds=10)


def boxed(text: str) -> str:
    return text if text.startswith("\\boxed") else f"\\boxed{{{text}}}"


def pairs():
    for line in FORMS.strip().splitlines():
        same, other = ([form.strip() for form in re.split(r" \| ", part)] for part in line.split(" # "))
        for answer in same[1:]:
            yield same[0], answer, True
        for answer in other:
            yield same[0], answer, False


def golds(folder: pathlib.Path):
    """For each maths benchmark: where math-verify does not say what the texts suggest."""
    found = {}
    for name, answers in answers_of(folder):
        odd = {"itself": [], "rewritten": [], "next": [], "changed": []}
        for i, (item, answer) in enumerate(answers):
            follower = answers[(i + 1) % len(answers)][1]
            asked = {
                "itself": (answer, True),
                "rewritten": (rewritten(answer), True),
                "next": (follower, answer == follower),
                "changed": (changed(answer), changed(answer) == answer),
            }
            for kind, (given, expected) in asked.items():
                if judged(answer, given) != expected:
                    odd[kind].append(item)
        found[name] = odd
    return found


def rewritten(answer: str) -> str:
    """The same answer in another notation."""
    return re.sub(r"\\(?:left|right)(?![a-z])", "", answer.replace("\\frac", "\\dfrac")).replace("+", " + ")


def changed(answer: str) -> str:
    """The answer with another last digit."""
    return re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), answer)


def answers_of(folder: pathlib.Path):
    """Reads what `deno task evaluate --model gold --out FOLDER` wrote: the reference's answers."""
    names = {}
    for line in (folder / "rows.jsonl").read_text().splitlines():
        row = json.loads(line)
        names.setdefault(row["benchmark"], []).append((row["item"], row["details"][0]))
    return names.items()


def main() -> None:
    target = pathlib.Path(sys.argv[1])
    rows = [
        {"right": right, "answer": answer, "same": same, "mathVerify": judged(right, answer)}
        for right, answer, same in pairs()
    ]
    lines = ",\n".join(json.dumps(row) for row in rows)
    target.write_text(f"[\n{lines}\n]\n")
    if len(sys.argv) > 2:
        found = golds(pathlib.Path(sys.argv[2]))
        target.with_name("golds.json").write_text(json.dumps(found, indent=1) + "\n")


main()

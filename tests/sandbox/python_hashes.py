# Hashes, and the order of sets, of values that a seed decides. Run by the tests in
# the sandbox, and by CPython of 64 bits with the seeds as its input.
from decimal import Decimal
from fractions import Fraction

LAST = [0]


def draw(below):
    LAST[0] = (LAST[0] * 6364136223846793005 + 1442695040888963407) % 2**64
    return (LAST[0] >> 33) % below


def signed(bits):
    return draw(2 ** min(bits, 30)) * 2 ** max(bits - 30, 0) * (1 - 2 * draw(2)) + draw(7)


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __hash__(self):
        return hash((self.x, self.y))

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)

    def __repr__(self):
        return f'({self.x} {self.y})'


def value(depth=0):
    kind = draw(14 if depth < 2 else 10)
    if kind < 3:
        return signed((4, 16, 31)[kind])
    if kind == 3:
        return signed(80)
    if kind < 6:
        return signed(12) / (8, 10)[kind - 4]
    if kind == 6:
        return (True, None, 1e300, float('inf'), -1.75, 2**61 - 1, 2**32 - 1, 1.5j)[draw(8)]
    if kind == 7:
        return -1 - 8 * draw(20)
    if kind == 8:
        return (Fraction(signed(10), 1 + draw(9)) if draw(2) else
                Decimal(signed(20)).scaleb(draw(41) - 30))
    if kind == 9:
        return Point(signed(5), signed(5))
    values = [value(depth + 1) for _ in range(draw(4))]
    return frozenset(values) if kind == 10 else tuple(values)


def f(seed):
    LAST[0] = seed
    values = [value() for _ in range((2, 3, 4, 6, 12, 40)[draw(6)])]
    first, half = set(values), frozenset(values[::2])
    popped = []
    rest = first - set(values[:1])
    while rest and len(popped) < 5:
        popped.append(rest.pop())
    mixed = (first | set([1.5, -3, (0, 1)])) - half
    return repr((list(first), list(half), popped, list(mixed),
                 [hash(v) for v in values], [v.__hash__() for v in values]))

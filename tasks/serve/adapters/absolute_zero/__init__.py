"""The environment of `deno task serve` for other trainers: a client, and one adapter a file.

verifiers finds a taskset by the name of its package: it imports `absolute_zero` and
takes the class that `__all__` names. That class is imported only when it is asked for,
so that the client needs the standard library alone.
"""

__all__ = ["AbsoluteZeroTaskset"]


def __getattr__(name: str):
    if name != "AbsoluteZeroTaskset":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from absolute_zero.verifiers_environment import AbsoluteZeroTaskset

    return AbsoluteZeroTaskset

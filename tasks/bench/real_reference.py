"""CPython's side of `deno task bench executor --real FOLDER`.

    real_reference.py cases FOLDER     prints the programs of the files there
    real_reference.py serve exec|fork  runs programs that come on stdin

A case is an object of a file, an id, a source, an entry and an argument text; one
with "test" is test code for `check(candidate)` instead. Programs run in this very
process (`exec`) or in a fork of it for each (`fork`), sealed from nothing. A line
of stdin is a list of cases; its answer is a line with their results and the CPU
seconds that they took.
"""

import gzip
import hashlib
import json
import os
import random
import resource
import signal
import sys
import time

# Longest CPU time for one program, in seconds: the official executor's.
PATIENCE = 10
# Calls of one program of MBPP+ at most: of some there are hundreds.
MOST_CALLS = int(os.environ.get("REAL_CALLS", "15"))
# Longest text of a value, in characters.
LONGEST = 131_072
# How EvalPlus compares these functions of MBPP+: as sets, or by not being None.
AS_SET = {
    "similar_elements", "find_char_long", "common_in_nested_lists",
    "extract_singly", "larg_nnum", "intersection_array", "find_dissimilar",
    "Diff",
}
NOT_NONE = {"check_str", "text_match_three", "text_starta_endb"}
COMPARED = """

def compared(*arguments):
    return {}
"""


def literal(value):
    """The text of a value that JSON can hold; `repr` but for what it cannot read."""
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        items = (f"{k!r}: {literal(v)}" for k, v in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, float) and value - value != 0:
        return f"float('{value}')"
    return repr(value)


def cases_of(row, number):
    """The cases in one row of a file, whichever data set it is of; none if unknown."""
    if {"code", "input", "output"} <= row.keys():
        case = {"source": row["code"], "argument": row["input"]}
        yield case | {"id": row["id"], "recorded": row["output"]}
    elif "canonical_solution" in row and "test" in row:
        source = row["prompt"] + row["canonical_solution"]
        case = {"source": source, "argument": "", "test": row["test"]}
        yield case | {"id": row["task_id"], "entry": row["entry_point"]}
    elif {"base_input", "plus_input"} <= row.keys():
        name = row["entry_point"]
        source = row["prompt"] + row["canonical_solution"]
        entry = name
        if name in AS_SET:
            source += COMPARED.format(f"set({name}(*arguments))")
            entry = "compared"
        if name in NOT_NONE:
            source += COMPARED.format(f"{name}(*arguments) is not None")
            entry = "compared"
        calls = [*row["base_input"], *row["plus_input"]]
        for i, inputs in enumerate(calls[:MOST_CALLS]):
            argument = ", ".join(map(literal, inputs))
            case = {"source": source, "argument": argument, "entry": entry}
            yield case | {"id": f"{row['task_id']}#{i}"}
    elif "snippet" in row:
        source = "\n".join([*row.get("imports", []), row["snippet"]])
        several = row.get("inputs")
        for i, text in enumerate(several or [row["input"]]):
            mark = f"{number}#{i}" if several else str(number)
            yield {"source": source, "argument": text, "id": mark}


def all_cases(folder):
    """The cases of all files below a folder, equal ones of a file once."""
    for place, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if not name.endswith((".jsonl", ".jsonl.gz")):
                continue
            path = os.path.join(place, name)
            opened = gzip.open if name.endswith(".gz") else open
            seen = set()
            with opened(path, "rt", encoding="utf-8") as lines:
                for number, line in enumerate(lines):
                    for case in cases_of(json.loads(line), number):
                        key = (case["source"], case["argument"])
                        if key not in seen:
                            seen.add(key)
                            file = os.path.relpath(path, folder)
                            yield {"file": file, "entry": "f"} | case


def shortened(text):
    """A text too long for the sandbox's largest limit is only known by its hash."""
    if len(text) <= LONGEST:
        return text
    return f"{len(text)} characters: {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def outcome(case):
    """What a program comes to: the text of its value, or the name of its error."""
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    namespace = {"__name__": "__program__"}
    try:
        random.seed(0)
        exec(case["source"], namespace)
        if "test" in case:
            exec(case["test"], namespace)
            namespace["check"](namespace[case["entry"]])
            return {"value": "None"}
        value = eval(f"{case['entry']}({case['argument']})", namespace)
        digits = sys.get_int_max_str_digits()
        sys.set_int_max_str_digits(0)
        try:
            return {"value": shortened(repr(value))}
        finally:
            sys.set_int_max_str_digits(digits)
    except TimeoutError:
        return {"error": "Timeout"}
    except BaseException as error:
        return {"error": type(error).__name__}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def in_fork(case):
    """The same in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as pipe:
            json.dump(outcome(case), pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text or '{"error": "Died"}')


def cpu_seconds():
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in (own, children))


def timed_out(*_):
    raise TimeoutError


def serve(run):
    answers = os.fdopen(os.dup(1), "w")
    sys.stdout = open(os.devnull, "w")
    signal.signal(signal.SIGPROF, timed_out)
    for line in sys.stdin:
        cases = json.loads(line)
        before, start = cpu_seconds(), time.perf_counter()
        results = [run(case) for case in cases]
        seconds = time.perf_counter() - start
        cpu = cpu_seconds() - before
        answer = {"results": results, "cpu": cpu, "seconds": seconds}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    if sys.argv[1] == "cases":
        for case in all_cases(sys.argv[2]):
            print(json.dumps(case))
    else:
        serve(in_fork if sys.argv[2] == "fork" else outcome)

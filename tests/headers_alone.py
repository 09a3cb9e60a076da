#!/usr/bin/env python3
"""Each header compiles on its own with g++, warnings as errors; clang reads all of them, linked as declared.

A header that ends with all definitions is compiled as in a linked program, and the definitions once, with nothing before them.

Many headers share one compile: one that another includes stands before it there. Nothing is hidden by that, for what it
brings is brought by the other's own includes as well: the other's text sees the same declarations as alone. That holds
while headers include before they declare, which is a case of its own. Where a shared compile fails, each of its headers
is compiled alone.

Clang finds missing includes no better and is there for its warnings: it reads together the headers that no other header
includes (and with them every header there is), and alone the public ones and those that name a compiler or the linked
form.
"""

import re
import sys

from tap import INCLUDE, WARNINGS, Tap, clang, gcc, in_parallel, run

tap = Tap()
tree = INCLUDE / "ttt"
folders = [d for d in sorted(tree.iterdir()) if d.is_dir()]
files = sorted(tree.glob("*.hpp")) + [h for f in folders for h in sorted(f.resolve().rglob("*.hpp"))]
kernels = (tree / "kernels").resolve()


def spelled(header):
    """How a user includes it."""
    if header.is_relative_to(kernels):
        return f"ttt/kernels/{header.relative_to(kernels).as_posix()}"
    return header.relative_to(INCLUDE).as_posix()


def read_includes(text):
    """The headers of ours that a text includes under no #if, and those of them that stand below a declaration."""
    depth, declared, found, late = 0, False, set(), set()
    for line in re.sub(r"/\*.*?\*/", "", text, flags=re.S).splitlines():
        line = line.partition("//")[0].strip()
        if re.match(r"#\s*if", line):
            depth += 1
        elif re.match(r"#\s*endif", line):
            depth -= 1
        include = re.match(r"#\s*include\s*<(ttt/[^>]+\.hpp)>", line)
        if include and depth == 0:
            found.add(include[1])
        if include and declared:
            late.add(include[1])
        declared = declared or (line != "" and not line.startswith("#"))
    return found, late


texts = {spelled(h): h.read_text() for h in files}
includes = {name: read_includes(text) for name, text in texts.items()}


def reached_by(name):
    """Every header that one includes, directly or not."""
    seen, waiting = set(), [name]
    while waiting:
        for header in includes.get(waiting.pop(), (set(), set()))[0] - seen:
            seen.add(header)
            waiting.append(header)
    return seen


# The definitions, each of which stands before those of the next file: the last alone holds them all.
DEFINITIONS = ["ttt/ttt.ipp", "ttt/everything.ipp"]
LINKED = ["-DTTT_SEPARATE_COMPILATION"]
umbrellas = [name for name, text in texts.items() if any(f"#include <{d}>" in text for d in DEFINITIONS)]

reached = {name: reached_by(name) for name in texts}
above = {name: [v for v in texts if name in reached[v] and v not in reached[name]] for name in texts}
chained = [name for name in texts if name not in umbrellas]


def chains():
    """Lists of headers, each of which includes all that stand before it: few, and the large headers seldom last.

    A header goes before at most one other: a matching, extended from the largest header down (Kuhn).
    """
    before = {}  # header: what stands right before it

    def place(name, tried):
        for v in above[name]:
            if v not in tried and v not in umbrellas:
                tried.add(v)
                if v not in before or place(before[v], tried):
                    before[v] = name
                    return True
        return False

    lasts = [name for name in sorted(chained, key=lambda n: (-len(reached[n]), n)) if not place(name, set())]
    for name in lasts:
        chain = [name]
        while chain[0] in before:
            chain.insert(0, before[chain[0]])
        yield chain


def compile_them(compiler, flags, names):
    # -include keeps a header an include: "#pragma once in main file" and unused-function warnings stay away.
    asked = [argument for name in names for argument in ("-include", name)]
    return run([compiler, "-std=c++20", "-fsyntax-only", *WARNINGS, *flags, "-I", INCLUDE, *asked, "-x", "c++", "/dev/null"])


def declares(names):
    """Headers without definitions. Overriding functions are inline where they are declared (else every program would hold
    their classes' tables), so that g++ misses here what follows in a program: their definitions, and nothing else."""
    status, out = compile_them(gcc(), [], names)
    errors = [line for line in out.splitlines() if "error:" in line]
    follows = errors and all(re.search(r"inline function .* used but never defined", line) for line in errors)
    return (0 if follows else status), out


def alone_or_before(chain):
    """(header, exit status, output) of each header in a chain."""
    status, out = declares(chain)
    if status == 0 or len(chain) == 1:
        return [(name, status, out) for name in chain]
    singly = [(name, *declares([name])) for name in chain]
    if any(status for _, status, _ in singly):
        return singly
    return [*singly[:-1], (chain[-1], status, f"after {', '.join(chain[:-1])}:\n{out}")]


# A header that includes one back can do so only below what that one needs.
below = [f"{name}: {header}" for name, (_, late) in includes.items() for header in sorted(late)
         if name not in reached.get(header, ())]
tap.case("headers include before they declare", not below, "included below a declaration:\n" + "\n".join(below))

for chain in in_parallel(alone_or_before, list(chains())):
    for name, status, out in chain:
        tap.case(f"{name} compiles alone with {gcc()}", status == 0, out)

jobs = [([DEFINITIONS[-1]], [])] + [([name], LINKED) for name in umbrellas]
for (names, flags), (status, out) in zip(jobs, in_parallel(lambda job: compile_them(gcc(), job[1], job[0]), jobs)):
    tap.case(f"{names[0]} compiles alone with {' '.join([gcc(), *flags])}", status == 0, out)
first = re.findall(r"#include <(.*)>", (INCLUDE / DEFINITIONS[-1]).read_text())[0]
tap.case(f"{DEFINITIONS[-1]} begins with {DEFINITIONS[0]}", first == DEFINITIONS[0], f"it begins with {first}")

if clang():
    differs = re.compile(r"__clang__|__GNUC__|__has_|__cpp_|TTT_SEPARATE_COMPILATION")
    own = [name for name in texts if name.count("/") == 1 or differs.search(texts[name])]
    rest = [name for name in texts if not above[name] and name not in own]
    jobs = [rest] + [[name] for name in own]
    for names, (status, out) in zip(jobs, in_parallel(lambda names: compile_them(clang(), LINKED, names), jobs)):
        alone = f"{names[0]} compiles alone" if len(names) == 1 else f"the {len(names)} headers that no other includes compile"
        tap.case(f"{alone} with {clang()} {LINKED[0]}", status == 0, out)
sys.exit(tap.finish())

#!/usr/bin/env python3
"""No function compiled for one ISA level can be picked by the linker for a machine that lacks it.

usage: isa_symbols.py OBJECT...     (objects of units whose file name ends in _LEVEL.cpp.o)

The linker keeps one copy of a weak symbol, from whichever unit comes first. So in a unit built for a level above the
baseline every weak symbol must lie in the namespace of that level.
"""

import pathlib
import re
import sys

from tap import Tap, run

LEVELS = ["scalar", "x86_64_v2", "avx512_vnni_bf16", "avx512", "avx2"]  # longest first where one starts another
tap = Tap()


def level_of(name):
    stem = name.split(".cpp")[0]
    return next((level for level in LEVELS if re.search(rf"(?:^|_){level}$", stem)), None)


def leaks(path, level):
    """Weak functions and variables outside the level's namespace; 'u' and 'W'/'V' are what nm calls them."""
    status, out = run(["nm", "--defined-only", "--demangle", path])
    if status:
        return [out]
    weak = re.findall(r"^[0-9a-f]+ [WVu] (.+)$", out, re.M)
    # Typeinfo and the like hold no code for the level; a template argument may name the namespace, its home must.
    return [name for name in weak if not re.search(rf"(?:^|[\s(*&<]|::)(?:isa_)?{level}::", name)]


for path in map(pathlib.Path, sys.argv[1:]):
    level = level_of(path.name)
    if level is None:
        tap.case(f"{path.name} names its ISA level", False, f"its name must end in one of {', '.join(LEVELS)}")
        continue
    found = leaks(path, level)
    tap.case(f"{path.name} leaks no weak symbol", not found, "\n".join(found[:40]))
sys.exit(tap.finish())

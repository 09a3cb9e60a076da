#!/usr/bin/env python3
"""No code compiled for one ISA level can be picked by the linker for a machine that lacks it.

usage: isa_symbols.py libttt_runtime.a

The linker keeps one copy of a weak symbol, from whichever unit comes first. So in a unit of a level above the
baseline (kernels/cpu/units/LEVEL.cpp, kernels/ttnn/units/ttnn_LEVEL.cpp) a weak function either carries that level's namespace in its name, or was
compiled outside the level's region: then it holds no instruction above the baseline, which its code must show.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

from tap import ROOT, Tap, run

# VEX and EVEX instructions all start with v; the others are SSSE3 to SSE4.2, as compilers use them.
ABOVE = re.compile(r"^(v\w+|popcnt|crc32\w*|pshufb|palignr|pmaddubsw|pmulhrsw|pabs[bwd]|phadd\w+|psign[bwd]|ptest|pmull[d]|"
                   r"p(min|max)(sb|uw|sd|ud)|pmov[sz]x\w+|pinsr[bdq]|pextr[bdq]|p?blend\w+|round[ps][sd]|dpp[sd]|insertps|"
                   r"extractps|packusdw|pcmp(eq|gt)q|mulx|andn|bextr|blsr|pdep|pext|[rs][ah][lr]x)$")
tap = Tap()


def symbols(path):
    """(mangled, readable) of every weak symbol."""
    found = []
    for flags in ([], ["--demangle"]):
        status, out = run(["nm", "--defined-only", *flags, path])
        if status:
            raise RuntimeError(out)
        found.append(re.findall(r"^[0-9a-f]+ [uVW] (.+)$", out, re.M))
    return list(zip(*found))


def code_above_baseline(path):
    """The functions of an object (mangled) that hold an instruction above the baseline, with one such instruction."""
    _, out = run(["objdump", "-d", "--no-show-raw-insn", path])
    guilty, function = {}, ""
    for line in out.splitlines():
        head = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        if head:
            function = head[1]
            continue
        instruction = re.match(r"\s+[0-9a-f]+:\s+(\w+)", line)
        if instruction and ABOVE.match(instruction[1]):
            guilty.setdefault(function, instruction[1])
    return guilty


library = pathlib.Path(sys.argv[1]).resolve()
members = run(["ar", "t", library])[1].split()
with tempfile.TemporaryDirectory() as folder:
    for unit in sorted((ROOT / "kernels").glob("*/units/*.cpp")):
        name = unit.stem
        level = name.removeprefix("ttnn_")
        member = next((m for m in members if m.endswith(f"units_{name}.cpp.o")), None)
        if member is None:
            tap.case(f"{name} is in the library", False, f"no object of {unit.relative_to(ROOT)} among {members}")
            continue
        path = pathlib.Path(folder, f"{name}.o")
        with open(path, "wb") as out:
            subprocess.run(["ar", "p", library, member], stdout=out, check=True)
        guilty = code_above_baseline(path)
        tap.case(f"the unit of {name} holds code above the baseline at all", bool(guilty))
        leaks = [f"{readable} uses {guilty[mangled]}" for mangled, readable in symbols(path)
                 if mangled in guilty and not re.search(rf"\b{level}::", readable)]
        tap.case(f"{name} leaks no weak function", not leaks, "\n".join(leaks[:40]))
sys.exit(tap.finish())

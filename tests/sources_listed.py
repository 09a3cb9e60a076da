#!/usr/bin/env python3
"""Every source in the tree is named by the build, and every .ipp by everything.ipp and by exactly one runtime unit."""

import re
import sys

from tap import INCLUDE, ROOT, Tap, gcc, run

tap = Tap()


def text(path):
    return path.read_text() if path.exists() else ""


def listed(folder, build, strip_suffix):
    """Each .cpp under `folder` is spelled in `build` (relative to it)."""
    build = ROOT / build
    for source in sorted((ROOT / folder).rglob("*.cpp")):
        if source.stem.endswith("_wrong"):  # made not to compile: tests/examples.py holds it to that
            continue
        name = source.relative_to(build.parent).as_posix()
        name = name.removesuffix(".cpp") if strip_suffix else name
        tap.case(f"{source.relative_to(ROOT)} is built", f"'{name}'" in text(build),
                 f"add '{name}' to {build.relative_to(ROOT)}")


listed("tests/runtime", "tests/meson.build", True)
listed("tests/golden", "tests/meson.build", True)
listed("tools/ttt", "tools/meson.build", False)
listed("tools/variants", "tools/meson.build", False)
listed("tools/runtime", "meson.build", False)
listed("kernels/cpu/units", "meson.build", False)
listed("kernels/ttnn/units", "meson.build", False)
listed("examples", "examples/meson.build", True)

for name in re.findall(r"'((?:runtime|golden)/[^']+)'", text(ROOT / "tests/meson.build")):
    if not (ROOT / "tests" / f"{name}.cpp").exists():
        tap.case(f"tests/{name}.cpp exists", False, "tests/meson.build names it")

cmake = text(ROOT / "CMakeLists.txt")
for unit in re.findall(r"'((?:tools/runtime|kernels/\w+/units)/[^']+\.cpp)'", text(ROOT / "meson.build")):
    tap.case(f"{unit} is in CMakeLists.txt too", unit in cmake, f"add {unit} to ttt_runtime in CMakeLists.txt")

tree = INCLUDE / "ttt"


def bodies_of(path, *flags):
    """The .ipp files that compiling a file reads, spelled as they are included."""
    out = run([gcc(), "-std=c++20", "-I", INCLUDE, "-MM", "-MG", "-x", "c++", *flags, path])[1]
    return set(re.findall(r"include/(ttt/\S+\.ipp)", out))


units = {u.relative_to(ROOT).as_posix(): bodies_of(u, "-DTTT_SEPARATE_COMPILATION")
         for u in sorted((ROOT / "tools/runtime").glob("*.cpp")) + sorted((ROOT / "kernels").rglob("units/*.cpp"))}
whole = bodies_of(tree / "everything.ipp")
bodies = [f"ttt/{b.relative_to(tree).as_posix()}" for b in sorted(tree.rglob("*.ipp"))]
bodies += [f"ttt/{b.relative_to(ROOT).as_posix()}" for b in sorted((ROOT / "kernels").rglob("*.ipp"))]
for body in bodies:
    if body in ("ttt/ttt.ipp", "ttt/everything.ipp"):
        continue
    holders = [name for name, reached in units.items() if body in reached]
    tap.case(f"{body} is compiled by one runtime unit", len(holders) == 1, f"#include <{body}>: in {holders or 'none'}")
    if whole:
        tap.case(f"{body} is part of everything.ipp", body in whole, f"everything.ipp does not include <{body}>")

sys.exit(tap.finish())

#!/usr/bin/env python3
"""Every source in the tree is named by the build, and every .ipp by ttt.ipp and by exactly one runtime unit."""

import re
import sys

from tap import INCLUDE, ROOT, Tap

tap = Tap()


def text(path):
    return path.read_text() if path.exists() else ""


def listed(folder, build, strip_suffix):
    """Each .cpp under `folder` is spelled in `build` (relative to it)."""
    build = ROOT / build
    for source in sorted((ROOT / folder).rglob("*.cpp")):
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
listed("examples", "examples/meson.build", True)

cmake = text(ROOT / "CMakeLists.txt")
for unit in re.findall(r"'((?:tools/runtime|kernels/cpu/units)/[^']+\.cpp)'", text(ROOT / "meson.build")):
    tap.case(f"{unit} is in CMakeLists.txt too", unit in cmake, f"add {unit} to ttt_runtime in CMakeLists.txt")

units = {u: text(u) for u in sorted((ROOT / "tools/runtime").glob("*.cpp")) + sorted((ROOT / "kernels").rglob("units/*.cpp"))}
whole = text(INCLUDE / "ttt/ttt.ipp")
bodies = [p for folder in (INCLUDE / "ttt", ROOT / "kernels") for p in sorted(folder.rglob("*.ipp")) if p.name != "ttt.ipp"]
for body in bodies:
    base = INCLUDE if body.is_relative_to(INCLUDE) else ROOT.joinpath("kernels").parent
    spelled = body.relative_to(base).as_posix()
    spelled = spelled if spelled.startswith("ttt/") else f"ttt/{spelled}"
    line = f"#include <{spelled}>"
    holders = [u.name for u, content in units.items() if line in content]
    wanted = {"a runtime unit": len(holders) == 1}
    if whole:
        wanted["ttt.ipp"] = line in whole
    tap.case(f"{spelled} is compiled once and part of ttt.ipp", all(wanted.values()),
             f"{line}: in runtime units {holders or 'none'}, in ttt.ipp: {line in whole}")

sys.exit(tap.finish())

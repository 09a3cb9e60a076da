#!/usr/bin/env python3
"""tests/static: each .cpp is full of static_asserts; compiling it, warnings as errors, is passing."""

import sys

from tap import INCLUDE, ROOT, WARNINGS, Tap, compilers, in_parallel, run

tap = Tap()
wanted = sys.argv[1:]
units = [u for u in sorted((ROOT / "tests/static").rglob("*.cpp")) if not wanted or any(w in str(u) for w in wanted)]
jobs = [(unit, compiler) for unit in units for compiler in compilers()]


def compile_it(job):
    unit, compiler = job
    return run([compiler, "-std=c++20", "-O2", "-c", "-o", "/dev/null", *WARNINGS, "-I", INCLUDE, unit])


for (unit, compiler), (status, out) in zip(jobs, in_parallel(compile_it, jobs)):
    tap.case(f"{unit.relative_to(ROOT / 'tests/static').with_suffix('')} holds under {compiler}", status == 0, out)
sys.exit(tap.finish())

#!/usr/bin/env python3
"""Each header compiles on its own, warnings as errors: with g++ header-only, and with clang and linked as declared."""

import sys

from tap import INCLUDE, WARNINGS, Tap, clang, gcc, in_parallel, run

tap = Tap()
tree = INCLUDE / "ttt"
folders = [d for d in sorted(tree.iterdir()) if d.is_dir()]
headers = sorted(tree.glob("*.hpp")) + [h for f in folders for h in sorted(f.resolve().rglob("*.hpp"))]
kernels = (tree / "kernels").resolve()


def spelled(header):
    """How a user includes it."""
    if header.is_relative_to(kernels):
        return f"ttt/kernels/{header.relative_to(kernels).as_posix()}"
    return header.relative_to(INCLUDE).as_posix()


ways = [(gcc(), [])] + ([(clang(), ["-DTTT_SEPARATE_COMPILATION"])] if clang() else [])
jobs = [(spelled(h), compiler, flags) for h in headers for compiler, flags in ways]


def compile_it(job):
    name, compiler, flags = job
    # -include keeps the header an include: "#pragma once in main file" and unused-function warnings stay away.
    return run([compiler, "-std=c++20", "-fsyntax-only", *WARNINGS, *flags, "-I", INCLUDE, "-include", name, "-x", "c++",
                "/dev/null"])


for (name, compiler, flags), (status, out) in zip(jobs, in_parallel(compile_it, jobs)):
    tap.case(f"{name} compiles alone with {' '.join([compiler, *flags])}", status == 0, out)
sys.exit(tap.finish())

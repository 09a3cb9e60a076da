#!/usr/bin/env python3
"""nvcc compiles model.hpp: a model in a .cu file is the same constexpr value."""

import pathlib
import shutil
import sys
import tempfile

from tap import INCLUDE, ROOT, Tap, run

tap = Tap()
name = "a .cu file that names a model compiles with nvcc"
if not shutil.which("nvcc"):
    tap.skip(name, "nvcc is not on PATH")
else:
    with tempfile.TemporaryDirectory() as folder:
        status, out = run(["nvcc", "-std=c++20", "-I", INCLUDE, "-c", ROOT / "tests/consumers/model.cu", "-o",
                           pathlib.Path(folder, "model.o")])
    tap.case(name, status == 0, out)
sys.exit(tap.finish())

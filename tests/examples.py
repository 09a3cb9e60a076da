#!/usr/bin/env python3
"""The examples: each runs and checks itself, and the deliberately wrong one is refused in the sentence it promises.

usage: examples.py PROGRAM...     (the built examples)
"""

import os
import pathlib
import re
import sys

from tap import INCLUDE, ROOT, Tap, compilers, first_error, run

tap = Tap()
stories = pathlib.Path(os.environ.get("TTT_GOLDEN") or ROOT.parent / "shared/golden") / "real/stories260K"

for program in sys.argv[1:]:
    name = pathlib.Path(program).name.removeprefix("example_")
    if name == "hello":
        if not stories.exists():
            tap.skip("hello continues a text", f"{stories} is not on this machine")
            continue
        status, out = run([program, stories, "Once upon a time"], timeout=60)
        tap.case("hello continues a text", status == 0 and "there was a little girl named Lily" in out, out)
        status, out = run([program, stories / "nowhere"], timeout=60)
        lines = [line.split(":")[0] for line in out.splitlines()]
        tap.case("hello names a folder that is not there in the four lines of an error",
                 status == 1 and [l for l in lines if l != "file"] == ["module", "issue", "suggestion", "see"], out)
    elif name == "many_texts":
        status, out = run([program, ROOT / "tools/demo_model/demo"], timeout=60)
        tap.case("many_texts gives what each text gives alone", status == 0 and "Once upon a time, there was" in out, out)
    elif name == "verify":
        status, out = run([program, ROOT / "tools/demo_model/demo"], timeout=60)
        tap.case("verify finds the layer in four bits and cures it",
                 status == 0 and "layers.2.mlp is the first that goes wrong" in out and "cured: off by" in out, out)
    elif name == "two_steps":
        status, out = run([program, ROOT / "tools/demo_model/demo"], timeout=60)
        tap.case("two_steps finds the layer on plain loops, and its first suggestion cures it",
                 status == 0 and re.match(r"layers\.2\.attention\.\w+: .*Try layers\.2\.attention:kernel=", out) is not None, out)
    else:
        status, out = run([program], timeout=60)
        tap.case(f"{name} runs and agrees with its own check", status == 0, out)

wrong = ROOT / "examples/llama_3_2_1b_wrong.cpp"
promised = re.search(r"^// expect: (.+)$", wrong.read_text(), re.M)[1]
for compiler in compilers():
    status, out = run([compiler, "-std=c++20", "-fsyntax-only", "-I", INCLUDE, wrong])
    squeezed = re.sub(r"\s+", "", first_error(out))
    absent = [part for part in promised.split(" ... ") if re.sub(r"\s+", "", part) not in squeezed]
    tap.case(f"the wrong twin is refused in its sentence by {compiler}", status != 0 and not absent, out)
sys.exit(tap.finish())

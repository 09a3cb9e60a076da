#!/usr/bin/env python3
"""What must not compile, and says why on its first line.

Each tests/must_fail/*.cpp starts with `// expect: token, token` and holds the wrong code under `#ifdef MUST_FAIL` and
a passing control under `#else`. A case passes for a compiler when the control compiles and the wrong code is refused
with every token on the *first* error line. `// expect[clang]: token` replaces the tokens for one compiler.
"""

import re
import sys

from tap import INCLUDE, ROOT, Tap, compilers, first_error, in_parallel, run

tap = Tap()
wanted = sys.argv[1:]
cases = [c for c in sorted((ROOT / "tests/must_fail").rglob("*.cpp")) if not wanted or any(w in str(c) for w in wanted)]


def tokens(text, family):
    lines = dict(re.findall(r"^//\s*(expect(?:\[\w+\])?):\s*(.+?)\s*$", text, re.M))
    line = lines.get(f"expect[{family}]", lines.get("expect", ""))
    return [part.strip() for part in line.split(",") if part.strip()]


def squeeze(text):
    """Compilers differ in the blanks of `A<B<1> >`; namespaces are spelled or not."""
    return re.sub(r"\s+", "", text)


def judge(job):
    case, compiler = job
    family = "clang" if "clang" in compiler else "gcc"
    expected = tokens(case.read_text(), family)
    if not expected:
        return "no `// expect:` line"
    base = [compiler, "-std=c++20", "-fsyntax-only", "-I", INCLUDE, "-ftemplate-backtrace-limit=1", case]
    if family == "clang":
        base += ["-ferror-limit=1", "-fno-color-diagnostics"]
    else:
        base += ["-fmax-errors=1", "-fdiagnostics-color=never"]
    status, out = run(base)
    if status:
        return f"the control does not compile:\n{out}"
    status, out = run(base + ["-DMUST_FAIL"])
    if status == 0:
        return "it compiles, and must not"
    line = first_error(out)
    absent = [t for t in expected if squeeze(t) not in squeeze(line)]
    if absent:
        return f"the first error line lacks {', '.join(absent)}:\n{line or out}\n\nall of it:\n{out[:4000]}"
    return ""


jobs = [(case, compiler) for case in cases for compiler in compilers()]
for (case, compiler), fault in zip(jobs, in_parallel(judge, jobs)):
    tap.case(f"{case.relative_to(ROOT / 'tests/must_fail').with_suffix('')} is refused in a sentence by {compiler}",
             not fault, fault)
sys.exit(tap.finish())

#!/usr/bin/env python3
"""What must not compile, and says why on its first line; and what it suggests, which compiles.

A case is a tests/must_fail/**/NAME.cpp of up to three forms of one program:

    #if defined(MUST_FAIL)      the wrong code
    #elif defined(SUGGESTED)    with the change made that the error suggests, and no other
    #else                       a passing control

It begins with directives:

- `// expect: token; token`: all of them stand on the *first* error line, `expect[clang]:` for one compiler; commas
  separate where there is no `;`. A sentence (`Refused`) names its place, the issue and the suggestion with its numbers.
- `// the control is the suggestion`: of a sentence's case without a SUGGESTED form.
- `// lines: N`: with the compiler's defaults the whole output has at most N lines.
- `// words: text`: where the compiler can print text, the first error line says this.

Where an entry of docs/errors.md says `The compiler, for [NAME.cpp](...)`, its two blocks are this case's: the sentence
that g++ prints and the words. Every issue of issues.def that a type can have is shown that way.

Controls and suggested forms of all cases are compiled together, each in a namespace of its own; only where that fails one
by one. The headers are precompiled for what must fail.
"""

import pathlib
import re
import sys
import tempfile

from tap import INCLUDE, JOBS, ROOT, Tap, clang, compilers, first_error, in_parallel, run

FOLDER = ROOT / "tests/must_fail"
tap = Tap()
wanted = sys.argv[1:]
cases = [c for c in sorted(FOLDER.rglob("*.cpp")) if not wanted or any(w in str(c) for w in wanted)]
issues = re.findall(r"^TTT_ISSUE\((\w+)", (INCLUDE / "ttt/checks/issues.def").read_text(), re.M)
RUN_TIME_ONLY = {"own_kernel_unknown"}  # a type brings its kernels with it
advices = re.findall(r"^TTT_ADVICE\w*\((\w+)", (INCLUDE / "ttt/checks/advices.def").read_text(), re.M)


def directive(text, name):
    found = re.search(rf"^//\s*{re.escape(name)}:\s*(.+?)\s*$", text, re.M)
    return found[1] if found else ""


def split(line):
    """At `;`, or where there is none at commas."""
    return [p.strip() for p in line.split(";" if ";" in line else ",") if p.strip()]


def tokens(text, family):
    return split(directive(text, f"expect[{family}]") or directive(text, "expect"))


def squeeze(text):
    """Compilers differ in the blanks of `A<B<1> >`; namespaces are spelled or not."""
    return re.sub(r"\s+|\bttt::(?:(?:units|of|types|issues|advices|report)::)*", "", text)


def forms(text):
    return ["CONTROL"] + (["SUGGESTED"] if "defined(SUGGESTED)" in text else [])


def family(compiler):
    return "clang" if "clang" in compiler else "gcc"


def flags(compiler):
    if family(compiler) == "clang":
        return [compiler, "-std=c++20", "-fsyntax-only", "-fno-color-diagnostics"]
    return [compiler, "-std=c++20", "-fsyntax-only", "-fdiagnostics-color=never"]


def malformed(text):
    """What a case lacks, in words."""
    for kind in ("gcc", "clang"):
        named = tokens(text, kind)
        if not named:
            return "no `// expect:` line"
        if not any("Refused" in t for t in named):
            continue
        if not any(re.search(rf"\b{i}\b", t) for t in named for i in issues):
            return f"its expected tokens name no issue: {', '.join(named)}"
        if not any(re.search(rf"\b{a}\b", t) for t in named for a in advices):
            return f"its expected tokens name no suggestion: {', '.join(named)}"
        if "SUGGESTED" not in forms(text) and "// the control is the suggestion" not in text:
            return "it has no SUGGESTED form, and does not say that the control is the suggestion"
    return ""


def precompile(compiler, folder, standard="c++20"):
    """Flags that bring the headers in precompiled; none where that does not work."""
    there = folder / f"{family(compiler)}-{standard}/ttt"
    there.mkdir(parents=True, exist_ok=True)
    target = there / ("model.hpp.gch" if family(compiler) == "gcc" else "model.pch")
    status, _ = run([compiler, f"-std={standard}", "-x", "c++-header", "-I", INCLUDE, INCLUDE / "ttt/model.hpp", "-o",
                     target])
    if status:
        return []
    return ["-I", there.parent] if family(compiler) == "gcc" else ["-include-pch", target]


def passing_faults(compiler, folder):
    """{(case, form): output} of the controls and suggested forms that do not compile."""
    every = [(case, form) for case in cases for form in forms(case.read_text())]
    batches = [every[i::JOBS] for i in range(JOBS)]

    def compile_batch(numbered):
        number, batch = numbered
        unit = folder / f"{family(compiler)}_{number}.cpp"
        with open(unit, "w") as out:
            out.write("#include <ttt/model.hpp>\n")
            for i, (case, form) in enumerate(batch):
                out.write(f"#define {form}\nnamespace form_{i} {{\n#include \"{case}\"\n}}\n#undef {form}\n")
        return run([*flags(compiler), "-I", INCLUDE, unit])[0] == 0

    sound = list(in_parallel(compile_batch, enumerate(batches)))
    alone = [job for batch, ok in zip(batches, sound) if not ok for job in batch]
    outputs = in_parallel(lambda job: run([*flags(compiler), f"-D{job[1]}", "-I", INCLUDE, job[0]]), alone)
    faults = {job: out for job, (status, out) in zip(alone, outputs) if status}
    if alone and not faults:
        tap.case(f"controls and suggested forms compile together under {compiler}", False, "each compiles alone")
    return faults


def documented():
    """{case: (issue, text block, compiler's block)} of docs/errors.md."""
    shown = {}
    for entry in re.split(r"^(?=## )", (ROOT / "docs/errors.md").read_text(), flags=re.M):
        link = re.search(r"^The compiler, for \[\S+\]\(\.\./(tests/must_fail/\S+)\):\n\n```\n(.*?)\n```$", entry, re.M | re.S)
        if link:
            text = re.search(r"^```\n(.*?)\n```$", entry, re.M | re.S)[1]
            shown[ROOT / link[1]] = (entry.split("\n")[0][3:], text, link[2])
    return shown


def documentation_fault(case, line):
    """What docs/errors.md says otherwise of this case, whose sentence stands on the line."""
    if case not in DOCUMENTED:
        return ""
    issue, text, sentence = DOCUMENTED[case]
    if squeeze(sentence) not in squeeze(line):
        return f"docs/errors.md#{issue} shows another sentence:\n{sentence}\ninstead of:\n{line}"
    where, what, advice = re.fullmatch(r"([\w.]*): (.*); try: (.*)",
                                       directive(case.read_text(), "words") or ": ; try: ").groups()
    expected = f"module: {where}\nissue: {what}\nsuggestion: {advice}\nsee: docs/errors.md#{issue}"
    return "" if text == expected else f"docs/errors.md#{issue} shows:\n{text}\ninstead of:\n{expected}"


def refusal_fault(case, compiler, headers):
    """What is wrong with the way the wrong code is refused."""
    text = case.read_text()
    base = [*flags(compiler), "-DMUST_FAIL"]
    one = ["-ferror-limit=1", "-ftemplate-backtrace-limit=1"] if family(compiler) == "clang" else ["-fmax-errors=1"]
    status, out = run([*base, *one, *headers, "-I", INCLUDE, case])
    if "precompiled header" in first_error(out):  # a header was edited meanwhile
        status, out = run([*base, *one, "-I", INCLUDE, case])
    if status == 0:
        return "it compiles, and must not"
    line = first_error(out)
    absent = [t for t in tokens(text, family(compiler)) if squeeze(t) not in squeeze(line)]
    if absent:
        return f"the first error line lacks {', '.join(absent)}:\n{line or out}\n\nall of it:\n{out[:4000]}"
    if family(compiler) == "gcc" and (fault := documentation_fault(case, line)):
        return fault
    limit = directive(text, "lines")
    if limit:
        lines = run([*base, "-I", INCLUDE, case])[1].rstrip().splitlines()
        if len(lines) > int(limit):
            return f"{len(lines)} lines instead of at most {limit}:\n" + "\n".join(lines)
    return ""


DOCUMENTED = documented()


def main():
    unsound = {case: malformed(case.read_text()) for case in cases}
    with tempfile.TemporaryDirectory(prefix="ttt-must-fail-") as name:
        folder = pathlib.Path(name)
        for compiler in compilers():
            headers = precompile(compiler, folder)
            passing = passing_faults(compiler, folder)
            judged = in_parallel(lambda case: unsound[case] or refusal_fault(case, compiler, headers), cases)
            for case, fault in zip(cases, judged):
                title = case.relative_to(FOLDER).with_suffix("")
                for form, what in (("CONTROL", "the control"), ("SUGGESTED", "what is suggested")):
                    if (case, form) in passing:
                        fault += f"\n{what} does not compile:\n{passing[case, form][:4000]}"
                tap.case(f"{title} is refused in a sentence by {compiler}", not fault, fault)
    with_words = [(case, words) for case in cases if (words := directive(case.read_text(), "words"))]
    talker = clang(oldest=19)

    def speak(job):
        command = [talker, "-std=c++2c", "-fsyntax-only", "-fno-color-diagnostics", "-DMUST_FAIL", "-I", INCLUDE, job[0]]
        out = run([*command, *headers])[1]
        return run(command)[1] if "precompiled header" in first_error(out) else out

    with tempfile.TemporaryDirectory(prefix="ttt-must-fail-") as name:
        headers = precompile(talker, pathlib.Path(name), "c++2c") if talker else []
        outputs = list(in_parallel(speak, with_words if talker else []))
    for (case, words), out in zip(with_words, outputs):
        said = first_error(out).endswith(": " + words)
        tap.case(f"{case.relative_to(FOLDER).with_suffix('')} is refused in words by {talker}", said,
                 f"expected: {words}\nfirst error: {first_error(out) or out[:2000]}")
    if not wanted:
        absent = [i for i in issues if i not in RUN_TIME_ONLY and i not in {name for name, *_ in DOCUMENTED.values()}]
        tap.case("docs/errors.md shows a case of every issue", not absent, "\n".join(absent))
        gone = [str(c) for c in DOCUMENTED if c not in cases]
        tap.case("every case docs/errors.md shows is there", not gone, "\n".join(gone))
    return tap.finish()


sys.exit(main())

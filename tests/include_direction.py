#!/usr/bin/env python3
"""Holds the folder order, the light headers' promises and the header lengths; reads the compiler's own output."""

import re
import statistics
import sys

from tap import INCLUDE, ROOT, Tap, gcc, in_parallel, run

ORDER = ["io", "spec", "types", "policy", "catalog", "plan", "checks", "kernels", "runtime", "adaptor", "profile"]
MODEL_FOLDERS = {"io", "spec", "types", "policy", "catalog", "plan", "checks"}
LONGEST, MEDIAN = 300, 120

# What a header may reach in the system, directly or not. Streams and regex cost every user compile time.
NEVER = re.compile(r"/(iostream|regex)$")
NOT_IN_MODEL = re.compile(r"/(iostream|regex|thread|fstream|filesystem|simdjson\.h|pcre2\.h|utf8proc\.h)$|/fmt/")

tap = Tap()
tree = INCLUDE / "ttt"
headers = sorted(tree.glob("*.hpp")) + [h for f in ORDER for h in sorted((tree / f).rglob("*.hpp"))]


def folder_of(path):
    """The folder of a header below include/ttt, '' for the top level, None for a system header."""
    match = re.search(r"(?:^|/)include/ttt/(.*)$", path)
    return None if not match else match[1].split("/")[0] if "/" in match[1] else ""


def reaches(header):
    """Every file the compiler reads for a header: (exit status, list or message)."""
    status, out = run([gcc(), "-std=c++20", "-I", INCLUDE, "-M", "-x", "c++", "-DTTT_SEPARATE_COMPILATION", header])
    return (status, out) if status else (0, out.replace("\\\n", " ").split()[1:])


for header, (status, files) in zip(headers, in_parallel(reaches, headers)):
    name = header.relative_to(INCLUDE).as_posix()
    if status:
        tap.case(f"{name} includes only what exists", False, files)
        continue
    own = folder_of(str(header))
    wrong = []
    if own in ORDER:
        allowed = set(ORDER[:ORDER.index(own) + 1])
        wrong += [f"reaches {f}, a folder to its right" for f in files if folder_of(f) not in allowed | {None}]
    if header.name == "model.hpp" and own == "":
        wrong += [f"reaches {f}, not of the constexpr part" for f in files if folder_of(f) not in MODEL_FOLDERS | {None, ""}]
    light = NOT_IN_MODEL if own in {"spec", "types", "policy", "catalog", "plan", "checks"} or header.name == "model.hpp" else NEVER
    wrong += [f"reaches {f}, too heavy for it" for f in files if light.search(f)]
    tap.case(f"{name} includes only to its left", not wrong, "\n".join(wrong))

lengths = {h: len(h.read_text().splitlines()) for h in headers + sorted(tree.rglob("*.ipp")) if h.exists()}
long = [f"{h.relative_to(ROOT)}: {n} lines" for h, n in lengths.items() if n > LONGEST]
tap.case(f"no header is longer than {LONGEST} lines", not long, "\n".join(long))
median = statistics.median(lengths[h] for h in headers) if headers else 0
tap.case("the median header is at most 120 lines", median <= MEDIAN, f"the median is {median} lines; at most {MEDIAN}")

sys.exit(tap.finish())

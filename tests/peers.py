#!/usr/bin/env python3
"""The race against the peer, without the peer: its command line, its rows, its tables, and the documents that show them."""

import json
import pathlib
import sys
import tempfile

from tap import ROOT, Tap, run

FOLDER = ROOT / "bench/peers"
sys.path.insert(0, str(FOLDER))
sys.dont_write_bytecode = True
import results as results_file
import rows
import table
from programs import Failed

tap = Tap()


def command(*arguments):
    return run([sys.executable, "-B", FOLDER / "run", *arguments])


# --- the command line -------------------------------------------------------------------------------------------------

status, out = command("--help")
tap.case("--help explains itself", status == 0 and "--quick" in out and "--record" in out, out)
for name, arguments, says in (
        ("an unknown option", ["--fast"], "--fast"),
        ("an unknown level", ["--level", "mmx"], "'mmx'"),
        ("an --only that is no regular expression", ["--only", "("], "no regular expression"),
        ("an --only that no row matches", ["--only", "gpt-17"], "--list"),
        ("a --record that is no plain name", ["--record", "../x"], "'../x'"),
        ("--seconds that are no number", ["--seconds", "soon"], "'soon'")):
    status, out = command(*arguments)
    tap.case(f"{name} is refused", status == 2 and says in out and "Traceback" not in out, f"exit status {status}\n{out}")
listed = {quick: command("--list", *["--quick"] * quick)[1].split() for quick in (False, True)}
tap.case("every row has a key of its own", len(set(listed[False])) == len(listed[False]) > 40, listed[False])
tap.case("the quick rows are a part of all", set(listed[True]) < set(listed[False]), set(listed[True]) - set(listed[False]))
chosen = command("--list", "--only", "^depth/smollm2-135m/int8")[1].split()
tap.case("--only chooses rows by key", chosen and all(k.startswith("depth/smollm2-135m/int8") for k in chosen), chosen)

# --- rows -------------------------------------------------------------------------------------------------------------

for row in rows.all_rows(False):
    if row.model in rows.SHAPES:
        longest = row.depth + max(row.prompt, row.decode)
        if longest > rows.SHAPES[row.model]:
            tap.case(f"{row.key} fits the model's context", False, f"{longest} of {rows.SHAPES[row.model]} positions")
tap.case("a row's policy holds its formats", rows.Row("depth", "x", "int8", kv="int8").policy ==
         ["--policy", "weights=int8,fidelity=LoFi,kv=int8"], rows.Row("depth", "x", "int8", kv="int8").policy)

# --- tables -----------------------------------------------------------------------------------------------------------

LIMITS = {"read_gb_s": 20, "gflop_s": 100, "bf16_gflop_s": 0, "int8_gop_s": 150}
FLAGS = {"context": "a", "flash": False, "unified": True, "threads": 2}


def entry(row, **more):
    return {"row": vars(row) | {}, "done": True, "commit": "abc", "date": "2026-01-02", "pairs": [], "bits_per_weight": 8.5,
            "peer_bits_per_weight": 8.5, **more}


def pair(phase, ours, peer):
    return {"ttt": {phase: ours}, "peer": {phase: peer}, "load": 0.5}


depth = rows.Row("depth", "smollm2-135m", "int8", decode=64, depth=2048)
batch = rows.Row("batch", "llama-3.2-1b", "bf16", decode=32, batch=16)
busy = rows.Row("busy", "stories15m", "int8", decode=32, busy=2)
load = rows.Row("load", "llama-3.2-1b", "int4")
accuracy = rows.Row("accuracy", "demo", "int8")
side = {"kl": 0.00012, "kl_error": 0.00001, "agreement": 0.995}
sample = {
    "setting": {"processor": "P", "cores": 2, "isa": "avx2", "peer": "llama-cpp-python==1", "peer_build": "-DX=ON"},
    "rows": {
        depth.key: entry(depth, flags={"decode": FLAGS | {"threads": 1}}, share_of_limit={"decode": 0.876}, limits=LIMITS,
                         pairs=[pair("decode", 100, 50), pair("decode", 120, 40), pair("decode", 90, 45)]),
        batch.key: entry(batch, flags={"decode": FLAGS | {"flash": True, "unified": False}},
                         share_of_limit={"decode": 0.6, "decode_arithmetic": 0.75},
                         limits=LIMITS | {"read_gb_s": 10}, pairs=[pair("decode", 90.04, 60)]),
        busy.key: entry(busy, flags={"decode": FLAGS}, share_of_limit={"decode": 0.1}, limits=LIMITS, pairs=[pair("decode", 60, 5)]),
        load.key: entry(load, first_start_s=3.25, memory={"ttt": 1.5e9, "planned": 1.5e9, "planned_weights": 1e9, "peer": 2e9},
                        pairs=[{"ttt": {"cold": 2, "warm": 0.5}, "peer": {"cold": 4, "warm": 1.5}, "load": 1.5}]),
        accuracy.key: entry(accuracy, ttt=side, peer=side | {"kl": 0.25}),
        "unfinished": entry(rows.Row("batch", "llama-3.2-1b", "int8", batch=16), done=False, pairs=[pair("decode", 1, 1)])}}
whole = table.whole("sample", sample)
for name, says in (
        ("figures are medians, and ratios medians of pairs with their extremes",
         "| SmolLM2-135M | int8 · Q8_0 | 2,048 | 100 · 45.0 | **2.00** (2.00 to 3.00) | 0.88 | 8.50 · 8.50 | plain, 1 thread |"),
        ("shares are of the largest limit that was seen", "| Llama-3.2-1B | bf16 · BF16 | 16 | 90.0 · 60.0 | **1.50** (1.50 to 1.50) "
         "| 0.30 | 0.75 | 8.50 · 8.50 | flash, a cache each |"),
        ("other processes are counted", "| stories15M | int8 · Q8_0 | 2 | 2 | 60.0 · 5.00 | **12.00** (12.00 to 12.00) | plain |"),
        ("less time is better", "| Llama-3.2-1B | int4 · Q4_0 | 3.25 | 2.00 · 4.00 | **2.00** (2.00 to 2.00) | 0.50 · 1.50 | **3.00** (3.00 to 3.00) "
         "| 1,500 | 1.00 | 2,000 |"),
        ("accuracy stands beside its error", "| demo | int8 · Q8_0 | 8.50 · 8.50 | 0.00012 ± 1e-05 | 0.25 ± 1e-05 | 99.5 % · 99.5 % |"),
        ("the machine, the build and the load are named", "P, 2 cores; ttt's kernels avx2; the peer llama-cpp-python==1 built with `-DX=ON`. "
         "Measured 2026-01-02 at abc; load average before a pair: median 0.5, at most 1.5.")):
    tap.case(name, says in whole, f"not in it: {says}\n{whole}")
tap.case("unfinished rows are left out", "| 1.00 · 1.00 |" not in whole, whole)
ragged = [part for part in (whole + table.short(sample)).split("\n\n")
          if len({line.count(" | ") for line in part.splitlines() if line.startswith("|")}) > 1]
tap.case("all lines of a table have as many cells", not ragged, "\n\n".join(ragged))
tap.case("the short table holds starting, depth and accuracy",
         all(s in table.short(sample) for s in ("decode behind 2,048 tokens", "start to the first token", "99.5 %")), table.short(sample))
for value, text in ((12345.6, "12,346"), (99.96, "100"), (12.34, "12.3"), (9.996, "10.0"), (1.234, "1.23"), (0.0512, "0.05")):
    tap.case(f"{value} reads {text}", table.number(value) == text, table.number(value))

# --- documents and files ----------------------------------------------------------------------------------------------

begin, end = table.BEGIN, table.END
tap.case("what stands between the markers is replaced", table.between_markers(f"a {begin} old {end} b", "new\n") == f"a {begin}\nnew\n{end} b",
         table.between_markers(f"a {begin} old {end} b", "new\n"))
for name, text in (("no markers", "a"), ("markers the wrong way round", f"{end} {begin}"), ("a marker twice", f"{begin} {begin} {end}")):
    try:
        table.between_markers(text, "new")
        tap.case(f"{name}: refused", False, "it was replaced")
    except ValueError:
        tap.case(f"{name}: refused", True)
for path, text in table.documented().items():
    tap.case(f"{path.relative_to(ROOT)} shows the results that are kept", path.read_text() == text, "bench/peers/run --tables writes it")

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "r.json"
    setting = sample["setting"]
    tap.case("results begin empty", results_file.opened(path, setting) == {"setting": setting, "rows": {}})
    results_file.save(path, sample)
    tap.case("results are found again", results_file.opened(path, setting) == json.loads(json.dumps(sample)))
    for name, other, says in (("another machine's", setting | {"processor": "Q"}, "another processor"),
                              ("another peer's", setting | {"peer_build": "native"}, "another peer_build")):
        try:
            results_file.opened(path, other)
            tap.case(f"{name} results are not mixed in", False, "they were opened")
        except Failed as fault:
            tap.case(f"{name} results are not mixed in", says in str(fault), fault)
    for text in ("", "[]", "{}", '{"setting": {}}', "{"):
        path.write_text(text)
        try:
            results_file.opened(path, setting)
            tap.case(f"{text!r} is no result", False, "it was opened")
        except Failed as fault:
            tap.case(f"{text!r} is no result", "--out" in str(fault), fault)

sys.exit(tap.finish())

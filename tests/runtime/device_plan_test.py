#!/usr/bin/env python3
"""`ttt plan` on Tensix devices: times reckoned a second time, the tables of docs/ttnn-time.md, and what its JSON says.

usage: device_plan_test.py TTT
"""

import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "ttnn")]
import step_times  # noqa: E402
from device_plans import DEVICES, Plans  # noqa: E402
from tap import ROOT, Tap  # noqa: E402

tap = Tap()


# --- times reckoned a second time -------------------------------------------------------------------------------------

def second_reckoning(plans):
    """Every op of one layer, embedding and head, of decoding steps and prompts in chunks, on one chip and on meshes."""
    for model in step_times.MODELS:
        for device in step_times.DEVICES:
            if model == "SmolLM2-135M" and device in ("n300", "T3000"):  # nine heads
                continue
            for batch, context, prompt, chunk in ((1, 1024, 512, 512), (32, 512, 512, 256), (9, 1024, 300, 128), (4, 4096, 4096, 4096)):
                found = plans.plan(model, device.upper() if device == "p150" else device, "--batch", batch, "--context", context,
                                   "--prompt", prompt, "--policy", f"chunk={chunk}")
                if not found:
                    continue
                how = {"batch": batch, "context": context}
                decode = step_times.times(model, device, **how)
                prompts = step_times.times(model, device, prompt=prompt, chunk=chunk, **how)
                ops = {o["path"].removeprefix("layers.0."): o for o in found["ops"]}
                wrong = [f"{path}, {key}: {ops[path][key]:.6f} by the command, {seconds[path] * 1e3:.6f} by the test"
                         for key, seconds in (("expected_ms", decode), ("prompt_ms", prompts)) for path in seconds
                         if abs(ops[path][key] / 1e3 - seconds[path]) > 1e-9 * seconds[path]]
                tap.case(f"{model} on {device}, batch {batch} of {context} positions, {prompt} tokens in chunks of {chunk}", not wrong, "\n".join(wrong))


# Reckoned with pencil and paper from data sheets: microseconds.
BY_HAND = [
    # twice 12 banks of 38 x 128 tiles of 1088 bytes at 288 GB/s; six gaps
    ("Llama-3.1-8B", "n150", "mlp.gate_up", "expected_ms", 441.003 + 39),
    # keys and values of 8 heads of 128 numbers of 1.0625 bytes, 512 positions; three gaps
    ("Llama-3.1-8B", "n150", "attention.scores", "expected_ms", 3.868 + 19.5),
    # 2 x 16 tiles a core times 448, 65,536 FLOP each at 2.048 TFLOP/s; 512 rows' three of 8 KiB; two gaps
    ("Llama-3.1-8B", "n150", "mlp.down", "prompt_ms", 458.752 + 43.691 + 13),
    # 12 banks of 11 x 224 tiles; half of 256 KiB twice at 25 GB/s and a hop each; six gaps
    ("Llama-3.1-8B", "n300", "mlp.down", "expected_ms", 111.703 + 10.486 + 1.422 + 39),
    # 12 banks of 6 x 8 tiles; seven eighths of 128 KiB both ways round and four hops twice; seven gaps
    ("Llama-3.2-1B", "T3000", "attention.o", "expected_ms", 2.176 + 4.588 + 5.688 + 45.5),
    # the same tiles and 512 rows of 272 + 4096 bytes; seven eighths of 2 MiB both ways round, four hops twice; three times
    # 512 rows of 4 KiB; four gaps
    ("Llama-3.2-1B", "T3000", "attention.o", "prompt_ms", 2.176 + 7.765 + 73.4 + 5.688 + 21.845 + 26),
    # twice 56 x 128 tiles on each of eight cores at 2.765 TFLOP/s; six gaps
    ("Llama-3.1-8B", "P150", "mlp.gate_up", "expected_ms", 339.816 + 39),
]


def by_hand(plans):
    for model, device, op, key, us in BY_HAND:
        found = plans.plan(model, device, "--context", 1024)
        if found:
            ms = {o["path"]: o[key] for o in found["ops"]}[f"layers.0.{op}"]
            tap.case(f"{op} of {model} on {device}, {key}: {us:.3f} us by hand", abs(ms * 1e3 - us) < 0.01, f"{ms * 1e3} us by the command")


# --- the tables of docs/ttnn-time.md ----------------------------------------------------------------------------------

TEXT = (ROOT / "docs/ttnn-time.md").read_text()


def table(heading):
    """Rows of the first table behind a heading, as dictionaries by its columns."""
    lines = TEXT[TEXT.index(f"## {heading}\n"):].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    cells = lambda line: [c.strip() for c in line.strip().strip("|").split("|")]
    columns, rows = cells(lines[start]), []
    for line in lines[start + 2:]:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(columns, cells(line))))
    return rows


def holds(name, said, computed):
    """Numbers of a table, as written, against the command's at as many digits."""
    wrong = []
    for column, value in computed.items():
        digits = len(said[column].split(".")[1]) if "." in said[column] else 0
        if f"{value:.{digits}f}" != said[column]:
            wrong.append(f"{column}: {said[column]} in the docs, {value:.4f} by the command")
    tap.case(name, not wrong, "\n".join(wrong))


PRESET = {"performance": "speed", "accuracy": "standard"}


def published_rates(plans):
    rows = table("Published rates")
    tap.case("every published rate has a row", len(rows) == 20, rows)
    for row in rows:
        found = plans.plan(row["model"], row["device"], "--preset", PRESET[row["setting"]], "--context", 1024)
        if not found:
            continue
        d, measured = found["expected"]["decode"], found["expected"]["as_measured"]["decode"]
        published = 1000 / float(row["published"])
        name = f"published rates, {row['model']} on {row['device']}, {row['setting']}"
        holds(name, row, {"expected": d["tokens_per_s_per_user"], "ms": d["ms"], "reading": d["reading_ms"], "computing": d["computing_ms"],
                          "ops": d["overhead_ms"], "sending": d["sending_ms"], "as measured": measured["tokens_per_s_per_user"],
                          "left, ms": published - measured["ms"]})
        tap.case(f"{name}: what is expected is a floor", d["ms"] < published and measured["ms"] < published, f"{d} and {measured}; published {published}")


def ops_of_a_step(plans):
    found = plans.plan("Llama-3.1-8B", "n150", "--preset", "speed", "--context", 1024)
    if not found:
        return
    by_path = {o["path"]: o for o in found["ops"]}
    rows = table("One layer of a decoding step")
    tap.case("every op of a layer has a row", len(rows) == sum(o["path"].startswith("layers.0.") for o in found["ops"]), rows)
    for row in rows:
        op = by_path[f"layers.0.{row['op'].strip('`')}"]
        holds(f"one layer, {row['op']}", row, {"us": op["expected_ms"] * 1e3, "cores": op["cores"], "TTNN ops": op["device_ops"]})
        tap.case(f"one layer, {row['op']}: {row['bound']}", op["bound"] == row["bound"], op)


# --- JSON and options -------------------------------------------------------------------------------------------------

def contract(plans):
    found = plans.plan("Llama-3.1-8B", "n300", "--prompt", 1024, "--batch", 4)
    if not found:
        return
    fields = {"path", "kernel", "fused_from", "flops", "bytes", "expected_ms", "prompt_ms", "bound", "prompt_bound", "cores", "device_ops"}
    words = {"DRAM", "FLOP", "BOTH", "SLOW", "HOST"}
    tap.case("every op has its times and bounds", all(fields <= set(o) and {o["bound"], o["prompt_bound"]} <= words for o in found["ops"]),
             found["ops"][:3])
    e = found["expected"]
    for phase, key, tokens in (("decode", "expected_ms", 4), ("prompt", "prompt_ms", 1024)):
        ms = sum(o[key] for o in found["ops"])
        tap.case(f"the ops' times add up to the {phase}'s", abs(e[phase]["ms"] - ms) < 1e-6 * ms and e[phase]["tokens"] == tokens and
                 abs(e[phase]["tokens_per_s"] - tokens / ms * 1e3) < 1e-6 * tokens / ms * 1e3, e)
        slower = e["as_measured"][phase]
        tap.case(f"as measured the {phase} takes longer, by reading and sending", set(slower) == set(e[phase]) and slower["ms"] > ms and
                 slower["overhead_ms"] == e[phase]["overhead_ms"] and slower["computing_ms"] == e[phase]["computing_ms"], e)
    tap.case("what was measured is said", abs(e["as_measured"]["read_gb_s"] - 0.87 * 288) < 1e-6 and e["as_measured"]["sum_us"] == 14, e)
    tap.case("a user of a batch gets one token a step", abs(e["decode"]["tokens_per_s_per_user"] * 4 - e["decode"]["tokens_per_s"]) < 1e-6, e)
    slow = plans.plan("Llama-3.1-8B", "n300", "--prompt", 1024, "--batch", 4, "--op-overhead", 13)
    if slow:
        more = slow["expected"]["decode"]["overhead_ms"] / e["decode"]["overhead_ms"]
        tap.case("--op-overhead is what every op begins with", abs(more - 2) < 1e-9 and slow["expected"]["op_overhead_us"] == 13, slow["expected"])
    half = plans.plan("Llama-3.1-8B", "n300", "--read-share", 0.5)
    tap.case("--read-share slows reading, and is the last word", bool(half) and abs(half["limits"]["read_gb_s"] - 144) < 1e-6 and
             "as_measured" not in half["expected"], half and half["limits"])
    status, out, _ = plans.run("plan", plans.folder("Llama-3.1-8B"), "--device", DEVICES["n150"])
    tap.case("the text has rates, bounds and advice", status == 0 and all(
        w in out for w in ("tokens/s a sequence", "measured of such chips", "A prompt of 512 tokens", "BOTH", "advice")), out[-1500:])
    for words, anchor in ((("--op-overhead", 1), "option_conflict"), (("--prompt", 64), "option_conflict"),
                          (("--device", DEVICES["n150"], "--context", 64, "--prompt", 65), "workload_out_of_range"),
                          (("--device", DEVICES["n150"], "--read-share", 0), "option_out_of_range")):
        status, out, err = plans.run("plan", plans.folder("narrow"), *words)
        tap.case(f"plan {' '.join(map(str, words))} is refused", status != 0 and err.rstrip().endswith("#" + anchor), err)


with Plans(sys.argv[1], tap) as plans:
    second_reckoning(plans)
    by_hand(plans)
    published_rates(plans)
    ops_of_a_step(plans)
    contract(plans)
sys.exit(tap.finish())

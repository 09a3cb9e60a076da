#!/usr/bin/env python3
"""`ttt plan` on Tensix devices: the tables of docs/ttnn-time.md, what its JSON says, and advice that holds when it is followed.

usage: device_plan_test.py TTT
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from decoder_config import decoder  # noqa: E402
from tap import ROOT, Tap  # noqa: E402

TTT = sys.argv[1]
WORK = pathlib.Path(tempfile.mkdtemp(prefix="ttt-device-plan-"))
tap = Tap()

MODELS = {
    "Llama-3.1-8B": decoder("llama", 128256, 4096, 14336, 32, 32, 8, 131072, rope_theta=500000.0),
    "Llama-3.2-1B": decoder("llama", 128256, 2048, 8192, 16, 32, 8, 131072, head_dim=64, tie_word_embeddings=True),
    "Qwen2.5-0.5B": decoder("qwen2", 151936, 896, 4864, 24, 14, 2, 32768, tie_word_embeddings=True),
    "narrow": decoder("llama", 32000, 1024, 2816, 4, 16, 4, 4096),
    "even": decoder("llama", 32000, 1024, 1024, 4, 16, 8, 4096),
}
DEVICES = {"n150": "ttnn:wormhole_n150", "n300": "ttnn:wormhole_n300", "T3000": "ttnn:wormhole_t3000",
           "p150": "ttnn:blackhole_p150"}


def folder(model):
    path = WORK / model
    if not path.exists():
        path.mkdir()
        (path / "config.json").write_text(json.dumps(MODELS[model]))
    return path


def run(*words):
    done = subprocess.run([TTT, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def plan(model, device, *words):
    status, out, err = run("plan", folder(model), "--device", DEVICES[device], *words, "--json")
    try:
        return json.loads(out)
    except ValueError:
        tap.case(f"plan of {model} on {device} {' '.join(map(str, words))}", False, f"exit status {status}\n{out[:500]}\n{err[:800]}")
        return None


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


def published_rates():
    rows = table("Published rates")
    tap.case("every published rate has a row", len(rows) == 6, rows)
    sums = {"n150": 0, "n300": 64, "T3000": 64}
    measured_us = {"n150": 0, "n300": 52.3, "T3000": 81.1}
    for row in rows:
        words = ["--preset", PRESET[row["setting"]], "--context", 1024]
        floor = plan("Llama-3.1-8B", row["device"], *words)
        slower = plan("Llama-3.1-8B", row["device"], *words, "--read-share", 0.87)
        if not floor or not slower:
            continue
        d = floor["expected"]["decode"]
        gaps_ms = sums[row["device"]] * 2 * floor["expected"]["op_overhead_us"] / 1e3
        collectives = sums[row["device"]] * measured_us[row["device"]] / 1e3 - d["sending_ms"]
        seen = slower["expected"]["decode"]["ms"] + collectives
        published = 1000 / float(row["published"])
        name = f"published rates, {row['device']}, {row['setting']}"
        holds(name, row, {"expected": d["tokens_per_s_per_user"], "ms": d["ms"], "reading": d["reading_ms"],
                          "ops": d["overhead_ms"], "sending": d["sending_ms"], "+ bandwidth, collectives": 1000 / seen,
                          "left, ms": published - seen})
        tap.case(f"{name}: what is expected is a floor", d["ms"] < published and seen < published,
                 f"{d['ms']} and {seen} ms; published {published}")
        tap.case(f"{name}: gaps of collectives are counted", gaps_ms < d["overhead_ms"], d)


def ops_of_a_step():
    found = plan("Llama-3.1-8B", "n150", "--preset", "speed", "--context", 1024)
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

def contract():
    found = plan("Llama-3.1-8B", "n300", "--prompt", 1024, "--batch", 4)
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
    tap.case("a user of a batch gets one token a step", abs(e["decode"]["tokens_per_s_per_user"] * 4 - e["decode"]["tokens_per_s"]) < 1e-6, e)
    slow = plan("Llama-3.1-8B", "n300", "--prompt", 1024, "--batch", 4, "--op-overhead", 13)
    if slow:
        more = slow["expected"]["decode"]["overhead_ms"] / e["decode"]["overhead_ms"]
        tap.case("--op-overhead is what every op begins with", abs(more - 2) < 1e-9 and slow["expected"]["op_overhead_us"] == 13, slow["expected"])
    half = plan("Llama-3.1-8B", "n300", "--read-share", 0.5)
    tap.case("--read-share slows reading", bool(half) and abs(half["limits"]["read_gb_s"] - 144) < 1e-6, half and half["limits"])
    status, out, _ = run("plan", folder("Llama-3.1-8B"), "--device", DEVICES["n150"])
    tap.case("the text has rates, bounds and advice", status == 0 and all(
        w in out for w in ("tokens/s a sequence", "A prompt of 512 tokens", "BOTH", "advice")), out[-1500:])
    for words, anchor in ((("--op-overhead", 1), "option_conflict"), (("--prompt", 64), "option_conflict"),
                          (("--device", DEVICES["n150"], "--context", 64, "--prompt", 65), "workload_out_of_range"),
                          (("--device", DEVICES["n150"], "--read-share", 0), "option_out_of_range")):
        status, out, err = run("plan", folder("narrow"), *words)
        tap.case(f"plan {' '.join(map(str, words))} is refused", status != 0 and err.rstrip().endswith("#" + anchor), err)


# --- advice: one case that has it, one that has not, and what following it does ----------------------------------------

CASES = [  # category, words of its text, model, device, arguments; arguments without it, of a model where it is another
    ("DRAM sharding", "interleaved", "Llama-3.1-8B", "n150", "--policy kernel=naive", ""),
    ("DRAM sharding", "chunks of", "Llama-3.1-8B", "n150", "--policy chunk=32 --prompt 1024", "--prompt 1024"),
    ("DRAM sharding", "whole prompt", "Llama-3.1-8B", "n150", "--prompt 32", "--prompt 1024"),
    ("grid size", "beside the banks", "Llama-3.1-8B", "p150", "", "--policy kernel=naive"),
    ("grid size", "takes 4 phases", "Llama-3.1-8B", "n150", "--policy fidelity=HiFi4", ""),
    ("grid size", "divide over no more", "Qwen2.5-0.5B", "n150", "--prompt 2048", "--prompt 1"),
    ("fidelity", "whole at HiFi2", "Llama-3.1-8B", "n150", "--policy layers.3.mlp:fidelity=HiFi4", ""),
    ("fidelity", "left out now", "Llama-3.1-8B", "n150", "--policy fidelity=LoFi", ""),
    ("fidelity", "known fault", "Llama-3.1-8B", "n300", "--policy layers.*.attention:weights=bf16,fidelity=HiFi4", "--prompt 32 --policy scores=HiFi3"),
    ("fidelity", "known fault", "Llama-3.1-8B", "n150", "--prompt 2048", "--prompt 2048 --policy scores.prompt=HiFi3"),
    ("in0 placement", "has its rows in L1", "even", "n150", "--policy kernel=naive", ""),
    ("in0 placement", "would fit into L1", "narrow", "n150", "--prompt 128", "--prompt 2048", "Llama-3.1-8B"),
    ("in0_block_w", "64 tiles", "Llama-3.2-1B", "n150", "", "", "Llama-3.1-8B"),
    ("output subblock", "19 columns", "Qwen2.5-0.5B", "n150", "--prompt 512", "--mesh 1x2 --prompt 512"),
    ("op-to-op gap", "record the step", "Llama-3.1-8B", "n150", "--op-overhead 20", "--op-overhead 6.5"),
]


def advice_of(found, category, text):
    return [a for a in found["advice"] if a["category"] == category and text in a["text"]]


def advice():
    for category, text, model, device, arguments, without, *elsewhere in CASES:
        name = f"{category}, {text}: {model} on {device} {arguments}"
        found, other = plan(model, device, *arguments.split()), plan(elsewhere[0] if elsewhere else model, device, *without.split())
        if not found or not other:
            continue
        mine = advice_of(found, category, text)
        tap.case(f"{name} has it", bool(mine), found["advice"])
        tap.case(f"{name}: not with {without or 'the defaults'}", not advice_of(other, category, text), other["advice"])
        policies = sorted({a["policy"] for a in mine if a["policy"]})
        if not policies:
            continue
        if all(p.startswith("chunk=") for p in policies):  # one chunk for all ops: the longest
            policies = [max(policies, key=lambda p: int(p[6:]))]
        words = [w for p in policies for w in ("--policy", p)]
        after = plan(model, device, *arguments.split(), *words)
        tap.case(f"{name}: followed, it is gone: {' '.join(words)[:150]}", bool(after) and not advice_of(after, category, text),
                 after and after["advice"])
        phase = mine[0]["phase"]
        if after and text != "left out now":  # more phases are for exactness, all else for time
            before_ms, after_ms = (p["expected"][phase]["ms"] for p in (found, after))
            tap.case(f"{name}: and it costs no time", after_ms < before_ms * 1.05, f"{before_ms} ms before, {after_ms} after")


try:
    published_rates()
    ops_of_a_step()
    contract()
    advice()
finally:
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(tap.finish())

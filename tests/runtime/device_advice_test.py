#!/usr/bin/env python3
"""Advice of `ttt plan` on Tensix devices: where it is given, and that it holds when it is followed.

usage: device_advice_test.py TTT
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from device_plans import DEVICES, MODELS, Plans  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()

# --- one case that has it, one that has not -----------------------------------------------------------------------------

CASES = [  # category, words of its text, model, device, arguments; arguments without it, of a model where it is another
    ("DRAM sharding", "interleaved", "Llama-3.1-8B", "n150", "--policy kernel=naive", ""),
    ("DRAM sharding", "chunks of", "Llama-3.1-8B", "n150", "--policy chunk=32 --prompt 1024", "--prompt 1024"),
    ("DRAM sharding", "whole prompt", "Llama-3.1-8B", "n150", "--prompt 32", "--prompt 1024"),
    ("grid size", "beside the banks", "Llama-3.1-8B", "P150", "", "--policy kernel=naive"),
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


def given_and_gone(plans):
    for category, text, model, device, arguments, without, *elsewhere in CASES:
        name = f"{category}, {text}: {model} on {device} {arguments}"
        found = plans.plan(model, device, *arguments.split())
        other = plans.plan(elsewhere[0] if elsewhere else model, device, *without.split())
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
        after = plans.plan(model, device, *arguments.split(), *words)
        tap.case(f"{name}: all of it followed, it is gone: {' '.join(words)[:150]}", bool(after) and not advice_of(after, category, text),
                 after and after["advice"])


# --- whatever is advised, for whatever shape, can be followed, and does what it says --------------------------------------

POLICIES = ["", "fidelity=HiFi4", "fidelity=LoFi", "kernel=naive", "chunk=32", "weights=bf16,fidelity=HiFi4", "weights=bfloat4_b,fidelity=HiFi2",
            "kernel=naive,fidelity=LoFi,weights=bfloat4_b", "weights=bfloat4_b,fidelity=HiFi4,accumulate=fp32"]
LOADS = [("--context", 1024, "--prompt", 512), ("--batch", 32, "--context", 512, "--prompt", 33), ("--context", 4096, "--prompt", 2048)]


def followed(plans, model, device, words, before, advice, faults):
    """Follows one piece of advice; adds to `faults` where it does not do what it says."""
    def fault(what):
        faults.append(f"{' '.join(map(str, words))}: {advice['path']}, {advice['category']}, {advice['text']} --policy {advice['policy']}: {what}")

    words = [*words, "--policy", advice["policy"]]
    after = plans.asked("plan", model, device, *words)
    if after is None:
        return fault("refused")
    checked = plans.asked("check", model, device, *(w for w in words if w not in ("--prompt", words[words.index("--prompt") + 1])))
    if not checked or not checked["compatible"]:
        fault(f"ttt check finds it incompatible: {checked}")
    if any(a["path"] == advice["path"] and a["policy"] == advice["policy"] for a in after["advice"]):
        fault("it is given again")
    phase = advice["phase"]
    more = after["expected"][phase]["ms"] - before["expected"][phase]["ms"]
    if "left out now" in advice["text"]:  # for exactness, at a price in time which it names
        price = int(advice["text"].split(" ns longer")[0].split()[-1]) * advice["layers"] / 1e6
        if more < -1e-9 or abs(more - price) > 1e-6 * advice["layers"]:
            fault(f"{more} ms longer, not {price}")
    elif "less accurate" in advice["text"]:  # for exactness, and no slower
        if more > 1e-9:
            fault(f"{more} ms longer")
    else:
        was, now = (p["expected"]["as_measured"][phase]["ms"] for p in (before, after))
        if not now < was:
            fault(f"as measured {was} ms before and {now} after")


def any_shape(plans):
    categories, count = set(), 0
    for model in MODELS:
        for device in DEVICES:
            faults, mine = [], 0
            for policy in POLICIES:
                for load in LOADS:
                    words = [*load, *(["--policy", policy] if policy else [])]
                    before = plans.asked("plan", model, device, *words)
                    if before is None:  # does not fit
                        continue
                    categories |= {a["category"] for a in before["advice"]}
                    seen = set()
                    for a in before["advice"]:
                        key = (a["policy"].split(":")[-1], a["phase"], a["text"].split(":")[0])
                        if a["policy"] and key not in seen:
                            seen.add(key)
                            mine += 1
                            followed(plans, model, device, words, before, a, faults)
            count += mine
            tap.case(f"{model} on {device}: each of {mine} pieces of advice can be followed and does what it says", not faults,
                     "\n".join(faults[:8] + [f"{len(faults)} in all"]))
    tap.case("much advice was followed", count > 1000, count)
    tap.case("of every category that a plan alone can show", {"DRAM sharding", "grid size", "fidelity", "in0 placement", "in0_block_w",
                                                            "output subblock"} <= categories, categories)


with Plans(sys.argv[1], tap) as plans:
    given_and_gone(plans)
    any_shape(plans)
sys.exit(tap.finish())

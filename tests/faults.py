#!/usr/bin/env python3
"""Faults planted on purpose: the profile names the right module first, and its first suggestion, applied, cures it.

usage: faults.py PLANT TTT [FAULT]...
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from tap import ROOT, Tap

PLANT, TTT = sys.argv[1:3]
WANTED = sys.argv[3:]
TRIES = 4
WORK = pathlib.Path(tempfile.mkdtemp(prefix="ttt-faults-"))
ENVIRONMENT = {**os.environ, "TTT_CACHE": str(WORK / "cache")}
tap = Tap()


def profile(model, fault, layer, *more):
    command = [PLANT, "--fault", fault, "--layer", str(layer), *model["how"], *more, str(model["folder"])]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, env=ENVIRONMENT)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def found(report):
    return [report["rows"][i] for i in report["bottlenecks"]]


def told(rows):
    return "\n".join(f"{r['phase']} {r['path']} ({r['fault']}): {r['judged_ms']:.4f} ms, should be {r['should_ms']:.4f}; "
                     f"{[s['policy'] or s.get('threads') for s in r['suggestions'][:2]]}" for r in rows[:6])


def belongs(row, layer, module):
    """To the module, or, where none is named, to the layer."""
    return row["layer"] == layer and module in (None, row["module"])


def find_and_cure(model, fault, layer, module):
    """A sentence about what is wrong, or nothing. The first bottleneck is the one planted; what it suggests first takes it
    away, and makes the pass no slower."""
    planted = profile(model, fault, layer)
    rows = found(planted)
    if not rows:
        return f"nothing was found; noise: {planted['noise']['text']}", planted
    first = rows[0]
    if module == "model":
        if first["path"] != "model":
            return f"found first: {told(rows)}", planted
    elif not belongs(first, layer, module):
        return f"found first: {told(rows)}", planted
    if not first["suggestions"]:
        return f"no suggestion for {told(rows)}", planted
    cure = first["suggestions"][0]
    change = ["--threads", str(cure["threads"])] if cure.get("threads") else ["--policy", cure["policy"]]
    cured = profile(model, fault, layer, *change)
    left = [r for r in found(cured) if (r["path"] == "model" if module == "model" else belongs(r, layer, None))]
    if left:
        return f"{' '.join(change)} leaves {told(left)}", cured
    if first["fault"] == "time" and module != "model":
        same = next(r for r in cured["rows"] if r["phase"] == first["phase"] and r["path"] == first["path"])
        if same["judged_ms"] > 0.75 * first["judged_ms"]:
            return f"{' '.join(change)}: {first['path']} took {first['judged_ms']} ms, takes {same['judged_ms']}", cured
    return "", cured


def case(model, fault, layer, module):
    name = f"{fault} on layer {layer} of {model['name']} is named and cured by the first suggestion"
    faults, noisy = [], 0
    for _ in range(TRIES):
        wrong, report = find_and_cure(model, fault, layer, module)
        if not wrong:
            tap.case(name, True)
            return
        faults.append(wrong)
        noisy += report["noise"]["competing"]
    if noisy == TRIES:
        tap.skip(name, f"the machine was busy: {report['noise']['text']}")
    else:
        tap.case(name, False, "\n".join(faults))


def competing(model):
    name = f"a competing process is reported on {model['name']}, and no layer is blamed"
    for _ in range(TRIES):
        report = profile(model, "competing", 0)
        if report["noise"]["competing"] and not found(report):
            break
    tap.case(name, report["noise"]["competing"] and report["noise"]["text"] and not found(report),
             f"noise: {report['noise']}\n{told(found(report))}")


def nothing(model):
    name = f"nothing is found on {model['name']} as it is"
    for _ in range(TRIES):
        report = profile(model, "none", 0)
        if not found(report):
            break
    if found(report) and report["noise"]["competing"]:
        tap.skip(name, f"the machine was busy: {report['noise']['text']}")
    else:
        tap.case(name, not found(report), told(found(report)))


FAULTS = {"slow_kernel": "mlp", "left_fp32": None, "low_fidelity": "attention", "naive_attention": "attention",
          "many_threads": "model"}
demo = {"name": "demo", "folder": ROOT / "tools/demo_model/demo", "layers": 5,
        "how": ["--prompt", "256", "--decode", "48", "--repeat", "5"]}
stories = {"name": "a model of stories15m's shape", "folder": WORK / "stories15m", "layers": 6,
           "how": ["--prompt", "128", "--decode", "24", "--repeat", "4"]}
made = subprocess.run([TTT, "synth", "stories15m", str(stories["folder"])], stdin=subprocess.DEVNULL, capture_output=True, text=True)
tap.case("a checkpoint of stories15m's shape is made", made.returncode == 0, made.stderr)

wrong = subprocess.run([PLANT, "--fault", "slow_kernal", "demo"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
lines = wrong.stderr.splitlines()
tap.case("a fault that there is not is refused as the command refuses",
         wrong.returncode == 2 and [l.split(": ")[0] for l in lines] == ["module", "issue", "suggestion", "see"]
         and "slow_kernel" in lines[2] and lines[3] == "see: docs/errors.md#option_value",
         f"exit status {wrong.returncode}\n{wrong.stdout}{wrong.stderr}")

for model, layer in ((demo, 3), (stories, 1)):
    for fault, module in FAULTS.items():
        if not WANTED or fault in WANTED:
            case(model, fault, layer, module)
    if not WANTED or "competing" in WANTED:
        competing(model)
    if not WANTED or "none" in WANTED:
        nothing(model)
sys.exit(tap.finish())

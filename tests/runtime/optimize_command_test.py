#!/usr/bin/env python3
"""`ttt optimize` from outside: a fault that is planted and cured, reports that were kept, its files, Ctrl-C, and every wrong way.

usage: optimize_command_test.py TTT
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from command_line import CommandLine  # noqa: E402
from tap import Tap  # noqa: E402

WORK = pathlib.Path(tempfile.mkdtemp(prefix="ttt-optimize-"))
ttt = CommandLine(sys.argv[1], WORK)
tap = Tap()
SHORT = ["--prompt", "128", "--decode", "16", "--threads", "1"]


def refused(name, status, link, *arguments):
    ttt.refused(tap, name, status, link, "optimize", *arguments)


def told(found):
    return "\n".join(f"{t['policy']}: {t['note']}" for t in found.get("tried", []))


# --- a fault that is planted, found, cured and written down -----------------------------------------------------------

fault = ["--policy", "layers.3.attention:kernel=naive"]
cure = WORK / "cure.json"
status, out, err = ttt("optimize", "demo", *fault, *SHORT, "--out", cure, "--json")
found = json.loads(out) if status == 0 else {}
tap.case("one command ends with one object", status == 0 and found.get("model") == "demo", f"exit {status}\n{out[:500]}\n{err}")
if found:
    members = {"model", "bottlenecks", "policy", "cpp", "change", "before", "after", "ratio", "floor", "tried", "interrupted", "device",
               "isa", "threads", "variant"}
    tap.case("it has the documented members", set(found) - {"change_threads"} == members, sorted(set(found) ^ members))
    tap.case("the plain loops of layer 3 are the first bottleneck",
             found["bottlenecks"] and found["bottlenecks"][0]["path"].startswith("layers.3.attention"), found["bottlenecks"][:2])
    first = found["tried"][0] if found["tried"] else {}
    tap.case("what is tried first cures it", first.get("policy") == "layers.3.attention:kernel=flash" and first["kept"], told(found))
    tap.case("its times are those of the pairs", first.get("prompt") and first["prompt"]["after_ms"] < 0.9 * first["prompt"]["before_ms"] and
             first["pairs"] in range(12, 37) and abs(first["prompt"]["ratio"] - first["prompt"]["after_ms"] / first["prompt"]["before_ms"]) < 0.3, first)
    tap.case("all together is faster, measured once more", found["ratio"]["pairs"] == 12 and found["ratio"]["prompt"]["median"] < 0.9 and
             found["ratio"]["prompt"]["low"] <= found["ratio"]["prompt"]["median"] <= found["ratio"]["prompt"]["high"], found["ratio"])
    tap.case("and within the floor", found["after"]["kl"] <= found["floor"]["kl"] == 0.01, found["after"])
    tap.case("the policy file says what the object says", json.loads(cure.read_text()) == found["policy"], cure.read_text())
    tap.case("C++ lines declare it", found["cpp"] and found["cpp"][-1].startswith("constexpr auto tuned = tune<"), found["cpp"])
    for name, policy in (("the fault", fault), ("the policy file", ["--policy", cure]),
                         ("the change behind the fault", [*fault, "--policy", found["change"]])):
        status, out, err = ttt("profile", "demo", *SHORT, "--repeat", "2", *policy, "--json")
        plain = [r["path"] for r in json.loads(out)["rows"] if r["kernel"].startswith("scalar::")] if status == 0 else [err]
        tap.case(f"with {name} {'plain loops run on layer 3' if name == 'the fault' else 'no plain loops run'}",
                 status == 0 and bool(plain) == (name == "the fault"), plain)

# --- a report that was kept --------------------------------------------------------------------------------------------

report = WORK / "before.json"
fault = ["--policy", "layers.1.mlp:kernel=naive"]
status, out, err = ttt("profile", "demo", *SHORT, *fault, "--json")
report.write_text(out)
status, out, err = ttt("optimize", "--from", report, *fault, "--threads", "1", "--floor", "kl=0.005,agreement=0.5", "--json")
found = json.loads(out) if status == 0 else {"tried": []}
tap.case("a kept report names the model, and its suggestions are tried",
         status == 0 and found["model"] == "demo" and found["tried"] and found["tried"][0]["policy"] == "layers.1.mlp:kernel=fused" and
         found["tried"][0]["kept"], f"exit {status}\n{told(found)}\n{err}")
tap.case("the floor is what was asked for", found.get("floor") == {"kl": 0.005, "agreement": 0.5}, found.get("floor"))
status, out, err = ttt("optimize", "demo", "--from", report, *fault, "--threads", "1", "--pairs", "10")
tap.case("without --json a table says what was kept, and what to add to the command",
         status == 0 and "layers.1.mlp" in out and "kept" in out and "before " in out and
         any(line.startswith("add to the command: --policy '") and "layers.1.mlp:kernel=fused" in line for line in out.splitlines()),
         f"exit {status}\n{out}\n{err}")
status, out, err = ttt("optimize", "demo", "--from", report, "--threads", "1", "--json")
found = json.loads(out) if status == 0 else {"tried": [{}]}
tap.case("what the report suggests and the model has already is tried no further",
         status == 0 and all(t["outcome"] == "same" for t in found["tried"] if t["policy"] == "layers.1.mlp:kernel=fused"), told(found))

# --- Ctrl-C -----------------------------------------------------------------------------------------------------------

slow = WORK / "slow"
ttt("synth", "stories15m", slow)
kept = WORK / "kept.json"
process = subprocess.Popen([ttt.path, "optimize", slow, "--policy", "layers.1.mlp:kernel=naive", "--threads", "1", "--prompt", "64", "--repeat", "1",
                            "--pairs", "999", "--out", kept, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, cwd=WORK)
time.sleep(10)
process.send_signal(signal.SIGINT)
start = time.monotonic()
try:
    out, err = process.communicate(timeout=30)
except subprocess.TimeoutExpired:
    process.kill()
    out, err = process.communicate()
took = time.monotonic() - start
found = json.loads(out) if process.returncode == 0 else {}
tap.case("Ctrl-C ends it with what was kept by then", found.get("interrupted") is True, f"exit {process.returncode}\n{out}\n{err}")
tap.case("and soon", took < 10, f"{took:.1f} s")
tap.case("and the policy is written", kept.exists() and json.loads(kept.read_text()) == found.get("policy"), err)

# --- wrong ways -------------------------------------------------------------------------------------------------------

other = WORK / "other"
ttt("synth", "stories260k", other)
refused("no model", 2, "command_incomplete")
refused("a report of another model", 1, "report_differs", other, "--from", report)
refused("a report of other kernels", 1, "report_differs", "demo", "--from", report, "--device", "cpu:x86_64_v2")
refused("a report that is not there", 1, "file_missing", "demo", "--from", WORK / "nowhere.json")
refused("a policy in place of a report", 1, "report_malformed", "demo", "--from", cure)
cut = WORK / "cut.json"
cut.write_text(report.read_text()[:1000])
refused("a report that was cut short", 1, "json_malformed", "demo", "--from", cut)
nameless = WORK / "nameless.json"
nameless.write_text(json.dumps({k: v for k, v in json.loads(report.read_text()).items() if k != "model"}))
refused("a report without its model's name and no model", 2, "command_incomplete", "--from", nameless)
refused("a report in place of the model", 2, "option_value", report)
refused("repetitions of a profile that is not made", 2, "option_conflict", "demo", "--from", report, "--repeat", "3")
refused("calibrating for a profile that is not made", 2, "option_conflict", "demo", "--from", report, "--calibrate")
refused("one file for report and policy", 2, "option_conflict", "demo", "--from", report, "--out", report)
refused("a policy file that --policy would not take", 2, "option_value", "demo", "--out", "policy.txt")
refused("a floor that is none", 2, "option_value", "demo", "--floor", "fastest")
refused("too few pairs to tell anything", 2, "option_out_of_range", "demo", "--pairs", "4")
refused("ids and a text", 2, "option_conflict", "demo", "--ids", "1,2", "--text", "a")
refused("an id beyond the vocabulary", 1, "token_out_of_range", "demo", "--ids", "1,99999999")
refused("a prompt that the model does not hold", 1, "context_full", "demo", "--prompt", "100000")
refused("a model that is not there", 1, "model_not_found", "nowhere-at-all")
refused("a device that is only described", 1, "device_unavailable", "demo", "--device", "ttnn:wormhole_n150")
refused("an option of another command", 2, "option_unknown", "demo", "--minutes", "1")
if os.geteuid() != 0:
    refused("a policy where nothing can be written", 1, "file_unwritable", "demo", *SHORT, "--repeat", "1", "--out", "/proc/none.json")

sys.exit(tap.finish())

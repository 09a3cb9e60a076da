#!/usr/bin/env python3
"""`ttt tune` from outside: what it prints, its files, Ctrl-C and going on, and every wrong way.

usage: tune_command_test.py TTT
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

WORK = pathlib.Path(tempfile.mkdtemp(prefix="ttt-tune-"))
ttt = CommandLine(sys.argv[1], WORK)
tap = Tap()


def refused(name, status, link, *arguments):
    ttt.refused(tap, name, status, link, "tune", *arguments)


# --- a search from end to end -----------------------------------------------------------------------------------------

policy, state = WORK / "fast.json", WORK / "search.json"
status, out, err = ttt("tune", "demo", "--minutes", "0.15", "--out", policy, "--resume", state, "--threads", "1", "--json")
found = json.loads(out) if status == 0 else {}
tap.case("a search of the demo model ends with one object", status == 0 and found.get("goal") == "latency", f"exit {status}\n{out[:500]}\n{err}")
if found:
    members = {"model", "goal", "floor", "policy", "cpp", "baseline", "best", "ratio", "level", "tried", "left", "seconds", "interrupted",
               "notes", "device", "isa", "threads", "variant"}
    tap.case("it has the documented members", set(found) == members, sorted(set(found) ^ members))
    tap.case("the best is inside the floor", found["best"]["kl"] <= found["floor"]["kl"] == 0.01, found["best"])
    tap.case("the best is no slower than where it began", found["ratio"]["median"] <= 1.0 or found["best"] == found["baseline"],
             found["ratio"])
    tap.case("the presets were tried first", [t["preset"] for t in found["tried"][:3]] == ["standard", "balanced", "speed"],
             [t["preset"] for t in found["tried"]])
    tap.case("everything that was kept was measured, but for the first",
             all(t["rounds"] >= 13 and t["p"] <= 0.05 for t in found["tried"][1:] if t["kept"]), [t for t in found["tried"] if t["kept"]])
    tap.case("the time was kept to", found["seconds"] < 0.15 * 60 + 10, found["seconds"])
    tap.case("the policy file says what the object says", json.loads(policy.read_text()) == found["policy"], policy.read_text())
    status, out, err = ttt("generate-ids", "demo", "--ids", "1,2,3", "-n", "4", "--preset", found["best"]["preset"], "--policy", policy)
    tap.case("the policy file is taken by --policy", status == 0 and len(json.loads(out)["ids"]) == 4, f"{out}\n{err}")
    status, out, err = ttt("tune", "demo", "--minutes", "0.15", "--resume", state, "--threads", "1", "--json")
    again = json.loads(out) if status == 0 else {"tried": []}
    tap.case("a search whose time is over is taken up without trying anything again",
             again["tried"] == found["tried"], f"{len(found['tried'])} and {len(again['tried'])}\n{err}")

status, out, err = ttt("tune", "demo", "--goal", "memory", "--floor", "memory", "--minutes", "0.1", "--threads", "1")
tap.case("a search for memory prints a table and C++", status == 0 and "goal memory" in out and "95 %" in out, f"exit {status}\n{out}\n{err}")

# --- Ctrl-C -----------------------------------------------------------------------------------------------------------

slow = WORK / "slow"
ttt("synth", "stories15m", slow)
process = subprocess.Popen([ttt.path, "tune", slow, "--minutes", "5", "--threads", "1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, cwd=WORK)
time.sleep(8)
process.send_signal(signal.SIGINT)
start = time.monotonic()
try:
    out, err = process.communicate(timeout=30)
except subprocess.TimeoutExpired:
    process.kill()
    out, err = process.communicate()
took = time.monotonic() - start
left = sorted(WORK.glob("ttt-tune-*.json"))
tap.case("Ctrl-C ends it with the best so far", process.returncode == 0 and "goal latency" in out, f"exit {process.returncode}\n{out}\n{err}")
tap.case("and soon", took < 10, f"{took:.1f} s")
tap.case("and leaves one whole file to go on from, which it names", len(left) == 1 and left[0].name in err and
         json.loads(left[0].read_text())["what"] == "ttt tune", f"{left}\n{err}")
if left:
    before = json.loads(left[0].read_text())
    status, out, err = ttt("tune", slow, "--minutes", "0.35", "--resume", left[0], "--threads", "1", "--json")
    after = json.loads(out)["tried"] if status == 0 else []
    tap.case("from which the search goes on", status == 0 and after[:len(before["tried"])] == before["tried"], f"{out[:300]}\n{err}")
    refused("going on with another goal", 1, "tune_state_differs", slow, "--goal", "memory", "--resume", left[0], "--threads", "1")
    refused("going on with another floor", 1, "tune_state_differs", slow, "--floor", "0.02", "--resume", left[0], "--threads", "1")
    cut = WORK / "cut.json"
    cut.write_text(left[0].read_text()[:len(left[0].read_text()) // 2])
    status, out, err = ttt("tune", slow, "--resume", cut)
    tap.case("a state that was cut short is refused and left as it was", status == 1 and "cut.json" in err and cut.exists(), err)
    wrong = WORK / "wrong.json"
    wrong.write_text(json.dumps({**before, "tried": [{**t, "outcome": "excellent"} for t in before["tried"]]}))
    refused("a state with an outcome that there is not", 1, "tune_state_malformed", slow, "--resume", wrong)
    other = WORK / "other"
    status, out, err = ttt("synth", "stories260k", other, "--seed", "3")
    refused("the state of another model", 1, "tune_state_differs", other, "--resume", left[0], "--threads", "1")

# --- wrong ways -------------------------------------------------------------------------------------------------------

refused("a goal that is none", 2, "option_value", "demo", "--goal", "fast")
refused("a floor that is none", 2, "option_value", "demo", "--floor", "fastest")
refused("a floor below zero", 2, "option_value", "demo", "--floor", "kl=-1")
refused("an agreement above one", 2, "option_value", "demo", "--floor", "agreement=1.5")
refused("no time", 2, "option_out_of_range", "demo", "--minutes", "0")
refused("less than no time", 2, "option_out_of_range", "demo", "--minutes", "-1")
refused("a floor that what is fixed cannot reach", 1, "tune_floor_unreachable", "demo", "--policy", "weights=int4", "--floor", "0.000001")
refused("a policy file in place of a state", 1, "tune_state_malformed", "demo", "--resume", policy)
refused("one file for policy and state", 2, "option_conflict", "demo", "--out", "a.json", "--resume", "a.json")
refused("a folder as the state", 1, "not_a_file", "demo", "--resume", WORK)
refused("ids and a text", 2, "option_conflict", "demo", "--ids", "1,2", "--text", "a")
refused("an id beyond the vocabulary", 1, "token_out_of_range", "demo", "--ids", "1,99999999")
refused("a model that is not there", 1, "model_not_found", "nowhere-at-all")
refused("a device that is only described", 1, "device_unavailable", "demo", "--device", "ttnn:wormhole_n150")
if os.geteuid() != 0:
    refused("a state where nothing can be written", 1, "file_unwritable", "demo", "--resume", "/proc/none.json")

sys.exit(tap.finish())

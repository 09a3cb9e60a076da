#!/usr/bin/env python3
"""The ttt command from outside: what it prints against golden data, and that every wrong input is refused in order.

usage: command_test.py TTT [outputs|refusals]...
"""

import array
import json
import os
import pathlib
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from safetensors_file import TYPES, compared, read_tensors, write_tensors  # noqa: E402
from tap import ROOT, Tap  # noqa: E402

TTT = sys.argv[1]
GOLDEN = pathlib.Path(os.environ.get("TTT_GOLDEN") or ROOT.parent / "shared/golden")
TOKENIZER = ROOT / "tools/demo_model/demo/tokenizer.json"
WORK = pathlib.Path(tempfile.mkdtemp(prefix="ttt-command-"))
tap = Tap()


# --- running and reading ----------------------------------------------------------------------------------------------

class Done:
    def __init__(self, status, out, err, seconds):
        self.status, self.out, self.err, self.seconds = status, out, err, seconds

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit status {self.status} after {self.seconds:.1f} s\nstdout: {self.out[:2000]}\nstderr: {self.err[:2000]}"


def ttt(*arguments, stdin=b"", env=None, timeout=60):
    command = [TTT, *[a if isinstance(a, bytes) else str(a) for a in arguments]]
    start = time.monotonic()
    try:
        done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                              env={**os.environ, **(env or {})})
        status, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        status, out, err = "timeout", late.stdout or b"", late.stderr or b""
    return Done(status, out.decode(errors="replace"), err.decode(errors="replace"), time.monotonic() - start)


def write_ids(path, ids, dtype="I64", shape=None, name="input_ids"):
    raw = array.array(TYPES.get(dtype, "f"), ids).tobytes()
    write_tensors(path, {name: (dtype, shape if shape is not None else [len(ids)], raw)})
    return path


def commas(ids):
    return ",".join(map(str, ids))


# --- outputs ----------------------------------------------------------------------------------------------------------

def supported(folder):
    families = {"llama", "mistral", "qwen2", "qwen3", "gpt2"}
    return (folder / "golden.safetensors").exists() and \
        json.loads((folder / "config.json").read_text()).get("model_type") in families


def check_forward(folder):
    golden = read_tensors(folder / "golden.safetensors")
    for prompt in ("short", "long"):
        ids = list(golden[f"{prompt}.input_ids"][1])
        out = WORK / "out.safetensors"
        done = ttt("logits", folder, "--ids", commas(ids), "--out", out, "--hidden", "--json")
        faults = [] if done.status == 0 else [str(done)]
        if not faults:
            mine = read_tensors(out)
            pairs = {"logits": f"{prompt}.logits", "last_hidden_state": f"{prompt}.final"}
            pairs |= {k.split(".", 1)[1]: k for k in golden if k.startswith(f"{prompt}.hidden.")}
            faults = [f for f in (compared(k, mine[k], golden[v]) for k, v in pairs.items()) if f]
            if prompt == "short" and sorted(k for k in mine if k.startswith("hidden")) != \
                    sorted(k for k in pairs if k.startswith("hidden")):
                faults.append(f"other hidden states: {sorted(mine)}")
        tap.case(f"{folder.name}: logits, last_hidden_state and hidden.N of the {prompt} prompt", not faults, "\n".join(faults))
        inputs = write_ids(WORK / "in.safetensors", ids, "I64" if prompt == "short" else "I32", [1, len(ids)])
        again = WORK / "again.safetensors"
        done = ttt("forward", folder, "--inputs", inputs, "--out", again)
        same = done.status == 0 and out.exists() and read_tensors(again)["logits"] == read_tensors(out)["logits"]
        tap.case(f"{folder.name}: forward gives what logits gives, {prompt}", same, done)
        generated = list(golden[f"{prompt}.generated"][1])
        done = ttt("generate-ids", folder, "--ids", commas(ids), "-n", len(generated))
        tap.case(f"{folder.name}: generate-ids, {prompt}", done.status == 0 and done.json()["ids"] == generated, done)


def check_chunks(folder):
    golden = read_tensors(folder / "golden.safetensors")
    ids = list(golden["long.input_ids"][1])
    for chunk in (1, 7, 44, 45, 1000):
        out = WORK / "out.safetensors"
        done = ttt("logits", folder, "--ids", commas(ids), "--out", out, "--policy", f"chunk={chunk}")
        fault = compared("logits", read_tensors(out)["logits"], golden["long.logits"]) if done.status == 0 else str(done)
        tap.case(f"{folder.name}: logits in chunks of {chunk}", not fault, fault)


def check_long_prompt(folder):
    """Longer than the default chunk: chunks of any size give what one step gives."""
    ids = commas((7 * i * i + 3) % 512 for i in range(500))
    results = []
    for chunk in (500, 256, 33):
        out = WORK / f"long{chunk}.safetensors"
        done = ttt("logits", folder, "--ids", ids, "--out", out, "--hidden", "--policy", f"chunk={chunk}")
        results.append(read_tensors(out) if done.status == 0 else {})
    whole = results[0]
    for chunk, mine in zip((256, 33), results[1:]):
        faults = [f for f in (compared(k, mine[k], whole[k]) for k in whole) if f] if whole and mine else ["no result"]
        tap.case(f"500 tokens in chunks of {chunk} as in one", not faults, "\n".join(faults))


def check_stories(folder):
    for n, case in enumerate(json.loads((folder / "golden.json").read_text())["cases"]):
        wanted = case["generated"]
        done = ttt("generate-ids", folder, "--ids", commas(case["input_ids"]), "-n", len(wanted), "--json")
        good = done.status == 0 and done.json()["ids"] == wanted
        tap.case(f"stories260K: {len(wanted)} ids of prompt {n}", good and len(wanted) == 200, done)
        run = ttt("run", folder, "-p", case["prompt"], "-n", "40", "--preset", "exact", "--json")
        tap.case(f"stories260K: run of prompt {n} gives the first of them",
                 run.status == 0 and run.json()["ids"] == wanted[:40], run)
        text = ttt("detokenize", folder, "--ids", commas(case["input_ids"] + wanted[:40]))
        whole = text.json()["text_skip_special"][0] if text.status == 0 else ""
        tap.case(f"stories260K: run's text of prompt {n} continues the prompt",
                 run.status == 0 and whole.endswith(run.json()["text"]) and len(run.json()["text"]) > 20, f"{run}\n{whole}")


def check_tokenizer(folder):
    golden = json.loads((folder / "golden.json").read_text())
    cases = golden["cases"]
    batch = WORK / "texts.json"
    batch.write_text(json.dumps([c["text"] for c in cases]))
    done = ttt("tokenize", folder, "--batch", batch)
    good = done.status == 0 and done.json()["ids"] == [c["ids"] for c in cases] and \
        done.json()["ids_nospecial"] == [c["ids_nospecial"] for c in cases]
    tap.case(f"tokenize with {folder.name}: {len(cases)} texts", good, str(done)[:400])
    batch.write_text(json.dumps([c["ids"] for c in cases]))
    done = ttt("detokenize", folder / "tokenizer.json", "--batch", batch)
    good = done.status == 0 and done.json()["text"] == [c["decoded"] for c in cases] and \
        done.json()["text_skip_special"] == [c["decoded_skip"] for c in cases]
    tap.case(f"detokenize with {folder.name}/tokenizer.json: {len(cases)} lists", good, str(done)[:400])


def check_odd_texts(folder):
    """Texts that look like options or lists are texts."""
    for text in ("-5", "--json", "--", "--- title", "[INST] [a]", "{}", "%s%n", "", " ", "a=b", "\u00e9\U0001f600"):
        done = ttt("tokenize", folder, "--text", text)
        ids = done.json()["ids_nospecial"] if done.status == 0 else [[]]
        (WORK / "odd.json").write_text(json.dumps(ids))
        back = ttt("detokenize", folder, "--batch", WORK / "odd.json")
        tap.case(f"the text {text!r} comes back", done.status == 0 and back.status == 0 and
                 back.json()["text"][0].lstrip() == text.lstrip(), f"{done}\n{back}")
    done = ttt("tokenize", "--text", "x", "--", folder)
    tap.case("-- ends the options", done.status == 0, done)


def keys(name, done, wanted):
    try:
        found = done.json() if done.status == 0 else {}
    except ValueError:
        found = {}
    missing = [k for k in wanted if k not in found]
    tap.case(name, not missing, f"no {missing}\n{done}")
    return {} if missing else found


HOW = ["policy", "device", "isa", "threads"]


def check_reports(folder):
    """The JSON shapes that others rely on, of a folder with config.json alone and of one with weights."""
    alone = WORK / "config-alone"
    alone.mkdir(exist_ok=True)
    shutil.copy(folder / "config.json", alone)
    keys("describe of a config.json alone", ttt("describe", alone, "--json"),
         ["family", "variant", "reason", "declaration", "spec", "kernels", *HOW])
    check = keys("check of a config.json alone", ttt("check", alone, "--json"), ["compatible", "issues", "notes", *HOW])
    tap.case("check finds it compatible", check.get("compatible") is True and check.get("issues") == [], check)
    plan = keys("plan of a config.json alone", ttt("plan", alone, "--batch", 2, "--context", 64, "--json"),
                ["ops", "buffers", "totals", *HOW])
    fields = {"path", "kernel", "fused_from", "flops", "bytes", "expected_ms", "parts"}
    tap.case("every op of the plan is described", bool(plan) and all(fields <= set(o) for o in plan["ops"]), plan)
    tap.case("the plan's totals", bool(plan) and
             set(plan["totals"]) >= {"weights", "kv", "arena", "peak", "load_peak"} and
             plan["totals"]["peak"] == sum(plan["totals"][k] for k in ("weights", "kv", "arena")), plan)
    bench = keys("bench", ttt("bench", folder, "--prompt", 32, "--decode", 16, "--depth", 8, "--batch", 2, "--json"),
                 ["prompt", "decode", "load_ms", "peak_bytes", "bits_per_weight", "limits", "share_of_limit", *HOW])
    if bench:
        rates = [bench[p]["tokens_per_s"] for p in ("prompt", "decode")]
        tap.case("bench's rates are ordered", all(0 < r["min"] <= r["median"] <= r["max"] for r in rates), bench)
    paced = ttt("bench", folder, "--prompt", 8, "--decode", 4, "--paced", "--json", stdin=b"\nagain\n")
    lines = [json.loads(line) for line in paced.out.splitlines()] if paced.status == 0 else []
    tap.case("bench --paced repeats once at first and once a line, then sums up",
             [set(line) for line in lines[:-1]] == [{"prompt", "decode"}] * 3 and "share_of_limit" in lines[-1], paced)
    tap.case("bench counts the batch", bench.get("batch") == 2 and bench.get("depth") == 8, bench)
    plans = {}
    for form in ("contiguous", "paged,page=256", "paged,page=512"):
        plans[form] = ttt("plan", alone, "--batch", 3, "--context", 64, "--policy", f"kv_form={form}", "--json").json()
    tap.case("a plan in pages says how many", "kv_pages" not in plans["contiguous"] and all(
        plan["kv_pages"] == [{"pages": 3, "positions": 256, "bytes": plan["totals"]["kv"] // 3}] and
        plan["policy"]["kv_form"] == "paged" for plan in list(plans.values())[1:]), plans)
    pages = ["--batch", 4, "--depth", 100, "--prompt", 8, "--decode", 8, "--policy", "kv_form=paged"]
    keys("bench in pages", ttt("bench", folder, *pages, "--kv-tokens", 1024, "--json"), ["decode", "batch", *HOW])
    for path, ops in (("layers.0.attention", 3), ("layers.0.mlp.gate_up", 1), ("head", 1)):
        op = keys(f"bench --op {path}", ttt("bench", folder, "--op", path, "--prompt", 32, "--decode", 8, "--json"),
                  ["op", "kernel", "ops", "decode", "prompt", "limits", "load_ms", "peak_bytes", "bits_per_weight",
                   "share_of_limit", *HOW])
        if op:
            fine = all(0 < op[p]["ms"]["min"] <= op[p]["ms"]["median"] <= op[p]["ms"]["max"] and op[p]["expected_ms"] > 0 and
                       op[p]["gb_s"] > 0 and op[p]["gflop_s"] > 0 for p in ("prompt", "decode"))
            tap.case(f"bench --op {path} times its ops", fine and len(op["ops"]) == ops, op)
    naive = ttt("plan", folder, "--policy", "layers.1.attention:kernel=naive", "--json")
    plain = [o["path"] for o in naive.json()["ops"] if o["kernel"].startswith("scalar::")] if naive.status == 0 else []
    level = ttt("devices", "--json").json()["devices"][0]["isa"]
    tap.case("kernel=naive names the plain loops where it was asked for",
             plain == [f"layers.1.attention.{o}" for o in ("qkv", "scores", "o")] or level == "scalar", naive)
    devices = ttt("devices", "--json")
    tap.case("devices names the cpu", devices.status == 0 and devices.json()["devices"][0]["name"] == "cpu", devices)
    described = {d["name"]: d for d in devices.json()["described"]}
    tap.case("devices describes what checks can be made for", described["ttnn:wormhole_t3000"]["mesh"] == "1x8" and
             not described["cuda:h100"]["available"] and described["cpu"]["available"], devices)
    for level in [l["name"] for l in devices.json()["devices"][0]["levels"] if l["supported"]]:
        done = ttt("generate-ids", folder, "--ids", "1,2", "-n", 2, "--device", level, "--json")
        tap.case(f"--device {level} is used", done.status == 0 and f"cpu:{done.json()['isa']}" == level, done)
    tuned = WORK / "policy.json"
    tuned.write_text('{"version":1,"preset":"speed","model":{"kv":"bf16"},"modules":{"layers.0.mlp":{"fidelity":"HiFi4"}}}')
    done = ttt("generate-ids", folder, "--ids", "1,2", "-n", 2, "--json", "--policy", tuned, "--policy",
               "Layers.0.ATTENTION:kv=fp32,layers.*.mlp:weights=fp16")
    policy = done.json()["policy"] if done.status == 0 else {}
    tap.case("a policy's file, paths and presets are what runs", policy.get("preset") == "speed" and
             policy["kv"] == "fp32" and policy["weights"]["gate_up"] == "fp16" and policy["weights"]["qkv"] == "int8" and
             policy["modules"] == {"layers.0.mlp": {"fidelity": "HiFi4"}, "layers.0.attention": {"kv": "fp32"},
                                   "layers.*.mlp": {"weights": "fp16"}}, done)
    for preset in ("exact", "memory", "balanced", "speed", "accuracy", "standard"):
        done = ttt("generate-ids", folder, "--ids", "1,2", "-n", 2, "--json", "--policy", tuned, "--preset", preset)
        tap.case(f"--preset {preset} counts more than the file's", done.status == 0 and done.json()["policy"]["preset"] == preset, done)
    done = ttt("generate-ids", folder, "--ids", "1,2", "-n", 2, "--json", "--preset", "performance")
    tap.case("--preset performance is speed", done.status == 0 and done.json()["policy"]["preset"] == "speed", done)
    refused = ttt("check", alone, "--policy", "weights=bfloat8_b", "--json")
    tap.case("check of a policy without kernels says so and exits with 1", refused.status == 1 and
             refused.json()["compatible"] is False and
             set(refused.json()["issues"][0]) == {"module", "issue", "suggestion", "link"}, refused)


def check_quality(folder):
    """How near a policy's weights are to the checkpoint's, by group."""
    quality = {}
    for policy in ("weights=stored", "weights=int8", "weights=int4,weights.down=int8"):
        done = ttt("describe", folder, "--quality", "--policy", policy, "--json")
        quality[policy] = keys(f"describe --quality of {policy}", done, ["quality", "family", "kernels", *HOW]).get("quality")
    if not all(quality.values()):
        return
    stored, eight, mixed = quality.values()
    fields = {"format", "matrices", "weights", "bits_per_weight", "rms_error", "largest_error", "not_finite"}
    tap.case("quality's members", all(set(q["all"]) == fields and all(set(g) == fields | {"group"} for g in q["groups"])
                                      for q in (stored, eight, mixed)), mixed)
    tap.case("stored weights have no error", all(g["rms_error"] == 0 == g["largest_error"] for g in stored["groups"]), stored)
    tap.case("8 bits are a hundredth off, and 4 bits a tenth", 0.002 < eight["all"]["rms_error"] < 0.01 and
             0.04 < mixed["all"]["rms_error"] < 0.1, (eight["all"], mixed["all"]))
    tap.case("largest errors are larger", all(g["largest_error"] > g["rms_error"] for g in mixed["groups"]), mixed)
    formats = {g["group"]: g["format"] for g in mixed["groups"]}
    tap.case("every group has its format", formats == {"qkv": "int4", "o": "int4", "gate_up": "int4", "down": "int8", "head": "int4"}
             and mixed["all"]["format"] == "mixed" and eight["all"]["format"] == "int8", mixed)
    tap.case("weights and matrices add up", all(sum(g[k] for g in mixed["groups"]) == mixed["all"][k] == eight["all"][k]
                                                for k in ("weights", "matrices")), mixed)
    down = [[g for g in q["groups"] if g["group"] == "down"][0] for q in (eight, mixed)]
    tap.case("a group's error is its own", down[0] == down[1], down)
    text = ttt("describe", folder, "--quality", "--policy", "weights=int4")
    tap.case("describe --quality for reading", text.status == 0 and "rms error" in text.out and
             any(line.split()[:2] == ["all", "int4"] for line in text.out.splitlines()), text)


def check_verify(folder):
    """The contract of verify: rows, first_bad, kl, argmax_agreement; 1 where a module is wrong; what it prints cures it."""
    good = ttt("verify", folder, "--against", folder / "golden.safetensors", "--preset", "exact", "--json")
    report = good.json() if good.status == 0 else {}
    layers = [r for r in report.get("rows", []) if r["level"] == "layer"]
    tap.case("verify finds transformers' hidden states", good.status == 0 and report["first_bad"] is None and report["kl"] < 1e-9 and
             report["argmax_agreement"] == 1 and layers and all(r["own"]["rel"] < 1e-5 and r["pcc"] > 0.9999999 for r in layers), good)
    fault = ["--policy", "layers.1.mlp:weights=int4"]
    bad = ttt("verify", folder, *fault, "--json")
    report = bad.json() if bad.status == 1 else {"rows": []}
    row = next((r for r in report["rows"] if r["path"] == "layers.1.mlp"), {"suggestions": []})
    tap.case("verify names a layer in four bits and exits with 1", bad.status == 1 and report["first_bad"] == "layers.1.mlp" and
             row["wrong"] and row["own"]["rel"] > row["allowed"] and {"pcc", "max_abs", "max_rel"} <= set(row), bad)
    cures = row["suggestions"]
    cured = ttt(*shlex.split(cures[0]["command"])[1:], "--json") if cures else bad
    tap.case("the command that verify prints takes the fault away", cured.status == 0 and cured.json()["first_bad"] is None, cured)
    made = WORK / "made.safetensors"
    ttt("verify", folder, "--out", made)
    alone = ttt("verify", folder, *fault, "--module", "layers.1.mlp", "--against", made, "--json")
    tap.case("one module alone on recorded inputs is off by as much", alone.status == 1 and cures and
             abs(alone.json()["rows"][0]["own"]["rel"] / row["own"]["rel"] - 1) < 1e-3, alone)


def check_packing(folder):
    """Packed ahead of time, then mapped."""
    cache = WORK / "packed"
    policy = ["--policy", "weights=int8", "--packed-cache", cache]
    first = keys("pack", ttt("pack", folder, *policy, "--json"), ["file", "bytes", "bits_per_weight", "packed_cache", "seconds", *HOW])
    if not first:
        return
    file = pathlib.Path(first["file"])
    tap.case("pack writes the file it names", first["packed_cache"] == "written" and file.parent == cache and
             file.stat().st_size == first["bytes"], first)
    tap.case("pack counts bits", 8.4 < first["bits_per_weight"] < 12, first)
    state = file.stat()
    again = ttt("pack", folder, *policy)
    tap.case("a second pack says that it is there already", again.status == 0 and "there already" in again.out and
             str(file) in again.out and file.stat().st_mtime_ns == state.st_mtime_ns, again)
    bench = ttt("bench", folder, *policy, "--prompt", 8, "--decode", 4, "--repeat", 1, "--json")
    tap.case("bench maps what pack wrote", bench.status == 0 and bench.json()["packed_cache"] == "mapped", bench)
    other = ttt("pack", folder, "--policy", "weights=int4", "--packed-cache", cache)
    tap.case("another policy is another file", other.status == 0 and "packed in" in other.out and
             len(list(cache.glob("*.weights"))) == 2, other)
    with file.open("r+b") as f:
        f.seek(state.st_size // 2)
        f.write(b"damage")
    mended = ttt("pack", folder, *policy, "--json")
    tap.case("a damaged file is replaced, with a note", mended.status == 0 and mended.json()["packed_cache"] == "written" and
             "note:" in mended.err, mended)


def wrong_packing(folder):
    r = lambda name, anchor, *more, status=1, **how: refused(f"pack {name}", status, anchor, "pack", folder, *more, **how)
    r("with the cache switched off", "option_conflict", "--packed-cache", "off", status=2)
    r("of what the cache of this user keeps none of", "not_kept", env={"TTT_CACHE": str(WORK / "none")})
    r("above the limit", "cache_full", "--packed-cache", WORK / "full", env={"TTT_CACHE_LIMIT": "10K"})
    r("where nothing is kept", "cache_full", "--packed-cache", WORK / "full", env={"TTT_CACHE_LIMIT": "0"})
    r("where no folder can be", "file_unwritable", "--packed-cache", "/proc/self/ttt")
    r("into a file", "cache_refused", "--packed-cache", folder / "config.json")
    (WORK / "open").mkdir()
    (WORK / "open").chmod(0o777)
    r("into a folder that all can write", "cache_refused", "--packed-cache", WORK / "open")
    if os.getuid() != 0:
        (WORK / "closed").mkdir(mode=0o500)
        r("into a folder that cannot be written", "file_unwritable", "--packed-cache", WORK / "closed")
    r("on another device", "device_unavailable", "--packed-cache", WORK / "full", "--device", "cuda:h100")
    refused("quality on another device", 2, "option_conflict", "describe", folder, "--quality", "--device", "cuda:h100")
    tap.case("refused packing leaves no file", not list((WORK / "full").glob("*.weights*")) and not list((WORK / "open").iterdir()))


def check_running(folder):
    """Streams, signals, pipes and odd texts."""
    plain = ttt("run", folder, "-p", "Once upon a time", "-n", 20)
    again = ttt("run", folder, "-n", 20, stdin=b"Once upon a time\n")
    tap.case("a prompt from standard input", plain.status == 0 and plain.out == again.out and plain.out.strip(), again)
    tap.case("a timing summary on standard error", "tokens/s" in plain.err and "load" in plain.err, plain)
    one = ttt("run", folder, "-p", "Once", "-n", 20, "--temperature", 0.9, "--seed", 3)
    two = ttt("run", folder, "-p", "Once", "-n", 20, "--temperature", 0.9, "--seed", 3, "--threads", 1)
    other = ttt("run", folder, "-p", "Once", "-n", 20, "--temperature", 0.9, "--seed", 4)
    tap.case("a seed repeats itself, another differs", one.status == 0 and one.out == two.out != other.out, one)
    stopped = ttt("run", folder, "-p", "Once upon a time", "-n", 100, "--stop", "girl", "--json")
    tap.case("--stop ends before the text", stopped.status == 0 and stopped.json()["stats"]["end"] == "stop" and
             "girl" not in stopped.json()["text"], stopped)
    empty = ttt("run", folder, "-p", "", "-n", 5, "--json")
    tap.case("an empty prompt starts from BOS", empty.status == 0 and empty.json()["stats"]["prompt_tokens"] == 1, empty)
    invalid = ttt("run", folder, "-p", b"Once \xff\xfe upon \xc3", "-n", 5, "--json")
    tap.case("a prompt that is not UTF-8", invalid.status == 0 and len(invalid.json()["ids"]) == 5, invalid)
    ended = ttt("run", folder, "-p", "Once upon a time", "--context", 16, "--json")
    tap.case("without -n a text ends with the context", ended.status == 0 and
             ended.json()["stats"]["end"] == "context", ended)
    check_batches(folder)
    process = subprocess.Popen([TTT, "run", folder, "-p", "Once upon a time", "-n", "480"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdout.read(5)
    process.stdout.close()
    err = process.stderr.read().decode()
    process.stderr.close()
    tap.case("a closed pipe ends it quietly", process.wait(timeout=20) in (0, 1) and "module:" not in err, err)
    slow = WORK / "slow"
    ttt("synth", "stories15m", slow)
    shutil.copy(TOKENIZER if TOKENIZER.exists() else folder / "tokenizer.json", slow / "tokenizer.json")
    config = json.loads((slow / "config.json").read_text())
    generation = slow / "generation_config.json"
    generation.write_text(json.dumps({"bos_token_id": 1}))
    (slow / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 100000, "eos_token_id": None}))
    process = subprocess.Popen([TTT, "run", slow, "-p", "a", "-n", "90000", "--json"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=20)
        done = Done(process.returncode, out.decode(), err.decode(), 2)
        tap.case("Ctrl-C ends a text and prints the summary", done.status == 0 and "tokens/s" in done.err and
                 done.json()["stats"]["end"] == "cancelled", str(done)[:600])
    except subprocess.TimeoutExpired:
        process.kill()
        tap.case("Ctrl-C ends a text and prints the summary", False, "it did not end in 20 s")


def check_batches(folder):
    """Many texts at once are the texts that come alone."""
    prompts = ["Once upon a time", "The dog", "Lily", "One day, a", "", "Tom and his"]
    batch = WORK / "prompts.json"
    batch.write_text(json.dumps(prompts))
    alone = [ttt("run", folder, "-p", p, "-n", 30, "--preset", "exact", "--json").json() for p in prompts]
    for more in ([], ["--parallel", 2], ["--policy", "kv_form=paged", "--kv-tokens", 512, "--context", 300]):
        done = ttt("run", folder, "--batch", batch, "-n", 30, "--preset", "exact", "--json", *more)
        results = done.json()["results"] if done.status == 0 else []
        tap.case(f"run --batch {' '.join(map(str, more))} gives what each prompt gives alone",
                 [(r["text"], r["ids"]) for r in results] == [(r["text"], r["ids"]) for r in alone] and
                 done.json()["stats"]["parallel"] == (2 if more[:1] == ["--parallel"] else 6) and
                 results[0]["stats"]["end"] == "length", done)
    done = ttt("run", folder, "--batch", batch, "-n", 30, "--preset", "exact")
    tap.case("run --batch prints the texts in the file's order", done.status == 0 and
             done.out == "".join(f"[{i}]\n{r['text']}\n\n" for i, r in enumerate(alone)), done)
    batch.write_text(json.dumps([{"prompt": "The", "n": 3}, {"ids": [1, 400], "max_new_tokens": 2}, {"prompt": "a", "n": 0},
                                 {"prompt": "Once upon a time", "n": 100, "stop": ["girl"]}, {"prompt": "x", "top_p": 7},
                                 {"prompt": "Once", "n": 20, "temperature": 0.9, "seed": 3}, {"prompt": "b " * 600}]))
    done = ttt("run", folder, "--batch", batch, "--preset", "exact", "--json", "--context", 400)
    results = done.json().get("results", []) if done.status == 1 else []
    links = [r.get("error", {}).get("link", "").split("#")[-1] for r in results]
    tap.case("requests of a batch have options and errors of their own",
             links == ["", "", "generate_out_of_range", "", "sampling_out_of_range", "", "context_full"] and
             [len(r["ids"]) for r in results[:3]] == [3, 2, 0] and results[3]["stats"]["end"] == "stop" and
             "girl" not in results[3]["text"] and len(results[5]["ids"]) == 20 and
             done.json()["error"] == results[2]["error"] and done.json()["stats"]["failed"] == 3, done)
    sampled = ttt("run", folder, "-p", "Once", "-n", 20, "--temperature", 0.9, "--seed", 3, "--preset", "exact", "--json")
    tap.case("a seed gives in a batch what it gives alone", bool(results) and sampled.json()["ids"] == results[5]["ids"], sampled)


def check_selftest():
    """The emulated Tensix core against recorded results, all of them, some of them and none."""
    vectors = pathlib.Path(os.environ.get("TTT_TTNN_VECTORS") or ROOT.parent / "shared/ttnn/vectors")
    one = WORK / "vectors"
    one.mkdir()
    done = ttt("selftest", "ttnn", one, "--json")
    tap.case("selftest of an empty folder has no records and exits with 1", done.status == 1 and
             done.json()["records"] == 0, done)
    case = {"fmt": 5, "fp32_dest": 1, "phase": 0, "a": [0x3f800000] + [0] * 15, "b": [0x40000000] + [0] * 15, "dst": 0}
    for out, failed in ((0x40000000, 0), (0x40000001, 1)):
        (one / "mvmul_dot16.json").write_text(json.dumps({"cases": [{**case, "out": out}]}))
        done = ttt("selftest", "ttnn", "--json", env={"TTT_TTNN_VECTORS": str(one)})
        tap.case(f"selftest finds {failed} of 1 records wrong", done.status == failed and
                 [done.json()[k] for k in ("records", "failed", "worst")] == [1, failed, failed], done)
    if not vectors.is_dir():
        tap.skip("selftest ttnn against all vectors", f"{vectors} is not there")
        return
    done = ttt("selftest", "ttnn", vectors, "--json")
    tap.case("selftest ttnn finds no bit that differs", done.status == 0 and done.json()["records"] > 0 and
             done.json()["failed"] == 0 and len(done.json()["files"]) > 0, done)
    text = ttt("selftest", "ttnn", vectors)
    tap.case("selftest without --json ends in the sum", text.status == 0 and " 0 failed, worst 0 steps" in text.out, text)


def check_emission():
    device, program = ("--device", "ttnn:wormhole_n150"), WORK / "program.py"
    printed = ttt("emit", "demo", *device)
    kept = ttt("emit", "demo", *device, "-o", program, "--json")
    same = kept.status == 0 and program.read_text() == printed.out
    tap.case("emit prints the program that it writes", same and kept.json()["lines"] == printed.out.count("\n"), kept)
    compile(printed.out, "program.py", "exec")
    low = ttt("emit", "demo", *device, "--policy", "layers.2.attention:fidelity.qkv=LoFi")
    tap.case("a policy of one module stands beside what it chose", low.status == 0 and "fidelity.qkv=LoFi (module)" in low.out and
             "fidelity.qkv=LoFi" not in printed.out, low)


def outputs():
    check_selftest()
    check_emission()
    for command in ("run", "logits", "forward", "generate-ids", "tokenize", "detokenize", "embed", "describe", "check", "plan",
                    "pack", "compile", "bench", "profile", "verify", "tune", "optimize", "emit", "synth", "selftest", "devices"):
        done = ttt(command, "--help")
        tap.case(f"{command} --help shows examples", done.status == 0 and "Examples:" in done.out and
                 f"ttt {command}" in done.out, done)
    done = ttt("--help")
    tap.case("--help lists the commands", done.status == 0 and "generate-ids" in done.out, done)
    if not GOLDEN.is_dir():
        tap.skip("outputs against golden data", "there is no golden data")
        return
    families = [f for f in sorted([*GOLDEN.iterdir(), *(GOLDEN / "more").iterdir()]) if f.is_dir() and supported(f)]
    for folder in families:
        check_forward(folder)
    check_chunks(GOLDEN / "llama")
    check_long_prompt(GOLDEN / "real/stories260K")
    check_stories(GOLDEN / "real/stories260K")
    for name in ("llama3", "llama2", "qwen2", "gpt2", "phi3-mini", "stories260k", "bert-base-uncased"):
        check_tokenizer(GOLDEN / "tokenizers" / name)
    check_odd_texts(GOLDEN / "tokenizers/stories260k")
    check_reports(GOLDEN / "llama")
    check_quality(GOLDEN / "real/stories260K")
    check_verify(GOLDEN / "llama")
    check_packing(GOLDEN / "real/stories260K")
    check_running(GOLDEN / "real/stories260K")


# --- refusals ---------------------------------------------------------------------------------------------------------

def refused(name, status, anchor, *arguments, **how):
    """The exit status, the four lines on standard error and the object on standard output, in 5 seconds."""
    done = ttt(*arguments, *([] if "--json" in arguments else ["--json"]), **how)
    faults = []
    if done.status != status:
        faults.append(f"exit status {done.status}, not {status}")
    lines = [line.split(":")[0] for line in done.err.splitlines()]
    if [line for line in lines if line != "file"] != ["module", "issue", "suggestion", "see"]:
        faults.append(f"standard error has the lines {lines}")
    try:
        error = done.json()["error"]
        if set(error) != {"kind", "module", "issue", "suggestion", "link", "file"}:
            faults.append(f"the error has the members {sorted(error)}")
        elif not all(error[k] for k in ("kind", "module", "issue", "suggestion")):
            faults.append("a member of the error is empty")
        elif error["link"] != f"docs/errors.md#{anchor}":
            faults.append(f"the link is {error['link']}, not {anchor}")
    except (ValueError, KeyError, TypeError) as fault:
        faults.append(f"standard output is no error object: {fault}")
    if done.seconds > 5:
        faults.append(f"it took {done.seconds:.1f} s")
    tap.case(f"refused: {name}", not faults, "\n".join([*faults, str(done)]))


class Checkpoint:
    """A small checkpoint to damage: each `copy` is a folder of its own."""

    def __init__(self):
        self.count = 0
        self.good = WORK / "good"
        done = ttt("synth", "stories260k", self.good)
        tap.case("synth writes a checkpoint to damage", done.status == 0, done)
        self.config = json.loads((self.good / "config.json").read_text())
        self.weights = (self.good / "model.safetensors").read_bytes()
        size = struct.unpack("<Q", self.weights[:8])[0]
        self.header = json.loads(self.weights[8:8 + size])
        self.data = self.weights[8 + size:]

    def copy(self):
        self.count += 1
        folder = WORK / f"bad{self.count}"
        shutil.copytree(self.good, folder)
        return folder

    def with_config(self, text=None, **fields):
        folder = self.copy()
        config = {**self.config, **fields}
        config = {k: v for k, v in config.items() if v != "absent"}
        (folder / "config.json").write_text(json.dumps(config) if text is None else text)
        return folder

    def with_weights(self, raw):
        folder = self.copy()
        (folder / "model.safetensors").write_bytes(raw)
        return folder

    def with_header(self, change, data=None):
        header = json.loads(json.dumps(self.header))
        change(header)
        text = json.dumps(header).encode()
        return self.with_weights(struct.pack("<Q", len(text)) + text + (self.data if data is None else data))

    def with_tokenizer(self, text):
        folder = self.copy()
        (folder / "tokenizer.json").write_text(text)
        return folder


def wrong_command_lines(model):
    r = lambda name, anchor, *arguments: refused(name, 2, anchor, *arguments)
    refused("no command", 2, "option_unknown")  # --json alone
    r("an unknown command", "command_unknown", "frobnicate", model)
    r("a misspelt command", "command_unknown", "genrate-ids", model)
    r("the command template, which is not there yet", "command_unknown", "template", model)
    r("an unknown option", "option_unknown", "run", model, "--frobnicate")
    r("a misspelt option", "option_unknown", "run", model, "--temprature", "1")
    r("an option before the command", "option_unknown", "--threads", "2", "run", model)
    r("no model", "command_incomplete", "run", "-p", "x")
    r("a test of a program without a file", "command_incomplete", "emit", model, "--device", "ttnn:wormhole_n150", "--test", WORK / "t.py")
    r("a self-test of nothing", "command_incomplete", "selftest")
    r("a self-test of an unknown device", "option_value", "selftest", "gpu")
    refused("a self-test in no folder", 1, "file_missing", "selftest", "ttnn", WORK / "nowhere")
    r("an empty model", "command_incomplete", "run", "")
    r("two models", "command_superfluous", "describe", model, model)
    r("an option without its value", "option_value", "run", model, "--json", "-p")
    r("a flag with a value", "option_value", "logits", model, "--ids", "1", "--out", "x", "--hidden=maybe")
    for value in ("-1", "0", "1000000000", "99999999999999999999"):
        r(f"-n {value}", "option_out_of_range", "run", model, "-p", "x", "-n", value)
        r(f"bench --decode {value}", "option_out_of_range", "bench", model, "--decode", value)
    for value in ("1e9", "1.5", "abc", "", "5x", " 5", "0x10", "+5"):
        r(f"-n {value!r}", "option_value", "run", model, "-p", "x", "-n", value)
    for option, values in {"--threads": ["0", "-1", "100000"], "--context": ["0", "-5"], "--seed": ["-1", "1" * 20],
                           "--top-k": ["-3"], "--top-p": ["1.5", "-0.1", "nan"], "--min-p": ["2", "1e308"],
                           "--temperature": ["-1", "nan", "inf", "1e999"], "--repeat-penalty": ["0", "-2"]}.items():
        for value in values:
            r(f"{option} {value}", "option_out_of_range", "run", model, "-p", "x", option, value)
    r("--temperature warm", "option_value", "run", model, "-p", "x", "--temperature", "warm")
    for option in ("--batch", "--repeat", "--prompt"):
        r(f"bench {option} 0", "option_out_of_range", "bench", model, option, "0")
    r("run of a prompt and a batch", "option_conflict", "run", model, "-p", "x", "--batch", "y")
    r("--parallel of one text", "option_conflict", "run", model, "-p", "x", "--parallel", "2")
    r("--kv-tokens of one text", "option_conflict", "run", model, "-p", "x", "--kv-tokens", "2000")
    r("--kv-tokens 0", "option_out_of_range", "bench", model, "--kv-tokens", "0")
    r("bench paced and repeated", "option_conflict", "bench", model, "--paced", "--repeat", "2")
    r("an unknown preset", "option_value", "run", model, "-p", "x", "--preset", "fast")
    r("an unknown variant", "option_value", "run", model, "-p", "x", "--variant", "best")
    r("an unknown device", "option_value", "run", model, "-p", "x", "--device", "gpu")
    for mesh in ("", "8", "x8", "1x", "1x8x2", "-1x8", "1.5x2", "axb"):
        r(f"--mesh {mesh!r}", "option_value", "check", model, "--device", "ttnn:wormhole_n150", f"--mesh={mesh}")
    for mesh in ("0x8", "33x32", "99999999999999999999x1"):
        r(f"--mesh {mesh}", "option_out_of_range", "check", model, "--device", "ttnn:wormhole_n150", "--mesh", mesh)
    r("a mesh of cpus", "option_conflict", "plan", model, "--mesh", "1x2")
    for policy in ("nonsense", "", "layers.0.mpl:kv=fp16", "layers.0:page=64", "kernel=own:", "weights=int3", "weights=", "colour=red", "kv=stored", "page=64", "=", ",", "fidelity=5"):
        r(f"--policy {policy!r}", "option_policy", "run", model, "-p", "x", "--policy", policy)
    r("--policy chunk=0", "option_out_of_range", "run", model, "-p", "x", "--policy", "chunk=0")
    r("--policy chunk=many", "option_value", "run", model, "-p", "x", "--policy", "chunk=many")
    r("no ids", "command_incomplete", "generate-ids", model, "-n", "5")
    r("no -n", "command_incomplete", "generate-ids", model, "--ids", "1")
    for ids in ("", " ", "1,,2", "1,x", "1 2", ",", "1.5", "[1,2]"):
        r(f"--ids {ids!r}", "option_value", "generate-ids", model, "-n", "5", "--ids", ids)
    for ids in ("-5", "99999999999", "1,-1"):
        r(f"--ids {ids}", "option_out_of_range", "generate-ids", model, "-n", "5", "--ids", ids)
    r("--ids and --inputs", "option_conflict", "generate-ids", model, "--ids", "1", "--inputs", "x", "-n", "1")
    r("logits without --out", "command_incomplete", "logits", model, "--ids", "1")
    r("forward without --inputs", "command_incomplete", "forward", model, "--out", "x")
    r("tokenize without a text", "command_incomplete", "tokenize", model)
    r("tokenize with two", "option_conflict", "tokenize", model, "--text", "x", "--batch", "y")
    r("synth without a folder", "command_incomplete", "synth", "stories15m")


def wrong_models(c):
    r = lambda name, anchor, folder, *more: refused(name, 1, anchor, "logits", folder, "--ids", "1,2", "--out", WORK / "o", *more)
    r("a folder that is not there", "model_not_found", WORK / "nowhere/at/all")
    r("a file as model", "model_not_found", c.good / "config.json")
    refused("a hub id that is not in the cache", 1, "model_not_cached", "describe", "nobody/nothing-at-all",
            env={"HF_HOME": str(WORK)})
    refused("a demo that is not there", 1, "demo_not_found", "describe", "demo", env={"TTT_DEMO": str(WORK / "none")})
    (WORK / "empty").mkdir()
    r("an empty folder", "config_missing", WORK / "empty")
    folder = c.copy()
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()
    r("a folder as config.json", "config_missing", folder)
    for name, text in {"empty": "", "cut": '{"model_type": "lla', "no JSON": "llama", "binary": "\0\1\2",
                       "deeply nested": '{"a":' * 5000 + "1" + "}" * 5000}.items():
        r(f"a config.json that is {name}", "json_malformed", c.with_config(text=text))
    r("a config.json that is an array", "config_field", c.with_config(text="[]"))
    r("a field twice", "config_field_twice", c.with_config(text='{"model_type":"llama","vocab_size":5,"vocab_size":6}'))
    r("an unknown model type", "model_type_unknown", c.with_config(model_type="llamma"))
    r("no model type", "model_type_missing", c.with_config(model_type="absent"))
    r("a model type that is a number", "model_type_missing", c.with_config(model_type=5))
    for field in ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size", "intermediate_size",
                  "max_position_embeddings"):
        for value in (-1, 0, 1 << 31, 1 << 63, 1.5, 1e308, "many", [], True):
            r(f"{field} {value!r:.30}", "config_field", c.with_config(**{field: value}))
    r("kv heads that do not divide", "config_fields_disagree", c.with_config(num_key_value_heads=3))
    r("an odd head_dim", "config_fields_disagree", c.with_config(head_dim=7))
    r("rms_norm_eps of text", "config_field", c.with_config(rms_norm_eps="small"))
    r("an unknown activation", "activation_unknown", c.with_config(hidden_act="wiggle"))
    r("an unknown rope", "rope_type_unknown", c.with_config(rope_scaling={"rope_type": "spiral", "factor": 2}))
    r("a quantised checkpoint", "quantized_checkpoint", c.with_config(quantization_config={"quant_method": "gptq"}))
    r("a config of another shape than the weights", "tensor_shape", c.with_config(intermediate_size=160))
    r("a config of more layers than the weights", "tensor_missing", c.with_config(num_hidden_layers=6))


def wrong_weights(c):
    r = lambda name, anchor, folder: refused(name, 1, anchor, "logits", folder, "--ids", "1,2", "--out", WORK / "o")
    for keep in (0, 1, 7, 8, 9, 100, len(c.weights) // 2, len(c.weights) - 1):
        r(f"weights cut to {keep} bytes", "safetensors_header", c.with_weights(c.weights[:keep]))
    r("weights with bytes behind them", "safetensors_header", c.with_weights(c.weights + b"xx"))
    r("a header of 2^63 bytes", "safetensors_header", c.with_weights(b"\xff" * 8 + c.weights[8:]))
    r("a header that is no JSON", "json_malformed", c.with_weights(c.weights[:9] + b"x" + c.weights[10:]))
    r("a header that begins with no brace", "safetensors_header", c.with_weights(c.weights[:8] + b"x" + c.weights[9:]))
    names = [k for k in c.header if k != "__metadata__"]
    first, second = sorted(names, key=lambda k: c.header[k]["data_offsets"][0])[:2]

    def set_offsets(begin, end):
        return lambda h: h[second].__setitem__("data_offsets", [begin, end])
    b, e = c.header[second]["data_offsets"]
    r("overlapping tensors", "safetensors_header", c.with_header(set_offsets(b - 64, e - 64)))
    r("a hole between tensors", "safetensors_header", c.with_header(set_offsets(b + 64, e)))
    r("offsets beyond the file", "safetensors_header", c.with_header(set_offsets(1 << 62, (1 << 62) + e - b)))
    r("offsets in reverse", "safetensors_header", c.with_header(set_offsets(e, b)))
    r("negative offsets", "safetensors_header", c.with_header(set_offsets(-64, e)))
    r("a shape that overflows", "safetensors_header", c.with_header(lambda h: h[second].update(shape=[1 << 40, 1 << 40])))
    r("an unknown dtype", "safetensors_header", c.with_header(lambda h: h[second].update(dtype="F7")))
    r("a renamed tensor", "tensor_missing", c.with_header(lambda h: h.update({second + "x": h.pop(second)})))
    r("a transposed tensor", "tensor_shape", c.with_header(
        lambda h: h["model.layers.0.mlp.down_proj.weight"].update(
            shape=h["model.layers.0.mlp.down_proj.weight"]["shape"][::-1])))
    r("whole numbers as weights", "tensor_dtype", c.with_header(lambda h: h[second].update(dtype="I16")))

    def extra(h):
        h["surprise"] = {"dtype": "U8", "shape": [4], "data_offsets": [len(c.data), len(c.data) + 4]}
    r("a tensor too many", "tensor_unknown", c.with_header(extra, c.data + b"abcd"))
    folder = c.copy()
    (folder / "model.safetensors").unlink()
    r("no weights", "checkpoint_missing", folder)
    (folder / "model.safetensors").mkdir()
    r("a folder as weights", "checkpoint_missing", folder)
    for shard in ("../good/model.safetensors", "/etc/passwd", "missing.safetensors", "", "model.bin"):
        folder = c.copy()
        (folder / "model.safetensors").unlink()
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {n: shard for n in names}}))
        refused_shard = "file_missing" if shard == "missing.safetensors" else "checkpoint_index"
        r(f"an index that names {shard!r}", refused_shard, folder)
    nan = c.with_weights(c.weights[:len(c.weights) - len(c.data)] + b"\xff\x7f" * (len(c.data) // 2))
    refused("weights that are not numbers", 1, "logits_not_finite", "generate-ids", nan, "--ids", "1", "-n", "3")
    if os.getuid() != 0:
        folder = c.copy()
        (folder / "model.safetensors").chmod(0)
        r("weights without the right to read", "file_unreadable", folder)
    else:
        tap.skip("refused: weights without the right to read", "root may read everything")


def wrong_tokenizers(c):
    r = lambda name, anchor, folder, *more: refused(name, 1, anchor, "run", folder, "-p", "x", "-n", "3", *more)
    r("run without a tokenizer", "tokenizer_missing", c.good)
    refused("tokenize without a tokenizer", 1, "tokenizer_missing", "tokenize", c.good, "--text", "x")
    r("a tokenizer cut short", "json_malformed", c.with_tokenizer('{"model": {'))
    r("a tokenizer that is an array", "tokenizer_malformed", c.with_tokenizer("[]"))
    r("a tokenizer without a model", "tokenizer_malformed", c.with_tokenizer("{}"))
    r("a tokenizer of another kind", "tokenizer_unsupported",
      c.with_tokenizer(json.dumps({"model": {"type": "Oracle", "vocab": {}, "merges": []}})))
    if TOKENIZER.exists():
        folder = c.with_tokenizer(TOKENIZER.read_text())
        refused("a tokenizer with more tokens than the model", 1, "token_out_of_range", "run", folder, "-n", "3", "-p",
                " ".join("the princess walked through the forest and looked at seventeen strange things".split() * 5))
        r("an empty stop text", "stop_out_of_range", folder, "--stop", "")
    lists = {"texts": ('{"a": 1}', "batch_malformed"), "numbers": ("[1, 2]", "batch_malformed"), "cut": ("[", "json_malformed")}
    for name, (text, anchor) in lists.items():
        (WORK / "batch.json").write_text(text)
        refused(f"a batch of {name} to tokenize", 1, anchor, "tokenize", c.good, "--batch", WORK / "batch.json")
    for text in ("[1]", "[[-1]]", "[[1.5]]", '[["a"]]', "[[4294967296]]"):
        (WORK / "batch.json").write_text(text)
        refused(f"{text} to detokenize", 1, "batch_malformed", "detokenize", c.good, "--batch", WORK / "batch.json")
    for text in ("{}", "[]", "[1]", "[null]", "[{}]", '[{"prompt":5}]', '[{"prompt":"x","ids":[1]}]', '[{"ids":[-1]}]',
                 '[{"ids":"1"}]', '[{"prompt":"x","n":"5"}]', '[{"prompt":"x","n":1.5}]', '[{"prompt":"x","temperature":"warm"}]',
                 '[{"prompt":"x","stop":[1]}]', '[{"prompt":"x","colour":"red"}]'):
        (WORK / "batch.json").write_text(text)
        refused(f"{text} to run", 1, "batch_malformed", "run", c.good, "--batch", WORK / "batch.json")
    refused("a batch that is not there to run", 1, "file_missing", "run", c.good, "--batch", WORK / "none.json")
    refused("a batch that is not there", 1, "file_missing", "tokenize", c.good, "--batch", WORK / "none.json")
    refused("a folder as batch", 1, "not_a_file", "tokenize", c.good, "--batch", WORK)


def wrong_requests(c):
    m = c.good
    vocab, longest = c.config["vocab_size"], c.config["max_position_embeddings"]
    out = WORK / "o.safetensors"
    r = lambda name, anchor, *arguments, **how: refused(name, 1, anchor, *arguments, **how)
    r("an id beyond the vocabulary", "token_out_of_range", "generate-ids", m, "--ids", f"1,{vocab}", "-n", "2")
    r("a prompt longer than the model's context", "context_full", "logits", m, "--ids", commas([1] * (longest + 1)), "--out", out)
    r("more new ids than the context holds", "context_full", "generate-ids", m, "--ids", "1", "-n", str(longest + 1))
    r("a bench longer than the context", "context_full", "bench", m, "--prompt", str(longest + 1))
    r("a bench of an op that is not there", "op_path_unknown", "bench", m, "--op", "layers.0.atention")
    r("an own kernel that no one registered", "own_kernel_unknown", "plan", m, "--policy", "layers.0.attention:kernel=own:mine")
    r("check of a context beyond the model's", "workload_out_of_range", "plan", m, "--context", str(longest + 1))
    inputs = WORK / "in.safetensors"
    r("inputs that are not there", "file_missing", "forward", m, "--inputs", WORK / "none", "--out", out)
    r("inputs that are a folder", "not_a_file", "forward", m, "--inputs", WORK, "--out", out)
    r("inputs that are text", "safetensors_header", "forward", m, "--inputs", m / "config.json", "--out", out)
    r("an input of another name", "input_unknown", "forward", m, "--inputs", write_ids(inputs, [1, 1], name="attention_mask"), "--out", out)
    r("inputs of floats", "input_malformed", "forward", m, "--inputs", write_ids(inputs, [1, 1], "F32"), "--out", out)
    r("inputs of two rows", "input_malformed", "forward", m, "--inputs", write_ids(inputs, [1, 1], shape=[2, 1]), "--out", out)
    r("inputs without ids", "input_malformed", "forward", m, "--inputs", write_ids(inputs, [], shape=[0]), "--out", out)
    r("a negative input id", "input_malformed", "forward", m, "--inputs", write_ids(inputs, [1, -7]), "--out", out)
    r("an input id of 2^40", "input_malformed", "forward", m, "--inputs", write_ids(inputs, [1 << 40]), "--out", out)
    write_tensors(inputs, {})
    r("inputs without tensors", "input_missing", "forward", m, "--inputs", inputs, "--out", out)
    r("an output in a folder that is not there", "file_unwritable", "logits", m, "--ids", "1", "--out", WORK / "no/such/o")
    r("an output that is a folder", "not_a_file", "logits", m, "--ids", "1", "--out", WORK)
    for device in ("cuda:h100", "cuda:0", "ttnn:0"):
        r(f"--device {device}", "device_unavailable", "logits", m, "--ids", "1", "--out", out, "--device", device)
    for device in ("cuda:0", "ttnn:0"):
        r(f"check --device {device}", "device_unavailable", "check", m, "--device", device)
    program = WORK / "none.py"
    r("a TTNN program for the CPU", "emit_device_unsupported", "emit", "demo", "-o", program)
    r("a program of int8 weights", "no_kernel_for_weights", "emit", "demo", "--device", "ttnn:wormhole_n150", "--policy", "weights=int8", "-o", program)
    r("a program in a folder that is not there", "file_unwritable", "emit", "demo", "--device", "ttnn:wormhole_n150", "-o", WORK / "no/such/p.py")
    tap.case("refused programs leave no file", not program.exists())
    r("plan of what a device refuses", "heads_do_not_divide", "plan", m, "--device", "ttnn:wormhole_n150", "--mesh", "1x5")
    r("--device cpu:mmx", "isa_unavailable", "check", m, "--device", "cpu:mmx")
    r("TTT_ISA=mmx", "isa_unavailable", "describe", m, env={"TTT_ISA": "mmx"})
    tuned = WORK / "tuned.json"
    tuned.write_text('{"version":1,"model":{"kv":16}}')
    r("a policy's file with a number for a format", "policy_file_malformed", "run", m, "-p", "x", "--policy", tuned)
    tuned.write_text('{"version":2}')
    r("a policy's file of another version", "policy_file_version", "run", m, "-p", "x", "--policy", tuned)
    r("a policy's file that is not there", "file_missing", "run", m, "-p", "x", "--policy", WORK / "none.json")
    r("a policy for a layer that is not there", "layer_is_not_there", "logits", m, "--ids", "1", "--out", out, "--policy", "layers.99:kv=fp32")
    r("a policy for a module that is not there", "path_names_nothing", "logits", m, "--ids", "1", "--out", out, "--policy", "tail:kv=fp32")
    r("activations=bf16", "no_kernel_for_activations", "logits", m, "--ids", "1", "--out", out, "--policy", "activations=bf16")
    for policy, anchor in {"weights=bfloat8_b": "no_kernel_for_weights", "kv=bfloat8_b": "no_kernel_for_kv", "scores=LoFi": "no_kernel_for_scores",
                           "fidelity=LoFi": "no_kernel_for_fidelity", "kv_form=paged,page=100": "page_splits_blocks",
                           "kv_form=paged,layers.0:page=64": "page_splits_blocks"}.items():
        r(f"--policy {policy}", anchor, "logits", m, "--ids", "1", "--out", out, "--policy", policy)
    r("positions to share without pages", "kv_tokens_need_pages", "plan", m, "--batch", "4", "--kv-tokens", "600")
    r("fewer positions than a context", "kv_tokens_below_context", "plan", m, "--batch", "4", "--context", "300",
      "--policy", "kv_form=paged", "--kv-tokens", "299")
    r("a bench that outgrows its pages", "kv_pages_exhausted", "bench", m, "--batch", "3", "--depth", "300", "--prompt", "8",
      "--decode", "8", "--policy", "kv_form=paged", "--kv-tokens", "512")
    endless = c.with_config(rope_scaling={"rope_type": "dynamic", "factor": 2.0})
    r("a context beyond every memory", "does_not_fit", "bench", endless, "--depth", "1000000", "--batch", "4096")
    small = c.with_config(intermediate_size=160)
    r("--variant exact of an unknown model", "variant_not_found", "describe", small, "--variant", "exact")
    r("an unknown shape", "synth_shape_unknown", "synth", "llama-9", WORK / "made")
    (WORK / "foreign").mkdir()
    (WORK / "foreign/precious.txt").write_text("mine")
    r("synth over a folder of another's", "synth_folder_in_use", "synth", "stories260k", WORK / "foreign")
    r("synth over a file", "synth_folder_in_use", "synth", "stories260k", m / "config.json")
    full = pathlib.Path("/dev/full")
    if full.exists():
        with full.open("wb") as sink:
            done = subprocess.run([TTT, "describe", m], stdout=sink, stderr=subprocess.PIPE, timeout=20)
        tap.case("refused: an output that is full", done.returncode == 1 and b"output_unwritable" in done.stderr, done.stderr)


def refusals():
    checkpoint = Checkpoint()
    if not (checkpoint.good / "config.json").exists():
        return
    wrong_command_lines(checkpoint.good)
    wrong_models(checkpoint)
    wrong_weights(checkpoint)
    wrong_tokenizers(checkpoint)
    wrong_requests(checkpoint)
    wrong_packing(checkpoint.good)
    folder = checkpoint.copy()
    (folder / "model.safetensors").unlink()
    for command in (["describe", folder, "--quality"], ["pack", folder, "--packed-cache", WORK / "full"]):
        refused(f"{command[0]} of weights that are not there", 1, "checkpoint_missing", *command)


PARTS = {"outputs": outputs, "refusals": refusals}
try:
    for part in sys.argv[2:] or PARTS:
        PARTS[part]()
finally:
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(tap.finish())

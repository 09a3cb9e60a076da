#!/usr/bin/env python3
"""`ttt check` on models, devices, meshes and workloads whose verdict is known; every suggestion, applied, passes.

usage: check_table.py TTT
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from decoder_config import decoder  # noqa: E402
from tap import ROOT, Tap  # noqa: E402

TTT = sys.argv[1]
GOLDEN = pathlib.Path(os.environ.get("TTT_GOLDEN") or ROOT.parent / "shared/golden")
WORK = pathlib.Path(tempfile.mkdtemp(prefix="ttt-check-"))
tap = Tap()


# --- models -----------------------------------------------------------------------------------------------------------

MODELS = {
    "Llama-3.1-8B": decoder("llama", 128256, 4096, 14336, 32, 32, 8, 131072, rope_theta=500000.0),
    "Llama-3.1-70B": decoder("llama", 128256, 8192, 28672, 80, 64, 8, 131072, rope_theta=500000.0),
    "Llama-2-7B": decoder("llama", 32000, 4096, 11008, 32, 32, 32, 4096),
    "Mistral-7B": decoder("mistral", 32000, 4096, 14336, 32, 32, 8, 32768, sliding_window=4096),
    "Qwen2.5-0.5B": decoder("qwen2", 151936, 896, 4864, 24, 14, 2, 32768, tie_word_embeddings=True),
    "Qwen3-8B": decoder("qwen3", 151936, 4096, 12288, 36, 32, 8, 40960, head_dim=128),
    "gpt2": {"model_type": "gpt2", "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024, "vocab_size": 50257},
    # Its weights fit; keys and values of the largest workload take 2^64 bytes, which must not count as none.
    "wide cache": decoder("llama", 32, 8, 8, 1, 16384, 16384, 1 << 24, head_dim=4096),
    "odd length": decoder("llama", 1000, 256, 512, 2, 4, 2, 1000),
}

# --- cases: model, device, arguments, expected ------------------------------------------------------------------------
# expected: the names of the issues in order ([] = compatible), then texts that issues, suggestions or notes contain.

N150, N300, T3000 = "ttnn:wormhole_n150", "ttnn:wormhole_n300", "ttnn:wormhole_t3000"
CASES = [
    # One n150 has 12.9 GB: 16 GB of bf16 weights do not fit, 9.2 GB of bfloat8_b do.
    ("Llama-3.1-8B", N150, "", [], "peak"),
    ("Llama-3.1-8B", N150, "--policy weights=bfloat8_b", []),
    ("Llama-3.1-8B", N150, "--policy weights=bf16", ["does_not_fit"], "weights=bfloat8_b"),
    ("Llama-3.1-8B", N300, "--policy weights=bf16", []),
    ("Llama-3.1-8B", "ttnn:blackhole_p150", "--policy weights=bf16", []),
    ("Llama-3.1-8B", N150, "--policy weights=fp16", None),
    ("Llama-3.1-8B", N150, "--batch 32 --context 1024", []),
    ("Llama-3.1-8B", N150, "--batch 33 --context 256", ["batch_exceeds_device"], "--batch 32"),
    # A chip of a T3000 holds an eighth: 70B fits in bfloat8_b, not in bf16.
    ("Llama-3.1-70B", T3000, "", []),
    ("Llama-3.1-70B", T3000, "--policy weights=bf16", ["does_not_fit"], "weights=bfloat8_b"),
    ("Llama-3.1-70B", N150, "", ["does_not_fit"]),
    ("Llama-3.1-70B", N300, "", ["does_not_fit"]),
    ("Llama-3.1-70B", "ttnn:wormhole_galaxy", "", []),
    ("Llama-3.1-70B", "ttnn:wormhole_galaxy", "--policy weights=bf16", []),
    ("Llama-3.1-70B", "cuda:h100", "", ["does_not_fit"], "--mesh 1x2"),
    ("Llama-3.1-70B", "cuda:h100", "--mesh 1x4", []),
    ("Llama-3.1-70B", "cuda:h200", "", ["does_not_fit"]),
    ("Llama-3.1-70B", "cuda:b200", "", [], "peak"),
    # Heads over chips.
    ("Llama-3.1-8B", N150, "--mesh 1x4", [], "a mesh of 1 x 4 chips, and the product has 1"),
    ("Llama-3.1-8B", N150, "--mesh 1x5",
     ["heads_do_not_divide", "columns_do_not_divide", "columns_do_not_divide"], "32 heads do not divide over 5 chips",
     "--mesh 1x4"),
    ("Llama-3.1-8B", N150, "--mesh 1x16", [], "8 kv heads over 16 chips", "128256 is kept as 128512"),
    ("Llama-3.1-8B", N150, "--mesh 1x12", None),
    ("Llama-3.1-8B", N150, "--mesh 1x64", ["heads_do_not_divide"], "--mesh 1x32"),
    ("Llama-3.1-8B", "cuda:h100", "--mesh 1x8", [], "weights=stored"),
    ("Llama-3.1-8B", "cuda:h100", "--mesh 1x3", None),
    ("gpt2", N150, "--mesh 1x8", ["heads_do_not_divide"], "12 heads do not divide over 8 chips", "--mesh 1x6"),
    ("gpt2", T3000, "", []),
    ("gpt2", N150, "--mesh 1x6", []),
    ("gpt2", N150, "--mesh 1x4", []),
    ("gpt2", N150, "--mesh 1x2", []),
    ("gpt2", "cuda:a100", "", []),
    ("gpt2", "cuda:a100", "--mesh 1x8", ["heads_do_not_divide"]),
    ("gpt2", "cpu", "", []),
    ("gpt2", N150, "--context 2048", ["workload_out_of_range"]),
    ("Qwen2.5-0.5B", N150, "--mesh 1x4", ["heads_do_not_divide"], "14 heads do not divide over 4 chips", "--mesh 1x2"),
    ("Qwen2.5-0.5B", N150, "--mesh 1x2", []),
    ("Qwen2.5-0.5B", N300, "", []),
    ("Qwen2.5-0.5B", N150, "--mesh 1x7", ["kv_heads_do_not_divide", "columns_do_not_divide"], "2 kv heads"),
    ("Qwen2.5-0.5B", N150, "--mesh 1x14", ["columns_do_not_divide"], "4864 columns"),
    ("Qwen3-8B", "ttnn:blackhole_p150", "", []),
    ("Qwen3-8B", N150, "", []),
    ("Qwen3-8B", T3000, "", []),
    ("Mistral-7B", N150, "", []),
    ("Mistral-7B", T3000, "--batch 32 --context 8192", []),
    ("Qwen2.5-0.5B", "cpu", "--context 64", []),
    # Columns in tiles of 32: 11008 over 8 chips are 1376 = 43 tiles.
    ("Llama-2-7B", T3000, "", []),
    ("Llama-2-7B", N150, "--mesh 1x16", ["columns_do_not_divide"], "11008 columns do not divide over 16 chips in tiles of 32"),
    ("Llama-2-7B", "cuda:h100", "--mesh 1x16", []),
    # Keys and values: 64 KiB a position in bfloat8_b.
    ("Llama-3.1-8B", T3000, "--batch 32 --context 131072", ["does_not_fit"], "--batch 8"),
    ("Llama-3.1-8B", N150, "--batch 32 --context 131072", ["does_not_fit"]),
    ("Llama-3.1-8B", "cuda:h200", "--batch 32 --context 131072", ["does_not_fit"]),
    ("Llama-3.1-8B", "ttnn:wormhole_galaxy", "--batch 32 --context 131072", None),
    ("Llama-3.1-8B", T3000, "--batch 1 --context 131072", []),
    # A grid spreads by blocks: outputs over its rows, inputs over its columns.
    ("Llama-3.1-8B", N150, "--mesh 2x4", []),
    ("Llama-3.1-8B", N150, "--mesh 5x2", None),
    ("Qwen2.5-0.5B", N150, "--mesh 2x2", None),
    # Knobs that a device has no kernels for, and several faults at once.
    ("Qwen2.5-0.5B", "cpu", "--policy weights=bfloat8_b --context 64", None, "no_kernel_for_weights"),
    ("Llama-3.1-8B", N150, "--policy kv=fp32", None),
    ("Llama-3.1-8B", N150, "--policy weights=int8 --mesh 1x5 --batch 64", None),
    ("Llama-3.1-8B", N150, "--policy page=48 --policy kv_form=paged", None),
    ("Llama-3.1-8B", N150, "--policy chunk=100", ["chunk_is_not_tiled"], "chunk=128"),
    # Pages are whole tiles; what is not asked for is a length that they divide.
    ("odd length", N150, "", [], "planned for a context of 992; the model holds 1000"),
    ("odd length", N150, "--context 100", ["page_does_not_divide_context"], "--context 128"),
    ("odd length", N150, "--context 1000", ["page_does_not_divide_context"], "--context 992"),
    ("odd length", "cuda:h100", "", []),
    ("wide cache", "cuda:h200", "--batch 4096 --context 16777216", None, "does_not_fit"),
    ("wide cache", "cpu", "--batch 4096 --context 16777216", None, "does_not_fit"),
    # What is worth knowing.
    ("Llama-3.1-8B", N300, "--policy weights=bf16", [], "bf16 weights are whole only at HiFi4"),
    ("Llama-3.1-8B", N150, "--policy fidelity=HiFi4", [], "fidelity=HiFi2 does", "less accurate than HiFi3"),
    ("Llama-3.1-8B", N150, "--policy weights=bfloat4_b --policy fidelity=LoFi", []),
    ("Llama-3.1-8B", "ttnn:blackhole_p150", "--policy weights=bfloat4_b", [], "whole at LoFi"),
]


# --- judging ----------------------------------------------------------------------------------------------------------

def check(folder, device, arguments):
    command = [TTT, "check", str(folder), "--device", device, *arguments, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    shown = " ".join(command[1:]) + f"\nexit status {done.returncode}\nstdout: {out[:2500]}\nstderr: {err[:600]}"
    try:
        answer = json.loads(out)
    except ValueError:
        answer = {}
    if "compatible" not in answer or answer["compatible"] != (done.returncode == 0) or \
            answer["compatible"] == bool(answer["issues"]):
        return None, shown
    return answer, shown


def applied(arguments, suggestions):
    """The command line with every suggestion's option in it, in place of what it says now."""
    out = list(arguments)
    for text in suggestions:
        option = re.search(r"(--(?:mesh|batch|context)) (\d+(?:x\d+)?)", text)
        knob = re.search(r"(?<![\w.<])([a-z_]+(?:\.[a-z_]+)?=\w+)", text)
        if option:
            name, value = option.groups()
            if name in out:
                out[out.index(name) + 1] = value
            else:
                out += [name, value]
        elif knob:
            out += ["--policy", knob[1]]
        else:
            return None
    return out


def suggestions_hold(name, folder, device, arguments, answer):
    """Every suggestion applied at once passes, and each alone leaves fewer faults."""
    # What no option changes: the model's mathematics, a device too small for anything, the range of a number.
    final = ("no_kernel_for_learned_positions", "workload_out_of_range")
    if any(i["link"].endswith(final) for i in answer["issues"]) or "use a device with more" in answer["issues"][0]["suggestion"]:
        return
    changed = applied(arguments, [i["suggestion"] for i in answer["issues"]])
    if changed is None:
        return tap.case(f"{name}: the suggestion names an option", False, answer)
    after, shown = check(folder, device, changed)
    # Memory is looked at only once the shardings hold: its advice may come second.
    if after and not after["compatible"] and all(i["link"].endswith("does_not_fit") for i in after["issues"]) and \
            not any(i["link"].endswith("does_not_fit") for i in answer["issues"]):
        changed = applied(changed, [i["suggestion"] for i in after["issues"]])
        after, shown = check(folder, device, changed)
    tap.case(f"{name}: the suggestion, applied, passes: {' '.join(changed)}", bool(after) and after["compatible"], shown)


def judge(name, folder, device, arguments, issues, *texts):
    answer, shown = check(folder, device, arguments)
    if answer is None:
        return tap.case(f"{name}: an answer", False, shown)
    found = [i["link"].removeprefix("docs/errors.md#") for i in answer["issues"]]
    everything = json.dumps(answer, ensure_ascii=False)
    absent = [t for t in texts if t not in everything]
    right = issues is None or found == issues
    tap.case(f"{name}: {'compatible' if not found else ', '.join(found)}", right and not absent,
             f"expected {issues}, absent {absent}\n{shown}")
    if found:
        suggestions_hold(name, folder, device, arguments, answer)


folders = {}
for model, config in MODELS.items():
    folders[model] = WORK / model.replace(" ", "-")
    folders[model].mkdir()
    (folders[model] / "config.json").write_text(json.dumps(config))

try:
    for model, device, arguments, issues, *texts in CASES:
        judge(f"{model} on {device} {arguments}".strip(), folders[model], device, arguments.split(), issues, *texts)
    families = ["llama", "mistral", "qwen2", "qwen3", "gpt2"]
    if GOLDEN.is_dir():
        for family in families:
            for device in (N150, T3000, "ttnn:wormhole_galaxy", "cuda:h100"):
                for mesh in ("1x1", "1x2", "1x5", "2x2"):
                    judge(f"tiny {family} on {device}, {mesh}", GOLDEN / family, device, ["--mesh", mesh], None)
    else:
        tap.skip("tiny models on every device", "there is no golden data")
finally:
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(tap.finish())

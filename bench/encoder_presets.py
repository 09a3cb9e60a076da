#!/usr/bin/env python3
"""How far an encoder of sentences is from fp32 at each preset of an emulated device: per layer, and in its embeddings.

    bench/encoder_presets.py build/tools/ttt path/to/all-MiniLM-L6-v2 sentences.json [DEVICE]

sentences.json: {"cases": [{"ids": [...], "embedding": [...]}, ...]}, ids with special tokens, embeddings as the mean of the last
rows, of length 1. Prints the largest difference of fp32's embeddings from these, then a row a preset: Pearson's correlation of
the rows behind each layer with fp32's over all sentences' tokens in one sequence (up to 250), and the cosines of the embeddings
with fp32's: mean and least.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from safetensors_file import read_tensors, write_integers  # noqa: E402

PRESETS = ("exact", "accuracy", "standard", "memory", "speed")


def embeddings(ttt, model, cases, folder, *options):
    """Mean of the last rows of each sequence, of length 1."""
    longest = max(len(c["ids"]) for c in cases)
    ids = [i for c in cases for i in c["ids"] + [0] * (longest - len(c["ids"]))]
    mask = [int(t < len(c["ids"])) for c in cases for t in range(longest)]
    inputs = write_integers(folder / "in.safetensors", {"input_ids": ([len(cases), longest], ids),
                                                        "attention_mask": ([len(cases), longest], mask)})
    out = folder / "out.safetensors"
    subprocess.run([ttt, "forward", model, "--inputs", inputs, "--out", out, *options], check=True, stderr=subprocess.PIPE)
    (_, _, width), rows = read_tensors(out)["last_hidden_state"]
    result = []
    for b, case in enumerate(cases):
        mean = [0.0] * width
        for t in range(len(case["ids"])):
            at = (b * longest + t) * width
            for i in range(width):
                mean[i] += rows[at + i]
        length = sum(x * x for x in mean) ** 0.5
        result.append([x / length for x in mean])
    return result


def layers_pcc(ttt, model, ids, *options):
    done = subprocess.run([ttt, "verify", model, "--ids", ",".join(map(str, ids)), "--json", *options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    report = json.loads(done.stdout)
    if "rows" not in report:
        sys.exit(done.stderr)
    rows = {r["path"]: r for r in report["rows"]}
    out = []
    while f"layers.{len(out)}" in rows:
        out.append(rows[f"layers.{len(out)}"]["pcc"])
    return out


def spelled(pcc):
    """As many nines as there are, and two digits behind them."""
    nines = 0
    while nines < 6 and 1 - pcc < 10.0 ** -(nines + 1):
        nines += 1
    return f"{pcc:.{max(nines + 2, 5)}f}"


def main():
    ttt, model, sentences = sys.argv[1:4]
    device = sys.argv[4] if len(sys.argv) > 4 else "ttnn:wormhole_n150"
    cases = json.loads(pathlib.Path(sentences).read_text())["cases"]
    ids = [cases[0]["ids"][0]] + [i for c in cases for i in c["ids"][1:-1]]
    ids = ids[:249] + [cases[0]["ids"][-1]]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        fp32 = embeddings(ttt, model, cases, folder)
        worst = max(abs(a - b) for e, c in zip(fp32, cases) for a, b in zip(e, c["embedding"]))
        print(f"fp32 on the processor: {len(cases)} embeddings differ from the file's by {worst:.1e} at most\n")
        for preset in PRESETS:
            options = ("--device", device, "--preset", preset)
            mine = embeddings(ttt, model, cases, folder, *options)
            cosines = [sum(a * b for a, b in zip(x, y)) for x, y in zip(mine, fp32)]
            pcc = layers_pcc(ttt, model, ids, *options)
            print(f"| {preset} | {' | '.join(map(spelled, pcc))} | {spelled(sum(cosines) / len(cosines))} | {spelled(min(cosines))} |", flush=True)


main()

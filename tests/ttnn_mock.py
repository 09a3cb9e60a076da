#!/usr/bin/env python3
"""Holds ttt::catalog::ttnn to TTNN's own allocator: verdicts and bytes over a grid of ops and whole decoders, about half
of them within 15 % of a limit, on the mock devices n150, n300 and p150.

It needs a venv made by the mock's setup.sh (TTT_TTNN_VENV) and the folder of the mock (TTT_TTNN_MOCK, else
../shared/ttnn/mock beside the source tree); without them it skips. Agreement must be 98 % at least, and nothing may be
said to fit that TTNN refuses.

usage: ttnn_mock.py [--all] [--verbose] [--only=WORD] [device]...
--all takes every family of cases instead of a sample (minutes instead of two), --only those whose name holds WORD.
"""

import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from mock_environment import mock_environment
from tap import INCLUDE, ROOT, WARNINGS, Tap, gcc, run

LEAST_AGREEMENT = 0.98
NEAR = 0.15
DEVICES = ["n150", "n300", "p150"]
TARGETS = [0.7, 0.87, 0.92, 0.96, 0.985, 0.997, 1.003, 1.015, 1.04, 1.08, 1.13, 1.4]
BLOCK = ["bfloat8_b", "bfloat4_b"]
NORMS = [(0, 0), (1, 0), (1, 1)]  # rms_norm; layer_norm without and with a bias
MEMORY_WORDS = ("Out of Memory", "beyond max L1 size", "clash with L1 buffers")

tap = Tap()
flags = [a for a in sys.argv[1:] if a.startswith("--")]
devices = [a for a in sys.argv[1:] if not a.startswith("--")] or DEVICES
every, verbose = "--all" in flags, "--verbose" in flags
only = next((a.removeprefix("--only=") for a in flags if a.startswith("--only=")), "")
dice = random.Random(7)


class Verdicts:
    """The C++ side: a program that answers lines."""

    def __init__(self, folder):
        program = pathlib.Path(folder) / "verdicts"
        status, out = run([gcc(), "-std=c++20", "-O1", *WARNINGS, "-I", INCLUDE, ROOT / "tests/ttnn/verdicts.cpp", "-o", program])
        tap.case("the verdicts' program compiles", status == 0, out)
        self.process = None if status else subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Mock:
    """TTNN's side: a process that metal may abort, so it is started anew when it dies."""

    def __init__(self, device, folder, python):
        self.device, self.python, self.process = device, python, None
        self.env = {**os.environ, "TTT_TTNN_MOCK": str(folder)}

    def start(self):
        self.process = subprocess.Popen([self.python, ROOT / "tests/ttnn/mock_server.py", self.device], env=self.env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return bool(self.process.stdout.readline())

    def ask(self, case):
        if self.process is None and not self.start():
            return {"fits": None, "message": "the mock device does not start"}
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.process.wait()
        self.process = None
        return {"fits": None, "message": "the mock device died"}

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


# --- cases: (name, words for the C++ side, JSON for TTNN's side without what C++ adds) -------------------------------

def ratio(v):
    """Nearness to the limit that is nearest to decide: L1, and DRAM where the verdict has it."""
    r = (v["cb"] + v["tensors"]) / v["limit"]
    return max(r, sum(v["dram"]) / v["dram_limit"]) if "dram" in v else r


def nearest(verdicts, device, family, targets):
    """Of many candidates, those whose need is nearest to each target share of the limit."""
    judged = [(c, verdicts.ask(device, *c["words"])) for c in family]
    chosen = {}
    for target in targets:
        case, verdict = min(judged, key=lambda j: abs(ratio(j[1]) - target))
        if abs(ratio(verdict) - target) < 0.2 * max(1, target):
            chosen[case["name"]] = (case, verdict)
    return list(chosen.values())


def matmul(kind, m, k, n, pieces=1, in0="bf16", in1="bfloat8_b", out="bf16", fp32=0, l1_acc=1, width=0, bias=0):
    words = ["matmul", kind, m, k, n, pieces, in0, in1, out, fp32, l1_acc, width, bias]
    return {"name": " ".join(str(w) for w in words), "words": words, "case": {"case": "matmul"}}


def matmuls():
    """Families of matmuls that grow past the limit in n."""
    steps = [64 * i for i in range(1, 60)] + [2048 * i for i in range(1, 24)] + [4096 * i + 96 for i in range(1, 24)]
    for in1 in ("bf16", "bfloat8_b", "bfloat4_b"):
        for out, fp32, l1_acc in (("bf16", 0, 1), ("bfloat8_b", 0, 1), ("bf16", 1, 1), ("bfloat8_b", 1, 0), ("bfloat8_b", 0, 0)):
            more = dict(in1=in1, out=out, fp32=fp32, l1_acc=l1_acc, bias=dice.choice([0, 0, 1]))
            for k in (4096, 8192, 14336, 16384):
                yield [matmul("dram_sharded", 32, k, n, **more) for n in steps]
            for m, k, pieces in ((128, 4096, 1), (512, 2048, 1), (1024, 4096, 2), (512, 5120, 4), (1024, 256, 1)):
                yield [matmul("mcast_2d", m, k, n, pieces, in0=dice.choice(["bf16", "bfloat8_b"]), **more) for n in steps]
            for m, k in ((32, 4096), (64, 16384), (128, 2048)):
                yield [matmul("mcast_1d", m, k, n, **more) for n in steps + [16384 * i for i in range(3, 30)]]
                yield [matmul("mcast_1d_l1", m, k, n, **more) for n in steps + [16384 * i for i in range(3, 30)]]


def rectangle(cores):
    return next([cores // y, y] for y in range(1, 9) if cores % y == 0 and cores // y <= 8)


def attention_case(name, extra_words, heads, kv_heads, head_dim, batch, context, page, kv, **extra):
    words = [name, heads, kv_heads, head_dim, batch, context, page, kv, *extra_words]
    return {"name": " ".join(str(w) for w in words), "words": words,
            "case": {"case": name, "heads": heads, "kv_heads": kv_heads, "head_dim": head_dim, "batch": batch,
                     "context": context, "page": page, "kv": kv, **extra}}


def other_ops():
    """Families of the other ops, each growing past the limit."""
    for fp32 in (0, 1):
        for activations in ("bf16", "bfloat8_b"):
            for in_tiles in (0, 1):
                for layer, bias in NORMS:
                    yield [{"name": f"norm {h} {activations} {fp32} {in_tiles} {layer} {bias}",
                            "words": ["norm", h, activations, fp32, in_tiles, layer, bias],
                            "case": {"case": "norm", "hidden": h, "activations": activations, "fp32": fp32, "in_tiles": in_tiles,
                                     "layer": layer, "bias": bias}} for h in range(1024, 16384, 160)]
        for cores in (1, 2, 8, 12, 32):
            for layer, bias in NORMS:
                yield [{"name": f"sharded_norm {h} {cores} {fp32} {layer} {bias}", "words": ["sharded_norm", h, cores, fp32, layer, bias],
                        "case": {"case": "sharded_norm", "hidden": h, "grid": rectangle(cores), "fp32": fp32, "layer": layer, "bias": bias}}
                       for h in range(32 * cores, 9000 * cores, 32 * cores)]
        for heads, kv_heads, batch in ((32, 8, 32), (32, 1, 1), (8, 1, 1), (64, 8, 8), (16, 2, 4), (4, 1, 32)):
            for kv in ("bf16", "bfloat8_b"):
                yield [attention_case("attention", [fp32], heads, kv_heads, d, batch, 8192, page, kv, fp32=fp32)
                       for d in range(32, 1024, 32) for page in (32, 64)]
    for tokens, context in ((2048, 2048), (4096, 32768), (256, 256), (512, 131072)):
        for kv in ("bf16", *BLOCK):
            for activations in ("bf16", "bfloat8_b"):
                yield [attention_case("prompt_attention", [tokens, chunk, activations], 16, 4, d, 1, context, 64, kv,
                                      tokens=tokens, chunk=chunk, activations=activations)
                       for chunk in (64, 128, 256) for d in range(64, 640, 32)]
                for masked in (0, 1) if context == tokens else ():
                    yield [attention_case("encoder_attention", [tokens + odd, chunk, activations, masked], 16, 16, d, 2, tokens, 64, kv,
                                          tokens=tokens + odd, chunk=chunk, activations=activations, masked=masked)
                           for chunk in (64, 128, 256) for odd in (0, 32) for d in range(64, 640, 32)]
    for kv in ("bf16", *BLOCK):
        for batch, context in ((32, 1024), (8, 65536)):
            yield [attention_case("cache_update", [], 8, 8, d, batch, context, 32, kv) for d in range(64, 4096, 64)]
    for activations in ("bf16", "bfloat8_b"):
        yield [attention_case("concat_heads", [activations], h, 1, 128, 1, 64, 32, "bf16", activations=activations)
               for h in range(8, 256)]


SHAPES = [  # hidden, heads, kv_heads, head_dim, ffn, vocab: names for people, shapes as published
    ("Llama-3.2-1B", 2048, 32, 8, 64, 8192, 128256),
    ("Llama-3.1-8B", 4096, 32, 8, 128, 14336, 128256),
    ("Llama-2-13B", 5120, 40, 40, 128, 13824, 32000),
    ("Qwen2.5-14B", 5120, 40, 8, 128, 13824, 152064),
    ("Qwen3-4B", 2560, 32, 8, 128, 9728, 151936),
    ("Qwen2.5-32B", 5120, 40, 8, 128, 27648, 152064),
    ("Gemma-2-9B", 3584, 16, 8, 256, 14336, 256000),
    ("Llama-3.1-70B", 8192, 64, 8, 128, 28672, 128256),
    ("Llama-2-7B", 4096, 32, 32, 128, 11008, 32000),
    ("a narrow one", 1024, 16, 2, 64, 2816, 32000),
    ("an odd one", 1696, 8, 2, 128, 5216, 50304),
]


GPT2 = ["plain", "qkv_bias", "o_bias", "mlp_bias", "layer_norm", "no_rotary", "positions", 1024]
BERT = ["plain", "qkv_bias", "o_bias", "mlp_bias", "head_bias", "layer_norm", "no_rotary", "positions", 512, "token_types", 2, "encoder",
        "post_norm", "embedding_norm"]
PLAIN_SHAPES = [
    ("GPT-2", GPT2, (768, 12, 12, 64, 3072, 50257), 12), ("GPT-2 medium", GPT2, (1024, 16, 16, 64, 4096, 50257), 24),
    ("GPT-2 large", GPT2, (1280, 20, 20, 64, 5120, 50257), 36), ("GPT-2 XL", GPT2, (1600, 25, 25, 64, 6400, 50257), 48),
    ("MiniLM", BERT, (384, 12, 12, 32, 1536, 384), 6), ("BERT base", BERT, (768, 12, 12, 64, 3072, 768), 12),
    ("BERT large", BERT, (1024, 16, 16, 64, 4096, 1024), 24),
]


def word_number(words, name):
    return words[words.index(name) + 1] if name in words else 0


def decoder(shape, layers, batch, context, chunk, chips, weights, kv="bfloat8_b", activations="bf16", fp32=0, page=32, form=()):
    name, hidden, heads, kv_heads, head_dim, ffn, vocab = shape
    groups = [weights[0], weights[0], weights[1], weights[0], "bf16", weights[0]]
    words = ["decoder", hidden, heads, kv_heads, head_dim, ffn, vocab, layers, batch, context, chunk, chips, page, *groups,
             kv, activations, fp32, *form]
    return {"name": f"{name}: " + " ".join(str(w) for w in words), "words": words,
            "case": {"case": "decoder", "hidden": hidden, "head_dim": head_dim, "whole_vocab": vocab, "layers": layers,
                     "batch": batch, "context": context, "chunk": chunk, "chips": chips, "page": page, "kv": kv,
                     "activations": activations, "words": list(form), "positions": word_number(form, "positions"),
                     "token_types": word_number(form, "token_types")}}


def decoders(device):
    """Families of decoders: over layers (DRAM), over context (cache), and single blocks that L1 may be too small for:
    published ones, and those whose sizes divide over few cores."""
    chips = 2 if device == "n300" else 1
    for fp32, weights in ((0, ("bfloat8_b", "bfloat4_b")), (1, ("bf16", "bf16")), (0, ("bf16", "bfloat8_b"))):
        for hidden, head_dim in ((4096, 128), (2048, 64)):
            for batch, chunk in ((1, 0), (32, 512)):
                more = dict(batch=batch, context=1024, chunk=chunk, chips=chips, weights=weights, fp32=fp32)
                yield [decoder(("a wide one", hidden, 32, 8, head_dim, 32 * i * chips, 32000), 1, **more) for i in range(1, 1200)]
        yield [decoder(("a tall one", 32 * i, 8, 2, 128, 64 * i * chips, 32000), 1, 8, 1024, 0, chips, weights, fp32=fp32)
               for i in range(8, 500)]
    for shape in SHAPES:
        weights = dice.choice([("bfloat8_b", "bfloat8_b"), ("bfloat8_b", "bfloat4_b"), ("bf16", "bf16"), ("bf16", "bfloat8_b")])
        fp32, kv = dice.choice([0, 0, 1]), dice.choice(["bf16", "bfloat8_b", "bfloat8_b"])
        batch, chunk = dice.choice([1, 8, 32]), dice.choice([0, 128, 512, 2048])
        yield [decoder(shape, layers, batch, max(chunk, 1024), chunk, chips, weights, kv, fp32=fp32) for layers in range(1, 160)]
        yield [decoder(shape, 24, batch, 256 * i + 2048, chunk, chips, weights, kv, fp32=fp32, page=64) for i in range(0, 512)]
        yield [decoder(shape, 1, batch, 2048, chunk, c * chips, weights, kv, fp32=fp32) for c in (1, 2, 4, 8)]


def plain_models(device):
    """The same of models with plain feed-forward networks: GPT-2 over layers, context and batch, BERT over batch, length and layers,
    and blocks of both kinds that L1 may be too small for."""
    chips = 2 if device == "n300" else 1
    for name, form, sizes, layers in PLAIN_SHAPES:
        if chips > 1 and sizes[1] % 2:
            continue
        for weights, activations in ((("bfloat8_b", "bfloat8_b"), "bf16"), (("bf16", "bf16"), "bf16"), (("bf16", "bfloat8_b"), "bfloat8_b")):
            more = dict(chips=chips, weights=weights, activations=activations, fp32=dice.choice([0, 0, 1]),
                        kv=dice.choice(["bf16", "bfloat8_b"]), form=form)
            shape = (f"plain {name}", *sizes)
            if "encoder" in form:
                for length in (32, 100, 128, 384, 512, 2048):
                    padded = -(-length // 32) * 32
                    yield [decoder(shape, layers, min(n, 32), length, n * padded, **more) for n in range(1, 65536 // length, 8)]
                    yield [decoder(shape, layers * i, 8, length, 8 * padded, **more) for i in range(1, 200)]
                yield [decoder(shape, layers, 1, 512 * i, 512 * i, **more) for i in range(1, 128)]
            else:
                batch, chunk = dice.choice([1, 8, 32]), dice.choice([0, 128, 512, 1024])
                yield [decoder(shape, layers, batch, 1024 * i, chunk, **more) for i in range(1, 200)]
                yield [decoder(shape, layers, batch, 256 * i, 256, page=64, **more) for i in range(4, 800)]
                yield [decoder(shape, layers * i, batch, 1024, chunk, **more) for i in range(1, 60)]
    for fp32, weights in ((0, ("bfloat8_b", "bfloat8_b")), (1, ("bf16", "bf16")), (1, ("bf16", "bfloat8_b"))):
        for form, chunks in ((GPT2, (0, 512)), (BERT, (128, 2048))):
            for chunk in chunks:
                batch, context = 8, chunk // 8 if form is BERT and chunk > 128 else 1024 if form is GPT2 else chunk
                more = dict(chips=chips, weights=weights, fp32=fp32, form=form)
                yield [decoder(("a wide plain one", 1024, 16, 16, 64, 32 * i * chips, 8000), 1, batch, context, chunk, **more) for i in range(1, 2400, 5)]
                yield [decoder(("a tall plain one", 32 * i, 8, 8, 64, 64 * i * chips, 8000), 1, batch, context, chunk, **more) for i in range(8, 400)]
                yield [decoder(("plain wide heads", 2048, 16, 16, 32 * i, 4096, 8000), 1, batch, context, chunk, **more) for i in range(1, 32)]


def grid(verdicts, device):
    """The device's cases: a few of each family, most of them near the limit."""
    chosen = []
    everywhere = [t for t in TARGETS if abs(t - 1) <= NEAR]
    for families, part in ((matmuls(), 0.15), (other_ops(), 0.35), (decoders(device), 0.5), (plain_models(device), 0.12)):
        for family in families:
            targets = [dice.choice(everywhere), dice.choice([0.4, *TARGETS, 2.0])]
            if (dice.random() < part or every) and only in family[0]["name"]:
                chosen += nearest(verdicts, device, family, targets)
    return chosen


def complete(case, verdict):
    """Adds to TTNN's side of a case what C++ decided: programs and shares."""
    added = ("linear", "heads", "kv_heads", "vocab", "residual", "decode", "attention_chunk", "norm_tiles", "prompt")
    return {"peaks": True, **{k: verdict[k] for k in added if k in verdict}, **case["case"]}


def judge(device, cases, mock):
    answers = [mock.ask(complete(case, verdict)) for case, verdict in cases]
    mock.stop()
    return answers


KINDS = ["DRAM-sharded matmul", "1D multicast matmul", "2D multicast matmul", "sharded norm", "interleaved norm", "prompt attention",
         "prompt attention over a page table", "decode attention over a page table", "paged cache update", "joining of heads",
         "decoder, decode alone", "decoder, decode and prompt", "attention of whole sequences", "plain decoder", "encoder"]


def kind_of(case):
    """Which of KINDS a case is."""
    words = case["words"]
    if words[0] == "matmul":
        return {"dram_sharded": KINDS[0], "mcast_2d": KINDS[2]}.get(words[1], KINDS[1])
    if words[0] == "prompt_attention":
        return KINDS[6] if case["case"]["context"] > case["case"]["tokens"] else KINDS[5]
    if words[0] == "decoder" and "plain" in words:
        return KINDS[14] if "encoder" in words else KINDS[13]
    if words[0] == "decoder":
        return KINDS[11] if words[10] > 0 else KINDS[10]
    return {"sharded_norm": KINDS[3], "norm": KINDS[4], "attention": KINDS[7], "encoder_attention": KINDS[12], "cache_update": KINDS[8], "concat_heads": KINDS[9]}[words[0]]


def report(device, cases, answers):
    """TAP cases of one device; returns (cases, agreements)."""
    pairs = [(case["name"], verdict, answer) for (case, verdict), answer in zip(cases, answers)]
    if verbose:
        for name, verdict, answer in pairs:
            print(f"# {device} {name}: {ratio(verdict):.4f} {verdict['fits']} {verdict['cb']}+{verdict['tensors']}, TTNN "
                  f"{answer['fits']} {answer.get('total')} {answer.get('message', '')[:200]}")
    strange = [f"{name}: {answer['message'][:300]}" for name, _, answer in pairs
               if answer["fits"] is None or not answer["fits"] and not any(w in answer["message"] for w in MEMORY_WORDS)]
    tap.case(f"{device}: what TTNN refuses, it refuses for memory", not strange, "\n".join(strange))
    rash = [f"{name}: {verdict['cb']} + {verdict['tensors']} of {verdict['limit']}; TTNN: {answer['message'][:300]}"
            for name, verdict, answer in pairs if verdict["fits"] and not answer["fits"]]
    tap.case(f"{device}: nothing is said to fit that TTNN refuses", not rash, "\n".join(rash))
    agree = sum(verdict["fits"] == answer["fits"] for _, verdict, answer in pairs)
    timid = [f"{name}: {verdict['cb']} + {verdict['tensors']} of {verdict['limit']}, refused; TTNN accepts with "
             f"{answer['total']}" for name, verdict, answer in pairs if answer["fits"] and not verdict["fits"]]
    near = sum(abs(ratio(verdict) - 1) <= NEAR for _, verdict, _ in pairs)
    # Of whole decoders the mock's peak adds one op's circular buffers to the next op's output: no measure of either.
    counted = [(v, a) for _, v, a in pairs if a["fits"] and v["fits"] and "dram" not in v]
    same = sum(v["cb"] + v["tensors"] == a["total"] for v, a in counted)
    worst = max((abs(v["cb"] + v["tensors"] - a["total"]) / v["limit"] for v, a in counted), default=0)
    tap.case(f"{device}: {agree} of {len(pairs)} verdicts agree, {near} of them near a limit; an op's L1 bytes equal in {same} of "
             f"{len(counted)}, off by {100 * worst:.2f} % of L1 at most", agree >= LEAST_AGREEMENT * len(pairs), "\n".join(timid))
    for line in timid:
        print(f"# refused though TTNN accepts: {line}")
    kinds = {}
    for (case, verdict), answer in zip(cases, answers):
        seen = kinds.setdefault(kind_of(case), [0, 0, 0, 0])
        for i, counts in enumerate((True, verdict["fits"] == answer["fits"], abs(ratio(verdict) - 1) <= NEAR, not answer["fits"])):
            seen[i] += counts
    for kind in KINDS:
        judged, agreeing, near_limit, refused = kinds.pop(kind, [0, 0, 0, 0])
        print(f"# {device}: {kind}: {judged} judged, {agreeing} agree, {near_limit} near a limit, {refused} refused by TTNN")
        tap.case(f"{device}: {kind} is among the configurations", judged > 0 or kind == "joining of heads" or bool(only), "none of its families was taken")
    tap.case(f"{device}: every configuration is of a kind that is listed", not kinds, kinds)


def main():
    environment = mock_environment(tap, "verdicts on memory agree with TTNN's")
    if environment is None:
        return tap.finish()
    folder, python = environment
    with tempfile.TemporaryDirectory() as scratch:
        verdicts = Verdicts(scratch)
        if verdicts.process is None:
            return tap.finish()
        grids = {device: grid(verdicts, device) for device in devices}
        verdicts.process.stdin.close()
        verdicts.process.wait()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda device: judge(device, grids[device], Mock(device, folder, python)), devices)
            for device, answer in zip(devices, answers):
                report(device, grids[device], answer)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""What emitted TTNN programs compute: each runs with ttnn's ops done in numpy (ttnn/numpy_ttnn.py), from a checkpoint's
tensors to logits, over prompts in one and in several steps and decoding behind them, and is held against ttt's own
logits in fp32. So are the unit tests that ttt emits, op by op.

It needs the `ttt` command and numpy; without numpy it skips.

usage: ttnn_values.py TTT [--only=WORD]
"""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import traceback

from decoder_config import decoder
from tap import Tap, run

TTT = pathlib.Path(sys.argv[1]).resolve()
only = next((a.removeprefix("--only=") for a in sys.argv if a.startswith("--only=")), "")
tap = Tap()
try:
    import numpy as np

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "ttnn"))
    import numpy_ttnn
except ImportError:
    np = None

CLASSES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM", "mistral": "MistralForCausalLM"}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
LINEAR = {"rope_type": "linear", "factor": 2.0}
SMALL_CHUNKS = ["--policy", "chunk=64"]


def shape(family, hidden, heads, kv_heads, head_dim, ffn, vocabulary, **more):
    tie = more.pop("tie", False)
    return decoder(family, vocabulary, hidden, ffn, more.pop("layers", 2), heads, kv_heads, 256, architectures=[CLASSES[family]],
                   head_dim=head_dim, hidden_act="silu", rope_theta=10000.0, tie_word_embeddings=tie) | {"torch_dtype": "float32"} | more


# What it is, its shape, chips, device, options of emit.
CASES = [
    ("llama, 64-wide heads", shape("llama", 128, 4, 2, 64, 200, 301), 1, "wormhole_n150", SMALL_CHUNKS),
    ("llama, tied, three sessions", shape("llama", 192, 6, 3, 32, 480, 257, tie=True), 1, "wormhole_n150", ["--batch", "3", *SMALL_CHUNKS]),
    ("llama3 angles, pages of 64 on blackhole", shape("llama", 128, 4, 1, 32, 96, 300, rope_scaling=LLAMA3), 1, "blackhole_p150",
     ["--policy", "page=64,chunk=64"]),
    ("linear angles, keys in one piece", shape("llama", 128, 4, 4, 32, 96, 300, rope_scaling=LINEAR), 1, "wormhole_n150",
     ["--policy", "kv_form=contiguous,chunk=64"]),
    ("yarn angles, block activations", shape("llama", 128, 4, 2, 64, 160, 300, rope_scaling=YARN), 1, "wormhole_n150",
     ["--policy", "activations=bfloat8_b", *SMALL_CHUNKS]),
    ("qwen2, biases", shape("qwen2", 128, 4, 2, 32, 224, 333), 1, "wormhole_n150", SMALL_CHUNKS),
    ("qwen2, windows in later layers", shape("qwen2", 128, 4, 2, 32, 224, 333, layers=3, use_sliding_window=True, sliding_window=40,
                                             max_window_layers=1), 1, "wormhole_n150", SMALL_CHUNKS),
    ("qwen3, norms of heads wider than hidden", shape("qwen3", 128, 4, 2, 96, 160, 300), 1, "wormhole_n150", ["--batch", "2", *SMALL_CHUNKS]),
    ("mistral, a window", shape("mistral", 128, 4, 2, 32, 160, 300, sliding_window=50), 1, "wormhole_n150", SMALL_CHUNKS),
    ("mistral, exact formats, a whole prompt at once", shape("mistral", 128, 4, 2, 32, 160, 300, sliding_window=50), 1, "wormhole_n150",
     ["--preset", "exact"]),
    ("a layer of its own policy", shape("llama", 128, 4, 2, 64, 200, 301, layers=4), 1, "wormhole_n150",
     ["--policy", "layers.1.attention:kv=bf16,fidelity=HiFi4", *SMALL_CHUNKS]),
    ("heads of no whole tiles", shape("llama", 96, 2, 1, 48, 96, 301), 1, "wormhole_n150", SMALL_CHUNKS),
    ("heads of less than a tile, with norms", shape("qwen3", 64, 8, 4, 8, 172, 300, tie=True), 1, "wormhole_n150", ["--batch", "2", *SMALL_CHUNKS]),
    ("products from DRAM", shape("llama", 64, 2, 1, 32, 433 * 32 - 5, 300, layers=1), 1, "wormhole_n150", SMALL_CHUNKS),
    ("products from DRAM on two chips", shape("llama", 64, 2, 2, 32, 866 * 32, 300, layers=1), 2, "wormhole_n300", SMALL_CHUNKS),
    ("biases of padded heads on two chips", shape("qwen2", 192, 4, 2, 40, 256, 333), 2, "wormhole_n300", SMALL_CHUNKS),
    ("a head in pieces", shape("llama", 64, 2, 1, 32, 96, 3001, layers=1), 1, "wormhole_n150", SMALL_CHUNKS),
    ("a context of no whole tiles", shape("llama", 128, 4, 2, 32, 96, 300), 1, "wormhole_n150",
     ["--context", "171", "--policy", "kv_form=contiguous,chunk=64"]),
    ("llama on two chips", shape("llama", 128, 4, 2, 64, 192, 301), 2, "wormhole_n300", SMALL_CHUNKS),
    ("qwen2 on two chips, four sessions", shape("qwen2", 192, 6, 2, 32, 320, 641), 2, "wormhole_n300", ["--batch", "4", *SMALL_CHUNKS]),
    ("qwen3 on two chips", shape("qwen3", 128, 4, 2, 64, 256, 300, tie=True), 2, "wormhole_n300", SMALL_CHUNKS),
    ("a head in pieces on two chips", shape("llama", 64, 2, 2, 32, 64, 5001, layers=1), 2, "wormhole_n300", SMALL_CHUNKS),
    ("a head of keys on two chips", shape("mistral", 256, 4, 1, 64, 512, 300, sliding_window=70), 2, "wormhole_n300", SMALL_CHUNKS),
    ("attention whole on two chips", shape("qwen2", 192, 3, 1, 64, 256, 333, tie=True), 2, "wormhole_n300", SMALL_CHUNKS),
    ("a network whole on two chips", shape("qwen3", 128, 4, 2, 64, 224, 333), 2, "wormhole_n300", ["--batch", "3", *SMALL_CHUNKS]),
    ("all but the head whole on two chips", shape("llama", 96, 3, 3, 32, 200, 333), 2, "wormhole_n300", SMALL_CHUNKS),
    ("a head whole on two chips", shape("llama", 128, 4, 2, 32, 256, 333), 2, "wormhole_n300", ["--policy", "shard.head=replicate,chunk=64"]),
    ("heads of keys that do not divide over eight chips", shape("llama", 768, 24, 6, 32, 1024, 1000), 8, "wormhole_t3000", SMALL_CHUNKS),
    ("two heads of keys on eight chips", shape("llama", 512, 8, 2, 32, 1024, 1000), 8, "wormhole_t3000", SMALL_CHUNKS),
]


def write_checkpoint(folder, config):
    """Random tensors of a decoder, in fp32."""
    dice = np.random.default_rng(3)
    hidden, heads, kv, ffn, vocabulary = (config[k] for k in ("hidden_size", "num_attention_heads", "num_key_value_heads", "intermediate_size", "vocab_size"))
    width = config["head_dim"]
    tensors = {}

    def matrix(name, out, of):
        tensors[name + ".weight"] = dice.standard_normal((out, of)) / np.sqrt(of)

    def row(name, size, around=0):
        tensors[name] = around + 0.3 * dice.standard_normal(size)

    tensors["model.embed_tokens.weight"] = dice.standard_normal((vocabulary, hidden)) * 0.7
    row("model.norm.weight", hidden, 1)
    if not config["tie_word_embeddings"]:
        matrix("lm_head", vocabulary, hidden)
    for i in range(config["num_hidden_layers"]):
        at = f"model.layers.{i}."
        for name, out in (("q", heads), ("k", kv), ("v", kv)):
            matrix(at + f"self_attn.{name}_proj", out * width, hidden)
            if config["model_type"] == "qwen2":
                row(at + f"self_attn.{name}_proj.bias", out * width)
        matrix(at + "self_attn.o_proj", hidden, heads * width)
        for name, (out, of) in (("gate", (ffn, hidden)), ("up", (ffn, hidden)), ("down", (hidden, ffn))):
            matrix(at + f"mlp.{name}_proj", out, of)
        row(at + "input_layernorm.weight", hidden, 1)
        row(at + "post_attention_layernorm.weight", hidden, 1)
        if config["model_type"] == "qwen3":
            row(at + "self_attn.q_norm.weight", width, 1)
            row(at + "self_attn.k_norm.weight", width, 1)
    tensors = {n: t.astype(np.float32) for n, t in tensors.items()}
    header, offset = {}, 0
    for n, t in tensors.items():
        header[n] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, offset + t.nbytes]}
        offset += t.nbytes
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + b"".join(t.tobytes() for t in tensors.values()))
    (folder / "config.json").write_text(json.dumps(config))


def read_logits(file):
    data = file.read_bytes()
    size = int.from_bytes(data[:8], "little")
    t = json.loads(data[8:8 + size])["logits"]
    begin, end = (8 + size + o for o in t["data_offsets"])
    return np.frombuffer(data[begin:end], {"F32": np.float32}[t["dtype"]]).reshape(t["shape"])


def ttt_logits(folder, ids):
    """[tokens, vocabulary] of ttt on the CPU in fp32."""
    out = folder / "logits.safetensors"
    status, said = run([TTT, "logits", folder, "--ids", ",".join(map(str, ids)), "--out", out, "--preset", "exact", "--packed-cache", "off"])
    assert status == 0, said
    logits = read_logits(out)
    return logits.reshape(-1, logits.shape[-1])


def decoded(names, device, folder, vocabulary):
    """Prompts of all sessions, then tokens behind them: the largest distance from ttt's logits, beside the logits' size."""
    model = names["Model"](device, names["Checkpoint"](folder))
    dice = np.random.default_rng(7)
    sessions, lengths = names["BATCH"], [names["CONTEXT"] - 6, 1, 33, 64]
    texts = [dice.integers(0, vocabulary, size=lengths[s % len(lengths)] + 6).tolist() for s in range(sessions)]
    want = [ttt_logits(folder, text) for text in texts]
    worst, places = 0.0, [len(text) - 6 for text in texts]

    def hold(have, session, position):
        nonlocal worst
        assert have.shape == (vocabulary,), f"{have.shape} logits"
        distance = np.abs(have - want[session][position]).max()
        worst = max(worst, np.inf if np.isnan(distance) else distance)

    for session, text in enumerate(texts):
        pieces, row = model.prompt(session, text[:places[session]])
        hold(model.on_host(pieces)[row], session, places[session] - 1)
    for _ in range(6):
        logits = model.on_host(model.decode([text[at] for text, at in zip(texts, places)], places))
        for session in range(sessions):
            hold(logits[session], session, places[session])
        places = [at + 1 for at in places]
    return worst, max(np.abs(w).max() for w in want)


def main_of(names, folder, *options):
    """What main() of a program or a test returns, and what it prints."""
    out, argv = io.StringIO(), sys.argv
    sys.argv = ["program.py", "--checkpoint", str(folder), *options]
    try:
        with contextlib.redirect_stdout(out):
            return names["main"](), out.getvalue()
    finally:
        sys.argv = argv


def least(said):
    """The least correlation of the ops that a unit test prints."""
    return min(float(line.split(" (at least")[0].split()[-1]) for line in said.splitlines())


def generated(names, folder, ids):
    """What the program prints for a prompt, and what ttt continues it with."""
    _, said = main_of(names, folder, "--ids", ids, "-n", "8")
    ours = [int(i) for i in said.split(",")]
    status, said = run([TTT, "generate-ids", folder, "--ids", ids, "-n", "8", "--preset", "exact", "--packed-cache", "off", "--json"])
    assert status == 0, said
    return ours, json.loads(said)["ids"]


def check(words, config, chips, device, options, folder):
    write_checkpoint(folder, config)
    options = options if "--context" in options else ["--context", "192", *options]
    status, said = run([TTT, "emit", folder, "--device", "ttnn:" + device, "-o", folder / "program.py", "--test", folder / "program_test.py", *options])
    if status:
        tap.case(f"{words}: emitted", False, said)
        return
    names, mesh = numpy_ttnn.program(folder / "program.py", chips)
    worst, size = decoded(names, mesh, folder, config["vocab_size"])
    tap.case(f"{words}: prompts and decoding are ttt's", worst < 1e-4 * size, f"off by {worst:.3g} where logits reach {size:.3g}")
    ours, theirs = generated(names, folder, "5,9,2")
    tap.case(f"{words}: continues as ttt does", ours == theirs, f"{ours} {theirs}")
    steps = {tokens: list(names["chunks"](tokens)) for tokens in range(1, names["CONTEXT"] + 1)}
    bad = {tokens: s for tokens, s in steps.items() if [b for b, _ in s] != [0, *(b + n for b, n in s)][:-1] or sum(n for _, n in s) < tokens or
           sum(s[-1]) > names["POSITIONS"]}
    tap.case(f"{words}: prompts of every length come in steps that cover them and have pages", not bad, bad)
    names, _ = numpy_ttnn.program(folder / "program_test.py", chips)
    status, said = main_of(names, folder)
    tap.case(f"{words}: its unit test finds every op right", status == 0 and "ok" in said and least(said) > 0.9999, said)


def main():
    if np is None:
        tap.skip("emitted programs compute what ttt computes", "this Python has no numpy")
        return tap.finish()
    for case in CASES:
        if only in case[0]:
            with tempfile.TemporaryDirectory() as scratch:
                try:
                    check(*case, pathlib.Path(scratch))
                except Exception:
                    tap.case(f"{case[0]}: runs", False, traceback.format_exc())
    return tap.finish()


sys.exit(main())

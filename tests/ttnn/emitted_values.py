#!/usr/bin/env python3
"""What an emitted program makes of a checkpoint, without a device: its host code runs with a stand-in for ttnn that keeps
what it is given, and the results are held against the same mathematics in HuggingFace's order. tests/ttnn_emit.py starts it.

usage: emitted_values.py TTT SCRATCH, with a python that has numpy
"""

import json
import pathlib
import subprocess
import sys
import types

import numpy as np

TTT, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2])
HIDDEN, HEADS, KV, HEAD, VOCABULARY = 128, 4, 2, 64, 300


class Anything:
    """Takes the place of configs, whose values do not matter here."""

    def __init__(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs

    def __getattr__(self, name):
        return Anything()

    def __call__(self, *args, **kwargs):
        return Anything()

    def __hash__(self):
        return id(self)


class Kept:
    """A tensor: its values as they would lie on each chip."""

    def __init__(self, values, dtype, device=None, layout=None, mem_config=None, mesh_mapper=None):
        self.chips = np.split(values, device.chips, axis=mesh_mapper[1]) if mesh_mapper[1] is not None else [values] * device.chips


def stand_in():
    ttnn = types.ModuleType("ttnn")
    ttnn.__getattr__ = lambda name: Anything()
    ttnn.Tensor = Kept
    ttnn.ShardTensorToMesh = lambda device, dim: ("cut", dim)
    ttnn.ReplicateTensorToMesh = lambda device: ("whole", None)
    ttnn.empty = lambda *args, **kwargs: None
    return ttnn


def write_checkpoint(folder, family, ffn):
    dice = np.random.default_rng(3)
    shapes = {"model.embed_tokens.weight": (VOCABULARY, HIDDEN), "model.norm.weight": (HIDDEN,), "lm_head.weight": (VOCABULARY, HIDDEN)}
    for i in range(2):
        at = f"model.layers.{i}."
        shapes |= {at + "self_attn.q_proj.weight": (HEADS * HEAD, HIDDEN), at + "self_attn.k_proj.weight": (KV * HEAD, HIDDEN),
                   at + "self_attn.v_proj.weight": (KV * HEAD, HIDDEN), at + "self_attn.o_proj.weight": (HIDDEN, HEADS * HEAD),
                   at + "mlp.gate_proj.weight": (ffn, HIDDEN), at + "mlp.up_proj.weight": (ffn, HIDDEN), at + "mlp.down_proj.weight": (HIDDEN, ffn),
                   at + "input_layernorm.weight": (HIDDEN,), at + "post_attention_layernorm.weight": (HIDDEN,)}
        if family == "qwen2":
            shapes |= {at + f"self_attn.{n}_proj.bias": ((HEADS if n == "q" else KV) * HEAD,) for n in "qkv"}
        if family == "qwen3":
            shapes |= {at + f"self_attn.{n}_norm.weight": (HEAD,) for n in "qk"}
    tensors = {n: dice.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
    header, offset = {}, 0
    for n, t in tensors.items():
        header[n] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, offset + t.nbytes]}
        offset += t.nbytes
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + b"".join(t.tobytes() for t in tensors.values()))
    (folder / "config.json").write_text(json.dumps(
        {"model_type": family, "hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": HEADS, "num_key_value_heads": KV,
         "head_dim": HEAD, "intermediate_size": ffn, "vocab_size": VOCABULARY, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
         "max_position_embeddings": 64, "tie_word_embeddings": False, "torch_dtype": "float32"}))
    return tensors


def rotated(x, position):
    """HuggingFace's rotary embedding: i beside i + HEAD / 2."""
    angle = position * 10000.0 ** (-2 * np.arange(HEAD // 2) / HEAD)
    a, b = x[..., :HEAD // 2], x[..., HEAD // 2:]
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)], axis=-1)


def same(what, have, want):
    distance = np.abs(have - want).max() if have.shape == want.shape else np.inf
    assert distance < 1e-5 * max(1, np.abs(want).max()) * 5, f"{what}: {have.shape} {want.shape} off by {distance}"


def check(family, device_name, chips):
    folder = SCRATCH / f"{family}_{chips}"
    folder.mkdir(exist_ok=True)
    ffn = 200 if chips == 1 else 256  # one chip's is padded to whole tiles
    tensors = write_checkpoint(folder, family, ffn)
    program = subprocess.run([TTT, "emit", folder, "--device", device_name], stdout=subprocess.PIPE, check=True, text=True).stdout
    sys.modules["ttnn"] = stand_in()
    code = {"__name__": "emitted"}
    exec(compile(program, f"{family} on {device_name}", "exec"), code)
    device = types.SimpleNamespace(chips=chips)
    model = code["Model"](device, code["Checkpoint"](folder))
    x = np.random.default_rng(4).standard_normal((5, HIDDEN)).astype(np.float32)
    cos, sin = code["rotary_tables"]()
    turn = code["turn_matrix"]()
    at = "model.layers.1."
    w = model.layers[1]

    def of(name):
        return tensors[at + name]

    for chip in range(chips):
        heads, kv = HEADS // chips, KV // chips
        fused = x @ w.qkv.chips[chip][0, 0]
        bias = w.qkv_bias.chips[chip][0, 0, 0] if family == "qwen2" else 0
        q, k, v = np.split(fused + bias, [heads * HEAD, (heads + kv) * HEAD], axis=-1)
        for name, have, count in (("q", q, heads), ("k", k, kv)):
            want = (x @ of(f"self_attn.{name}_proj.weight").T + (of(f"self_attn.{name}_proj.bias") if family == "qwen2" else 0)).reshape(5, -1, HEAD)
            want = want[:, chip * count:(chip + 1) * count]
            have = have.reshape(5, count, HEAD)
            if family == "qwen3":
                normed = lambda t: t / np.sqrt((t ** 2).mean(-1, keepdims=True) + 1e-5)
                have = normed(have) * getattr(w, name + "_norm").chips[chip].reshape(HEAD)
                want = normed(want) * of(f"self_attn.{name}_norm.weight")
            for token in range(5):
                row = have[token]
                turned = (row.reshape(-1, 32) @ turn).reshape(row.shape)
                pairs = row * cos[token + 7] + turned * sin[token + 7]
                back = pairs.reshape(count, HEAD // 2, 2).swapaxes(1, 2).reshape(count, HEAD)
                same(f"{family}: {name} of chip {chip}", back, rotated(want[token], token + 7))
        want = x @ of("self_attn.v_proj.weight").T + (of("self_attn.v_proj.bias") if family == "qwen2" else 0)
        same("v", v, want[:, chip * kv * HEAD:(chip + 1) * kv * HEAD])
        share = ffn // chips
        gate = x @ w.gate.chips[chip][0, 0]
        same("gate", gate[:, :share], (x @ of("mlp.gate_proj.weight").T)[:, chip * share:(chip + 1) * share])
        assert not gate[:, share:].any(), "padding is not zero"
        same("attention's norm", w.attention_norm.chips[chip].reshape(-1), of("input_layernorm.weight"))
    rows = np.random.default_rng(5).standard_normal((5, HEADS * HEAD)).astype(np.float32)
    same("o", sum(r @ c[0, 0] for r, c in zip(np.split(rows, chips, axis=1), w.o.chips)), rows @ of("self_attn.o_proj.weight").T)
    hidden = np.random.default_rng(6).standard_normal((5, w.down.chips[0].shape[2] * chips)).astype(np.float32)
    hidden[:, ffn:] = 1e9  # what padding would be multiplied with
    same("down", sum(r @ c[0, 0] for r, c in zip(np.split(hidden, chips, axis=1), w.down.chips)), hidden[:, :ffn] @ of("mlp.down_proj.weight").T)
    logits = np.concatenate([x @ chip[0, 0] for piece in model.head for chip in piece.chips], axis=1)[:, :VOCABULARY]
    same("head", logits, x @ tensors["lm_head.weight"].T)
    same("embedding", np.concatenate([c[0, 0] for c in model.embedding.chips], axis=1), tensors["model.embed_tokens.weight"])
    for tokens in range(1, 65):  # of a context of 64
        steps = list(code["chunks"](tokens))
        ends = [0] + [start + length for start, length in steps]
        assert [start for start, _ in steps] == ends[:-1] and tokens <= ends[-1] <= 64, f"{tokens} tokens in steps {steps}"


for family in ("llama", "qwen2", "qwen3", "mistral"):
    check(family, "ttnn:wormhole_n150", 1)
    check(family, "ttnn:wormhole_n300", 2)

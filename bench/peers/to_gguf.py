#!/usr/bin/env python3
"""A HuggingFace checkpoint (llama or qwen2; fp32, fp16 or bf16) in the peer's format, weights unchanged.

    to_gguf.py DIR OUT.gguf

Needs gguf and numpy. As llama.cpp's own converter writes it: rows of q and k permuted for `llama`, whose rotary embedding
pairs neighbours there; one-dimensional tensors in fp32; the frequency factors of a llama3 rotary embedding. The
tokenizer is made up (256 bytes and fillers): for logits and speed, not for text.
"""
import json
import math
import sys
from pathlib import Path

import gguf
import numpy as np

TENSORS = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
           "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
           "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
OUTSIDE = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
           "lm_head.weight": "output.weight"}
DTYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}


def tensors_of(folder: Path):
    """(name, dtype, array) of every tensor in the folder's safetensors files; bf16 as its bits."""
    for file in sorted(folder.glob("*.safetensors")):
        raw = np.memmap(file, dtype=np.uint8, mode="r")
        begin = 8 + int.from_bytes(raw[:8].tobytes(), "little")
        for name, entry in json.loads(raw[8:begin].tobytes()).items():
            if name != "__metadata__":
                a, b = (begin + offset for offset in entry["data_offsets"])
                yield name, entry["dtype"], raw[a:b].view(DTYPES[entry["dtype"]]).reshape(entry["shape"])


def frequency_factors(rope: dict, theta: float, width: int):
    """Of a llama3 rotary embedding: 1 for short wavelengths, `factor` for long ones, in between smooth."""
    low, high, old = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    waves = 2 * math.pi * theta ** (np.arange(0, width, 2, dtype=np.float64) / width)
    smooth = np.clip((old / waves - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / rope["factor"] + smooth)).astype(np.float32)


def byte_names() -> list:
    """GPT-2's printable stand-ins for the 256 bytes."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [b for b in range(256) if b not in shown]
    names = dict(zip(shown, map(chr, shown))) | {b: chr(256 + i) for i, b in enumerate(hidden)}
    return [names[b] for b in range(256)]


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, out = Path(sys.argv[1]), sys.argv[2]
    config = json.loads((folder / "config.json").read_text())
    arch, hidden, heads = config["model_type"], config["hidden_size"], config["num_attention_heads"]
    kv_heads, vocab = config.get("num_key_value_heads", heads), config["vocab_size"]
    width = config.get("head_dim") or hidden // heads
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = rope.get("rope_theta", config.get("rope_theta", 10000.0))
    if arch not in ("llama", "qwen2"):
        sys.exit(f"{folder}: model_type {arch} is not llama or qwen2")

    w = gguf.GGUFWriter(out, arch)
    w.add_name(folder.name)
    w.add_context_length(config["max_position_embeddings"])
    w.add_embedding_length(hidden)
    w.add_block_count(config["num_hidden_layers"])
    w.add_feed_forward_length(config["intermediate_size"])
    w.add_head_count(heads)
    w.add_head_count_kv(kv_heads)
    w.add_key_length(width)
    w.add_value_length(width)
    w.add_rope_dimension_count(width)
    w.add_rope_freq_base(theta)
    w.add_layer_norm_rms_eps(config["rms_norm_eps"])
    w.add_vocab_size(vocab)
    names = byte_names()
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list((names + ["th"] + [f"<{i}>" for i in range(257, vocab)])[:vocab])
    w.add_token_types([1] * vocab)
    w.add_token_merges(["t h"])
    w.add_add_bos_token(False)

    if rope.get("rope_type") == "llama3":
        w.add_tensor("rope_freqs.weight", frequency_factors(rope, theta, width))
    for name, dtype, t in tensors_of(folder):
        if name.startswith("model.layers."):
            _, _, layer, rest = name.split(".", 3)
            stem, suffix = rest.rsplit(".", 1)
            target = f"blk.{layer}.{TENSORS[stem]}.{suffix}"
            if arch == "llama" and stem in ("self_attn.q_proj", "self_attn.k_proj"):
                n = heads if "q_proj" in stem else kv_heads
                t = t.reshape(n, 2, t.shape[0] // n // 2, *t.shape[1:]).swapaxes(1, 2).reshape(t.shape)
        else:
            target = OUTSIDE[name]
        if t.ndim == 1:
            w.add_tensor(target, (t.astype(np.uint32) << 16).view(np.float32) if dtype == "BF16" else t.astype(np.float32))
        elif dtype == "BF16":
            w.add_tensor(target, np.ascontiguousarray(t).view(np.uint8).reshape(t.shape[0], -1),
                         raw_dtype=gguf.GGMLQuantizationType.BF16)
        else:
            w.add_tensor(target, np.ascontiguousarray(t))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


if __name__ == "__main__":
    main()

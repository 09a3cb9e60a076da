"""Write the trained model as a HuggingFace checkpoint folder.

Usage: export.py --work DIR --out DIR
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from model import Config
from train_tokenizer import BOS_ID, EOS_ID


def config_json(c):
    """config.json in the layout of transformers 5."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": BOS_ID,
        "dtype": "bfloat16",
        "eos_token_id": EOS_ID,
        "head_dim": c.head_dim,
        "hidden_act": "silu",
        "hidden_size": c.hidden_size,
        "initializer_range": c.initializer_range,
        "intermediate_size": c.intermediate_size,
        "max_position_embeddings": c.max_position_embeddings,
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": c.num_attention_heads,
        "num_hidden_layers": c.num_hidden_layers,
        "num_key_value_heads": c.num_key_value_heads,
        "pad_token_id": None,
        "pretraining_tp": 1,
        "rms_norm_eps": c.rms_norm_eps,
        "rope_parameters": {"rope_theta": c.rope_theta, "rope_type": "default"},
        "tie_word_embeddings": True,
        "transformers_version": "5.0.0",
        "use_cache": True,
        "vocab_size": c.vocab_size,
    }


GENERATION = {
    "bos_token_id": BOS_ID,
    "do_sample": True,
    "eos_token_id": EOS_ID,
    "temperature": 0.7,
    "top_k": 40,
    "top_p": 0.95,
    "transformers_version": "5.0.0",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = torch.load(args.work / "model.pt", map_location="cpu")
    weights = {name: w.to(torch.bfloat16).contiguous() for name, w in checkpoint["state"].items()}
    save_file(weights, str(args.out / "model.safetensors"), metadata={"format": "pt"})
    for name, value in (("config.json", config_json(Config(**checkpoint["config"]))),
                        ("generation_config.json", GENERATION)):
        (args.out / name).write_text(json.dumps(value, indent=2) + "\n")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(args.work / "tok" / name, args.out / name)
    print(f"{sum(w.numel() for w in weights.values())} parameters in {args.out}")


if __name__ == "__main__":
    main()

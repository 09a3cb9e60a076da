"""Read the exported checkpoint back, tell stories, write the golden file.

Usage: check.py --model DIR [--golden FILE] [--seed S]

The golden file holds greedy continuations, computed in fp32 from the bf16
weights, for other implementations to compare with.  "min_margin" is the
smallest distance between the best and the second-best logit on the way:
rounding differences below it cannot change the result.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from model import Config, Llama

PROMPTS = ["Once upon a time", "One day", "In a small village by the sea",
           "There was once a brave little dragon named Pixel", "It was raining", "Lily the mouse"]
GOLDEN_PROMPTS = ["Once upon a time", "One day, a little fox named Mira",
                  "In a small village by the sea, there lived an old clockmaker"]
GOLDEN_LENGTH = 100


def load(folder):
    """Model in fp32 (from the stored bf16 weights), tokenizer, generation settings."""
    config = json.loads((folder / "config.json").read_text())
    fields = {name: config[name] for name in Config.__dataclass_fields__ if name in config}
    fields["rope_theta"] = config["rope_parameters"]["rope_theta"]
    model = Llama(Config(**fields))
    weights = {name: w.float() for name, w in load_file(str(folder / "model.safetensors")).items()}
    model.load_state_dict(weights)
    return (model.eval(), Tokenizer.from_file(str(folder / "tokenizer.json")),
            json.loads((folder / "generation_config.json").read_text()))


def sample(logits, settings, generator):
    """One token id by temperature, then top-k, then top-p."""
    logits, order = torch.sort(logits / settings["temperature"], descending=True)
    logits[settings["top_k"]:] = float("-inf")
    p = torch.softmax(logits, dim=-1)
    p[p.cumsum(0) - p > settings["top_p"]] = 0
    return int(order[torch.multinomial(p, 1, generator=generator)])


@torch.no_grad()
def generate(model, ids, limit, settings=None, generator=None, stop=None):
    """Continue ids; returns the new ids and the smallest top-1/top-2 margin."""
    new, margin = [], float("inf")
    caches = [{} for _ in model.model.layers]
    todo, start = ids, 0
    while len(new) < limit and start + len(todo) <= model.config.max_position_embeddings:
        logits = model(torch.tensor([todo]), caches, start)[0, -1]
        best = torch.topk(logits, 2)
        margin = min(margin, float(best.values[0] - best.values[1]))
        new.append(sample(logits, settings, generator) if settings else int(best.indices[0]))
        start, todo = start + len(todo), new[-1:]
        if new[-1] == stop:
            break
    return new, margin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--golden", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(1)  # one fixed order of summation
    model, tokenizer, settings = load(args.model)
    for text in ("Zoë & Jürgen ate 3 crêpes – «très bon» 🙂\n\tok", ""):
        ids = tokenizer.encode(text).ids
        assert ids[0] == settings["bos_token_id"] and tokenizer.decode(ids) == text, text

    generator = torch.Generator().manual_seed(args.seed)
    for prompt in PROMPTS:
        ids = tokenizer.encode(prompt).ids
        for name, how in (("greedy", None), ("sampled", settings)):
            new, _ = generate(model, ids, 400, how, generator, settings["eos_token_id"])
            ending = "" if new[-1] == settings["eos_token_id"] else " (no ending)"
            print(f"--- {name}, {len(new)} tokens{ending}\n{tokenizer.decode(ids + new)}\n")

    if args.golden:
        cases = []
        for prompt in GOLDEN_PROMPTS:
            ids = tokenizer.encode(prompt).ids
            new, margin = generate(model, ids, GOLDEN_LENGTH)
            cases.append({"prompt": prompt, "prompt_ids": ids, "greedy_ids": new,
                          "min_margin": round(margin, 6), "text": tokenizer.decode(ids + new)})
            print(f"golden: {prompt!r}: {len(new)} ids, smallest margin {margin:.4f}")
        args.golden.write_text(json.dumps({"cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()

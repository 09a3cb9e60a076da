"""Train the demo model on the story corpus for a given number of minutes.

Usage: train.py --work DIR [--minutes M]

DIR holds corpus/{train,valid}.jsonl and tok/tokenizer.json; the result is
DIR/model.pt.  The learning rate follows the clock, not a step count, so the
run always ends with a finished schedule, on a fast machine as on a slow one.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from model import Config, Llama
from train_tokenizer import EOS_ID

IGNORE = -100  # target of padding positions


def load_stories(path, tokenizer):
    """Token ids of all stories; each one starts with bos and ends with eos."""
    with open(path, encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    return [np.array(e.ids + [EOS_ID], dtype=np.int16) for e in tokenizer.encode_batch(texts)]


def pad(rows):
    """Stack rows of different length into inputs and next-token targets.

    Widths are multiples of 32: the math library prepares its kernels once per
    shape, so few different shapes are faster than tight padding.
    """
    width = (max(map(len, rows)) + 30) // 32 * 32 + 1
    ids = np.zeros((len(rows), width), dtype=np.int64)
    targets = np.full_like(ids, IGNORE)
    for i, row in enumerate(rows):
        ids[i, :len(row)] = row
        targets[i, :len(row) - 1] = row[1:]
    return torch.from_numpy(ids[:, :-1]), torch.from_numpy(targets[:, :-1])


def batches(stories, batch, context, rng):
    """Endless batches; position 0 of every row is the bos of a story.

    Most batches hold one story per row, with rows of similar length so that
    little is spent on padding.  One in six packs several stories per row up
    to the full context: that trains the late positions and the step from one
    story to the next.
    """
    while True:
        order = rng.permutation(len(stories))
        for block in np.array_split(order, max(1, len(order) // (batch * 24))):
            chunks = []
            cut = len(block) // 6
            packed = []
            for i in block[:cut]:
                if packed and len(packed[-1]) < context:
                    packed[-1] = np.concatenate((packed[-1], stories[i]))
                else:
                    packed.append(stories[i])
            rows = max(1, batch * 3 // 5)  # longer rows, so fewer of them
            packed = [row[:context + 1] for row in packed]
            chunks += [packed[i:i + rows] for i in range(0, len(packed), rows)]
            single = sorted((stories[i] for i in block[cut:]), key=len)
            chunks += [single[i:i + batch] for i in range(0, len(single), batch)]
            for i in rng.permutation(len(chunks)):
                yield pad(chunks[i])


def loss_of(model, ids, targets, bf16):
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        logits = model(ids)
    return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORE)


@torch.no_grad()
def validate(model, stories, batch):
    """Mean loss per token over whole validation stories."""
    total = count = 0
    stories = sorted(stories, key=len)
    for i in range(0, len(stories), batch):
        ids, targets = pad(stories[i:i + batch])
        n = int((targets != IGNORE).sum())
        total += loss_of(model, ids, targets, False).item() * n
        count += n
    return total / count


def save(model, path):
    """Write the checkpoint so that a half-written file never replaces a good one."""
    part = path.with_suffix(".part")
    torch.save({"config": vars(model.config), "state": model.state_dict()}, part)
    os.replace(part, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--steps", type=int, default=10**9, help="stop early, to measure the step time")
    parser.add_argument("--batch", type=int, default=6, help="stories per step")
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--warmup", type=int, default=100, help="steps")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--init", type=Path, help="go on from this checkpoint")
    parser.add_argument("--bf16", action="store_true", help="compute matrix products in bf16")
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    tokenizer = Tokenizer.from_file(str(args.work / "tok" / "tokenizer.json"))
    train = load_stories(args.work / "corpus" / "train.jsonl", tokenizer)
    valid = load_stories(args.work / "corpus" / "valid.jsonl", tokenizer)
    model = Llama(Config(vocab_size=tokenizer.get_vocab_size()))
    if args.init:
        model.load_state_dict(torch.load(args.init, map_location="cpu")["state"])
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.05},
                                   {"params": vectors, "weight_decay": 0.0}], betas=(0.9, 0.98))
    print(f"{sum(p.numel() for p in model.parameters())} parameters, "
          f"{len(train)} stories, {sum(map(len, train))} tokens", flush=True)

    start = last_save = time.time()
    tokens = 0
    source = batches(train, args.batch, model.config.max_position_embeddings, np.random.default_rng(args.seed))
    for step, (ids, targets) in enumerate(source, 1):
        progress = (time.time() - start) / (60 * args.minutes)
        if progress >= 1 or step > args.steps:
            break
        lr = args.lr * min(1, step / args.warmup) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimizer.param_groups:
            group["lr"] = lr
        tokens += int((targets != IGNORE).sum())
        loss = loss_of(model, ids, targets, args.bf16)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 20 == 0:
            seconds = time.time() - start
            print(f"step {step}  {seconds / 60:.1f} min  {tokens / 1e6:.2f} M tokens  {tokens / seconds:.0f} tokens/s  "
                  f"lr {lr:.5f}  loss {loss.item():.4f}", flush=True)
        if time.time() - last_save > 200:
            save(model, args.work / "model.pt")
            print(f"validation loss {validate(model, valid[:50], args.batch):.4f}", flush=True)
            last_save = time.time()
    save(model, args.work / "model.pt")
    print(f"done: {step - 1} steps, {tokens} tokens, {(time.time() - start) / 60:.1f} min, "
          f"validation loss {validate(model, valid, args.batch):.4f}", flush=True)


if __name__ == "__main__":
    main()

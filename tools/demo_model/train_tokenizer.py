"""Train the byte-level BPE tokenizer and write its two files.

Usage: train_tokenizer.py --corpus FILE.jsonl --out DIR [--vocab N]
"""

import argparse
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

BOS, EOS = "<|bos|>", "<|eos|>"
BOS_ID, EOS_ID = 0, 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--vocab", type=int, default=1536)
    parser.add_argument("--stories", type=int, default=15000)
    args = parser.parse_args()

    with open(args.corpus, encoding="utf-8") as lines:
        texts = [json.loads(line) for _, line in zip(range(args.stories), lines)]

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=args.vocab, special_tokens=[BOS, EOS], show_progress=False,
        # All 256 bytes, so that any text can be encoded.
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A {BOS} $B:1", special_tokens=[(BOS, BOS_ID)])
    assert tokenizer.token_to_id(BOS) == BOS_ID and tokenizer.token_to_id(EOS) == EOS_ID

    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(args.out / "tokenizer.json"))
    settings = {
        "add_bos_token": True, "add_eos_token": False, "add_prefix_space": False,
        "bos_token": BOS, "eos_token": EOS, "clean_up_tokenization_spaces": False,
        "model_max_length": 512, "tokenizer_class": "PreTrainedTokenizerFast",
    }
    (args.out / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    ids = sum(len(e.ids) for e in tokenizer.encode_batch(texts[:500])) / 500
    print(f"{tokenizer.get_vocab_size()} tokens; {ids:.0f} per story")


if __name__ == "__main__":
    main()

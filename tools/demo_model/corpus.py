"""Write the story corpus: train.jsonl and valid.jsonl, one story per line.

Usage: corpus.py --out DIR [--stories N] [--seed S]
"""

import argparse
import json
import random
import re
from pathlib import Path

from story_plots import tell


def story(rng):
    """One training text: mostly whole stories, some that start mid-way.

    Texts without their first sentences teach the model to go on from any
    kind of prompt, not only from the usual openings.
    """
    text = tell(rng)
    if rng.random() < 0.08:
        cuts = [m.end() for m in re.finditer(r'[.!?]"? +|\n\n', text)]
        text = text[rng.choice(cuts[:8]):]
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stories", type=int, default=70000)
    parser.add_argument("--valid", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(args.seed)
    seen = set()
    for name, count in (("valid", args.valid), ("train", args.stories)):
        with open(args.out / f"{name}.jsonl", "w", encoding="utf-8") as out:
            while count:
                text = story(rng)
                if text not in seen:  # validation stories never occur in training
                    seen.add(text)
                    out.write(json.dumps(text) + "\n")
                    count -= 1


if __name__ == "__main__":
    main()

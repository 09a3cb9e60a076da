"""KL divergence and agreement of the likeliest token between two programs' logits and a reference's.

    compare_logits.py    reads {"fp32": [FILE], "ttt": [FILE], "peer": [FILE]} on standard input; one JSON object

Files: safetensors with `logits` in fp32, or raw fp32 (.raw). Needs numpy.
"""
import json
import sys

import numpy as np


def logits(path: str, width: int = 0):
    raw = np.fromfile(path, dtype=np.uint8)
    if path.endswith(".raw"):
        return raw.view(np.float32).reshape(-1, width).astype(np.float64)
    begin = 8 + int.from_bytes(raw[:8].tobytes(), "little")
    entry = json.loads(raw[8:begin].tobytes())["logits"]
    a, b = entry["data_offsets"]
    return raw[begin + a : begin + b].view(np.float32).reshape(-1, entry["shape"][-1]).astype(np.float64)


def log_probabilities(x):
    x = x - x.max(axis=1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def main() -> None:
    files = json.load(sys.stdin)
    reference = np.concatenate([logits(f) for f in files["fp32"]])
    p = log_probabilities(reference)
    answer = {}
    for who in ("ttt", "peer"):
        other = np.concatenate([logits(f, reference.shape[1]) for f in files[who]])
        q = log_probabilities(other)
        kl = (np.exp(p) * (p - q)).sum(axis=1)
        answer[who] = {"kl": kl.mean(), "kl_error": kl.std() / len(kl) ** 0.5, "kl_max": kl.max(),
                       "agreement": float((p.argmax(axis=1) == q.argmax(axis=1)).mean())}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()

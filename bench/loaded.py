#!/usr/bin/env python3
"""Decoding on a machine that is busy with something else: ours at one and two threads, and the peer, beside 0, 1 and 2
processes that do nothing but compute.

    bench/loaded.py --ttt build/tools/ttt [--peer-python VENV/bin/python] [--models DIR]
                    [--shapes stories15m,smollm2-135m] [--format int8] [--busy 0,1,2] [--nice 0] [--rounds 3]
                    [--seconds 1] [--out FILE.json]

MODELS holds what bench/peers/compare.py made: SHAPE/ and SHAPE.gguf or SHAPE-Q8_0.gguf. The threads change places in
every round, so that each sees the same weather; figures are medians with minimum and maximum. What design rule 18 asks
for is the last column: two threads never below 0.8 of one.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

POLICY = {"bf16": [], "int8": ["--policy", "weights=int8,fidelity=LoFi"], "int4": ["--policy", "weights=int4,fidelity=LoFi"]}
PEER = {"bf16": "", "int8": "-Q8_0", "int4": "-Q4_0"}


class Busy:
    """Processes that compute and nothing else."""

    def __init__(self, count: int, nice: int):
        self.processes = [subprocess.Popen(["nice", "-n", str(nice), sys.executable, "-c", "while True: pass"])
                          for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in self.processes:
            p.kill()
            p.wait()


def ours(ttt: str, model: Path, threads: int, tokens: int, policy: list[str]) -> float:
    done = subprocess.run([ttt, "bench", str(model), "--prompt", "8", "--decode", str(tokens), "--repeat", "1",
                           "--threads", str(threads), *policy, "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["decode"]["tokens_per_s"]["median"]


class Peer:
    def __init__(self, python: str, gguf: Path, threads: int):
        worker = Path(__file__).parent / "peers" / "llama_cpp_worker.py"
        self.process = subprocess.Popen([python, str(worker), str(gguf), str(threads), "512"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.process.stdout.readline()

    def rate(self, tokens: int) -> float:
        self.process.stdin.write(json.dumps({"prompt": 8, "decode": tokens}) + "\n")
        self.process.stdin.flush()
        return tokens / json.loads(self.process.stdout.readline())["decode_s"]

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def spread(values: list[float]) -> dict:
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def measure(args, shape: str) -> list[dict]:
    folder = args.models / shape
    limit = json.loads((folder / "config.json").read_text())["max_position_embeddings"] - 16
    quick = ours(args.ttt, folder, 1, 32, POLICY[args.format])
    tokens = max(32, min(limit, int(quick * args.seconds)))
    peers = {}
    if args.peer_python:
        gguf = args.models / f"{shape}{PEER[args.format]}.gguf"
        peers = {t: Peer(args.peer_python, gguf, t) for t in (1, 2)}
    rows = []
    for busy in args.busy:
        rates = {(who, t): [] for who in ("ttt", *(["llama.cpp"] if peers else [])) for t in (1, 2)}
        with Busy(busy, args.nice):
            for round in range(args.rounds):
                for t in ((1, 2) if round % 2 == 0 else (2, 1)):
                    rates["ttt", t].append(ours(args.ttt, folder, t, tokens, POLICY[args.format]))
                    if peers:
                        rates["llama.cpp", t].append(peers[t].rate(max(8, tokens // 8 if busy else tokens)))
        row = {"shape": shape, "format": args.format, "busy": busy, "nice": args.nice, "tokens": tokens,
               "rates": {f"{who} x{t}": spread(r) for (who, t), r in rates.items()},
               "two_over_one": statistics.median(rates["ttt", 2]) / statistics.median(rates["ttt", 1])}
        rows.append(row)
        cells = "  ".join(f"{name} {r['median']:9.1f} ({r['min']:.0f}..{r['max']:.0f})" for name, r in row["rates"].items())
        print(f"{shape:14} {args.format} busy {busy}: {cells}  two/one {row['two_over_one']:.2f}", flush=True)
    for peer in peers.values():
        peer.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ttt", required=True)
    parser.add_argument("--peer-python")
    parser.add_argument("--models", type=Path, default=Path(tempfile.gettempdir()) / "ttt-peers")
    parser.add_argument("--shapes", default="stories15m,smollm2-135m")
    parser.add_argument("--format", default="int8", choices=sorted(POLICY))
    parser.add_argument("--busy", type=lambda s: [int(x) for x in s.split(",")], default=[0, 1, 2])
    parser.add_argument("--nice", type=int, default=0, help="of the busy processes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1, help="of decoding at one thread, at most the context")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    rows = [row for shape in args.shapes.split(",") for row in measure(args, shape)]
    if args.out:
        args.out.write_text(json.dumps({"load_average": os.getloadavg(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

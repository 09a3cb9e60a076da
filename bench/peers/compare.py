#!/usr/bin/env python3
"""ttt beside llama.cpp on identical random weights, interleaved A B B A; prints and writes the ratios.

    bench/peers/compare.py --ttt build/tools/ttt --peer-python VENV/bin/python --to-gguf ../shared/peers/to_gguf.py
                           [--shapes smollm2-135m,...] [--formats bf16,int8,int4] [--threads 1,2] [--pairs 5]
                           [--out FILE.json]

VENV needs llama-cpp-python (built from its source package for this processor), gguf and numpy. Each pair is one run
of each program, in turn A B, B A, ...; figures are medians with minimum and maximum, ratios are of each pair. Before
a speed counts, both programs' logits for one prompt are compared. int8 is held against Q8_0 and int4 against Q4_0, every
matrix in it, embedding and head included (the same bits per weight); both multiply rows of whole numbers (LoFi).
"""
import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
from pathlib import Path


class Peer:
    def __init__(self, python: str, gguf: Path, threads: int, context: int):
        worker = Path(__file__).with_name("llama_cpp_worker.py")
        self.process = subprocess.Popen([python, str(worker), str(gguf), str(threads), str(context)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.vocab = self.answer()["vocab"]

    def answer(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def ask(self, request: dict) -> dict:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


# A format of ours: its policy and the peer's nearest format (llama_ftype).
FORMATS = {"bf16": ([], None), "int8": (["--policy", "weights=int8,fidelity=LoFi"], ("Q8_0", 7)),
           "int4": (["--policy", "weights=int4,fidelity=LoFi"], ("Q4_0", 2))}


def ours(ttt: str, model: Path, threads: int, prompt: int, decode: int, depth: int, policy: list[str]) -> dict:
    done = subprocess.run([ttt, "bench", str(model), "--prompt", str(prompt), "--decode", str(decode), "--depth",
                           str(depth), "--repeat", "1", "--threads", str(threads), *policy, "--json"],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def last_logits(ttt: str, model: Path, ids: list[int], preset: str, policy: list[str]) -> list[float]:
    out = model / "compare_logits.safetensors"
    subprocess.run([ttt, "logits", str(model), "--ids", ",".join(map(str, ids)), "--out", str(out), "--preset", preset,
                    *policy],
                   check=True, capture_output=True)
    raw = out.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    entry = json.loads(raw[8 : 8 + size])["logits"]
    begin, end = entry["data_offsets"]
    width = entry["shape"][-1]
    values = struct.unpack(f"<{(end - begin) // 4}f", raw[8 + size + begin : 8 + size + end])
    out.unlink()
    return list(values[-width:])


def correlation(a: list[float], b: list[float]) -> float:
    ma, mb = statistics.fmean(a), statistics.fmean(b)
    cov = sum((x - ma) * (y - mb) for x, y in zip(a, b))
    return cov / (sum((x - ma) ** 2 for x in a) * sum((y - mb) ** 2 for y in b)) ** 0.5


def spread(values: list[float]) -> dict:
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


QUANTISE = """
import ctypes, sys, llama_cpp as api
params = api.llama_model_quantize_default_params()
params.ftype, params.pure = int(sys.argv[3]), True
sys.exit(api.llama_model_quantize(sys.argv[1].encode(), sys.argv[2].encode(), ctypes.byref(params)))
"""


def prepare(args, shape: str, format: str) -> tuple[Path, Path]:
    folder, gguf = args.work / shape, args.work / f"{shape}.gguf"
    if not (folder / "config.json").exists():
        subprocess.run([args.ttt, "synth", shape, str(folder)], check=True)
    if not gguf.exists():
        subprocess.run([args.peer_python, args.to_gguf, str(folder), str(gguf)], check=True)
    if FORMATS[format][1] is None:
        return folder, gguf
    name, ftype = FORMATS[format][1]
    small = args.work / f"{shape}-{name}.gguf"
    if not small.exists():
        subprocess.run([args.peer_python, "-c", QUANTISE, str(gguf), str(small), str(ftype)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder, small


def measure(args, shape: str, threads: int, format: str) -> dict:
    folder, gguf = prepare(args, shape, format)
    policy = FORMATS[format][0]
    limit = json.loads((folder / "config.json").read_text())["max_position_embeddings"]
    prompt = min(args.prompt, limit // 2)
    decode = min(args.decode, limit // 4)
    peer = Peer(args.peer_python, gguf, threads, min(limit, max(2048, prompt + decode)))
    ids = [(7 * i + 1) % peer.vocab for i in range(24)]
    theirs = peer.ask({"logits": ids})["logits"]
    row = {"shape": shape, "format": format, "peer_format": (FORMATS[format][1] or ("BF16",))[0], "threads": threads, "prompt": prompt, "decode": decode,
           "logits_pcc": {p: correlation(theirs, last_logits(args.ttt, folder, ids, p, policy))
                         for p in ("exact", "standard")}}
    a_prompt, a_decode, b_prompt, b_decode = [], [], [], []
    peer.ask({"prompt": prompt, "decode": 8})
    for pair in range(args.pairs):
        for who in ("ab" if pair % 2 == 0 else "ba"):
            if who == "a":
                mine = ours(args.ttt, folder, threads, prompt, decode, 0, policy)
                a_prompt.append(mine["prompt"]["tokens_per_s"]["median"])
                a_decode.append(mine["decode"]["tokens_per_s"]["median"])
                row["share_of_limit"] = mine.get("share_of_limit")
                row["bits_per_weight"] = mine.get("bits_per_weight")
            else:
                its = peer.ask({"prompt": prompt, "decode": decode})
                b_prompt.append(prompt / its["prompt_s"])
                b_decode.append(decode / its["decode_s"])
    peer.close()
    row["ttt"] = {"prompt": spread(a_prompt), "decode": spread(a_decode)}
    row["llama_cpp"] = {"prompt": spread(b_prompt), "decode": spread(b_decode)}
    row["ratio"] = {"prompt": spread([a / b for a, b in zip(a_prompt, b_prompt)]),
                    "decode": spread([a / b for a, b in zip(a_decode, b_decode)])}
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ttt", required=True)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--to-gguf", required=True)
    parser.add_argument("--shapes", default="stories260k,stories15m,smollm2-135m,llama-3.2-1b")
    parser.add_argument("--formats", default="bf16", help="of bf16, int8, int4")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--decode", type=int, default=128)
    parser.add_argument("--work", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "ttt-peers")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    rows = []
    print("shape            format threads  prompt t/s ours/peer (ratio min..max)      decode t/s ours/peer (ratio min..max)    PCC")
    for shape in args.shapes.split(","):
        for format, threads in ((f, int(t)) for f in args.formats.split(",") for t in args.threads.split(",")):
            row = measure(args, shape, threads, format)
            rows.append(row)
            cells = []
            for what in ("prompt", "decode"):
                r = row["ratio"][what]
                cells.append(f"{row['ttt'][what]['median']:9.1f} /{row['llama_cpp'][what]['median']:9.1f} "
                             f"({r['median']:.2f}, {r['min']:.2f}..{r['max']:.2f})")
            print(f"{shape:16} {format:6} {threads:7}  {cells[0]}  {cells[1]}  {row['logits_pcc']['standard']:.6f}", flush=True)
    if args.out:
        args.out.write_text(json.dumps({"load_average": os.getloadavg(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())

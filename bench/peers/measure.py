"""How a row is measured: pairs of runs, A B B A, of two processes that stay."""
import ctypes
import json
import mmap
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from programs import Failed, Ours, Peer, run_json, seconds_of
from rows import FORMATS, KV, Row

PAIRS = 5
FIRST_TOKEN_POSITIONS = 256


def median(values) -> float:
    return statistics.median(values)


SMALL_STEP_S = 0.005
"""Where a decoded token takes less, fewer threads than given may be faster and are tried too."""


def open_context(peer: Peer, row: Row, flags: dict) -> None:
    peer.ask("context", name=flags["context"], length=row.depth + max(row.prompt, row.decode, 1) + 1, threads=row.threads,
             sequences=row.batch, kv=KV[row.kv][1], flash=flags["flash"], unified=flags["unified"])


def best_flags(peer: Peer, row: Row) -> dict:
    """Which of the peer's settings is fastest here, for the prompt and for decoding apart: flash attention, how many of
    the threads, and for several sequences one cache for all or one each. Opens the contexts that are needed."""
    settings, found = {}, {}
    for flash in (False, True) if row.kv == "fp16" else (True,):  # without it the peer has no 8-bit cache
        for unified in (True, False) if row.batch > 1 else (True,):
            name = f"flash{flash:d}-unified{unified:d}"
            settings[name] = {"context": name, "flash": flash, "unified": unified}
            open_context(peer, row, settings[name])
            threads, small = row.threads, True
            while threads > 0 and small:
                took = peer.ask("time", context=name, threads=threads, prompt=row.prompt, decode=min(row.decode, 16),
                                depth=row.depth)
                small = min(took["decode"]) / min(row.decode, 16) < SMALL_STEP_S
                if small:  # too short to be judged by one run
                    took = peer.ask("time", context=name, threads=threads, prompt=row.prompt, decode=row.decode,
                                    depth=row.depth, repeat=3)
                decoded = row.decode if small else min(row.decode, 16)
                for phase, work in (("prompt", row.prompt), ("decode", decoded)):
                    rate = work / min(took[phase]) if work else 0
                    if rate > found.get(phase, (0,))[0]:
                        found[phase] = rate, name, threads
                threads -= 1
    flags = {phase: {**settings[name], "threads": threads} for phase, (_, name, threads) in found.items()}
    for name in settings:
        if all(name != used["context"] for used in flags.values()):
            peer.ask("close", context=name)
    return flags


def run_peer(peer: Peer, row: Row, flags: dict, repeat: int) -> dict:
    """Tokens per second of all sequences: the median of `repeat` runs."""
    rates = {}
    for phase, how in flags.items():
        took = peer.ask("time", context=how["context"], threads=how["threads"], prompt=row.prompt * (phase == "prompt"),
                        decode=row.decode * (phase == "decode"), depth=row.depth, repeat=repeat)[phase]
        rates[phase] = getattr(row, phase) * row.batch / median(took)
    return rates


def run_ours(ours: Ours, phases, repeat: int) -> dict:
    runs = [ours.once() for _ in range(repeat)]
    return {phase: median([r[phase] for r in runs]) for phase in phases}


def race(row: Row, entry: dict, tools, pause) -> bool:
    """Adds pairs to the entry until it has enough; false when `pause` said to stop before."""
    folder, gguf = tools.models(row.model, row.format)
    with Peer(tools.python, gguf) as peer:
        peer.ask("load")
        if "flags" not in entry:
            entry["flags"] = best_flags(peer, row)
            if pause():
                return False
        else:
            for flags in {used["context"]: used for used in entry["flags"].values()}.values():
                open_context(peer, row, flags)
        flags = entry["flags"]
        begin = time.perf_counter()
        run_peer(peer, row, flags, 1)
        peer_seconds = time.perf_counter() - begin
        with Ours(tools.ttt, tools.env, folder, row.threads, max(row.prompt, 1), row.decode, row.depth, row.batch,
                  row.policy) as ours:
            seconds = row.decode * row.batch / ours.warm["decode"] + row.prompt / ours.warm["prompt"]
            repeat = max(1, min(50, int(0.3 / seconds), int(1 / peer_seconds)))
            while len(entry["pairs"]) < PAIRS and not pause():
                a_first = len(entry["pairs"]) % 2 == 0
                a = run_ours(ours, flags, repeat) if a_first else None
                b = run_peer(peer, row, flags, repeat)
                entry["pairs"].append({"ttt": a or run_ours(ours, flags, repeat), "peer": b, "load": os.getloadavg()[0]})
            if len(entry["pairs"]) < PAIRS:
                return False
            summary = ours.summary()
    entry.update({key: summary[key] for key in ("share_of_limit", "bits_per_weight", "limits", "policy", "isa")})
    entry["peer_bits_per_weight"] = tools.peer_bits(gguf)
    return True


def busy_race(row: Row, entry: dict, tools, pause) -> bool:
    """A race, the peer's settings sought included, while other processes compute."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(row.busy)]
    try:
        return race(row, entry, tools, pause)
    finally:
        for process in others:
            process.kill()
            process.wait()


# --- starting ---------------------------------------------------------------------------------------------------------

def resident(path: Path) -> float:
    """Which part of a file the page cache holds."""
    size = path.stat().st_size
    if size == 0:
        return 0.0
    with open(path, "rb") as file:
        view = mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ | mmap.PROT_WRITE, flags=mmap.MAP_PRIVATE)
        pages = (size + mmap.PAGESIZE - 1) // mmap.PAGESIZE
        state = (ctypes.c_ubyte * pages)()
        start = ctypes.addressof(ctypes.c_char.from_buffer(view))
        failed = ctypes.CDLL(None, use_errno=True).mincore(ctypes.c_void_p(start), ctypes.c_size_t(size), state)
        return 1.0 if failed else sum(s & 1 for s in state) / pages


def evict(paths) -> float:
    """Drops files from the page cache, as any user may; returns the largest part of one that stayed."""
    stayed = 0.0
    for path in paths:
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        stayed = max(stayed, resident(path))
    return stayed


def first_token(row: Row, tools, folder: Path, gguf: Path) -> dict:
    """Seconds until the first token's logits are there. Ours from the start of the process, the peer's without that of
    Python and of its own library."""
    command = [tools.ttt, "generate-ids", folder, "--ids", "1", "-n", "1", "--preset", "standard", "--threads", row.threads,
               "--json", *row.policy]

    def ours() -> float:
        return seconds_of(command, tools.env)

    def peer() -> float:
        with Peer(tools.python, gguf) as process:
            return process.ask("first_token", threads=row.threads, length=FIRST_TOKEN_POSITIONS, kv=KV[row.kv][1])["seconds"]

    return {"ttt": ours, "peer": peer}


def start(row: Row, entry: dict, tools, pause) -> bool:
    folder, gguf = tools.models(row.model, row.format)
    timers = first_token(row, tools, folder, gguf)
    if "first_start_s" not in entry:
        tools.forget_packed()
        entry["first_start_s"] = timers["ttt"]()
    files = {"ttt": [*folder.glob("*.safetensors"), *folder.glob("*.json"), *tools.packed_files()], "peer": [gguf]}
    while len(entry["pairs"]) < PAIRS:
        if pause():
            return False
        pair = {"ttt": {}, "peer": {}, "load": os.getloadavg()[0]}
        for who in ("ttt", "peer") if len(entry["pairs"]) % 2 == 0 else ("peer", "ttt"):
            entry["stayed_cached"] = max(entry.get("stayed_cached", 0.0), evict(files[who]))
            pair[who]["cold"] = timers[who]()
            pair[who]["warm"] = timers[who]()
        entry["pairs"].append(pair)
    entry["memory"] = memory(row, tools, folder, gguf)
    return True


def memory(row: Row, tools, folder: Path, gguf: Path) -> dict:
    """The most physical memory each process held: loading, a prompt of 512, 32 tokens decoded."""
    context = ["--threads", row.threads, "--json", *row.policy]
    done = run_json([tools.ttt, "bench", folder, "--prompt", 512, "--decode", 32, "--repeat", 1, *context], tools.env)
    plan = run_json([tools.ttt, "plan", folder, "--context", 512, *context], tools.env)["totals"]
    with Peer(tools.python, gguf) as peer:
        before = peer.ask("load")["baseline_bytes"]
        peer.ask("context", name="a", length=512, threads=row.threads, kv=KV[row.kv][1], flash=row.kv != "fp16")
        peer.ask("time", context="a", threads=row.threads, prompt=512, decode=32)
        held = peer.ask("memory")["peak_bytes"] - before
    return {"ttt": done["peak_bytes"], "planned": plan["peak"], "planned_weights": plan["weights"], "peer": held,
            "peer_file": gguf.stat().st_size}


# --- accuracy ---------------------------------------------------------------------------------------------------------

def golden_ids(row: Row, tools, folder: Path) -> list:
    """How many of the ids that the fp32 reference decodes greedily are those of another implementation, and of how many."""
    cases = json.loads(tools.golden_file(row.model).read_text())["cases"]
    same = total = 0
    for case in cases:
        prompt, expected = (case[a] if a in case else case[b] for a, b in (("input_ids", "prompt_ids"), ("generated", "greedy_ids")))
        got = run_json([tools.ttt, "generate-ids", folder, "--ids", ",".join(map(str, prompt)), "-n", len(expected), "--preset",
                        "exact", "--json"], tools.env)["ids"]
        same += sum(a == b for a, b in zip(got, expected))
        total += len(expected)
    return [same, total]


def accuracy(row: Row, entry: dict, tools, pause) -> bool:
    """KL to fp32 and agreement of the likeliest token, of both programs, over a story written for this and some that the demo
    model's generator tells from a seed of its own."""
    folder, gguf = tools.models(row.model, row.format)
    work = tools.work / "accuracy"
    work.mkdir(exist_ok=True)
    text = Path(__file__).with_name("story.txt").read_text() + tools.told_stories(24)
    ids = run_json([tools.ttt, "tokenize", folder, "--text", text, "--json"], tools.env)["ids"][0]
    context = json.loads((folder / "config.json").read_text())["max_position_embeddings"]
    begin, ids = ids[:1], ids[1:]
    windows = [begin + ids[at : at + context - 1] for at in range(0, len(ids), context - 1)]
    files = {"fp32": [], "ttt": [], "peer": []}
    with Peer(tools.python, gguf) as peer:
        peer.ask("load")
        for i, window in enumerate(windows):
            for who, how in (("fp32", ["--preset", "exact"]), ("ttt", ["--preset", "standard", *row.policy])):
                files[who].append(work / f"{who}-{i}.safetensors")
                run_json([tools.ttt, "logits", folder, "--ids", ",".join(map(str, window)), "--out", files[who][-1], "--threads",
                          row.threads, "--json", *how], tools.env)
            files["peer"].append(work / f"peer-{i}.raw")
            peer.ask("logits", ids=window, out=str(files["peer"][-1]))
    entry.update(tools.compare_logits(files))
    entry["reference_ids_golden"] = golden_ids(row, tools, folder)
    entry["tokens"] = sum(map(len, windows))
    entry["bits_per_weight"] = run_json([tools.ttt, "bench", folder, "--prompt", 8, "--decode", 8, "--repeat", 1, "--json",
                                         *row.policy], tools.env)["bits_per_weight"]
    entry["peer_bits_per_weight"] = tools.peer_bits(gguf)
    for path in sum(files.values(), []):
        path.unlink()
    return True


MEASURES = {"speed": race, "depth": race, "batch": race, "busy": busy_race, "load": start, "accuracy": accuracy}


def measure(row: Row, entry: dict, tools, pause) -> None:
    """Fills the row's entry, or what of it `pause` allows; `entry["done"]` says which. `pause` is asked after every pair."""
    entry.setdefault("pairs", [])
    entry["done"] = False
    begin = time.monotonic()
    entry["done"] = MEASURES[row.kind](row, entry, tools, pause)
    entry["seconds"] = round(entry.get("seconds", 0) + time.monotonic() - begin, 1)

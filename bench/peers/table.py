"""From results to Markdown: the tables of docs/performance.md and, shorter, of README.md."""
import statistics
from pathlib import Path

from results import kept
from rows import all_rows

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = {"docs/performance.md": lambda all: "\n".join(whole(name, r) for name, r in all.items()),
             "README.md": lambda all: "\n".join(short(r) for r in all.values())}
BEGIN, END = "<!-- bench/peers: begin -->", "<!-- bench/peers: end -->"
NAMES = {"stories260k": "stories260K", "stories15m": "stories15M", "smollm2-135m": "SmolLM2-135M",
         "qwen2.5-0.5b": "Qwen2.5-0.5B", "llama-3.2-1b": "Llama-3.2-1B", "stories260K-trained": "stories260K", "demo": "demo"}
FORMATS = {"bf16": "bf16 · BF16", "int8": "int8 · Q8_0", "int4": "int4 · Q4_0"}
LESS_IS_BETTER = ("cold", "warm")


def number(value: float) -> str:
    """Three digits that count: 12,345; 123; 12.3; 1.23."""
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def rates(entry: dict, phase: str) -> tuple:
    """Ours and the peer's, one number a pair."""
    return tuple([pair[who][phase] for pair in entry["pairs"]] for who in ("ttt", "peer"))


def ratios(entry: dict, phase: str) -> list:
    """How many times better than the peer ours is, pair by pair."""
    return [peer / mine if phase in LESS_IS_BETTER else mine / peer for mine, peer in zip(*rates(entry, phase))]


def ratio(entry: dict, phase: str) -> str:
    r = ratios(entry, phase)
    return f"**{statistics.median(r):.2f}** ({min(r):.2f} to {max(r):.2f})"


def both(entry: dict, phase: str) -> str:
    return " · ".join(number(statistics.median(side)) for side in rates(entry, phase))


def bits(entry: dict) -> str:
    return f"{entry['bits_per_weight']:.2f} · {entry['peer_bits_per_weight']:.2f}"


def limit_of(entry: dict, what: str) -> float:
    """The rate that a share is of: of reading, or of the arithmetic that the row's matrices go through."""
    limits = entry["limits"]
    if what == "decode":
        return limits["read_gb_s"]
    return limits.get("bf16_gflop_s" if entry["row"]["format"] == "bf16" else "int8_gop_s") or limits["gflop_s"]


def share(results: dict, entry: dict, what: str) -> str:
    """Of the largest such limit that any row with these threads has seen: a probe that was disturbed flatters."""
    alike = [e for e in results["rows"].values() if "limits" in e and e["row"]["threads"] == entry["row"]["threads"]
             and (what == "decode" or (e["row"]["format"] == "bf16") == (entry["row"]["format"] == "bf16"))]
    return f"{entry['share_of_limit'][what] * limit_of(entry, what) / max(limit_of(e, what) for e in alike):.2f}"


def peer_at(entry: dict, phase: str) -> str:
    """The settings at which the peer was fastest."""
    how = entry["flags"][phase]
    words = ["flash" if how["flash"] else "plain"]
    words += ["1 thread"] * (how["threads"] < entry["row"]["threads"])
    words += ["a cache each"] * (not how["unified"])
    return ", ".join(words)


def model(entry: dict) -> str:
    return NAMES.get(entry["row"]["model"], entry["row"]["model"])


def format_of(entry: dict) -> str:
    name = FORMATS.get(entry["row"]["format"], entry["row"]["format"])
    kv = entry["row"]["kv"]
    return name + (", KV int8 · q8_0" if kv == "int8" else "") + (f", `{entry['row']['also']}`" if entry["row"].get("also") else "")


def table(head: list, rows: list) -> str:
    if not rows:
        return ""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows]) + "\n"


def done(results: dict, kind: str) -> list:
    """The finished rows of a kind, in the order in which rows.py names them."""
    order = {row.key: i for i, row in enumerate(all_rows(False))}
    keys = sorted(results["rows"], key=lambda key: order.get(key, len(order)))
    return [e for e in map(results["rows"].get, keys) if e.get("done") and e["row"]["kind"] == kind]


def speeds(results: dict) -> str:
    return table(
        ["shape", "format", "threads", "prompt, tokens/s", "ratio", "of the peak", "decode, tokens/s", "ratio", "of reading",
         "bits per weight", "the peer's best"],
        [[model(e), format_of(e), str(e["row"]["threads"]), both(e, "prompt"), ratio(e, "prompt"), share(results, e, "prompt"),
          both(e, "decode"), ratio(e, "decode"), share(results, e, "decode"), bits(e), f"{peer_at(e, 'prompt')}; {peer_at(e, 'decode')}"]
         for e in done(results, "speed")])


def depths(results: dict) -> str:
    return table(
        ["shape", "format", "depth", "decode, tokens/s", "ratio", "of reading", "bits per weight", "the peer's best"],
        [[model(e), format_of(e), f"{e['row']['depth']:,}", both(e, "decode"), ratio(e, "decode"), share(results, e, "decode"), bits(e),
          peer_at(e, "decode")] for e in done(results, "depth")])


def batches(results: dict) -> str:
    return table(
        ["shape", "format", "sequences", "tokens/s of all", "ratio", "of reading", "of the peak", "bits per weight",
         "the peer's best"],
        [[model(e), format_of(e), str(e["row"]["batch"]), both(e, "decode"), ratio(e, "decode"), share(results, e, "decode"),
          share(results, e, "decode_arithmetic"), bits(e), peer_at(e, "decode")] for e in done(results, "batch")])


def busies(results: dict) -> str:
    return table(
        ["shape", "format", "threads", "others", "decode, tokens/s", "ratio", "the peer's best"],
        [[model(e), format_of(e), str(e["row"]["threads"]), str(e["row"]["busy"]), both(e, "decode"), ratio(e, "decode"),
          peer_at(e, "decode")] for e in done(results, "busy")])


def starts(results: dict) -> str:
    return table(
        ["shape", "format", "first start, s", "file not in memory, s", "ratio", "file in memory, s", "ratio", "peak, MB",
         "of the plan", "the peer's peak, MB"],
        [[model(e), format_of(e), number(e["first_start_s"]), both(e, "cold"), ratio(e, "cold"), both(e, "warm"), ratio(e, "warm"),
          number(e["memory"]["ttt"] / 1e6), f"{e['memory']['ttt'] / e['memory']['planned']:.2f}",
          number(e["memory"]["peer"] / 1e6)] for e in done(results, "load")])


def accuracies(results: dict) -> str:
    def kl(side: dict) -> str:
        return f"{side['kl']:.2g} ± {side['kl_error']:.1g}"

    return table(
        ["model", "format", "bits per weight", "KL, ttt", "KL, peer", "same likeliest token, ttt · peer"],
        [[model(e), format_of(e), bits(e), kl(e["ttt"]), kl(e["peer"]),
          f"{100 * e['ttt']['agreement']:.1f} % · {100 * e['peer']['agreement']:.1f} %"] for e in done(results, "accuracy")])


def machine(results: dict) -> str:
    s, loads = results["setting"], [p["load"] for e in results["rows"].values() for p in e["pairs"]]
    dates = sorted({e["date"] for e in results["rows"].values()})
    commits = sorted({e["commit"] for e in results["rows"].values()})
    text = f"{s['processor']}, {s['cores']} cores; ttt's kernels {s['isa']}; the peer {s['peer']} built "
    text += "for this processor" if s["peer_build"] == "native" else f"with `{s['peer_build']}`"
    text += f". Measured {' to '.join(dict.fromkeys((dates[0], dates[-1])))} at {', '.join(commits)}"
    if loads:
        text += f"; load average before a pair: median {statistics.median(loads):.1f}, at most {max(loads):.1f}"
    return text + "."


def whole(name: str, results: dict) -> str:
    parts = [f"### {name}\n", machine(results) + "\n"]
    for title, text in (("Prompt and decoding", speeds(results)), ("Decoding behind a long context", depths(results)),
                        ("Several sequences at once", batches(results)), ("Beside other processes that compute all the time", busies(results)),
                        ("Starting, and memory", starts(results)),
                        ("Accuracy", accuracies(results))):
        if text:
            parts += [f"#### {title}\n", text]
    return "\n".join(parts)


def short(results: dict) -> str:
    """Two threads, and no more than a reader of the front page needs."""
    speed = [[model(e), format_of(e), bits(e), both(e, "decode"), ratio(e, "decode"), both(e, "prompt"), ratio(e, "prompt")]
             for e in done(results, "speed") if e["row"]["threads"] == 2]
    other = [[f"decode behind {e['row']['depth']:,} tokens, tokens/s", e, "decode"] for e in done(results, "depth")]
    other += [[f"{e['row']['batch']} sequences, tokens/s of all", e, "decode"] for e in done(results, "batch")
              if e["row"]["batch"] == 16]
    other += [["start to the first token, file in memory, s", e, "warm"] for e in done(results, "load")]
    return "\n".join([machine(results) + "\n",
                      table(["shape", "format", "bits per weight", "decode, tokens/s", "ratio", "prompt, tokens/s", "ratio"], speed),
                      table(["shape", "format", "", "ttt · peer", "ratio"],
                            [[model(e), format_of(e), what, both(e, phase), ratio(e, phase)] for what, e, phase in other]),
                      accuracies(results)])


def one_line(key: str, entry: dict) -> str:
    """A row for the terminal."""
    cells = [key]
    for phase in entry["pairs"][0]["ttt"] if entry["pairs"] else ():
        cells.append(f"{phase} {both(entry, phase)} = {ratio(entry, phase).replace('*', '')}")
        if "share_of_limit" in entry:
            cells.append(f"share {entry['share_of_limit'][phase]:.2f}")
    for who in ("ttt", "peer"):
        if who in entry:
            cells.append(f"{who} KL {entry[who]['kl']:.3g} agree {entry[who]['agreement']:.4f}")
    if "memory" in entry:
        cells.append(" ".join(f"{k} {v / 1e6:.1f} MB" for k, v in entry["memory"].items()))
    if "bits_per_weight" in entry:
        cells.append(f"bits {bits(entry)}")
    return "  ".join(cells) + ("" if entry.get("done") else f"  [{len(entry['pairs'])} pairs so far]")


def between_markers(text: str, new: str) -> str:
    """The text with what stands between the markers replaced. Raises ValueError where they are not there once, in order."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the markers {BEGIN} and {END} must stand there once, in this order")
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{new.strip()}\n{END}{rest.split(END)[1]}"


def documented() -> dict:
    """Path -> what each document should hold."""
    return {ROOT / name: between_markers((ROOT / name).read_text(), write(kept())) for name, write in DOCUMENTS.items()}


def document() -> None:
    for path, text in documented().items():
        path.write_text(text)

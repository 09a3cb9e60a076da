"""From results to Markdown: the tables of docs/performance.md and, shorter, of README.md."""
import statistics
from pathlib import Path

from results import kept

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


def share(entry: dict, phase: str) -> str:
    return f"{entry['share_of_limit'][phase]:.2f}"


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
    return [entry for entry in results["rows"].values() if entry.get("done") and entry["row"]["kind"] == kind]


def speeds(results: dict) -> str:
    return table(
        ["shape", "format", "threads", "prompt, tokens/s", "ratio", "of the peak", "decode, tokens/s", "ratio", "of reading",
         "bits per weight", "the peer's best"],
        [[model(e), format_of(e), str(e["row"]["threads"]), both(e, "prompt"), ratio(e, "prompt"), share(e, "prompt"),
          both(e, "decode"), ratio(e, "decode"), share(e, "decode"), bits(e), f"{peer_at(e, 'prompt')}; {peer_at(e, 'decode')}"]
         for e in done(results, "speed")])


def depths(results: dict) -> str:
    return table(
        ["shape", "format", "depth", "decode, tokens/s", "ratio", "of reading", "bits per weight", "the peer's best"],
        [[model(e), format_of(e), f"{e['row']['depth']:,}", both(e, "decode"), ratio(e, "decode"), share(e, "decode"), bits(e),
          peer_at(e, "decode")] for e in done(results, "depth")])


def batches(results: dict) -> str:
    return table(
        ["shape", "format", "sequences", "tokens/s of all", "ratio", "of reading", "bits per weight", "the peer's best"],
        [[model(e), format_of(e), str(e["row"]["batch"]), both(e, "decode"), ratio(e, "decode"), share(e, "decode"), bits(e),
          peer_at(e, "decode")] for e in done(results, "batch")])


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
                        ("Several sequences at once", batches(results)), ("Starting, and memory", starts(results)),
                        ("Accuracy", accuracies(results))):
        if text:
            parts += [f"#### {title}\n", text]
    return "\n".join(parts)


def short(results: dict) -> str:
    """Two threads, and no more than a reader of the front page needs."""
    def line(what: str, e: dict, phase: str) -> list:
        return [what, model(e), format_of(e), bits(e), both(e, phase), ratio(e, phase)]

    at_two = [e for e in done(results, "speed") if e["row"]["threads"] == 2]
    rows = [line(f"{phase}, tokens/s", e, phase) for phase in ("decode", "prompt") for e in at_two]
    rows += [line(f"decode behind {e['row']['depth']:,} tokens", e, "decode") for e in done(results, "depth")]
    rows += [line(f"{e['row']['batch']} sequences, tokens/s", e, "decode") for e in done(results, "batch") if e["row"]["batch"] == 16]
    rows += [line("start to first token, s", e | {"peer_bits_per_weight": 0, "bits_per_weight": 0}, "warm")[:3] + ["",
             both(e, "warm"), ratio(e, "warm")] for e in done(results, "load")]
    return "\n".join([machine(results) + "\n", table(["", "shape", "format", "bits per weight", "ttt · peer", "ratio"], rows),
                      accuracies(results)])


def one_line(key: str, entry: dict) -> str:
    """A row for the terminal."""
    cells = [key]
    for phase in entry["pairs"][0]["ttt"] if entry["pairs"] else ():
        cells.append(f"{phase} {both(entry, phase)} = {ratio(entry, phase).replace('*', '')}")
        if "share_of_limit" in entry:
            cells.append(f"share {share(entry, phase)}")
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

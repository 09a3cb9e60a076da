"""What is measured: one Row for each line of the tables."""
from dataclasses import dataclass

SHAPES = {"stories260k": 512, "stories15m": 256, "smollm2-135m": 8192, "qwen2.5-0.5b": 32768, "llama-3.2-1b": 131072}
"""Shape -> positions it holds."""

LARGE = ("qwen2.5-0.5b", "llama-3.2-1b")


@dataclass(frozen=True)
class Format:
    """A format of ours and the peer's nearest: the same bits per weight, embedding and head included."""
    policy: tuple
    peer: str       # as tables name it
    file_type: int  # llama_ftype


FORMATS = {"bf16": Format(("weights=bf16",), "BF16", 32),
           "int8": Format(("weights=int8", "fidelity=LoFi"), "Q8_0", 7),
           "int4": Format(("weights=int4", "fidelity=LoFi"), "Q4_0", 2)}
KV = {"fp16": ((), "f16"), "int8": (("kv=int8",), "q8_0")}


@dataclass(frozen=True)
class Row:
    kind: str  # speed, depth, batch, busy, load, accuracy
    model: str
    format: str
    threads: int = 2
    prompt: int = 0
    decode: int = 0
    depth: int = 0
    batch: int = 1
    kv: str = "fp16"
    also: str = ""  # a further policy of ours
    busy: int = 0   # other processes that compute all the time

    @property
    def key(self) -> str:
        parts = [self.kind, self.model, self.format, f"{self.threads}t"]
        parts += [f"depth{self.depth}"] * (self.depth > 0) + [f"batch{self.batch}"] * (self.batch > 1)
        parts += [f"busy{self.busy}"] * (self.busy > 0)
        parts += [f"kv-{self.kv}"] * (self.kv != "fp16") + [self.also.replace("/", "|")] * bool(self.also)
        return "/".join(parts)

    @property
    def policy(self) -> list:
        knobs = [*FORMATS[self.format].policy, *KV[self.kv][0]]
        return ["--policy", ",".join(knobs), *(["--policy", self.also] if self.also else [])]


def speed(shape: str, format: str, threads: int, quick: bool) -> Row:
    context, short = SHAPES[shape], quick and shape in LARGE
    return Row("speed", shape, format, threads, prompt=min(256 if short else 512, context // 2),
               decode=min(32 if short else 128, context // 4))


def all_rows(quick: bool) -> list:
    """Small first, so that something is soon there."""
    rows = [Row("accuracy", "demo", format) for format in FORMATS]
    for format in FORMATS:
        rows.append(Row("accuracy", "stories260K-trained", format))
        if format != "bf16":  # the peer cannot quantise rows of 172 numbers and keeps them in fp16: once so in both
            rows.append(Row("accuracy", "stories260K-trained", format, also="layers.*.mlp:weights.down=fp16,fidelity=HiFi2"))
    for shape in SHAPES:
        if quick and shape == "qwen2.5-0.5b":
            continue
        for format in FORMATS:
            for threads in (2,) if quick else (2, 1):
                rows.append(speed(shape, format, threads, quick))
    depths = [("smollm2-135m", "int8", 2048)] if quick else [
        ("smollm2-135m", format, depth) for format in ("bf16", "int8") for depth in (2048, 4096)] + [
        ("llama-3.2-1b", "int8", 2048), ("llama-3.2-1b", "int8", 4096)]
    rows += [Row("depth", shape, format, decode=64, depth=depth) for shape, format, depth in depths]
    if not quick:
        rows += [Row("depth", "smollm2-135m", "int8", decode=64, depth=depth, kv="int8") for depth in (2048, 4096)]
    batches = [("llama-3.2-1b", "int8", 16)] if quick else [
        (shape, "int8", n) for shape in ("smollm2-135m", "llama-3.2-1b") for n in (4, 8, 16)] + [
        ("llama-3.2-1b", "bf16", 16), ("llama-3.2-1b", "int4", 16)]
    rows += [Row("batch", shape, format, decode=32, batch=n) for shape, format, n in batches]
    busy = [("smollm2-135m", "int8", 2, 1)] if quick else [
        (shape, "int8", threads, n) for shape in ("stories15m", "smollm2-135m") for n in (1, 2) for threads in (2, 1)]
    rows += [Row("busy", shape, format, threads, decode=32, busy=n) for shape, format, threads, n in busy]
    loads = [("llama-3.2-1b", "int8")] if quick else [
        ("smollm2-135m", "int8"), *(("llama-3.2-1b", format) for format in FORMATS)]
    return rows + [Row("load", shape, format) for shape, format in loads]

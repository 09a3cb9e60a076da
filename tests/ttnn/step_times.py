"""Times of a llama-like decoder's ops on Tenstorrent chips, reckoned a second time: from data sheets and from the programs of the
reference modules, in the words of docs/ttnn-time.md, and without a look at the library's formulas.

times(MODELS["Llama-3.1-8B"], "n150", batch=1, context=1024) -> {"layers.0.mlp.gate_up": seconds, ...}
"""

from math import ceil

TILE_BYTES = {"bf16": 2048, "bfloat8_b": 1088, "bfloat4_b": 576}
BYTES = {name: tile / 1024 for name, tile in TILE_BYTES.items()}
PHASES = {"LoFi": 1, "HiFi2": 2, "HiFi3": 3, "HiFi4": 4}
GAP = 6.5e-6  # from one op to the next


class Chip:
    def __init__(self, banks, read, clock, link, hop, piece):
        self.banks, self.read, self.clock, self.link, self.hop = banks, read, clock, link, hop
        self.piece = piece  # rows of one product of a prompt

    def core(self, fidelity):
        return 4096 * self.clock / PHASES[fidelity]  # FLOP/s: an 8x16 by 16x16 product a cycle and phase


WORMHOLE = Chip(12, 288e9, 1e9, 25e9, 711e-9, 1024)
BLACKHOLE = Chip(8, 512e9, 1.35e9, 100e9, 515e-9, 512)
DEVICES = {"n150": (WORMHOLE, 1), "n300": (WORMHOLE, 2), "T3000": (WORMHOLE, 8), "p150": (BLACKHOLE, 1)}


class Decoder:
    def __init__(self, hidden, ffn, layers, heads, kv_heads, head_dim, vocab):
        self.hidden, self.ffn, self.layers, self.vocab = hidden, ffn, layers, vocab
        self.heads, self.kv_heads, self.head_dim = heads, kv_heads, head_dim


MODELS = {"SmolLM2-135M": Decoder(576, 1536, 30, 9, 3, 64, 49152), "Llama-3.2-1B": Decoder(2048, 8192, 16, 32, 8, 64, 128256),
          "Llama-3.1-8B": Decoder(4096, 14336, 32, 32, 8, 128, 128256)}


def tiles(n):
    return ceil(n / 32)


def rectangles(cores):
    """Whether so many cores are a rectangle within 8 by 8."""
    return any(cores % y == 0 and cores // y <= 8 for y in range(1, 9))


def common_cores(k, n):
    """A decoding product's: the most that divide the tiles of inputs and outputs."""
    return next(c for c in range(64, 0, -1) if tiles(k) % c == 0 and tiles(n) % c == 0 and rectangles(c))


def residual_cores(n):
    """The residual stream's: nearest to 32."""
    return min((c for c in range(1, 65) if tiles(n) % c == 0 and rectangles(c)), key=lambda c: (abs(c - 32), c))


def divisor(n, most):
    return next(d for d in range(most, 0, -1) if n % d == 0)


class Times:
    def __init__(self, model, device, batch, context, prompt=0, chunk=0, formats=None, fidelity=None):
        self.m, (self.chip, self.chips) = model, DEVICES[device]
        self.batch, self.context, self.prompt = batch, context, prompt
        self.format = {"qkv": "bfloat8_b", "o": "bfloat8_b", "gate_up": "bfloat8_b", "down": "bfloat8_b", "head": "bfloat8_b", **(formats or {})}
        self.fidelity = {"decode scores": "HiFi2", "prompt scores": "HiFi4", **(fidelity or {})}
        self.chunks = ceil(prompt / chunk) if prompt else 1
        self.rows = ceil(prompt / self.chunks) if prompt else batch
        # Rows in whole tiles of all passes together.
        self.padded = self.chunks * 32 * tiles(self.rows)

    def moved(self, a, b):
        """A reshard, where the cores differ: decoding's rows lie in L1."""
        return 0 if self.prompt or a == b else 1

    def decoding(self, k, n, group, count=1, passes=1):
        """Reading and arithmetic of a DRAM-sharded product: a row of tiles; each bank's core multiplies what it reads."""
        chip, wide = self.chip, tiles(n)
        shard = ceil(wide / chip.banks)
        readers = ceil(wide / shard)  # banks of padding alone read nothing
        columns = ceil(wide / readers)
        blocks, width = min((ceil(columns / w), w != divisor(columns, 8), w) for w in range(divisor(columns, 8), 9))[::2]
        flops = passes * count * blocks * width * tiles(k) * 2 * 32 ** 3
        return (passes * count * chip.banks * shard * tiles(k) * TILE_BYTES[self.format[group]] / chip.read,
                flops / chip.core(self.fidelity.get(group, "HiFi2")))

    def multicast(self, k, n, group, count=1):
        """The same of a prompt's product on 8 columns of cores: pieces of the chunk's rows each read the weights."""
        chip = self.chip
        rows = min(self.rows, chip.piece)
        passes = self.chunks * ceil(self.rows / rows)
        down = divisor(tiles(k), 8)
        busiest = ceil(tiles(rows) / down) * ceil(tiles(n) / 8)
        weights = chip.banks * tiles(k) * ceil(tiles(n) / chip.banks) * TILE_BYTES[self.format[group]]
        return (passes * count * weights / chip.read,
                passes * count * busiest * tiles(k) * 2 * 32 ** 3 / chip.core(self.fidelity.get(group, "HiFi2")))

    def op(self, product, ops, own=0, around=0, sums=0):
        """Seconds: reading (with the product's `own` bytes a row in prompts) or arithmetic, the bytes that ops around it move a
        row, sums of hidden rows over the chips, and the gaps."""
        reading, computing = product
        rows = self.padded if self.prompt else 0
        sending = 0
        if sums and self.chips > 1:
            n, ring = self.chips, self.chips > 2
            there = (n - 1) / n * self.padded * self.m.hidden * 2 / self.chip.link
            sending = sums * ((there / 2 if ring else there) + self.chunks * (n // 2 if ring else n - 1) * self.chip.hop)
        return max(reading + rows * own / self.chip.read, computing) + rows * around / self.chip.read + sending + self.chunks * ops * GAP

    def ops(self):
        m, chip, chips = self.m, self.chip, self.chips
        decode, batch, n = not self.prompt, self.batch, self.chips
        product = self.decoding if decode else self.multicast
        heads, kv = m.heads // n, m.kv_heads // n
        q, kv_width = heads * m.head_dim, kv * m.head_dim
        qkv, ffn = q + 2 * kv_width, 32 * tiles(m.ffn / n)
        residual = residual_cores(m.hidden)
        narrow, hidden = BYTES["bfloat8_b"], m.hidden
        out = {}

        # The embedding's rows are bf16; its columns are divided over the chips and gathered once.
        tables = (2 * (4 if batch < 32 else 3) + 1) if decode else 2
        out["embedding"] = self.op((0, 0), (2 if decode else 1) + tables + (1 if n > 1 else 0), around=4 * hidden, sums=1 if n > 1 else 0)

        cores = common_cores(hidden, qkv)
        own, around = 2 * (hidden + qkv), (4 * hidden + 2 * 2 * qkv + 2 * 2 * (qkv - kv_width) + 2 * kv_width * (2 + narrow) + 4 * kv_width * narrow)
        ops = 1 + self.moved(residual, cores) + 1 + 5 + (1 if decode else 2)
        out["attention.qkv"] = self.op(product(hidden, qkv, "qkv"), ops, own, around)

        keys = (self.context if decode else self.prompt) / 2
        width, sessions = 32 * tiles(m.head_dim), batch if decode else self.chunks
        reading = sessions * keys * 2 * kv * width * BYTES["bfloat8_b"] / chip.read
        if decode:
            share = min(16, max(1, 64 // (batch * kv)))
            items, flops = batch * kv * share, batch * kv * 4 * 32 * tiles(heads) * width * keys
        else:
            block = 256 if self.rows >= 2048 else 64
            items, flops = heads * ceil(self.rows / block), self.prompt * 4 * heads * width * (keys + block / 2)
        busiest = flops / items * ceil(items / 64)
        scores = busiest / chip.core(self.fidelity["decode scores" if decode else "prompt scores"])
        out["attention.scores"] = self.op((reading, scores), 3, 2 * q * narrow, q * (2 + narrow) + 2 * q * narrow)

        def projection(k, group, arrives):
            cores = common_cores(k, hidden)
            back = 1 if decode and n > 1 else self.moved(cores, residual)
            ops = (1 if decode and arrives != cores else 0) + 1 + (0 if n == 1 else 3 if decode else 2) + back + 1
            return self.op(product(k, hidden, group), ops, k * narrow + 2 * hidden, 3 * 2 * hidden, sums=2)

        out["attention.o"] = projection(q, "o", arrives=None)
        gated = common_cores(hidden, ffn)
        ops = 1 + 3 + 2 * self.moved(residual, gated)
        out["mlp.gate_up"] = self.op(product(hidden, ffn, "gate_up", count=2), ops, 2 * 2 * hidden + 2 * 2 * ffn, 4 * hidden + 2 * 2 * ffn + ffn * narrow)
        # Both come on `common` cores: those of gate and up, which are the same as those of down's inputs and outputs.
        out["mlp.down"] = projection(ffn, "down", arrives=common_cores(hidden, ffn))

        out["head"] = self.head()
        return out

    def head(self):
        """DRAM-sharded in prompts too, for the last row's tile alone; cut into pieces of columns that L1 holds."""
        m, chip = self.m, self.chip
        vocab, cores = 32 * tiles(m.vocab / self.chips), common_cores(m.hidden, 0)
        most = 16032 if chip is BLACKHOLE else 668 * cores
        pieces = ceil(vocab / (most // 32 * 32))
        wide = vocab if pieces == 1 else most // 32 * 32
        widths = [min(wide, vocab - first) for first in range(0, vocab, wide)]
        shard_bytes = sum(chip.banks * ceil(tiles(w) / chip.banks) * tiles(m.hidden) * TILE_BYTES[self.format["head"]] for w in widths)
        _, computing = self.decoding(m.hidden, wide, "head", count=tiles(vocab) / tiles(wide))
        rows = 0 if not self.prompt else 32
        ops = 1 + pieces * (2 + (0 if residual_cores(m.hidden) == cores else 1)) + (2 if self.prompt else 0)
        return max((shard_bytes + rows * 2 * (m.hidden + vocab)) / chip.read, computing) + rows * 4 * m.hidden / chip.read + ops * GAP


def times(model, device, **how):
    """Seconds of every op of the first layer, of the embedding and of the head."""
    return Times(MODELS[model], device, **how).ops()

#!/usr/bin/env python3
"""Runs cases on a mock device of TTNN: one JSON object a line in, one out. tests/ttnn_mock.py starts it.

usage: mock_server.py DEVICE, with the python of TTT_TTNN_VENV, TTT_TTNN_MOCK naming the folder of check.py.

It uses check.py's own environment and judgement of errors, but opens the device once for all cases: a case then takes
milliseconds where check.py takes a second.
"""

import importlib.util
import json
import os
import sys

FORMATS = {"bf16": "bfloat16", "fp32": "float32", "bfloat8_b": "bfloat8_b", "bfloat4_b": "bfloat4_b"}
KINDS = ["dram_sharded", "mcast_1d", "mcast_2d"]


def load_check():
    spec = importlib.util.spec_from_file_location("check", os.path.join(os.environ["TTT_TTNN_MOCK"], "check.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Builder:
    """Tensors and configs by the words of the cases."""

    def __init__(self, ttnn, device):
        self.t, self.device = ttnn, device
        self.banks = device.dram_grid_size().x

    def format(self, name):
        return getattr(self.t, FORMATS[name])

    def new(self, shape, dtype="bf16", memory=None, rows=False):
        dtype = self.format(dtype) if isinstance(dtype, str) else dtype
        return self.t.empty(list(shape), dtype=dtype, layout=self.t.ROW_MAJOR_LAYOUT if rows else self.t.TILE_LAYOUT,
                            device=self.device, memory_config=memory or self.t.DRAM_MEMORY_CONFIG)

    def rectangle(self, x, y):
        return self.t.CoreRangeSet({self.t.CoreRange(self.t.CoreCoord(0, 0), self.t.CoreCoord(x - 1, y - 1))})

    def sharded(self, kind, buffer, cores, shape):
        return self.t.MemoryConfig(getattr(self.t.TensorMemoryLayout, kind + "_SHARDED"), getattr(self.t.BufferType, buffer),
                                   self.t.ShardSpec(cores, shape, self.t.ShardOrientation.ROW_MAJOR))

    def columns(self, m, width, grid):
        """Width-sharded over the L1 of a grid."""
        tiles = -(-width // 32)
        return self.sharded("WIDTH", "L1", self.rectangle(*grid), (m, -(-tiles // (grid[0] * grid[1])) * 32))

    def users(self, height, width, count):
        """One shard a session, on the first cores row by row."""
        full, rest = divmod(count, 8)
        core, span = self.t.CoreCoord, self.t.CoreRange
        cores = [span(core(0, 0), core(7, full - 1))] if full else []
        cores += [span(core(0, full), core(rest - 1, full))] if rest else []
        return self.sharded("HEIGHT", "L1", self.t.CoreRangeSet(cores), (height, width))

    def weight(self, k, n, dtype):
        shard = -(-n // (32 * self.banks)) * 32
        return self.new([1, 1, k, n], dtype, self.sharded("WIDTH", "DRAM", self.rectangle(self.banks, 1), (k, shard)))

    def kernel(self, fidelity="HiFi2", fp32=False, l1_acc=True):
        return self.t.WormholeComputeKernelConfig(math_fidelity=getattr(self.t.MathFidelity, fidelity), math_approx_mode=False,
                                                  fp32_dest_acc_en=bool(fp32), packer_l1_acc=bool(l1_acc))

    def program(self, p):
        kind, t = KINDS[p["kind"]], self.t
        if kind == "dram_sharded":
            return t.MatmulMultiCoreReuseMultiCastDRAMShardedProgramConfig(
                in0_block_w=p["in0_block_w"], per_core_M=p["per_core"][0], per_core_N=p["per_core"][1], fused_activation=None)
        common = dict(compute_with_storage_grid_size=tuple(p["grid"]), in0_block_w=p["in0_block_w"],
                      out_subblock_h=p["subblock"][0], out_subblock_w=p["subblock"][1], per_core_M=p["per_core"][0],
                      per_core_N=p["per_core"][1], fused_activation=None)
        if kind == "mcast_1d":
            return t.MatmulMultiCoreReuseMultiCast1DProgramConfig(fuse_batch=True, mcast_in0=True, **common)
        return t.MatmulMultiCoreReuseMultiCastProgramConfig(fuse_batch=p["pieces"] == 1, transpose_mcast=False, **common)

    def weight_of(self, p):
        """Where a linear's program reads it."""
        interleaved = KINDS[p["kind"]] == "mcast_1d"
        return self.new([1, 1, p["k"], p["n"]], p["in1"]) if interleaved else self.weight(p["k"], p["n"], p["in1"])

    def bias_of(self, p):
        """A row of tiles, in the banks where the weight's columns are."""
        if KINDS[p["kind"]] == "mcast_1d":
            return self.new([1, 1, 1, p["n"]])
        shard = -(-p["n"] // (32 * self.banks)) * 32
        return self.new([1, 1, 1, p["n"]], "bf16", self.sharded("WIDTH", "DRAM", self.rectangle(self.banks, 1), (32, shard)))

    def linear(self, p, x=None, weight=None, bias=None):
        """The op of a linear; x is brought to where the program wants it."""
        kind, t = KINDS[p["kind"]], self.t
        l1 = bool(p["in_l1"])
        place = self.columns(p["m"], p["k"], p["grid"]) if l1 else t.DRAM_MEMORY_CONFIG
        if x is None:
            x = self.new([1, p["pieces"], p["m"], p["k"]], p["in0"], place if l1 else None)
        elif l1 or kind == "mcast_1d":
            x = t.to_memory_config(x, place)
        if weight is None:
            weight = self.weight_of(p)
        if p["bias"] and bias is None:
            bias = self.bias_of(p)
        return t.linear(x, weight, bias=bias, program_config=self.program(p), dtype=self.format(p["out"]),
                        memory_config=t.L1_WIDTH_SHARDED_MEMORY_CONFIG if l1 else t.DRAM_MEMORY_CONFIG,
                        compute_kernel_config=self.kernel(fp32=p["fp32"], l1_acc=p["l1_acc"]))

    def reduced(self, x):
        """The sum over the chips, where there are several."""
        return self.t.all_reduce(x, memory_config=x.memory_config()) if self.device.get_num_devices() > 1 else x

    def norm(self, x, hidden, grid=None, fp32=None, in_tiles=False, layer=False, bias=False):
        t = self.t

        def vector():
            return self.new([1, 1, 1, hidden]) if in_tiles else self.new([1, 1, hidden // 32, 32], rows=True)

        more = {} if fp32 is None else {"compute_kernel_config": self.kernel(fp32=fp32)}
        if bias:
            more["bias"] = vector()
        if grid:
            width = hidden // 32 // (grid[0] * grid[1])
            more["program_config"] = t.LayerNormShardedMultiCoreProgramConfig(
                compute_with_storage_grid_size=list(grid), block_h=1, block_w=width, inplace=False,
                subblock_w=max(i for i in range(1, 5) if width % i == 0))
            more["memory_config"] = x.memory_config()
        return (t.layer_norm if layer else t.rms_norm)(x, weight=vector(), epsilon=1e-5, **more)

    def cast(self, x, name):
        return x if x.dtype == self.format(name) else self.t.typecast(x, self.format(name))

    def attention_program(self, chunk):
        return self.t.SDPAProgramConfig(compute_with_storage_grid_size=(8, 8), exp_approx_mode=False, q_chunk_size=chunk,
                                        k_chunk_size=chunk)

    def pages(self, c):
        count = -(-c["context"] // c["page"])
        return self.new([c["batch"], count], self.t.int32, rows=True), self.new([c["batch"]], self.t.int32, rows=True)

    def cache(self, c):
        return self.new([c["batch"] * -(-c["context"] // c["page"]), c["kv_heads"], c["page"], c["head_dim"]], c["kv"])


def matmul(b, c):
    b.linear(c["linear"])


def norm(b, c):
    b.norm(b.new([1, 1, 256, c["hidden"]], c["activations"]), c["hidden"], fp32=c["fp32"], in_tiles=c["in_tiles"],
           layer=c["layer"], bias=c["bias"])


def sharded_norm(b, c):
    x = b.new([1, 1, 32, c["hidden"]], "bf16", b.columns(32, c["hidden"], c["grid"]))
    b.norm(x, c["hidden"], grid=c["grid"], fp32=c["fp32"], layer=c["layer"], bias=c["bias"])


def prompt_attention(b, c):
    q = b.new([1, c["heads"], c["tokens"], c["head_dim"]], c["activations"])
    more = dict(program_config=b.attention_program(c["chunk"]), compute_kernel_config=b.kernel("HiFi4", True, False))
    if c["context"] > c["tokens"]:
        k, v, pages = b.cache(c), b.cache(c), b.pages(c)[0]
        b.t.transformer.chunked_scaled_dot_product_attention(
            input_tensor_q=q, input_tensor_k=k, input_tensor_v=v, page_table_tensor=pages,
            chunk_start_idx=(c["context"] - c["tokens"]) // 256 * 256, **more)
        return
    k, v = (b.new([1, c["kv_heads"], c["tokens"], c["head_dim"]], c["kv"]) for _ in range(2))
    b.t.transformer.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.1, **more)


def encoder_attention(b, c):
    q = b.new([c["batch"], c["heads"], c["tokens"], c["head_dim"]], c["activations"])
    k, v = (b.new([c["batch"], c["kv_heads"], c["tokens"], c["head_dim"]], c["kv"]) for _ in range(2))
    mask = b.new([c["batch"], 1, c["tokens"], c["tokens"]]) if c["masked"] else None
    b.t.transformer.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=False, scale=0.1,
                                                 program_config=b.attention_program(c["chunk"]),
                                                 compute_kernel_config=b.kernel("HiFi4", True, False))


def attention(b, c):
    q = b.new([1, c["batch"], c["heads"], c["head_dim"]], "bf16", b.users(-(-c["heads"] // 32) * 32, c["head_dim"], c["batch"]))
    pages, position = b.pages(c)
    b.t.transformer.paged_scaled_dot_product_attention_decode(
        q, b.cache(c), b.cache(c), page_table_tensor=pages, cur_pos_tensor=position, scale=0.1,
        program_config=b.attention_program(0), compute_kernel_config=b.kernel(fp32=c["fp32"], l1_acc=False),
        memory_config=b.t.DRAM_MEMORY_CONFIG)


def cache_update(b, c):
    fresh = b.new([1, c["batch"], c["kv_heads"], c["head_dim"]], "bf16",
                  b.users(-(-c["kv_heads"] // 32) * 32, c["head_dim"], c["batch"]))
    pages, position = b.pages(c)
    b.t.experimental.paged_update_cache(b.cache(c), fresh, update_idxs_tensor=position, page_table=pages)


def concat_heads(b, c):
    b.t.experimental.nlp_concat_heads(b.new([1, c["heads"], 64, c["head_dim"]], c["activations"]),
                                      memory_config=b.t.DRAM_MEMORY_CONFIG)


class Held:
    """What a whole model keeps in DRAM. The last layer's weights are the ones that the ops read."""

    def __init__(self, b, c):
        d, words, hidden = c["decode"], c["words"], c["hidden"]
        vectors = 2 if "layer_norm" in words else 1
        self.all = []
        for _ in range(c["layers"]):
            self.qkv, self.o, self.gate, self.down = (b.weight_of(d[g]) for g in ("qkv", "o", "gate_up", "down"))
            self.up = None if "plain" in words else b.weight_of(d["gate_up"])
            self.qkv_bias = b.new([1, 1, 1, d["qkv"]["n"]]) if "qkv_bias" in words else None
            self.o_bias, self.gate_bias, self.down_bias = (b.bias_of(d[g]) if d[g]["bias"] else None for g in ("o", "gate_up", "down"))
            self.keys, self.values = (None if "encoder" in words else b.cache(c) for _ in range(2))
            norms = [b.new([1, 1, hidden // 32, 32], rows=True) for _ in range(2 * vectors)]
            self.all += [v for name, v in vars(self).items() if name != "all"] + norms
        self.head, left = [], c["vocab"]
        while left > 0:
            n = min(left, d["head"]["n"])
            self.head.append((b.weight(d["head"]["k"], n, d["head"]["in1"]), b.bias_of({**d["head"], "n": n}) if d["head"]["bias"] else None))
            left -= n
        self.embeddings = [b.new([1, 1, rows, hidden // c["chips"]], rows=True)
                           for rows in (c["whole_vocab"], c["positions"], c["token_types"]) if rows]
        self.tables = [] if "no_rotary" in words else [b.new([1, 1, c["context"], c["head_dim"]], rows=rows) for rows in (True, True, False, False)]
        self.pages, self.position = (None, None) if "encoder" in words else b.pages(c)
        # Where each of an encoder's sequences ends.
        rows = -(-c["context"] // 32) * 32
        masked = "encoder" in words and (c["chunk"] > rows or c["context"] < rows)
        self.mask = b.new([c["chunk"] // rows, 1, rows, rows]) if masked else None


def head_step(b, c, w, x):
    t, d = b.t, c["decode"]["head"]
    for weight, bias in w.head:
        n = list(weight.shape)[-1]
        cores = d["grid"][0] * d["grid"][1]
        t.to_memory_config(b.linear({**d, "n": n, "per_core": [1, -(-n // (32 * cores))]}, x, weight, bias), t.DRAM_MEMORY_CONFIG)


def activated(b, up, more):
    return b.t.gelu(up, **more)


def gated(b, gate, up, more):
    return b.t.mul(gate, up, input_tensor_a_activations=[b.t.UnaryOpType.SILU], dtype=b.t.bfloat8_b, **more)


def decode_step(b, c, w):
    t, d, grid, words = b.t, c["decode"], c["residual"], c["words"]
    hidden, head_dim, batch = c["hidden"], c["head_dim"], c["batch"]
    place, post = b.columns(32, hidden, grid), "post_norm" in words
    layer = "layer_norm" in words

    def norm(x):
        return b.norm(x, hidden, grid, layer=layer, bias=layer)

    x = b.new([1, 1, 32, hidden], c["activations"], place)
    for _ in range(min(2, c["layers"])):  # the second may find the residual stream elsewhere
        h = x if post else norm(x)
        h = b.linear(d["qkv"], h, w.qkv)
        h = t.to_memory_config(h, t.L1_MEMORY_CONFIG)
        if w.qkv_bias is not None:
            h = t.add(h, w.qkv_bias, memory_config=t.L1_MEMORY_CONFIG)
        h = t.reshape(h, (1, 1, batch, d["qkv"]["n"]), (1, 1, 32, d["qkv"]["n"]))
        q, k, v = t.experimental.nlp_create_qkv_heads_decode(h, num_heads=c["heads"], num_kv_heads=c["kv_heads"],
                                                             memory_config=b.users(32, head_dim, batch))
        del h
        cos = sin = turn = None
        if w.tables:
            cos, sin = (b.new([1, batch, 32, head_dim], "bf16", b.users(32, head_dim, batch)) for _ in range(2))
            turn = b.new([1, 1, 32 * batch, 32], "bf16", b.users(32, 32, batch))
            q = t.experimental.rotary_embedding_llama(q, cos, sin, turn, is_decode_mode=True)
            k = t.experimental.rotary_embedding_llama(k, cos, sin, turn, is_decode_mode=True)
        for cache, fresh in ((w.keys, k), (w.values, v)):
            t.experimental.paged_update_cache(cache, fresh, update_idxs_tensor=w.position, page_table=w.pages)
        del k, v, fresh
        a = t.transformer.paged_scaled_dot_product_attention_decode(
            q, w.keys, w.values, page_table_tensor=w.pages, cur_pos_tensor=w.position, scale=0.1,
            program_config=b.attention_program(0), compute_kernel_config=b.kernel(l1_acc=False), memory_config=t.DRAM_MEMORY_CONFIG)
        del q, cos, sin, turn
        a = t.to_memory_config(a, b.users(-(-c["heads"] // 32) * 32, head_dim, batch))
        a = t.experimental.nlp_concat_heads_decode(a, num_heads=c["heads"], sub_core_grids=b.rectangle(8, 8))
        o = b.linear(d["o"], a, w.o, w.o_bias)
        del a
        o = t.to_memory_config(b.reduced(o), place)
        x = t.add(x, o, memory_config=place)
        del o
        if post:
            x = norm(x)
        h = x if post else norm(x)
        gate = b.linear(d["gate_up"], h, w.gate, w.gate_bias)
        more = {"memory_config": gate.memory_config()}
        if w.up is None:
            del h
            product = activated(b, gate, more)
        else:
            up = b.linear(d["gate_up"], h, w.up, w.gate_bias)
            del h
            product = gated(b, gate, up, more)
            del up
        del gate
        y = b.linear(d["down"], product, w.down, w.down_bias)
        del product
        y = t.to_memory_config(b.reduced(y), place)
        x = t.add(x, y, memory_config=place)
        del y
        if post:
            x = norm(x)
    head_step(b, c, w, norm(x))


def prompt_step(b, c, w):
    t, d, tokens, words = b.t, c["prompt"], c["chunk"], c["words"]
    hidden, head_dim = c["hidden"], c["head_dim"]
    encoder, post, layer = "encoder" in words, "post_norm" in words, "layer_norm" in words
    rows = -(-c["context"] // 32) * 32 if encoder else tokens  # of a sequence
    several = tokens // rows

    def linear(p, x, weight, bias=None):
        if p["pieces"] > 1 or several > 1:
            x = t.reshape(x, [1, p["pieces"], p["m"], p["k"]])
        y = b.linear(p, x, weight, bias)
        return t.reshape(y, [several, 1, rows, p["n"]]) if p["pieces"] > 1 or several > 1 else y

    def norm(x):
        return b.norm(x, hidden, fp32=True, in_tiles=bool(c["norm_tiles"]), layer=layer, bias=layer)

    cos = sin = None
    if w.tables:  # of the prompt's positions, for all layers
        cos, sin = (t.slice(table, [0, 0, 0, 0], [1, 1, tokens, head_dim]) if c["context"] > tokens else table for table in w.tables[2:])
    x = b.new([several, 1, rows, hidden])
    for _ in w.embeddings[1:]:
        more = b.new([several, 1, rows, hidden])
        x = t.add(x, more)
        del more
    x = b.cast(x, c["activations"])
    if "embedding_norm" in words:
        x = norm(x)
    for _ in range(min(2, c["layers"])):
        h = x if post else norm(x)
        h = linear(d["qkv"], h, w.qkv)
        if w.qkv_bias is not None:
            h = t.add(h, w.qkv_bias)
        q, k, v = t.experimental.nlp_create_qkv_heads(h, num_heads=c["heads"], num_kv_heads=c["kv_heads"], transpose_k_heads=False,
                                                      memory_config=t.DRAM_MEMORY_CONFIG)
        del h
        if w.tables:
            turn = b.new([1, 1, 32, 32])
            q, k = b.cast(q, "bf16"), b.cast(k, "bf16")
            q = t.experimental.rotary_embedding_llama(q, cos, sin, turn, is_decode_mode=False)
            k = t.experimental.rotary_embedding_llama(k, cos, sin, turn, is_decode_mode=False)
        narrow, keys, values = b.cast(q, "bfloat8_b"), b.cast(k, c["kv"]), b.cast(v, c["kv"])
        if not encoder:
            row = b.new([1, -(-c["context"] // c["page"])], t.int32, rows=True)
            t.experimental.paged_fill_cache(w.keys, keys, row, batch_idx=0)
            t.experimental.paged_fill_cache(w.values, values, row, batch_idx=0)
        a = t.transformer.scaled_dot_product_attention(
            narrow, keys, values, attn_mask=w.mask, is_causal=not encoder, scale=0.1, program_config=b.attention_program(c["attention_chunk"]),
            compute_kernel_config=b.kernel("HiFi4", True, False))
        a = t.experimental.nlp_concat_heads(a, memory_config=t.DRAM_MEMORY_CONFIG)
        del q, k, v, narrow, keys, values
        y = linear(d["o"], a, w.o, w.o_bias)
        del a
        x = t.add(x, b.reduced(y))
        del y
        if post:
            x = norm(x)
        h = x if post else norm(x)
        gate = linear(d["gate_up"], h, w.gate, w.gate_bias)
        if w.up is None:
            del h
            product = activated(b, gate, {})
        else:
            up = linear(d["gate_up"], h, w.up, w.gate_bias)
            del h
            product = gated(b, gate, up, {})
            del up
        del gate
        y = linear(d["down"], product, w.down, w.down_bias)
        del product
        x = t.add(x, b.reduced(y))
        del y
        if post:
            x = norm(x)
    if encoder and w.head:
        place = b.columns(32, hidden, c["residual"])
        head_step(b, c, w, b.norm(b.new([1, 1, 32, hidden], c["activations"], place), hidden, c["residual"], layer=layer, bias=layer))


def decoder(b, c):
    held = Held(b, c)
    if "encoder" not in c["words"]:
        decode_step(b, c, held)
    if c["chunk"] > 0:
        prompt_step(b, c, held)


CASES = {f.__name__: f for f in (matmul, norm, sharded_norm, prompt_attention, encoder_attention, attention, cache_update,
                               concat_heads, decoder)}


def run(check, ttnn, device, case):
    """The verdict, and for an accepted case the peaks, as check.py finds them."""
    graph, function = ttnn._ttnn.graph, CASES[case["case"]]
    device.clear_program_cache()
    try:
        function(Builder(ttnn, device), case)
    except Exception as error:
        message, where = check.tidy(error)
        return {"fits": False, "message": message, "where": where}
    if not case.get("peaks"):
        return {"fits": True}
    device.clear_program_cache()
    graph.begin_graph_capture(graph.RunMode.NO_DISPATCH)
    function(Builder(ttnn, device), case)
    usage = graph.extract_resource_usage_per_core(check.one_chip(graph.end_graph_capture()))
    return {"fits": True, "total": usage.peak_total}


def main():
    device_name = sys.argv[1]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # metal prints to stdout
    check = load_check()
    check.environment(device_name)
    import ttnn
    import ttnn.decorators
    if check.MESH[device_name] != (1, 1):
        ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)
    device = ttnn.open_mesh_device(ttnn.MeshShape(*check.MESH[device_name]))
    print(json.dumps({"ready": device_name}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(run(check, ttnn, device, json.loads(line))), file=answers, flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()

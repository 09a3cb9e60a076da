"""The calls that emitted TTNN programs make, computed with numpy: what the ops of TTNN 0.81 do to numbers, without their
formats and fidelities, over one chip or a row of them.

`module(chips)` is what a program imports as ttnn. A tensor keeps what each chip holds of it. What no op has written is
NaN: a fresh `ttnn.empty`, rows beyond a decoding step's sessions, pages of keys and values. Products of nothing with
such rows are NaN as well, as what a chip reads there can spoil its sums.
"""

import sys
import types

import numpy as np

TILE = 32


class Named:
    """A constant of TTNN: equal to itself alone."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = Named(f"{self.name}.{name}")
        setattr(self, name, made)
        return made


class Config:
    """A config whose numbers change nothing but speed: what it was made of."""

    def __init__(self, *args, **fields):
        self.args = args
        self.__dict__.update(fields)


class MemoryConfig:
    def __init__(self, kind, buffer, spec=None):
        self.kind, self.buffer, self.spec = kind, buffer, spec

    def is_sharded(self):
        return self.kind.name.endswith("SHARDED")


class Tensor:
    """`chips`: what each chip holds; tiles and their padding are left out. On the host it is made of an array and of what
    spreads it over the chips."""

    def __init__(self, values, dtype=None, layout=None, mesh_mapper=None, memory=None):
        if isinstance(values, np.ndarray):
            values = [np.array(v, np.float64) for v in (mesh_mapper(values) if mesh_mapper else [values])]
        self.chips = values
        self.dtype, self.layout, self.memory = dtype, layout, memory
        assert all(c.shape == self.chips[0].shape for c in self.chips)

    @property
    def shape(self):
        return list(self.chips[0].shape)

    def memory_config(self):
        return self.memory

    def made(self, function, *others, dtype=None, memory=None, layout=None):
        """Of this tensor's numbers and those of others, chip by chip."""
        chips = [np.asarray(function(*parts)) for parts in zip(self.chips, *(o.chips for o in others))]
        return Tensor(chips, dtype or self.dtype, layout or self.layout, memory=memory or self.memory)

    def to_numpy(self, mesh_composer=lambda chips: chips[0]):
        return mesh_composer(self.chips).astype(np.float32)


def softmax_times(scores, seen, values):
    """Softmax over the keys seen, times all values: a key unseen has weight 0, and 0 times NaN is NaN."""
    scores = np.where(seen, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (weights / weights.sum(axis=-1, keepdims=True)) @ values


def seen_keys(first, queries, keys, window):
    """[queries, keys]: a query at position first + i sees the keys up to its own, and of those the last `window`."""
    at, key = first + np.arange(queries)[:, None], np.arange(keys)[None]
    return (key <= at) & (key > at - window if window else True)


def attention(q, k, v, first, scale, window):
    """q [heads, queries, head_dim]; k, v [kv heads, keys, head_dim]: consecutive heads share one of keys."""
    groups = len(q) // len(k)
    k, v = (np.repeat(t, groups, axis=0) for t in (k, v))
    return softmax_times(q @ k.swapaxes(1, 2) * scale, seen_keys(first, q.shape[1], k.shape[1], window), v)


def session_of(cache, pages):
    """Pages [pages of all, heads, page, head_dim] of one session in their order: [heads, positions, head_dim]."""
    return np.concatenate(list(cache[np.asarray(pages, int)]), axis=1)


class Ops:
    """The functions of the module, by their names in TTNN."""

    def __init__(self, chips, ttnn):
        self.count, self.ttnn = chips, ttnn

    # Memory, shapes and formats.
    def empty(self, shape, dtype=None, layout=None, device=None, memory_config=None):
        return Tensor([np.full(shape, np.nan) for _ in range(self.count)], dtype, layout, memory=memory_config)

    def to_device(self, x, device, memory_config):
        return x.made(lambda a: a, memory=memory_config)

    def to_memory_config(self, x, memory_config):
        return x.made(lambda a: a, memory=memory_config)

    def sharded_to_interleaved(self, x, memory_config):
        assert x.memory.is_sharded()
        return x.made(lambda a: a, memory=memory_config)

    def typecast(self, x, dtype):
        return x.made(lambda a: a, dtype=dtype)

    def to_dtype(self, x, dtype):
        return x.made(lambda a: a, dtype=dtype)

    def from_device(self, x):
        return x

    def reshape(self, x, shape, padded=None):
        if padded is None:
            return x.made(lambda a: a.reshape(shape))
        # The same tiles told otherwise: only rows of the last tile may come or go.
        assert x.shape[:2] + x.shape[3:] == [*shape[:2], *shape[3:]] and -(-shape[2] // TILE) * TILE == padded[2] == -(-x.shape[2] // TILE) * TILE
        return x.made(lambda a: a[:, :, :shape[2]])

    def transpose(self, x, one, other):
        return x.made(lambda a: a.swapaxes(one, other))

    def slice(self, x, begins, ends):
        assert all(0 <= b < e <= size for b, e, size in zip(begins, ends, x.shape)), f"slice {begins} to {ends} of {x.shape}"
        return x.made(lambda a: a[tuple(np.s_[b:e] for b, e in zip(begins, ends))])

    # Arithmetic.
    def embedding(self, ids, table, layout=None, dtype=None, memory_config=None):
        rows = ids.made(lambda i, t: t[0, 0][i.astype(int)], table, dtype=dtype or table.dtype, memory=memory_config, layout=layout)
        assert len(rows.shape) == 3
        return rows

    def linear(self, x, weight, program_config=None, compute_kernel_config=None, dtype=None, memory_config=None):
        assert weight.shape[:2] == [1, 1] and x.shape[3] == weight.shape[2], f"{x.shape} times {weight.shape}"
        return x.made(lambda a, w: a @ w[0, 0], weight, dtype=dtype, memory=memory_config)

    def rms_norm(self, x, weight, epsilon, program_config=None, compute_kernel_config=None, memory_config=None):
        assert np.prod(weight.shape) == x.shape[3]
        return x.made(lambda a, w: a / np.sqrt((a * a).mean(axis=-1, keepdims=True) + epsilon) * w.reshape(-1), weight,
                      memory=memory_config or x.memory)

    def add(self, a, b, memory_config=None):
        def added(x, y):
            assert y.shape == x.shape or y.shape == (1, 1, 1, x.shape[3])
            return x + y
        return a.made(added, b, memory=memory_config)

    def mul(self, a, b, input_tensor_a_activations=(), dtype=None, memory_config=None):
        functions = {"SILU": lambda x: x / (1 + np.exp(-x)), "RELU": lambda x: np.maximum(x, 0),
                     "GELU": lambda x: x * 0.5 * (1 + np.vectorize(__import__("math").erf)(x / np.sqrt(2)))}
        def product(x, y):
            for activation in input_tensor_a_activations:
                x = functions[activation.name.split(".")[-1]](x)
            return x * y
        return a.made(product, b, dtype=dtype, memory=memory_config)

    # Between chips.
    def all_gather(self, x, dim):
        whole = np.concatenate(x.chips, axis=dim)
        return Tensor([whole] * self.count, x.dtype, x.layout, memory=x.memory)

    def reduce_scatter(self, x, dim):
        parts = np.split(sum(x.chips), self.count, axis=dim)
        assert parts[0].shape[dim] % TILE == 0, "tiles are scattered whole"
        return Tensor(parts, x.dtype, x.layout, memory=x.memory)

    # Attention.
    def nlp_create_qkv_heads(self, x, num_heads, num_kv_heads, transpose_k_heads, memory_config=None):
        assert not transpose_k_heads
        width = x.shape[3] // (num_heads + 2 * num_kv_heads)
        parts = np.cumsum([0, num_heads, num_kv_heads, num_kv_heads]) * width
        return tuple(x.made(lambda a: a[..., b:e].reshape(1, a.shape[2], -1, width).swapaxes(1, 2), memory=memory_config)
                     for b, e in zip(parts, parts[1:]))

    def nlp_create_qkv_heads_decode(self, x, num_heads, num_kv_heads, memory_config=None):
        q, k, v = self.nlp_create_qkv_heads(x, num_heads, num_kv_heads, False, memory_config)
        return tuple(t.made(lambda a: a.swapaxes(1, 2)) for t in (q, k, v))  # [1, sessions, heads, head_dim]

    def nlp_concat_heads(self, x, memory_config=None):
        return x.made(lambda a: a.swapaxes(1, 2).reshape(1, 1, a.shape[2], -1), memory=memory_config)

    def nlp_concat_heads_decode(self, x, num_heads, sub_core_grids=None):
        assert x.memory.is_sharded() and x.shape[2] == num_heads

        def joined(a):  # rows of sessions that are not there hold anything
            out = np.full((1, 1, TILE, num_heads * a.shape[3]), np.nan)
            out[0, 0, :a.shape[1]] = a.reshape(a.shape[1], -1)
            return out
        return x.made(joined, memory=self.ttnn.L1_WIDTH_SHARDED_MEMORY_CONFIG)

    def rotary_embedding_llama(self, x, cos, sin, turn, is_decode_mode):
        def turned(a, c, s, t):
            if is_decode_mode:  # one turn for each session's shard, one row of cos and sin for all of its heads
                sessions = a.shape[1]
                assert c.shape == s.shape == (1, sessions, 1, a.shape[3]) and t.shape == (1, 1, TILE * sessions, TILE)
                t = t.reshape(sessions, TILE, TILE)[None, :, None]
            else:
                assert c.shape == s.shape == (1, 1, *a.shape[2:]) and t.shape == (1, 1, TILE, TILE)
                t = t[:, :, None]
            pieces = a.reshape(*a.shape[:3], -1, 1, TILE) @ t[..., None, :, :]
            return a * c + pieces.reshape(a.shape) * s
        assert not is_decode_mode or all(m.memory.is_sharded() for m in (x, cos, sin, turn))
        assert x.dtype == self.ttnn.bfloat16, "the rotary embedding takes bf16"
        return x.made(turned, cos, sin, turn)

    def paged_update_cache(self, cache, x, update_idxs_tensor, page_table):
        assert x.memory.is_sharded() and x.shape[2] == cache.shape[1]
        for pages, new, at, table in zip(cache.chips, x.chips, update_idxs_tensor.chips, page_table.chips):
            for session, position in enumerate(at.astype(int)):
                page = int(table[session, position // pages.shape[2]])
                pages[page, :, position % pages.shape[2]] = new[0, session]

    def paged_fill_cache(self, cache, x, page_table, batch_idx):
        assert x.dtype == cache.dtype, "prompts' keys and values are filled in as they are"
        for pages, new, table in zip(cache.chips, x.chips, page_table.chips):
            size = pages.shape[2]
            assert new.shape[2] == table.shape[1] * size, f"{new.shape[2]} positions into {table.shape[1]} pages of {size}"
            for i, page in enumerate(table[batch_idx].astype(int)):
                pages[page] = new[0, :, i * size:(i + 1) * size]

    def scaled_dot_product_attention(self, q, k, v, is_causal, scale, sliding_window_size=0, program_config=None, compute_kernel_config=None):
        assert is_causal and q.shape[2] == k.shape[2]
        return q.made(lambda a, b, c: attention(a[0], b[0], c[0], 0, scale, sliding_window_size)[None], k, v)

    def chunked_scaled_dot_product_attention(self, input_tensor_q, input_tensor_k, input_tensor_v, page_table_tensor, chunk_start_idx, scale,
                                             sliding_window_size=0, program_config=None, compute_kernel_config=None):
        block = program_config.q_chunk_size
        assert chunk_start_idx % block == 0, f"a chunk starts at {chunk_start_idx}, and blocks have {block} queries"

        def attended(q, k, v, table):
            last = chunk_start_idx + q.shape[2]
            k, v = (session_of(t, table[0])[:, :last] for t in (k, v))
            return attention(q[0], k, v, chunk_start_idx, scale, sliding_window_size)[None]
        return input_tensor_q.made(attended, input_tensor_k, input_tensor_v, page_table_tensor)

    def paged_scaled_dot_product_attention_decode(self, q, k, v, page_table_tensor, cur_pos_tensor, scale, sliding_window_size=0,
                                                  program_config=None, compute_kernel_config=None, memory_config=None):
        def attended(a, keys, values, table, position):
            out = np.empty_like(a)
            for session, at in enumerate(position.astype(int)):
                until = -(-(at + 1) // TILE) * TILE  # tiles are read whole
                rows = [session_of(t, table[session])[:, :until] for t in (keys, values)]
                out[0, session] = attention(a[0, session][:, None], *rows, at, scale, sliding_window_size)[:, 0]
            return out
        return q.made(attended, k, v, page_table_tensor, cur_pos_tensor, memory=memory_config)


def module(chips):
    ttnn = types.ModuleType("ttnn")
    ttnn.__getattr__ = lambda name: ttnn.__dict__.setdefault(name, Named(name))
    ops = Ops(chips, ttnn)

    def function(name):
        return getattr(ops, name)

    for name in ("empty", "to_memory_config", "sharded_to_interleaved", "typecast", "to_dtype", "to_device", "from_device", "reshape", "transpose", "slice",
                 "embedding", "linear", "rms_norm", "add", "mul", "all_gather", "reduce_scatter"):
        setattr(ttnn, name, function(name))
    ttnn.experimental = types.SimpleNamespace(**{name: function(name) for name in (
        "nlp_create_qkv_heads", "nlp_create_qkv_heads_decode", "nlp_concat_heads", "nlp_concat_heads_decode", "rotary_embedding_llama",
        "paged_update_cache", "paged_fill_cache")})
    ttnn.transformer = types.SimpleNamespace(**{name: function(name) for name in (
        "scaled_dot_product_attention", "chunked_scaled_dot_product_attention", "paged_scaled_dot_product_attention_decode")})
    for name in ("CoreRangeSet", "CoreRange", "CoreCoord", "ShardSpec", "SDPAProgramConfig", "WormholeComputeKernelConfig",
                 "MatmulMultiCoreReuseMultiCastDRAMShardedProgramConfig", "MatmulMultiCoreReuseMultiCastProgramConfig",
                 "MatmulMultiCoreReuseMultiCast1DProgramConfig", "LayerNormShardedMultiCoreProgramConfig"):
        setattr(ttnn, name, type(name, (Config,), {}))
    ttnn.MemoryConfig, ttnn.Tensor = MemoryConfig, Tensor
    ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG = (MemoryConfig(Named("INTERLEAVED"), Named(b)) for b in ("DRAM", "L1"))
    ttnn.L1_WIDTH_SHARDED_MEMORY_CONFIG = MemoryConfig(Named("WIDTH_SHARDED"), Named("L1"))
    ttnn.ReplicateTensorToMesh = lambda device: lambda values: [values] * chips
    ttnn.ShardTensorToMesh = lambda device, dim: lambda values: np.split(values, chips, axis=dim)
    ttnn.ConcatMeshToTensor = lambda device, dim: lambda parts: np.concatenate(parts, axis=dim)
    ttnn.set_fabric_config = lambda config: None
    ttnn.MeshShape = lambda rows, columns: rows * columns
    ttnn.open_mesh_device = lambda shape: types.SimpleNamespace(chips=shape)
    ttnn.close_mesh_device = lambda device: None
    return ttnn


def program(file, chips):
    """The names that an emitted file defines, with this module as its ttnn, and a device."""
    ttnn = module(chips)
    sys.modules["ttnn"] = ttnn
    names = {"__name__": "emitted", "__file__": str(file)}
    exec(compile(file.read_text(), str(file), "exec"), names)
    return names, ttnn.open_mesh_device(chips)

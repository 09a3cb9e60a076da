// The part of a TTNN program that brings weights to the device: padded to tiles, rotary order turned, divided over chips.
#pragma once

#include <fmt/format.h>

#include <ttt/adaptor/emit/python_text.hpp>
#include <ttt/adaptor/emit/ttnn_model.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt::emitting {

inline constexpr std::string_view tensor_on_one_py = R"py(def tensor(device, shape, dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, memory=DRAM, values=None):
    """A tensor of `shape`. `values`: what it holds, zeros behind it up to whole tiles. Without values it is empty."""
    if values is None:
        return ttnn.empty(list(shape), dtype=dtype, layout=layout, device=device, memory_config=memory)
    values = values.reshape((1,) * (len(shape) - values.ndim) + values.shape)
    values = np.ascontiguousarray(np.pad(values, [(0, size - have) for size, have in zip(shape, values.shape)]))
    return ttnn.to_device(ttnn.Tensor(values, dtype, layout=layout), device, memory_config=memory)
)py";

inline constexpr std::string_view tensor_py = R"py(def tensor(device, shape, dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, memory=DRAM, values=None, cut=None):
    """A tensor of `shape` on every chip. `values`: what it holds, zeros behind it up to whole tiles; its dimension `cut` is
    divided over the chips, and without one every chip has all. Without values it is empty."""
    if values is None:
        return ttnn.empty(list(shape), dtype=dtype, layout=layout, device=device, memory_config=memory)
    whole = [size * (CHIPS if axis == cut else 1) for axis, size in enumerate(shape)]
    values = values.reshape((1,) * (len(whole) - values.ndim) + values.shape)
    values = np.ascontiguousarray(np.pad(values, [(0, size - have) for size, have in zip(whole, values.shape)]))
    spread = ttnn.ReplicateTensorToMesh(device) if cut is None else ttnn.ShardTensorToMesh(device, cut)
    spread = spread.unwrap() if hasattr(spread, "unwrap") else spread
    return ttnn.to_device(ttnn.Tensor(values, dtype, layout=layout, mesh_mapper=spread), device, memory_config=memory)
)py";

/// Rows of one attention's matrices below each other; where attention is divided, those of one chip together.
inline constexpr std::string_view fused_whole_py = R"py(def fused(q, k, v):
    """Rows of queries, keys and values below each other: <qkv_policy>."""
    return np.concatenate([q, k, v])
)py";

inline constexpr std::string_view fused_py = R"py(def fused(q, k, v):
    """Rows of queries, keys and values below each other, those of one chip together: <qkv_policy>. With fewer heads of keys
    than chips, several chips have the same."""
    def of_chip(w, chip, heads, all_heads):
        first = chip * all_heads // CHIPS * HEAD_DIM
        return w[first:first + heads * HEAD_DIM]
    return np.concatenate([part for chip in range(CHIPS) for part in (
        of_chip(q, chip, HEADS, HEADS * CHIPS), of_chip(k, chip, KV_HEADS, ALL_KV_HEADS), of_chip(v, chip, KV_HEADS, ALL_KV_HEADS))])
)py";

inline constexpr std::string_view weights_py = R"py(

class Checkpoint:
    """The tensors of a folder of safetensors by name, each read as fp32 when it is asked for."""

    def __init__(self, folder, file="model.safetensors"):
        folder, self.at = pathlib.Path(folder), {}
        index = folder / f"{file}.index.json"
        files = set(json.loads(index.read_text())["weight_map"].values()) if index.exists() else [file]
        for file in sorted(folder / name for name in files):
            with open(file, "rb") as f:
                size = int.from_bytes(f.read(8), "little")
                header = json.loads(f.read(size))
            for name, t in header.items():
                if name != "__metadata__":
                    self.at[name.removeprefix("<prefix>")] = (file, 8 + size + t["data_offsets"][0], t["dtype"], tuple(t["shape"]))

    def __call__(self, name):
        file, offset, dtype, shape = self.at[name]
        values = np.memmap(file, {"BF16": np.uint16, "F16": np.float16, "F32": np.float32, "I64": np.int64}[dtype], "r", offset, shape)
        return (values.astype(np.uint32) << 16).view(np.float32) if dtype == "BF16" else values.astype(np.float32)


def interleaved(w):
    """Rows of queries or keys from HuggingFace's rotary order, i beside i + <head_width> / 2, to TTNN's pairs 2i, 2i + 1."""
    return w.reshape(-1, 2, <head_width> // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


<padded>
<fused>


def norm_weight(device, values, width=HIDDEN):
    """Row-major, a row for each tile, as the norms read it."""
    return tensor(device, (1, 1, width // TILE, TILE), layout=ttnn.ROW_MAJOR_LAYOUT,
                  values=None if values is None else values.reshape(width // TILE, TILE))


class LayerWeights:
    """What a layer holds in DRAM: its weights, and its pages of keys and values."""

    def __init__(self, device, how, index, checkpoint):
        def read(name):
            return checkpoint(f"<layer>{index}.{name}") if checkpoint else None

        def turned(name):  # a checkpoint has [outputs, inputs], a product takes [inputs, outputs]
            return read(name + ".weight").T if checkpoint else None

        def qkv(kind):
            q, k, v = (read(name + kind) for name in ("<q>", "<k>", "<v>"))
            return fused(<q_order>, <k_order>, <v_order>)

        self.how = how
        self.qkv = how.qkv.load(device, qkv(".weight").T if checkpoint else None<qkv_cut>)
<bias>
<head_norms>
        self.o = how.o.load(device, <o_rows><o_cut>)
        self.gate = how.gate_up.load(device, turned("<gate>")<up_cut>)
        self.up = how.gate_up.load(device, turned("<up>")<up_cut>)
        self.down = how.down.load(device, turned("<down>")<down_cut>)
        self.attention_norm = norm_weight(device, read("<attn_norm>.weight"))
        self.mlp_norm = norm_weight(device, read("<mlp_norm>.weight"))
<wide_norms>
        # Zeros: attention reads whole pages, and what memory held before would spoil the sums even with a weight of 0.
        pages = (BATCH * PAGES, KV_HEADS, PAGE, HEAD_DIM)
        self.keys, self.values = (tensor(device, pages, how.kv, values=np.zeros(pages, np.float32) if checkpoint else None) for _ in range(2))
)py";

inline constexpr std::string_view bias_weight_py = R"py(        # One row of tiles, added to every row of the product.
        self.qkv_bias = tensor(device, (1, 1, 1, how.qkv.n), values=qkv(".bias") if checkpoint else None<qkv_cut>)
)py";

inline constexpr std::string_view head_norm_weights_py = R"py(        q_norm, k_norm = (read(name + ".weight") for name in ("<q_norm>", "<k_norm>"))
        self.q_norm, self.k_norm = (norm_weight(device, <order>, HEAD_DIM)
                                    for w in (q_norm, k_norm))
)py";

/// Rows of more than a core holds are streamed where their weights lie in tiles.
inline constexpr std::string_view wide_norm_weights_py = R"py(        self.prompt_norms = [tensor(device, (1, 1, 1, HIDDEN), values=read(name + ".weight")) for name in ("<attn_norm>", "<mlp_norm>")]
)py";

/// Heads of no whole tiles. Zeros change no score and no sum; norms over them are turned back by their weights.
inline constexpr std::string_view whole_heads_py = R"py(def whole_heads(w):
    """Rows of heads of HEAD_WIDTH numbers with zeros behind each, up to HEAD_DIM."""
    heads = w.reshape(-1, HEAD_WIDTH, *w.shape[1:])
    return np.pad(heads, [(0, 0), (0, HEAD_DIM - HEAD_WIDTH)] + [(0, 0)] * (w.ndim - 1)).reshape(-1, *w.shape[1:])


)py";

TTT_INLINE std::string weights_text(const TtnnModel& m) {
  const NameMap& n = m.options.names;
  const AttentionSpec& a = m.attention();
  auto name = [](std::string_view text) { return std::string(text); };
  auto order = [&](std::string_view rows) {
    return a.rope.interleaved ? std::string(rows) : "interleaved(" + std::string(rows) + ")";
  };
  const bool padded = m.heads_are_padded();
  auto whole = [&](std::string rows) { return padded ? "whole_heads(" + rows + ")" : rows; };
  std::string q_norm = whole(order("w"));
  if (padded) q_norm += " * (HEAD_WIDTH / HEAD_DIM) ** 0.5";  // of the mean over zeros as well
  if (q_norm != "w") q_norm = "None if w is None else " + q_norm;
  const bool divided = m.attention_chips() > 1;
  auto cut = [](int chips, int axis) { return chips > 1 ? fmt::format(", cut={}", axis) : ""; };
  std::string out = section("weights");
  out += m.chips() > 1 ? tensor_py : tensor_on_one_py;
  out += filled(weights_py, {{"prefix", name(n.prefix)},
                          {"fused", name(divided ? fused_py : fused_whole_py)},
                          {"qkv_policy", policy_text(m.first().knobs, ".attention", "qkv_layout")},
                          {"layer", name(n.layer)},
                          {"padded", padded ? name(whole_heads_py) : ""},
                          {"head_width", padded ? "HEAD_WIDTH" : "HEAD_DIM"},
                          {"q_order", whole(order("q"))},
                          {"k_order", whole(order("k"))},
                          {"v_order", whole("v")},
                          {"o_rows", padded ? "whole_heads(turned(\"<o>\")) if checkpoint else None" : "turned(\"<o>\")"},
                          {"q", name(n.q)},
                          {"k", name(n.k)},
                          {"v", name(n.v)},
                          {"o", name(n.o)},
                          {"gate", name(n.gate)},
                          {"up", name(n.up)},
                          {"down", name(n.down)},
                          {"bias", a.qkv_bias ? name(bias_weight_py) : ""},
                          {"head_norms", a.qk_norm ? filled(head_norm_weights_py, {{"q_norm", name(n.q_norm)}, {"k_norm", name(n.k_norm)}, {"order", q_norm}}) : ""},
                          {"wide_norms", m.first().prompt.norm_weights_in_tiles ? name(wide_norm_weights_py) : ""},
                          {"qkv_cut", cut(m.attention_chips(), 3)},
                          {"o_cut", cut(m.attention_chips(), 2)},
                          {"up_cut", cut(m.ffn_chips(), 3)},
                          {"down_cut", cut(m.ffn_chips(), 2)},
                          {"attn_norm", name(n.attn_norm)},
                          {"mlp_norm", name(n.mlp_norm)}});
  return out;
}

}  // namespace ttt::emitting

// Definitions of ttnn_test.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include <ttt/adaptor/emit/python_text.hpp>
#include <ttt/adaptor/emit/ttnn_model.hpp>
#include <ttt/adaptor/emit/ttnn_test.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace emitting {

inline constexpr std::string_view test_py = R"py("""Each op of <program> against ttt's own activations, on a card. Written by `ttt emit --test`.

    python THIS.py --checkpoint DIR      a line for each op: its correlation with the reference, and the least allowed

Every op is given what ttt's op was given, computed in fp32 on the CPU (<activations>), so that each error is the op's own.
`run(ttnn, device)` runs the same ops on empty tensors, for a mock device.
"""
import argparse
import importlib.util
import pathlib
import sys

import numpy as np
import ttnn

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM, ACTIVATIONS, TOKENS = "<program>", "<activations>", <tokens>
# The least correlation of each layer's ops, by formats and fidelities of its policy; other for embedding and head.
# On no card has this been tried: where an op is at fault, its correlation is far below.
LEAST = <least>
OTHER = <other>


def load_program():
    spec = importlib.util.spec_from_file_location("program", HERE / PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def correlation(have, want):
    have, want = have.astype(np.float64).ravel(), want.astype(np.float64).ravel()
    have, want = have - have.mean(), want - want.mean()
    scale = np.linalg.norm(have) * np.linalg.norm(want)
    return float(have @ want / scale) if scale > 0 else float(np.array_equal(have, want))


class Test:
    def __init__(self, device, checkpoint=None):
        self.p, self.device, self.checkpoint = load_program(), device, checkpoint
        self.model = self.p.Model(device, self.p.Checkpoint(checkpoint) if checkpoint else None)
        self.reference = self.p.Checkpoint(HERE, ACTIVATIONS) if checkpoint else None
        self.failed = 0
        _, self.padded = next(iter(self.p.chunks(TOKENS)))

    def want(self, name):
        return self.reference(name) if self.checkpoint else None

    def rows(self, values, count=None):
        """Rows of the residual stream on the device, [1, 1, count, HIDDEN]."""
        return self.p.tensor(self.device, (1, 1, count or self.padded, self.p.HIDDEN), self.p.ACTIVATIONS, values=values)

    def heads(self, values, count):
        """[tokens, width] as [1, count of one chip, tokens, HEAD_DIM]."""
        if values is not None:
            values = values.reshape(TOKENS, -1, self.p.HEAD_DIM).swapaxes(0, 1)[None]
        return self.p.tensor(self.device, (1, count, self.padded, self.p.HEAD_DIM), values=values<heads_cut>)

    def paired(self, values):
        """Rows of queries or keys in TTNN's rotary order."""
        if values is None<keep_order>:
            return values
        return values.reshape(len(values), -1, 2, self.p.<head_width> // 2).swapaxes(2, 3).reshape(values.shape)
<wide>

    def host(self, x, dim):
        """As numpy: what lies along `dim` on the chips put together; None: every chip has all."""
        gather = ttnn.ConcatMeshToTensor(self.device, dim=0 if dim is None else dim)
        values = ttnn.to_dtype(ttnn.from_device(x), ttnn.float32).to_numpy(mesh_composer=gather)
        return values[:1] if dim is None else values

    def holds(self, path, least, x, want, dim=None):
        """`want` [rows, width]: what the op's result holds in its first rows, head by head where it has heads."""
        if want is None:
            return
        have = self.host(x, dim)
        if have.shape[1] > 1:
            have = have.swapaxes(1, 2).reshape(1, 1, have.shape[2], -1)
        have = have[0, 0, :want.shape[0], :want.shape[1]]
        pcc = correlation(have, want)
        self.failed += not pcc >= least
        print(f"{'ok  ' if pcc >= least else 'FAIL'} {path:40} {pcc:.6f} (at least {least})", flush=True)

    def prompt(self):
        p, model = self.p, self.model
        ids = self.want("input_ids")
        row = model.page_numbers[:1]
        cos, sin = (t if self.padded == p.POSITIONS else ttnn.slice(t, (0, 0, 0, 0), (1, 1, self.padded, p.HEAD_DIM)) for t in model.tables)
        step = p.Step(start=0, tokens=self.padded, cos=cos, sin=sin, turn=model.turn, pages=model.numbers(row, ttnn.int32),
                      new_pages=model.numbers(row[:, :self.padded // p.PAGE], ttnn.int32))
        tokens = np.zeros((1, self.padded), np.uint32)
        tokens[0, :TOKENS] = 0 if ids is None else ids
        self.holds("embedding", OTHER, model.embed(tokens), self.want("embedding"))
        before = self.want("embedding")
        kv = p.ALL_KV_HEADS * p.<head_width>
        for i, w in enumerate(model.layers):
            at, least = f"layers.{i}", LEAST[i]
            q, k, v = p.prompt_qkv(self.rows(before), w, step)
            want_q, want_kv = <wide_q>, self.want(f"{at}.attention.qkv.kv")
            want_k, want_v = (None, None) if want_kv is None else (<wide_k>, <wide_v>)
            self.holds(f"{at}.attention.qkv: queries", least, q, want_q<heads_dim>)
<compare_kv>
            del q, k, v
            q = self.heads(want_q, p.HEADS)
            k, v = (self.heads(<kv_of_chips>, p.KV_HEADS) for t in (want_k, want_v))
            want = <wide_scores>
            self.holds(f"{at}.attention.scores", least, p.prompt_scores(q, k, v, w, step), want<joined_dim>)
            del q, k, v
            a = self.p.tensor(self.device, (1, 1, self.padded, p.HEADS * p.HEAD_DIM), ttnn.bfloat8_b, values=want<joined_cut>)
            after = self.want(f"{at}.attention.o")
            self.holds(f"{at}.attention.o", least, <sum_o>, None if after is None else after - before)
            want = self.want(f"{at}.mlp.gate_up")
            self.holds(f"{at}.mlp.gate_up", least, p.prompt_gate_up(self.rows(after), w), want<ffn_dim>)
            product = self.p.tensor(self.device, (1, 1, self.padded, p.FFN), ttnn.bfloat8_b, values=want<ffn_cut>)
            before = self.want(f"{at}.mlp.down")
            self.holds(f"{at}.mlp.down", least, <sum_down>, None if before is None else before - after)

    def decode(self):
        """The last token by itself, behind the keys and values that prompt() left in the caches of session 0."""
        p, model, last = self.p, self.model, TOKENS - 1

        def row(name):
            values = self.want(name)
            return None if values is None else values[last:]

        places = np.zeros((1, p.TILE), np.uint32)
        places[0, 0] = last
        step = p.Step(position=model.numbers(places[0, :p.BATCH].astype(np.int32), ttnn.int32), pages=model.pages, rotary=model.rotary(places))
        before = row("embedding")
        for i, w in enumerate(model.layers):
            at, least = f"layers.{i}", LEAST[i]
            x = ttnn.to_memory_config(self.rows(before, count=p.TILE), p.RESIDUAL)
            q = p.decode_queries(x, w, step)
            a = p.decode_scores(q, w, step)
            del q
            joined = p.decode_heads(a)
            del a
            self.holds(f"{at}.attention.scores, decoding", least, joined, <wide_row><joined_dim>)
            o = w.how.o.decode(joined, w.o)
            del joined
            after = row(f"{at}.attention.o")
            self.holds(f"{at}.attention.o, decoding", least, <decoded_o>, None if after is None else after - before)
            del o
            x = ttnn.to_memory_config(self.rows(after, count=p.TILE), p.RESIDUAL)
            product = p.decode_gate_up(x, w)
            self.holds(f"{at}.mlp.gate_up, decoding", least, product, row(f"{at}.mlp.gate_up")<ffn_dim>)
            y = w.how.down.decode(product, w.down)
            del product
            before = row(f"{at}.mlp.down")
            self.holds(f"{at}.mlp.down, decoding", least, <decoded_down>, None if before is None else before - after)
            del x, y
        x = ttnn.to_memory_config(self.rows(before, count=p.TILE), p.RESIDUAL)
        pieces = model.logits(x)
        if self.checkpoint:
            pcc = correlation(model.on_host(pieces)[:1], row("head"))
            self.failed += not pcc >= OTHER
            print(f"{'ok  ' if pcc >= OTHER else 'FAIL'} {'head':40} {pcc:.6f} (at least {OTHER})")
<of_chips>


def run(_, device):
    test = Test(device)
    test.prompt()
    test.decode()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkpoint", required=True, help="the HuggingFace folder that the activations were made of")
    options = parser.parse_args()
<fabric>
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, <chips>))
    try:
        test = Test(device, options.checkpoint)
        test.prompt()
        test.decode()
    finally:
        ttnn.close_mesh_device(device)
    return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())
)py";

/// Keys and values are compared where each chip has its own.
inline constexpr std::string_view compare_kv_py = R"py(            self.holds(f"{at}.attention.qkv: keys", least, k, want_k<heads_dim>)
            self.holds(f"{at}.attention.qkv: values", least, v, want_v<heads_dim>)
)py";

/// Where heads are no whole tiles.
inline constexpr std::string_view wide_py = R"py(
    def whole(self, values):
        """Rows of heads with zeros behind each."""
        return values if values is None else self.p.whole_heads(values.T).T
)py";

/// Where there are more chips than heads of keys.
inline constexpr std::string_view of_chips_py = R"py(
    def of_chips(self, values):
        """Keys or values of each chip's heads side by side: with fewer heads than chips, several chips have the same."""
        p = self.p
        if values is None:
            return None
        heads = values.reshape(len(values), p.ALL_KV_HEADS, p.HEAD_DIM)
        return heads[:, [chip * p.ALL_KV_HEADS // p.CHIPS for chip in range(p.CHIPS)]].reshape(len(values), -1)
)py";

/// What correlation an op keeps with operands of a format and a fidelity: a few times the distance that their rounding makes.
inline double least_correlation(DType weights, Fidelity f) {
  if (weights == DType::bfloat4_b) return 0.95;
  if (weights == DType::bfloat8_b) return f == Fidelity::lofi ? 0.97 : 0.99;
  return f == Fidelity::lofi ? 0.97 : 0.995;
}
inline double least_correlation(const TtnnModel& m, const LayerKind& kind) {
  double least = 1;
  for (const WeightGroup g : {WeightGroup::qkv, WeightGroup::o, WeightGroup::gate_up, WeightGroup::down}) {
    const HardwareConfig& c = g == WeightGroup::qkv || g == WeightGroup::o ? kind.config.attention : kind.config.mlp;
    least = std::min(least, least_correlation(m.plan->request.format(c.weight(g)), c.fidelity_of(g)));
  }
  const HardwareConfig& a = kind.config.attention;
  for (const Fidelity f : {a.scores_prompt, a.scores_decode}) least = std::min(least, least_correlation(a.kv, f));
  return least;
}

}  // namespace emitting

TTT_INLINE int ttnn_test_tokens(const ModelState& plan, int wanted) {
  int step = 1;
  while (step <= plan.request.rows() / 2) step *= 2;
  return std::max(1, std::min(wanted, step));
}

TTT_INLINE Result<std::string> ttnn_test(const ModelState& plan, const EmitOptions& options, const std::string& program,
                                         const std::string& activations, int tokens) {
  using namespace emitting;
  TTT_TRY(const TtnnModel m, ttnn_model(plan, options));
  const bool attention = m.attention_chips() > 1, ffn = m.ffn_chips() > 1;  // divided over the chips
  const bool shared_kv = m.share.attention.kv_heads * m.attention_chips() != m.attention().kv_heads;
  auto sum = [](std::string_view y, bool divided) { return divided ? fmt::format("p.summed({})", y) : std::string(y); };
  const bool padded = m.heads_are_padded();
  auto whole = [&](std::string_view values) { return padded ? fmt::format("self.whole({})", values) : std::string(values); };
  auto where = [](std::string_view text, bool divided) { return divided ? std::string(text) : std::string(); };
  const HardwareConfig& head = m.head_config.self;
  return filled(test_py, {{"program", plain(program)},
                          {"activations", plain(activations)},
                          {"tokens", std::to_string(tokens)},
                          {"least", list_text(m.kind_of, [&](std::size_t i) { return fmt::format("{}", least_correlation(m, m.kinds[i])); })},
                          {"other", fmt::format("{}", least_correlation(plan.request.format(head.weight(WeightGroup::head)), head.fidelity_of(WeightGroup::head)))},
                          {"head_width", padded ? "HEAD_WIDTH" : "HEAD_DIM"},
                          {"wide", where(wide_py, padded)},
                          {"wide_q", whole("self.paired(self.want(f\"{at}.attention.qkv\"))")},
                          {"wide_k", whole("self.paired(want_kv[:, :kv])")},
                          {"wide_v", whole("want_kv[:, kv:]")},
                          {"wide_scores", whole("self.want(f\"{at}.attention.scores\")")},
                          {"wide_row", whole("row(f\"{at}.attention.scores\")")},
                          {"keep_order", m.attention().rope.interleaved ? " or True" : ""},
                          {"compare_kv", shared_kv ? "" : std::string(compare_kv_py)},
                          {"heads_cut", where(", cut=1", attention)},
                          {"heads_dim", where(", dim=1", attention)},
                          {"joined_cut", where(", cut=3", attention)},
                          {"joined_dim", where(", dim=3", attention)},
                          {"ffn_cut", where(", cut=3", ffn)},
                          {"ffn_dim", where(", dim=3", ffn)},
                          {"kv_of_chips", shared_kv ? "self.of_chips(t)" : "t"},
                          {"of_chips", where(of_chips_py, shared_kv)},
                          {"sum_o", sum("w.how.o.prompt(a, w.o)", attention)},
                          {"sum_down", sum("w.how.down.prompt(product, w.down)", ffn)},
                          {"decoded_o", sum("o", attention)},
                          {"decoded_down", sum("y", ffn)},
                          {"chips", std::to_string(m.chips())},
                          {"fabric", m.chips() > 1 ? "    ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)  # chip to chip\n" : ""}});
}

}  // namespace ttt

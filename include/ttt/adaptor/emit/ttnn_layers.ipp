// The layers of a TTNN program: their products with programs and kernels, each with the policies behind it.
#pragma once

#include <fmt/format.h>

#include <ttt/adaptor/emit/python_text.hpp>
#include <ttt/adaptor/emit/ttnn_model.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt::emitting {

/// Where a product stands: its part of a layer and its group.
struct ProductPlace {
  std::string_view name;  ///< the field of Layer
  std::string_view part;
  WeightGroup group;
};

inline std::string grid_text(const tt::MatmulProgram& p) { return fmt::format("({}, {})", p.grid_x, p.grid_y); }

inline std::string kernel_text(Fidelity f, bool fp32_dst, bool l1_acc = true) {
  return fmt::format("kernel({}, fp32_dst={}{})", python_of(f), fp32_dst ? "True" : "False", l1_acc ? "" : ", l1_acc=False");
}

inline std::string decode_program_text(const tt::MatmulProgram& p) {
  if (p.kind == tt::MatmulKind::mcast_1d)
    return fmt::format("multicast_1d(in0_block_w={}, per_core_N={}, out_subblock_w={})", p.in0_block_w, p.per_core_n, p.out_subblock_w);
  return fmt::format("dram_sharded(grid={}, in0_block_w={}, per_core_N={})", grid_text(p), p.in0_block_w, p.per_core_n);
}

/// The multiplier's flaw: with sums in fp32, its fourth phase can make products worse.
inline std::string flaw_note(const TtnnModel& m, Fidelity f, bool fp32_dst) {
  if (!m.device().hifi4_fp32_defect || f != Fidelity::hifi4 || !fp32_dst) return "";
  return "\n    # On Wormhole HiFi4 with fp32 Dst can be less accurate than HiFi3.";
}

inline std::string product_text(const TtnnModel& m, const LayerKind& kind, const ProductPlace& at, const tt::Linear& decode,
                                const tt::Linear& prompt) {
  const HardwareConfig& c = at.part == ".mlp" ? kind.config.mlp : kind.config.attention;
  const std::string group(name_of(at.group));
  const bool fp32 = c.accumulate == DType::fp32;
  const Fidelity f = c.fidelity_of(at.group);
  std::string out = fmt::format("    # {}, {}, {}", policy_text(kind.knobs, at.part, "weights." + group),
                                policy_text(kind.knobs, at.part, "fidelity." + group), policy_text(kind.knobs, at.part, "accumulate"));
  if (m.chips() > 1) {
    const ShardParts parts = shard_parts(m.device(), c.sharding(at.group));
    out += fmt::format("\n    # {}: {}", policy_text(kind.knobs, at.part, "shard." + group),
                       parts.inputs > 1    ? "rows of the weight are divided over the chips, their sums are added up"
                       : parts.outputs > 1 ? "columns of the weight are divided over the chips"
                                           : "every chip has all of it");
  }
  out += flaw_note(m, f, fp32);
  out += fmt::format("\n    {}=Product(k={}, n={}, weight={}, out={},{} kernel={},\n", at.name, decode.shape.k, decode.shape.n, python_of(decode.shape.in1),
                     python_of(decode.shape.out), prompt.shape.out != decode.shape.out ? fmt::format(" prompt_out={},", python_of(prompt.shape.out)) : "",
                     kernel_text(f, fp32));
  const std::string indent(13 + at.name.size(), ' ');
  const tt::MatmulProgram& p = prompt.program;
  out += fmt::format("{}decode={},\n", indent, decode_program_text(decode.program));
  out += fmt::format("{}prompt=multicast_2d(grid={}, rows={}, in0_block_w={}, per_core_N={}, out_subblock_w={})),\n", indent, grid_text(p),
                     prompt.shape.m, p.in0_block_w, p.per_core_n, p.out_subblock_w);
  return out;
}

inline std::string kind_text(const TtnnModel& m, const LayerKind& kind) {
  const HardwareConfig& a = kind.config.attention;
  std::string out = fmt::format("\n{} = Layer(\n", kind.name);
  const tt::DecodePrograms& d = kind.decode;
  const tt::PromptPrograms& p = kind.prompt;
  out += product_text(m, kind, {"qkv", ".attention", WeightGroup::qkv}, d.qkv, p.qkv);
  out += product_text(m, kind, {"o", ".attention", WeightGroup::o}, d.o, p.o);
  out += product_text(m, kind, {"gate_up", ".mlp", WeightGroup::gate_up}, d.gate_up, p.gate_up);
  out += product_text(m, kind, {"down", ".mlp", WeightGroup::down}, d.down, p.down);
  out += fmt::format("    kv={},  # {}\n", python_of(a.kv), policy_text(kind.knobs, ".attention", "kv"));
  out += fmt::format("    # {}, {}", policy_text(kind.knobs, ".attention", "scores.prompt"), policy_text(kind.knobs, ".attention", "accumulate"));
  out += flaw_note(m, a.scores_prompt, a.accumulate == DType::fp32);
  out += fmt::format("\n    prompt_scores={},\n", kernel_text(a.scores_prompt, a.accumulate == DType::fp32, false));
  out += fmt::format("    # {}; one token's scores have bf16 Dst, as in the reference modules\n", policy_text(kind.knobs, ".attention", "scores.decode"));
  out += fmt::format("    decode_scores={}{})\n", kernel_text(a.scores_decode, false, false),
                     m.window(kind) > 0 ? fmt::format(",\n    window={}", m.window(kind)) : "");
  return out;
}

inline std::string head_text(const TtnnModel& m) {
  const HardwareConfig& c = m.head_config.self;
  const tt::Linear& l = m.head_linear;
  std::string out = fmt::format("\n# The head, in {} of at most {} columns. {}, {}, {}\n", m.head_columns.size() == 1 ? "one piece" : fmt::format("{} pieces", m.head_columns.size()),
                                l.shape.n, policy_text(m.head_knobs, "", "weights.head"), policy_text(m.head_knobs, "", "fidelity.head"),
                                policy_text(m.head_knobs, "", "accumulate"));
  if (m.chips() > 1) out += fmt::format("# {}: {}\n", policy_text(m.head_knobs, "", "shard.head"),
                                    m.head_chips() > 1 ? "each piece is divided over the chips" : "every chip has all of it");
  out += fmt::format("HEAD_COLUMNS = {}  # of one chip\n", list_text(m.head_columns, [](int n) { return std::to_string(n); }));
  out += fmt::format("HEAD = [Product(k=HIDDEN, n=n, weight={}, out={}, kernel={},\n", python_of(l.shape.in1), python_of(l.shape.out),
                     kernel_text(c.fidelity_of(WeightGroup::head), c.accumulate == DType::fp32));
  out += fmt::format("                decode=dram_sharded(grid={}, in0_block_w={}, per_core_N=-(-n // {})))\n        for n in HEAD_COLUMNS]\n", grid_text(l.program),
                     l.program.in0_block_w, tt::tile_side * l.program.cores());
  return out;
}

TTT_INLINE std::string layers_text(const TtnnModel& m) {
  std::string out = section("the layers and the head");
  for (const LayerKind& kind : m.kinds) out += kind_text(m, kind);
  out += "\nLAYERS = " + list_text(m.kind_of, [&](std::size_t i) { return m.kinds[i].name; }) + "\n";
  return out + head_text(m);
}

}  // namespace ttt::emitting

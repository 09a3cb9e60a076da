// Notes: what is true of a request, worth knowing, and no obstacle. Constexpr rules of values, as the refusals are.
#pragma once

#include <ttt/checks/kernels_exist.hpp>

namespace ttt {

enum class Note : std::uint8_t {
#define TTT_NOTE(name, sentence) name,
#include <ttt/checks/notes.def>
#undef TTT_NOTE
};
[[nodiscard]] constexpr std::string_view name_of(Note note) {
  constexpr std::string_view names[] = {
#define TTT_NOTE(name, sentence) #name,
#include <ttt/checks/notes.def>
#undef TTT_NOTE
  };
  return names[static_cast<std::size_t>(note)];
}

/// One note with its numbers, of the first module it holds for.
struct Remark {
  Note note{};
  std::array<std::int64_t, 4> numbers{};
  int module = -1;  ///< index among all modules; -1: of the whole model
  PartName part = PartName::whole;
  constexpr bool operator==(const Remark&) const = default;
};

/// The notes of a request, each once.
struct Remarks {
  static constexpr std::size_t limit = 48;
  std::array<Remark, limit> found{};
  std::size_t count = 0;

  constexpr void add(const Remark& r) {
    for (std::size_t i = 0; i < count; ++i)
      if (found[i].note == r.note && found[i].numbers == r.numbers) return;
    if (count < limit) found[count++] = r;
  }
  [[nodiscard]] constexpr bool has(Note note) const {
    for (std::size_t i = 0; i < count; ++i)
      if (found[i].note == note) return true;
    return false;
  }
  [[nodiscard]] constexpr const Remark* begin() const { return found.data(); }
  [[nodiscard]] constexpr const Remark* end() const { return found.data() + count; }
};

namespace checks {

/// The least fidelity at which a weight is multiplied whole: of a multiplier of 5 x 7 bits LoFi takes a weight's first
/// five, the second phase the rest; the third and fourth bring the operands' last bit, which only bf16 weights are worth
/// (Tenstorrent's ISA documentation).
[[nodiscard]] constexpr Fidelity whole_at(DType weights) {
  switch (weights) {
    case DType::bfloat4_b: return Fidelity::lofi;
    case DType::bfloat8_b: return Fidelity::hifi2;
    default: return Fidelity::hifi4;
  }
}

/// Fidelity against the weights' mantissas, and the Wormhole fault. Where fidelity means phases of a multiplier.
constexpr void FidelityNotes(const PlanRequest& request, const HardwareConfig& c, WeightGroup g, Remark at,
                             Remarks& out) {
  if (request.device.kind != DeviceKind::ttnn || g == WeightGroup::embedding) return;
  const DType weights = request.format(c.weight(g));
  const Fidelity asked = c.fidelity_of(g), whole = whole_at(weights);
  at.numbers = {static_cast<int>(weights), static_cast<int>(asked), static_cast<int>(g), static_cast<int>(whole)};
  if (asked != whole) {
    at.note = asked > whole ? Note::fidelity_exceeds_weights : Note::fidelity_below_weights;
    out.add(at);
  }
  if (request.device.hifi4_fp32_defect && asked == Fidelity::hifi4 && c.accumulate == DType::fp32) {
    at.note = Note::hifi4_with_fp32_sums;
    at.numbers = {static_cast<int>(g)};
    out.add(at);
  }
}

/// What a part's configuration means where it means less than it says.
constexpr void KnobNotes(const PlanRequest& request, const HardwareConfig& c, const HardwareConfig& said, WeightGroup g,
                         Remarks& out) {
  if (c.weight(g) == DType::stored)
    out.add({Note::stored_weights, {static_cast<int>(request.stored), static_cast<int>(bits_of(request.stored))}});
  if (said.checkpointing == Switch::on) out.add({Note::checkpointing_means_nothing, {request.chunk()}});
  if (said.gradient_accumulation != DType::automatic) out.add({Note::gradient_accumulation_means_nothing, {}});
}

/// What the device's default does not divide: of attention and of the feed-forward network their first group says it.
constexpr void ShardingNotes(const DeviceTraits& device, const HardwareConfig& c, const HardwareConfig& said, WeightGroup g,
                             Remark at, Remarks& out) {
  const bool first = g == WeightGroup::qkv || g == WeightGroup::gate_up || g == WeightGroup::embedding;
  if (!first || device.chips() == 1 || said.sharding(g) != Sharding::automatic || c.sharding(g) != Sharding::replicate) return;
  at.note = Note::whole_on_every_chip;
  at.numbers = {device.chips(), static_cast<int>(g)};
  out.add(at);
}

constexpr void AttentionNotes(const PlanRequest& request, const AttentionSpec& a, const HardwareConfig& c, Remark at,
                              Remarks& out) {
  const DeviceTraits& device = request.device;
  if (device.hifi4_fp32_defect && c.accumulate == DType::fp32 &&
      (c.scores_prompt == Fidelity::hifi4 || c.scores_decode == Fidelity::hifi4)) {
    at.note = Note::hifi4_scores_with_fp32_sums;
    out.add(at);
  }
  const int parts = shard_parts(device, c.sharding(WeightGroup::qkv)).outputs;
  if (parts <= a.kv_heads) return;
  at.note = Note::kv_heads_replicated;
  at.numbers = {a.kv_heads, parts, parts / a.kv_heads};
  out.add(at);
}

}  // namespace checks

/// Every note on a request. Meant for requests that no rule refuses, and harmless for others.
[[nodiscard]] constexpr Remarks find_notes(const PlanRequest& request) {
  Remarks out;
  const DeviceTraits& device = request.device;
  if (device.chips() > device.product_chips)
    out.add({Note::mesh_exceeds_product, {device.mesh_rows, device.mesh_columns, device.product_chips}});
  request.model.model.each_distinct([&](const ModuleSpec& m, std::size_t r, std::size_t i, int index) {
    auto group = [&](PartName part, WeightGroup g) {
      const HardwareConfig c = request.model.resolved(device, r, i, part);
      const Remark at{.module = index, .part = part};
      checks::FidelityNotes(request, c, g, at, out);
      const HardwareConfig said = request.model.said(r, i, part);
      checks::KnobNotes(request, c, said, g, out);
      checks::ShardingNotes(device, c, said, g, at, out);
    };
    if (m.has_attention()) {
      group(PartName::attention, WeightGroup::qkv);
      group(PartName::attention, WeightGroup::o);
      checks::AttentionNotes(request, m.attention, request.model.resolved(device, r, i, PartName::attention),
                             {.module = index, .part = PartName::attention}, out);
    }
    if (m.has_mlp()) {
      group(PartName::mlp, WeightGroup::gate_up);
      group(PartName::mlp, WeightGroup::down);
    }
    if (m.kind == ModuleKind::embedding) group(PartName::whole, WeightGroup::embedding);
    if (m.kind != ModuleKind::linear) return;
    group(PartName::whole, WeightGroup::head);
    const HardwareConfig c = request.model.resolved(device, r, i, PartName::whole);
    const std::int64_t parts = shard_parts(device, c.sharding(WeightGroup::head)).outputs;
    const std::int64_t kept = parts * catalog::round_up((m.linear.out + parts - 1) / parts, device.tile);
    if (kept != m.linear.out) out.add({Note::vocabulary_padded, {m.linear.out, kept, device.tile, parts}, index});
  });
  return out;
}

}  // namespace ttt

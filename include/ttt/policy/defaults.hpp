// Defaults per device and module: the one place where what nobody said is resolved.
#pragma once

#include <ttt/policy/device.hpp>
#include <ttt/spec/module.hpp>

namespace ttt {

/// The fidelity of products with weights of a format, where nobody says one. On the CPU whole-number weights take
/// whole-number rows: they add little to the weights' own error and make prompts faster (docs/policies.md has both).
[[nodiscard]] constexpr Fidelity default_fidelity(const DeviceTraits& device, DType weights) {
  const bool whole_numbers = block_facts(weights).group > 0 && !is_own_format(weights);
  if (device.kind == DeviceKind::cpu && whole_numbers) return Fidelity::lofi;
  return device.kind == DeviceKind::ttnn || device.kind == DeviceKind::cuda || device.bf16_dot ? Fidelity::hifi2
                                                                                             : Fidelity::hifi4;
}

namespace defaults {

/// Spreads a model over a mesh: heads and columns first, then rows, so that two products need one sum over the chips
/// (Shoeybi et al., 2019, Megatron-LM). On a 2D mesh outputs go over its rows and inputs over its columns.
[[nodiscard]] constexpr std::array<Sharding, weight_group_count> sharding(const DeviceTraits& device) {
  using enum Sharding;
  if (device.chips() == 1) return {none, none, none, none, none, none};
  if (device.mesh_rows > 1 && device.mesh_columns > 1) return {block, block, block, block, column, column};
  return {heads, row, column, row, column, column};
}

/// Whether attention divides over `chips` of a row by these defaults: whole heads, kv heads that divide or that whole
/// chips share, o's rows and the sums that are scattered over the chips in whole tiles.
[[nodiscard]] constexpr bool divides(const AttentionSpec& a, int chips, std::int64_t tile) {
  const bool kv = a.kv_heads > 0 && (a.kv_heads % chips == 0 || chips % a.kv_heads == 0);
  return a.heads % chips == 0 && kv && a.q_width() % (chips * tile) == 0 && a.hidden % (chips * tile) == 0;
}
/// And a feed-forward network.
[[nodiscard]] constexpr bool divides(const MlpSpec& m, int chips, std::int64_t tile) {
  return m.intermediate % (chips * tile) == 0 && m.hidden % (chips * tile) == 0;
}

/// What does not divide over the chips of a product of one row (n300, T3000) is whole on each of them, so that the product
/// runs any model. A mesh of another size is somebody's wish (`Mesh<...>`, `--mesh`), and what does not divide over it
/// is refused.
constexpr void keep_whole(HardwareConfig& c, const DeviceTraits& device, const ModuleSpec& m, PartName part) {
  const int chips = device.chips();
  if (chips == 1 || device.mesh_rows != 1 || chips != device.product_chips) return;
  auto whole = [&](WeightGroup g) { c.shard[static_cast<std::size_t>(g)] = Sharding::replicate; };
  if (m.has_attention() && part == PartName::attention && !divides(m.attention, chips, device.tile))
    whole(WeightGroup::qkv), whole(WeightGroup::o);
  if (m.has_mlp() && part == PartName::mlp && !divides(m.mlp, chips, device.tile))
    whole(WeightGroup::gate_up), whole(WeightGroup::down);
  if (m.kind == ModuleKind::embedding && m.embedding.hidden % (chips * std::int64_t{device.tile}) != 0)
    whole(WeightGroup::embedding);
}

/// What all devices share.
[[nodiscard]] constexpr HardwareConfig common(const DeviceTraits& device, PartName part) {
  HardwareConfig c;
  c.set_weights(DType::stored);
  c.shard = sharding(device);
  c.activations = DType::fp32;
  c.accumulate = DType::fp32;
  c.kv = DType::fp16;
  c.gradient_accumulation = DType::fp32;
  c.set_fidelity(default_fidelity(device, DType::stored));
  c.set_scores(Fidelity::hifi4);
  c.kv_form = KvForm::contiguous;
  c.qkv = QkvForm::fused;
  const bool by_chip = device.chips() > 1 && device.supports.qkv_layout.has(QkvLayout::column_parallel);
  c.qkv_layout = by_chip ? QkvLayout::column_parallel : QkvLayout::plain;
  c.layout = Layout::row_major;
  c.kernel = part == PartName::attention ? KernelVariant::flash : KernelVariant::fused;
  c.checkpointing = Switch::off;
  c.page = 256;
  c.chunk = 256;
  return c;
}

/// TTNN's own defaults (its reference decoder): bfloat8_b weights and cache at HiFi2, bf16 rows, attention's sums in
/// fp32 and prompt scores at HiFi4, pages of 32.
[[nodiscard]] constexpr HardwareConfig ttnn(HardwareConfig c, PartName part) {
  c.set_weights(DType::bfloat8_b);
  c.weights[static_cast<std::size_t>(WeightGroup::embedding)] = DType::bf16;
  c.activations = DType::bf16;
  c.accumulate = part == PartName::attention ? DType::fp32 : DType::bf16;
  c.kv = DType::bfloat8_b;
  c.scores_decode = Fidelity::hifi2;
  c.kv_form = KvForm::paged;
  c.layout = Layout::tile_major;
  c.page = 32;
  c.chunk = 2048;
  return c;
}

}  // namespace defaults

/// The device's default for one part of one kind of module; no knob is left `automatic`. On the CPU weights stay as
/// stored; keys and values are fp16 (10 mantissa bits where bf16 has 7, at the same width); products take bf16 operands
/// where the processor multiplies them natively. Fields that mean nothing to the part are set all the same.
[[nodiscard]] constexpr HardwareConfig default_config(const DeviceTraits& device, ModuleKind,
                                                      PartName part = PartName::whole) {
  HardwareConfig c = defaults::common(device, part);
  switch (device.kind) {
    case DeviceKind::ttnn: return defaults::ttnn(c, part);
    case DeviceKind::cuda:
      c.activations = DType::bf16;
      c.set_scores(Fidelity::hifi2);
      c.chunk = 2048;
      return c;
    case DeviceKind::cpu:
    case DeviceKind::own: break;
  }
  return c;
}

/// The same for one module: what its sizes do not let the device divide is whole on every chip.
[[nodiscard]] constexpr HardwareConfig default_config(const DeviceTraits& device, const ModuleSpec& m,
                                                      PartName part = PartName::whole) {
  HardwareConfig c = default_config(device, m.kind, part);
  defaults::keep_whole(c, device, m, part);
  return c;
}

}  // namespace ttt

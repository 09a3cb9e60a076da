// The knobs as tags: what stands inside `Policy<...>`. Each turns one axis of HardwareConfig; its `Auto` says nothing.
#pragma once

#include <concepts>

#include <ttt/policy/hardware_config.hpp>
#include <ttt/spec/block_format.hpp>
#include <ttt/spec/text.hpp>

namespace ttt {

/// Position of an axis in the normal order of a Policy's knobs: a group's knob comes after the one for all groups.
enum class Axis {
  fidelity, fidelity_qkv, fidelity_o, fidelity_gate_up, fidelity_down, fidelity_embedding, fidelity_head,
  scores, scores_prompt, scores_decode,
  weights, weights_qkv, weights_o, weights_gate_up, weights_down, weights_embedding, weights_head,
  activations, accumulate, kv, kv_form, page, qkv, qkv_layout, layout,
  shard, shard_qkv, shard_o, shard_gate_up, shard_down, shard_embedding, shard_head,
  kernel, chunk, checkpointing, gradient_accumulation, device_specific
};
/// The axis of one group, given that of all groups.
[[nodiscard]] constexpr Axis axis_of(Axis all, WeightGroup group) {
  return static_cast<Axis>(static_cast<int>(all) + 1 + static_cast<int>(group));
}

/// A knob names its axis and sets it.
template <class T>
concept Knob = requires(HardwareConfig c) {
  { T::axis } -> std::convertible_to<Axis>;
  T::apply(c);
};

/// Operand precision of every product: `LoFi`, `HiFi2`, `HiFi3`, `HiFi4`.
template <Fidelity Value>
struct WithFidelity {
  using Auto = WithFidelity<Fidelity::automatic>;
  static constexpr Axis axis = Axis::fidelity;
  static constexpr Fidelity value = Value;
  static constexpr void apply(HardwareConfig& c) { c.set_fidelity(Value); }
};
using LoFi = WithFidelity<Fidelity::lofi>;
using HiFi2 = WithFidelity<Fidelity::hifi2>;
using HiFi3 = WithFidelity<Fidelity::hifi3>;
using HiFi4 = WithFidelity<Fidelity::hifi4>;
/// Of the products with one group's matrices: `FidelityOf<WeightGroup::gate_up, LoFi>`.
template <WeightGroup Group, class Value>
struct FidelityOf {
  using Auto = FidelityOf<Group, WithFidelity<Fidelity::automatic>>;
  static constexpr Axis axis = axis_of(Axis::fidelity, Group);
  static constexpr void apply(HardwareConfig& c) { c.fidelity[static_cast<std::size_t>(Group)] = Value::value; }
};
/// Operand precision of attention's scores and values: `Scores<HiFi4>`; over prompts or in decoding alone:
/// `PromptScores<HiFi4>`, `DecodeScores<HiFi2>`.
template <class Value>
struct Scores {
  using Auto = Scores<WithFidelity<Fidelity::automatic>>;
  static constexpr Axis axis = Axis::scores;
  static constexpr void apply(HardwareConfig& c) { c.set_scores(Value::value); }
};
template <class Value>
struct PromptScores {
  using Auto = PromptScores<WithFidelity<Fidelity::automatic>>;
  static constexpr Axis axis = Axis::scores_prompt;
  static constexpr void apply(HardwareConfig& c) { c.scores_prompt = Value::value; }
};
template <class Value>
struct DecodeScores {
  using Auto = DecodeScores<WithFidelity<Fidelity::automatic>>;
  static constexpr Axis axis = Axis::scores_decode;
  static constexpr void apply(HardwareConfig& c) { c.scores_decode = Value::value; }
};

/// Format of every matrix: `Weights<DType::bf16>`, or an object of a format of your own: `Weights<my_format>`.
template <auto Format>
  requires WeightFormat<Format>
struct Weights {
  using Auto = Weights<DType::automatic>;
  static constexpr Axis axis = Axis::weights;
  static constexpr auto format = Format;
  static constexpr void apply(HardwareConfig& c) { c.set_weights(types::dtype_of<Format>()); }
};
/// Format of one group: `WeightsOf<WeightGroup::qkv, DType::bf16>`; wins over `Weights` in the same policy.
template <WeightGroup Group, auto Format>
  requires WeightFormat<Format>
struct WeightsOf {
  using Auto = WeightsOf<Group, DType::automatic>;
  static constexpr Axis axis = axis_of(Axis::weights, Group);
  static constexpr auto format = Format;
  static constexpr void apply(HardwareConfig& c) {
    c.weights[static_cast<std::size_t>(Group)] = types::dtype_of<Format>();
  }
};
/// Format of the rows that pass from op to op: the compute dtype.
template <DType Type>
struct Activations {
  using Auto = Activations<DType::automatic>;
  static constexpr Axis axis = Axis::activations;
  static constexpr void apply(HardwareConfig& c) { c.activations = Type; }
};
/// Format of the sums within a product; on ttnn, of the Dst registers.
template <DType Type>
struct Accumulate {
  using Auto = Accumulate<DType::automatic>;
  static constexpr Axis axis = Axis::accumulate;
  static constexpr void apply(HardwareConfig& c) { c.accumulate = Type; }
};
/// Format of keys and values in the cache.
template <DType Type>
struct Kv {
  using Auto = Kv<DType::automatic>;
  static constexpr Axis axis = Axis::kv;
  static constexpr void apply(HardwareConfig& c) { c.kv = Type; }
};
template <int PagePositions>
struct PagedKv;
struct ContiguousKv {
  using Auto = PagedKv<0>;
  static constexpr Axis axis = Axis::kv_form;
  static constexpr void apply(HardwareConfig& c) { c.kv_form = KvForm::contiguous; }
};
template <int PagePositions>
struct PagedKv {
  using Auto = PagedKv<0>;
  static constexpr Axis axis = Axis::kv_form;
  static constexpr void apply(HardwareConfig& c) {
    if constexpr (PagePositions != 0) {
      c.kv_form = KvForm::paged;
      c.page = PagePositions;
    }
  }
};
/// Pages of the size that somebody else says, and that size alone. `PagedKv` says both.
struct Paged {
  using Auto = PagedKv<0>;
  static constexpr Axis axis = Axis::kv_form;
  static constexpr void apply(HardwareConfig& c) { c.kv_form = KvForm::paged; }
};
template <int Positions>
struct Page {
  using Auto = Page<0>;
  static constexpr Axis axis = Axis::page;
  static constexpr void apply(HardwareConfig& c) { c.page = Positions; }
};
/// One product for q, k and v, or three: `FusedQkv`, `SeparateQkv`.
template <QkvForm Form>
struct WithQkv {
  using Auto = WithQkv<QkvForm::automatic>;
  static constexpr Axis axis = Axis::qkv;
  static constexpr void apply(HardwareConfig& c) { c.qkv = Form; }
};
using FusedQkv = WithQkv<QkvForm::fused>;
using SeparateQkv = WithQkv<QkvForm::separate>;
/// Order of a fused QKV's columns: `PlainQkv`, or by chip, `ColumnParallelQkv`.
template <QkvLayout Value>
struct WithQkvLayout {
  using Auto = WithQkvLayout<QkvLayout::automatic>;
  static constexpr Axis axis = Axis::qkv_layout;
  static constexpr void apply(HardwareConfig& c) { c.qkv_layout = Value; }
};
using PlainQkv = WithQkvLayout<QkvLayout::plain>;
using ColumnParallelQkv = WithQkvLayout<QkvLayout::column_parallel>;
/// Order of a tensor's numbers: `RowMajor`, `TileMajor`.
template <Layout Value>
struct WithLayout {
  using Auto = WithLayout<Layout::automatic>;
  static constexpr Axis axis = Axis::layout;
  static constexpr void apply(HardwareConfig& c) { c.layout = Value; }
};
using RowMajor = WithLayout<Layout::row_major>;
using TileMajor = WithLayout<Layout::tile_major>;
/// How every matrix is spread over a mesh: `Shard<Sharding::replicate>`.
template <Sharding Value>
struct Shard {
  using Auto = Shard<Sharding::automatic>;
  static constexpr Axis axis = Axis::shard;
  static constexpr void apply(HardwareConfig& c) { c.set_sharding(Value); }
};
/// And those of one group: `ShardOf<WeightGroup::down, Sharding::row>`.
template <WeightGroup Group, Sharding Value>
struct ShardOf {
  using Auto = ShardOf<Group, Sharding::automatic>;
  static constexpr Axis axis = axis_of(Axis::shard, Group);
  static constexpr void apply(HardwareConfig& c) { c.shard[static_cast<std::size_t>(Group)] = Value; }
};
/// Which of the device's kernels: `Kernel<KernelVariant::naive>`. The user's own: `Use<MyAttention>`.
template <KernelVariant Value>
struct Kernel {
  static_assert(Value != KernelVariant::own, "an own kernel is chosen by its type: Policy<Use<MyKernel>>");
  using Auto = Kernel<KernelVariant::automatic>;
  static constexpr Axis axis = Axis::kernel;
  static constexpr void apply(HardwareConfig& c) { c.kernel = Value; }
};
/// Prompt tokens of one step.
template <int Tokens>
struct Chunk {
  using Auto = Chunk<0>;
  static constexpr Axis axis = Axis::chunk;
  static constexpr void apply(HardwareConfig& c) { c.chunk = Tokens; }
};
/// Activation checkpointing. For training; in inference a prompt goes in chunks either way.
template <Switch Value>
struct Checkpointing {
  using Auto = Checkpointing<Switch::automatic>;
  static constexpr Axis axis = Axis::checkpointing;
  static constexpr void apply(HardwareConfig& c) { c.checkpointing = Value; }
};
/// Format gradients are added in. For training; in inference it means nothing.
template <DType Type>
struct GradientAccumulation {
  using Auto = GradientAccumulation<DType::automatic>;
  static constexpr Axis axis = Axis::gradient_accumulation;
  static constexpr void apply(HardwareConfig& c) { c.gradient_accumulation = Type; }
};
/// Knobs of a device or kernel of your own: `DeviceSpecific<"banks=4,order=snake">`, read with `device_knob`.
template <Text Knobs>
struct DeviceSpecific {
  using Auto = DeviceSpecific<"">;
  static constexpr Axis axis = Axis::device_specific;
  static constexpr void apply(HardwareConfig& c) { c.device_specific = Knobs.view(); }
};

}  // namespace ttt

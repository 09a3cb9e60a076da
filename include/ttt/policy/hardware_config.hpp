// HardwareConfig: the value form of a Policy. How a module runs, never what it computes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <ttt/spec/dtype.hpp>

namespace ttt {

// In every enumeration `automatic` says nothing: the knob is inherited, and what nobody says is the device's default.

/// Operand precision of an op group (design rule 14). On cpu: LoFi = int8 activations, HiFi2 = bf16 operands,
/// HiFi3 = activations split into two bf16, HiFi4 = fp32 operands. On ttnn: 1 to 4 phases of the multiplier.
enum class Fidelity : std::uint8_t { automatic, lofi, hifi2, hifi3, hifi4 };
/// How keys and values lie: one block a session, or pages of `page` positions behind a table.
enum class KvForm : std::uint8_t { automatic, contiguous, paged };
/// One product for q, k and v, or three.
enum class QkvForm : std::uint8_t { automatic, fused, separate };
/// Order of a fused QKV's columns: all of q, k, v one after the other, or by chip, so that each chip's are neighbours.
enum class QkvLayout : std::uint8_t { automatic, plain, column_parallel };
/// Order of a tensor's numbers: by rows, or by 32 x 32 tiles of four 16 x 16 faces.
enum class Layout : std::uint8_t { automatic, row_major, tile_major };
/// Which of a device's kernels runs an op: the plain loop, the fused one, attention with an online softmax, the user's.
enum class KernelVariant : std::uint8_t { automatic, naive, fused, flash, own };
/// How a matrix is spread over the chips of a mesh: by outputs, by inputs, by heads, by both over a 2D mesh, or whole
/// on every chip (`none` and `replicate`: `none` refuses a mesh's default, `replicate` asks for the copies).
enum class Sharding : std::uint8_t { automatic, none, column, row, heads, block, replicate };
/// A knob that is on or off.
enum class Switch : std::uint8_t { automatic, off, on };

/// The groups of matrices that a weight format, a fidelity or a sharding can be given for.
enum class WeightGroup : std::uint8_t { qkv, o, gate_up, down, embedding, head };
inline constexpr std::size_t weight_group_count = 6;

[[nodiscard]] constexpr std::string_view name_of(Fidelity f) noexcept {
  constexpr std::string_view names[] = {"auto", "LoFi", "HiFi2", "HiFi3", "HiFi4"};
  return names[static_cast<std::size_t>(f)];
}
[[nodiscard]] constexpr std::string_view name_of(KvForm f) noexcept {
  constexpr std::string_view names[] = {"auto", "contiguous", "paged"};
  return names[static_cast<std::size_t>(f)];
}
[[nodiscard]] constexpr std::string_view name_of(QkvForm f) noexcept {
  constexpr std::string_view names[] = {"auto", "fused", "separate"};
  return names[static_cast<std::size_t>(f)];
}
[[nodiscard]] constexpr std::string_view name_of(QkvLayout l) noexcept {
  constexpr std::string_view names[] = {"auto", "plain", "column_parallel"};
  return names[static_cast<std::size_t>(l)];
}
[[nodiscard]] constexpr std::string_view name_of(Layout l) noexcept {
  constexpr std::string_view names[] = {"auto", "row_major", "tile_major"};
  return names[static_cast<std::size_t>(l)];
}
[[nodiscard]] constexpr std::string_view name_of(KernelVariant v) noexcept {
  constexpr std::string_view names[] = {"auto", "naive", "fused", "flash", "own"};
  return names[static_cast<std::size_t>(v)];
}
[[nodiscard]] constexpr std::string_view name_of(Sharding s) noexcept {
  constexpr std::string_view names[] = {"auto", "none", "column", "row", "heads", "block", "replicate"};
  return names[static_cast<std::size_t>(s)];
}
[[nodiscard]] constexpr std::string_view name_of(Switch s) noexcept {
  constexpr std::string_view names[] = {"auto", "off", "on"};
  return names[static_cast<std::size_t>(s)];
}
[[nodiscard]] constexpr std::string_view name_of(WeightGroup g) noexcept {
  constexpr std::string_view names[] = {"qkv", "o", "gate_up", "down", "embedding", "head"};
  return names[static_cast<std::size_t>(g)];
}

/// The same value for every group.
template <class T>
[[nodiscard]] constexpr std::array<T, weight_group_count> every_group(T value) {
  static_assert(weight_group_count == 6);
  return {value, value, value, value, value, value};  // in one statement, see `merged`
}

/// Every knob. Texts are views: of literals, or of what `kept()` (policy/kept_text.hpp) keeps for good.
struct HardwareConfig {
  std::array<DType, weight_group_count> weights{};
  std::array<Fidelity, weight_group_count> fidelity{};  ///< of the products with each group's matrices
  std::array<Sharding, weight_group_count> shard{};
  DType activations = DType::automatic;
  DType accumulate = DType::automatic;
  DType kv = DType::automatic;
  DType gradient_accumulation = DType::automatic;  ///< accepted; means nothing in inference
  Fidelity scores_prompt = Fidelity::automatic;    ///< attention's scores and values over a prompt chunk
  Fidelity scores_decode = Fidelity::automatic;    ///< and for one token of each session
  KvForm kv_form = KvForm::automatic;
  QkvForm qkv = QkvForm::automatic;
  QkvLayout qkv_layout = QkvLayout::automatic;
  Layout layout = Layout::automatic;
  KernelVariant kernel = KernelVariant::automatic;
  Switch checkpointing = Switch::automatic;  ///< in inference: prompts in chunks, which they are anyway
  int page = 0;                              ///< positions of one KV page
  int chunk = 0;                             ///< prompt tokens of one step
  std::string_view own_kernel{};             ///< its name when `kernel` is `own`
  std::string_view device_specific{};        ///< knobs of a user's device or kernel: `name=value,name=value`

  [[nodiscard]] constexpr DType weight(WeightGroup g) const { return weights[static_cast<std::size_t>(g)]; }
  [[nodiscard]] constexpr Fidelity fidelity_of(WeightGroup g) const { return fidelity[static_cast<std::size_t>(g)]; }
  [[nodiscard]] constexpr Sharding sharding(WeightGroup g) const { return shard[static_cast<std::size_t>(g)]; }
  constexpr void set_weights(DType t) { weights = every_group(t); }
  constexpr void set_fidelity(Fidelity f) { fidelity = every_group(f); }
  constexpr void set_scores(Fidelity f) { scores_prompt = scores_decode = f; }
  constexpr void set_sharding(Sharding s) { shard = every_group(s); }
  constexpr bool operator==(const HardwareConfig&) const = default;
};

/// `over` where it says something, `base` elsewhere: the one place where policies merge. The order is device
/// default < preset < model < run < layer < module (design rule 12); callers fold in that order.
///
/// Folds rather than a statement a knob: clang counts the statements of a constant expression, and every rule comes here
/// for every module.
[[nodiscard]] constexpr HardwareConfig merged(HardwareConfig base, const HardwareConfig& over) {
  using Config = HardwareConfig;
  const auto take = [&]<class... T>(T Config::*... knob) {
    ((over.*knob != T{} ? void(base.*knob = over.*knob) : void()), ...);
  };
  const auto take_groups = []<class T, std::size_t... G>(T* mine, const T* theirs, std::index_sequence<G...>) {
    ((theirs[G] != T{} ? void(mine[G] = theirs[G]) : void()), ...);
  };
  constexpr std::make_index_sequence<weight_group_count> groups;
  take_groups(base.weights.data(), over.weights.data(), groups);
  take_groups(base.fidelity.data(), over.fidelity.data(), groups);
  take_groups(base.shard.data(), over.shard.data(), groups);
  take(&Config::activations, &Config::accumulate, &Config::kv, &Config::gradient_accumulation, &Config::scores_prompt,
       &Config::scores_decode, &Config::kv_form, &Config::qkv, &Config::qkv_layout, &Config::layout, &Config::kernel,
       &Config::checkpointing, &Config::page, &Config::chunk);
  if (!over.own_kernel.empty()) base.own_kernel = over.own_kernel;
  if (!over.device_specific.empty()) base.device_specific = over.device_specific;
  return base;
}

/// The value of one of `device_specific`'s knobs; empty when it is not there.
[[nodiscard]] constexpr std::string_view device_knob(const HardwareConfig& c, std::string_view name) {
  for (std::string_view rest = c.device_specific; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    const std::size_t equals = item.find('=');
    if (item.substr(0, equals) == name) return equals == std::string_view::npos ? "" : item.substr(equals + 1);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return {};
}

}  // namespace ttt

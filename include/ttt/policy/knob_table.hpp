// Every knob in one table: the command, JSON, printed C++, resolved policies and their differences all walk
// it. Not part of model.hpp: Boost.Hana is for what runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <boost/hana/for_each.hpp>
#include <boost/hana/tuple.hpp>

#include <ttt/policy/device.hpp>
#include <ttt/policy/hardware_config.hpp>

namespace ttt {

/// What of a model a knob turns something of: parts of layers, modules by kind, or (`model`) steps as a
/// whole.
enum class KnobSite : std::uint8_t { attention, mlp, embedding, head, other, model };
using KnobSites = SetOf<KnobSite>;

/// The value of the knob `kernel`: a variant, and the name of the user's kernel where it is `own`.
struct KernelChoice {
  KernelVariant variant = KernelVariant::automatic;
  std::string_view own{};
  constexpr bool operator==(const KernelChoice&) const = default;
};

/// The last enumerator of a knob's type; the values are the ones behind `automatic` up to it.
template <class T>
inline constexpr T last_value{};
template <>
inline constexpr DType last_value<DType> = DType::bfloat4_b;
template <>
inline constexpr Fidelity last_value<Fidelity> = Fidelity::hifi4;
template <>
inline constexpr KvForm last_value<KvForm> = KvForm::paged;
template <>
inline constexpr QkvForm last_value<QkvForm> = QkvForm::separate;
template <>
inline constexpr QkvLayout last_value<QkvLayout> = QkvLayout::column_parallel;
template <>
inline constexpr Layout last_value<Layout> = Layout::tile_major;
template <>
inline constexpr KernelVariant last_value<KernelVariant> = KernelVariant::own;
template <>
inline constexpr Sharding last_value<Sharding> = Sharding::replicate;
template <>
inline constexpr Switch last_value<Switch> = Switch::on;

/// Numbers that `page` and `chunk` take.
inline constexpr int least_count = 1;
inline constexpr int most_count = 65536;

// The entries. Each has a `name` as the command and JSON spell it, `size` members that are said apart as
// NAME.MEMBER (one: it has none), and their C++ with @ for the value and # for the group: `cpp` of all
// members, `cpp_of(i)` of one. A value that equals `Value{}` says nothing.

/// A knob of every group of matrices: `weights`, `weights.qkv`.
template <class T>
struct GroupKnob {
  using Value = T;
  static constexpr std::size_t size = weight_group_count;
  static constexpr bool takes(T) { return true; }
  std::string_view name;
  std::string_view cpp;
  std::string_view cpp_member;
  std::array<T, weight_group_count> HardwareConfig::*field;
  bool of_embedding = true;  ///< the embedding's table has it too

  [[nodiscard]] constexpr std::string_view member(std::size_t i) const {
    return name_of(static_cast<WeightGroup>(i));
  }
  [[nodiscard]] constexpr std::string_view cpp_of(std::size_t) const { return cpp_member; }
  [[nodiscard]] constexpr T value(const HardwareConfig& c, std::size_t i) const { return (c.*field)[i]; }
  constexpr void set(HardwareConfig& c, std::size_t i, T v) const { (c.*field)[i] = v; }
  [[nodiscard]] constexpr bool applies(std::size_t i, KnobSite site) const {
    constexpr KnobSite sites[] = {KnobSite::attention, KnobSite::attention, KnobSite::mlp,
                                  KnobSite::mlp,       KnobSite::embedding, KnobSite::head};
    return sites[i] == site && (site != KnobSite::embedding || of_embedding);
  }
};

/// A knob of N fields, one as a rule.
template <class T, std::size_t N = 1>
struct FieldKnob {
  using Value = T;
  static constexpr std::size_t size = N;
  /// `stored` is a format of weights alone.
  static constexpr bool takes(T v) {
    if constexpr (std::is_same_v<T, DType>) return v != DType::stored;
    return true;
  }
  struct Member {
    std::string_view name;
    std::string_view cpp;
    T HardwareConfig::*field;
  };
  std::string_view name;
  std::string_view cpp;
  std::array<Member, N> members;
  KnobSites sites;

  [[nodiscard]] constexpr std::string_view member(std::size_t i) const { return members[i].name; }
  [[nodiscard]] constexpr std::string_view cpp_of(std::size_t i) const { return members[i].cpp; }
  [[nodiscard]] constexpr T value(const HardwareConfig& c, std::size_t i) const {
    return c.*members[i].field;
  }
  constexpr void set(HardwareConfig& c, std::size_t i, T v) const { c.*members[i].field = v; }
  [[nodiscard]] constexpr bool applies(std::size_t, KnobSite site) const { return sites.has(site); }
};

/// The knob `kernel`: two fields, one value.
struct KernelKnob {
  using Value = KernelChoice;
  static constexpr std::size_t size = 1;
  static constexpr bool takes(KernelChoice) { return true; }
  std::string_view name;
  std::string_view cpp;
  KnobSites sites;

  [[nodiscard]] constexpr std::string_view member(std::size_t) const { return {}; }
  [[nodiscard]] constexpr std::string_view cpp_of(std::size_t) const { return cpp; }
  [[nodiscard]] constexpr KernelChoice value(const HardwareConfig& c, std::size_t) const {
    return {c.kernel, c.kernel == KernelVariant::own ? c.own_kernel : std::string_view{}};
  }
  constexpr void set(HardwareConfig& c, std::size_t, KernelChoice v) const {
    c.kernel = v.variant;
    c.own_kernel = v.own;
  }
  [[nodiscard]] constexpr bool applies(std::size_t, KnobSite site) const { return sites.has(site); }
};

namespace knobs {

template <class T>
[[nodiscard]] constexpr FieldKnob<T> field(std::string_view name, std::string_view cpp,
                                           T HardwareConfig::*where, KnobSites sites) {
  return {name, cpp, {{{"", cpp, where}}}, sites};
}

inline constexpr KnobSites attention{KnobSite::attention};
inline constexpr KnobSites products{KnobSite::attention, KnobSite::mlp, KnobSite::head};
inline constexpr KnobSites modules{KnobSite::attention, KnobSite::mlp, KnobSite::embedding, KnobSite::head,
                                   KnobSite::other};
inline constexpr KnobSites model{KnobSite::model};

/// Precision.
inline constexpr auto numbers = boost::hana::make_tuple(
    GroupKnob<DType>{"weights", "Weights<@>", "WeightsOf<WeightGroup::#, @>", &HardwareConfig::weights},
    field("activations", "Activations<@>", &HardwareConfig::activations, modules),
    field("accumulate", "Accumulate<@>", &HardwareConfig::accumulate, products),
    field("kv", "Kv<@>", &HardwareConfig::kv, attention),
    GroupKnob<Fidelity>{"fidelity", "@", "FidelityOf<WeightGroup::#, @>", &HardwareConfig::fidelity, false},
    FieldKnob<Fidelity, 2>{"scores",
                           "Scores<@>",
                           {{{"prompt", "PromptScores<@>", &HardwareConfig::scores_prompt},
                             {"decode", "DecodeScores<@>", &HardwareConfig::scores_decode}}},
                           attention});
/// Forms, sizes and placement.
inline constexpr auto forms = boost::hana::make_tuple(
    KernelKnob{"kernel", "@", modules}, field("kv_form", "@", &HardwareConfig::kv_form, attention),
    field("page", "Page<@>", &HardwareConfig::page, attention),
    field("qkv", "@", &HardwareConfig::qkv, attention),
    field("qkv_layout", "@", &HardwareConfig::qkv_layout, attention),
    field("layout", "@", &HardwareConfig::layout, modules),
    field("chunk", "Chunk<@>", &HardwareConfig::chunk, model),
    GroupKnob<Sharding>{"shard", "Shard<@>", "ShardOf<WeightGroup::#, @>", &HardwareConfig::shard},
    field("checkpointing", "Checkpointing<@>", &HardwareConfig::checkpointing, model),
    field("gradient_accumulation", "GradientAccumulation<@>", &HardwareConfig::gradient_accumulation, model),
    field("device_specific", "DeviceSpecific<@>", &HardwareConfig::device_specific, modules));

}  // namespace knobs

/// Calls f(entry) for every knob, in the order in which they are written out.
constexpr void each_knob(auto&& f) {
  boost::hana::for_each(knobs::numbers, f);
  boost::hana::for_each(knobs::forms, f);
}

/// Stands for all members of a knob in `each_said`.
inline constexpr std::size_t all_members = static_cast<std::size_t>(-1);

/// Calls f(entry, member, value) for what a configuration says, as shortly as it can be said: where every
/// member says something, first what most of them say with `all_members`, then those that differ.
constexpr void each_said(const HardwareConfig& c, auto&& f) {
  each_knob([&](const auto& knob) {
    using Value = typename std::remove_cvref_t<decltype(knob)>::Value;
    Value usual{};
    std::size_t most = 0, silent = 0;
    for (std::size_t i = 0; i < knob.size; ++i) {
      const Value v = knob.value(c, i);
      silent += v == Value{} ? 1 : 0;
      std::size_t same = 0;
      for (std::size_t j = 0; j < knob.size; ++j) same += knob.value(c, j) == v ? 1 : 0;
      if (same > most) most = same, usual = v;
    }
    if (silent == 0) f(knob, all_members, usual);
    for (std::size_t i = 0; i < knob.size; ++i)
      if (const Value v = knob.value(c, i); !(v == Value{}) && (silent > 0 || !(v == usual))) f(knob, i, v);
  });
}

}  // namespace ttt

// Names and values of the knob table as text.
#pragma once

#include <string>
#include <type_traits>

#include <ttt/policy/knob_table.hpp>

namespace ttt {

/// `weights`, or with a member `weights.qkv`.
template <class Knob>
[[nodiscard]] std::string knob_text(const Knob& knob, std::size_t member) {
  std::string out(knob.name);
  if (member != all_members && knob.size > 1) (out += '.') += knob.member(member);
  return out;
}

/// A value as the command and JSON spell it: `bf16`, `256`, `own:NAME`; of a knob that says nothing `auto`.
template <class T>
requires std::is_enum_v<T>
[[nodiscard]] std::string value_text(T value) { return std::string(name_of(value)); }
[[nodiscard]] inline std::string value_text(int value) { return value == 0 ? "auto" : std::to_string(value); }
[[nodiscard]] inline std::string value_text(const KernelChoice& value) {
  return std::string(name_of(value.variant)) +
         (value.variant == KernelVariant::own ? ":" + std::string(value.own) : "");
}
[[nodiscard]] inline std::string value_text(std::string_view value) {
  return value.empty() ? "auto" : std::string(value);
}

/// Calls f(value) for each word a knob takes; `automatic` and a kernel's `own`, which needs a name, are left
/// out.
template <class Knob>
constexpr void each_word(const Knob&, auto&& f) {
  using Value = typename Knob::Value;
  if constexpr (std::is_same_v<Value, KernelChoice>) {
    for (int i = 1; i < static_cast<int>(KernelVariant::own); ++i)
      f(KernelChoice{static_cast<KernelVariant>(i), {}});
  } else if constexpr (std::is_enum_v<Value>) {
    for (int i = 1; i <= static_cast<int>(last_value<Value>); ++i)
      if (Knob::takes(static_cast<Value>(i))) f(static_cast<Value>(i));
  }
}

/// The items `name=value` of `device_specific`, in order.
constexpr void each_device_knob(std::string_view text, auto&& f) {
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    f(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
}

}  // namespace ttt

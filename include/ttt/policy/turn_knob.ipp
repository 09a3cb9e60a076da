// Definitions of turn_knob.hpp.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/nearest.hpp>
#include <ttt/policy/kept_text.hpp>
#include <ttt/policy/knob_value.hpp>
#include <ttt/policy/own_kernel.hpp>
#include <ttt/policy/turn_knob.hpp>

namespace ttt {

namespace policy_reading {

TTT_INLINE std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}
TTT_INLINE Error wrong(std::string issue, std::string suggestion) {
  return make_error(ErrorKind::request, "option_policy", "policy", std::move(issue), std::move(suggestion));
}
TTT_INLINE std::string nearest_of(std::string_view given, const std::vector<std::string>& all) {
  std::vector<std::string> small;
  for (const std::string& one : all) small.push_back(lower(one));
  const std::string near(nearest_name(lower(given), small));
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!near.empty() && small[i] == near) return "did you mean " + all[i] + "? ";
  return {};
}
TTT_INLINE std::string among(std::string_view given, const std::vector<std::string>& all,
                             std::string_view what) {
  std::string out = nearest_of(given, all) + std::string(what);
  for (std::size_t i = 0; i < all.size(); ++i) out += (i == 0 ? " " : ", ") + all[i];
  return out;
}
inline Error wrong_value(std::string_view knob, std::string_view value,
                         const std::vector<std::string>& words) {
  return wrong(in_quotes(value) + " is no value of " + std::string(knob),
               among(lower(value), words, "use one of:"));
}

/// A value of a knob from its text, `auto` apart.
template <class Knob>
requires std::is_enum_v<typename Knob::Value> Result<typename Knob::Value> read_value(const Knob& knob,
                                                                                      std::string_view text) {
  const std::string wanted = lower(text);
  std::optional<typename Knob::Value> found;
  std::vector<std::string> words;
  each_word(knob, [&](auto v) {
    words.push_back(value_text(v));
    if (lower(words.back()) == wanted) found = v;
  });
  if constexpr (std::is_same_v<Knob, GroupKnob<DType>>) {
    own_formats::each([&](const OwnFormat& own) {
      words.emplace_back(own.name);
      if (lower(own.name) == wanted) found = own.type;
    });
  }
  if (found) return *found;
  words.emplace_back("auto");
  return wrong_value(knob.name, text, words);
}
inline Result<KernelChoice> read_value(const KernelKnob& knob, std::string_view text) {
  const std::string wanted = lower(text);
  if (wanted.starts_with("own:")) {
    const std::string_view name = text.substr(4);
    if (!kernels::is_kernel_name(name))
      return wrong(in_quotes(name) + " is no name of a kernel",
                   "use letters, digits, _ and -, at most 64 of them");
    TTT_TRY(const std::string_view own, kept(name));
    return KernelChoice{KernelVariant::own, own};
  }
  std::optional<KernelChoice> found;
  std::vector<std::string> words;
  each_word(knob, [&](const KernelChoice& v) {
    words.push_back(value_text(v));
    if (words.back() == wanted) found = v;
  });
  if (found) return *found;
  words.insert(words.end(), {"own:NAME", "auto"});
  return wrong_value(knob.name, text, words);
}
inline Result<int> read_value(const FieldKnob<int>& knob, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string range = "[" + std::to_string(least_count) + ", " + std::to_string(most_count) + "]";
  if (text.empty() || end != text.data() + text.size() || code == std::errc::invalid_argument)
    return make_error(ErrorKind::request, "option_value", std::string(knob.name),
                      in_quotes(text) + " is no whole number", "give a number in " + range);
  if (code != std::errc() || value < least_count || value > most_count)
    return make_error(ErrorKind::request, "option_out_of_range", std::string(knob.name),
                      std::string(text.substr(0, 40)) + " is not in " + range, "give a number in that range");
  return static_cast<int>(value);
}

inline bool is_device_knob(std::string_view name) { return kernels::is_kernel_name(name); }
inline bool is_device_value(std::string_view value) {
  for (const char c : value)
    if (c <= ' ' || c > '~' || c == ',' || c == '"' || c == '\\') return false;
  return !value.empty();
}
/// All of `device_specific`: `name=value,name=value`.
inline Result<std::string_view> read_value(const FieldKnob<std::string_view>& knob, std::string_view text) {
  std::vector<std::string_view> names;
  std::string_view fault;
  if (text.empty() || text.back() == ',') fault = text;
  each_device_knob(text, [&](std::string_view item) {
    const std::size_t equals = std::min(item.find('='), item.size());
    const std::string_view name = item.substr(0, equals);
    const bool fine = equals < item.size() && is_device_knob(name) &&
                      is_device_value(item.substr(equals + 1)) &&
                      std::find(names.begin(), names.end(), name) == names.end();
    if (!fine && fault.empty()) fault = item;
    names.push_back(name);
  });
  if (!fault.empty() || text.empty())
    return wrong(in_quotes(fault) + " is no knob of a device of one's own: " + std::string(knob.name) +
                     " takes name=value, each name once",
                 "write, for example, device_specific.banks=4");
  return kept(text);
}

/// `device_specific.NAME=VALUE`: one of its knobs, in its place or behind the others.
inline Result<void> turn_device_knob(HardwareConfig& config, std::string_view name, std::string_view value) {
  if (!is_device_knob(name) || !is_device_value(value))
    return wrong(
        in_quotes(std::string(name) + "=" + std::string(value)) + " is no knob of a device of one's own",
        "names have letters, digits, _ and -; values no spaces, commas, quotes or backslashes");
  std::string all;
  bool there = false;
  const bool clear = lower(value) == "auto";
  const std::string mine = std::string(name) + "=" + std::string(value);
  auto add = [&](std::string_view item) { (all += all.empty() ? "" : ",") += item; };
  each_device_knob(config.device_specific, [&](std::string_view item) {
    const bool same = item.substr(0, item.find('=')) == name;
    there = there || same;
    if (!same) add(item);
    if (same && !clear) add(mine);
  });
  if (!there && !clear) add(mine);
  TTT_TRY(config.device_specific, kept(all));
  return {};
}

inline Error no_knob(std::string_view name) {
  std::vector<std::string> all;
  std::string listed;
  each_knob([&](const auto& knob) {
    all.push_back(knob_text(knob, all_members));
    listed += (listed.empty() ? "" : ", ") + all.back();
    for (std::size_t i = 0; knob.size > 1 && i < knob.size; ++i) {
      all.push_back(knob_text(knob, i));
      listed += (i == 0 ? " (." : " .") + std::string(knob.member(i)) + (i + 1 == knob.size ? ")" : "");
    }
  });
  return wrong("there is no knob " + in_quotes(name), nearest_of(name, all) + "Knobs: " + listed);
}

}  // namespace policy_reading

TTT_INLINE Result<void> turn_knob(HardwareConfig& config, std::string_view name, std::string_view value) {
  using namespace policy_reading;
  const std::string wanted = lower(name);
  constexpr std::string_view own = "device_specific.";
  if (wanted.starts_with(own)) return turn_device_knob(config, name.substr(own.size()), value);
  const bool clear = lower(value) == "auto";
  bool known = false;
  Result<void> outcome;
  each_knob([&](const auto& knob) {
    using Value = typename std::remove_cvref_t<decltype(knob)>::Value;
    if (known || !wanted.starts_with(knob.name)) return;
    for (std::size_t i = 0; i <= knob.size; ++i) {
      const bool all = i == knob.size;
      if (wanted != knob_text(knob, all ? all_members : i)) continue;
      known = true;
      Result<Value> read = Value{};
      if (!clear) read = read_value(knob, value);
      if (!read) {
        outcome = read.error();
        return;
      }
      for (std::size_t j = 0; j < knob.size; ++j)
        if (all || i == j) knob.set(config, j, *read);
      return;
    }
  });
  if (known) return outcome;
  return no_knob(name);
}

}  // namespace ttt

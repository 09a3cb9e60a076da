// Definitions of policy_text.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include <ttt/io/file.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/policy/knob_value.hpp>
#include <ttt/policy/policy_json.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/policy/turn_knob.hpp>
#include <ttt/types/path_pattern.hpp>

namespace ttt {

namespace policy_reading {

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Reads the items of texts one after the other.
class Reader {
 public:
  explicit Reader(PolicySet& set) : set_(set) {}

  Result<void> read(std::string_view text) {
    path_.clear();
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t comma = std::min(text.find(',', at), text.size());
      TTT_CHECK(item(text.substr(at, comma - at)));
      at = comma + 1;
    }
    return {};
  }
  /// Entries that say nothing any more go.
  void finish() {
    std::erase_if(set_.tuning, [](const PathPolicy& p) { return p.config == HardwareConfig{}; });
  }

 private:
  Result<void> item(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos)
      return wrong(in_quotes(text) + " is not knob=value",
                   "write, for example, weights=bf16,layers.0-3:kv=fp16");
    std::string_view knob = text.substr(0, equals);
    if (const std::size_t colon = knob.rfind(':'); colon != std::string_view::npos) {
      TTT_TRY(path_, policy_path(trimmed(knob.substr(0, colon))));
      if (path_ == "model") path_.clear();
      knob = knob.substr(colon + 1);
    }
    knob = trimmed(knob);
    const std::string_view value = trimmed(text.substr(equals + 1));
    if (path_.empty()) return turn_knob(set_.whole, knob, value);
    if (lower(value) == "auto")
      for (PathPolicy& p : set_.tuning)
        if (p.path == path_) TTT_CHECK(turn_knob(p.config, knob, value));
    if (set_.tuning.empty() || set_.tuning.back().path != path_) {
      if (set_.tuning.size() >= most_path_policies)
        return wrong("more than " + std::to_string(most_path_policies) + " policies by path",
                     "name several modules at once: layers.0-15, layers.*.mlp");
      set_.tuning.push_back({path_, {}});
    }
    return turn_knob(set_.tuning.back().config, knob, value);
  }

  PolicySet& set_;
  std::string path_;  ///< empty: the whole model
};

}  // namespace policy_reading

TTT_INLINE Result<std::string> policy_path(std::string_view path) {
  using namespace policy_reading;
  const std::string small = lower(path);
  bool plain = !path.empty();
  for (const char c : path) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    plain = plain && (letter || c == '_' || c == '-' || c == '.' || c == '*' || c == ':');
  }
  if (plain) {
    if (small == "*") return std::string("model");
    const PathPattern folded = path_pattern(small);
    bool own = folded.what == PathPattern::What::named;
    for (const std::string_view word : {"embedding", "norm", "head", "attention", "mlp"})
      own = own && folded.name.view() != word;
    if (!own && folded.ok()) return small;
    if (own && path_pattern(path).ok()) return std::string(path);
  }
  static const std::vector<std::string> shapes = {
      "model",    "layers.0",           "layers.0.attention", "layers.0.mlp", "layers.0-3",
      "layers.*", "layers.*.attention", "layers.*.mlp",       "embedding",    "norm",
      "head"};
  return wrong(in_quotes(path) + " is no path", among(small, shapes, "paths are, for example,"));
}

TTT_INLINE Result<PolicySet> parse_policy(std::span<const std::string> texts) {
  PolicySet set;
  policy_reading::Reader reader(set);
  for (const std::string& text : texts) {
    const bool file = policy_reading::lower(text).ends_with(".json") &&
                      (text.find('=') == std::string::npos || is_regular_file(text));
    if (!file) {
      TTT_CHECK(reader.read(text));
      continue;
    }
    TTT_TRY(const PolicySet loaded, load_policy(text));
    set = merged(std::move(set), loaded);
    if (set.tuning.size() > most_path_policies)
      return policy_reading::wrong("more than " + std::to_string(most_path_policies) + " policies by path",
                                   "name several modules at once: layers.0-15, layers.*.mlp");
  }
  reader.finish();
  return set;
}

TTT_INLINE Result<PolicySet> parse_policy(std::string_view text) {
  const std::string one(text);
  return parse_policy(std::span(&one, 1));
}

TTT_INLINE PolicySet merged(PolicySet base, const PolicySet& over) {
  if (over.preset) base.preset = over.preset;
  base.whole = merged(base.whole, over.whole);
  for (const PathPolicy& p : over.tuning) {
    if (!base.tuning.empty() && base.tuning.back().path == p.path) {
      base.tuning.back().config = merged(base.tuning.back().config, p.config);
    } else {
      base.tuning.push_back(p);
    }
  }
  return base;
}

TTT_INLINE std::string text_of(const HardwareConfig& config) {
  std::string out;
  auto add = [&](const std::string& item) { (out += out.empty() ? "" : ",") += item; };
  each_said(config, [&](const auto& knob, std::size_t member, const auto& value) {
    if constexpr (std::is_same_v<decltype(value), const std::string_view&>) {
      // The first takes the place of what was there, the others come to it.
      char joint = '=';
      each_device_knob(value, [&](std::string_view item) {
        add(std::string(knob.name) + std::exchange(joint, '.') + std::string(item));
      });
    } else {
      add(knob_text(knob, member) + "=" + value_text(value));
    }
  });
  return out;
}

TTT_INLINE std::string text_of(const PolicySet& policies) {
  std::string out = text_of(policies.whole);
  for (const PathPolicy& p : policies.tuning)
    if (const std::string said = text_of(p.config); !said.empty())
      (out += out.empty() ? "" : ",") += p.path + ":" + said;
  return out;
}

}  // namespace ttt

// Definitions of policy_json.hpp.
#pragma once

#include <algorithm>

#include <ttt/io/file.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/policy/knob_value.hpp>
#include <ttt/policy/policy_json.hpp>
#include <ttt/policy/preset_name.hpp>
#include <ttt/policy/turn_knob.hpp>

namespace ttt {

namespace policy_reading {

/// Members of one document; every fault names the file and the place in it.
class JsonReader {
 public:
  explicit JsonReader(std::string_view file) : file_(file) {}

  [[nodiscard]] Error wrong_at(std::string place, std::string issue, std::string suggestion) const {
    return make_error(ErrorKind::file, "policy_file_malformed", std::move(place), std::move(issue),
                      std::move(suggestion), file_);
  }
  Result<void> is_object(const json::Value& value, const std::string& place) const {
    if (!value.is(json::Type::object))
      return wrong_at(place, "it is no object",
                      "write {\"knob\": value, ...}; docs/policy-json.md has the schema");
    std::vector<std::string_view> keys;
    for (const auto& [key, member] : value) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    if (const auto twice = std::adjacent_find(keys.begin(), keys.end()); twice != keys.end())
      return wrong_at(place, in_quotes(*twice) + " is there twice", "keep one of them");
    return {};
  }

  /// `{"knob": value, ...}`; a knob of all members is read before its members, wherever it stands.
  Result<HardwareConfig> config(const json::Value& value, const std::string& place) const {
    TTT_CHECK(is_object(value, place));
    std::vector<std::string> names;
    for (const auto& [key, member] : value)
      if (!lower(key).starts_with("device_specific.")) names.push_back(lower(key));
    std::sort(names.begin(), names.end());
    if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
      return wrong_at(place, in_quotes(*twice) + " is there twice", "keep one of them");
    HardwareConfig config;
    for (const bool members : {false, true})
      for (const auto& [key, member] : value)
        if (is_member(key) == members) TTT_CHECK(knob(config, key, member, place));
    return config;
  }

  Result<PolicySet> policies(const json::Value& root) const {
    TTT_CHECK(is_object(root, "policy"));
    const auto version = root["version"].as_int();
    if (!version || *version != policy_version)
      return make_error(ErrorKind::file, "policy_file_version", "version",
                        !root["version"].exists() ? "it is not there"
                        : version                 ? "it is " + std::to_string(*version)
                                                  : "it is no whole number",
                        "this program reads \"version\": " + std::to_string(policy_version), file_);
    PolicySet set;
    static const std::vector<std::string> known{"version", "preset", "model", "modules"};
    for (const auto& [key, member] : root) {
      if (key == "preset") {
        const auto name = member.as_string();
        if (!name) return wrong_at("preset", "it is no text", "write, for example, \"preset\": \"memory\"");
        const Result<Preset> preset = preset_named(*name);
        if (!preset) return wrong_at("preset", preset.error().issue, preset.error().suggestion);
        set.preset = *preset;
      } else if (key == "model") {
        TTT_TRY(set.whole, config(member, "model"));
      } else if (key == "modules") {
        TTT_CHECK(modules(set, member));
      } else if (key != "version") {
        return wrong_at("policy", "there is no member " + in_quotes(key),
                        among(lower(key), known, "Members:"));
      }
    }
    return set;
  }

 private:
  static bool is_member(std::string_view key) { return key.find('.') != std::string_view::npos; }

  Result<void> knob(HardwareConfig& config, std::string_view key, const json::Value& value,
                    const std::string& place) const {
    const std::string where = place + ": " + in_quotes(key);
    bool number = false;
    each_knob([&](const auto& k) {
      if constexpr (std::is_same_v<typename std::remove_cvref_t<decltype(k)>::Value, int>)
        number = number || lower(key) == k.name;
    });
    const auto text = value.as_string();
    const auto whole = value.as_int();
    if (number ? !whole && text != "auto" : !text)
      return wrong_at(where, number ? "its value is no whole number" : "its value is no text",
                      number ? "write, for example, \"chunk\": 64" : "write, for example, \"kv\": \"bf16\"");
    const Result<void> turned =
        turn_knob(config, key, whole && number ? std::to_string(*whole) : std::string(*text));
    if (!turned) return wrong_at(where, turned.error().issue, turned.error().suggestion);
    return {};
  }

  Result<void> modules(PolicySet& set, const json::Value& value) const {
    if (value.is(json::Type::object)) return modules_of(set, value);
    if (!value.is(json::Type::array))
      return wrong_at("modules", "it is no object",
                      "write {\"PATH\": {\"knob\": value, ...}, ...}, or an array of such");
    for (const auto& [key, entry] : value) TTT_CHECK(modules_of(set, entry));
    return {};
  }
  Result<void> modules_of(PolicySet& set, const json::Value& value) const {
    TTT_CHECK(is_object(value, "modules"));
    if (value.size() > most_path_policies - std::min(set.tuning.size(), most_path_policies))
      return wrong_at("modules", "more than " + std::to_string(most_path_policies) + " policies by path",
                      "name several modules at once: layers.0-15, layers.*.mlp");
    std::vector<std::string> paths;
    for (const auto& [key, member] : value) {
      const Result<std::string> path = policy_path(key);
      if (!path) return wrong_at("modules", path.error().issue, path.error().suggestion);
      paths.push_back(*path);
      TTT_TRY(const HardwareConfig said, config(member, "modules: " + *path));
      set.tuning.push_back({*path, said});
    }
    std::sort(paths.begin(), paths.end());
    if (const auto twice = std::adjacent_find(paths.begin(), paths.end()); twice != paths.end())
      return wrong_at("modules", in_quotes(*twice) + " is there twice", "keep one of them");
    return {};
  }

  std::string file_;
};

}  // namespace policy_reading

TTT_INLINE void write_config(json::Writer& out, const HardwareConfig& config) {
  out.begin_object();
  each_said(config, [&](const auto& knob, std::size_t member, const auto& value) {
    out.key(knob_text(knob, member));
    if constexpr (std::is_same_v<decltype(value), const int&>)
      out.value(value);
    else
      out.value(value_text(value));
  });
  out.end_object();
}

TTT_INLINE std::string json_of(const HardwareConfig& config) {
  json::Writer out;
  write_config(out, config);
  return std::move(out).text();
}

TTT_INLINE std::string json_of(const PolicySet& policies) {
  std::string out = "{\n  \"version\": " + std::to_string(policy_version);
  if (policies.preset) (out += ",\n  \"preset\": \"") += std::string(name_of(*policies.preset)) + '"';
  out += ",\n  \"model\": " + json_of(policies.whole);
  if (!policies.tuning.empty()) {
    // Members of one object have different names; where a path comes back, another object begins.
    std::string objects = "{";
    std::vector<std::string_view> paths;
    bool several = false;
    for (const PathPolicy& p : policies.tuning) {
      if (std::find(paths.begin(), paths.end(), p.path) != paths.end()) {
        objects += "\n  }, {";
        paths.clear();
        several = true;
      }
      objects += paths.empty() ? "\n    " : ",\n    ";
      json::append_quoted(objects, p.path);
      objects += ": " + json_of(p.config);
      paths.push_back(p.path);
    }
    objects += "\n  }";
    out += ",\n  \"modules\": " + (several ? "[" + objects + "]" : objects);
  }
  return out + "\n}\n";
}

TTT_INLINE Result<HardwareConfig> config_from_json(std::string_view text, std::string_view file) {
  TTT_TRY(const json::Document document, json::Document::parse(text, file));
  return policy_reading::JsonReader(file).config(document.root(), "policy");
}

TTT_INLINE Result<PolicySet> policy_from_json(std::string_view text, std::string_view file) {
  TTT_TRY(const json::Document document, json::Document::parse(text, file));
  return policy_reading::JsonReader(file).policies(document.root());
}

TTT_INLINE Result<PolicySet> load_policy(const std::string& path) {
  TTT_TRY(const json::Document document, json::Document::read(path, most_policy_bytes));
  return policy_reading::JsonReader(path).policies(document.root());
}

TTT_INLINE Result<void> save_policy(const PolicySet& policies, const std::string& path) {
  const std::string text = json_of(policies);
  const Result<PolicySet> back = policy_from_json(text, path);
  if (!back || json_of(*back) != text)
    return make_error(ErrorKind::request, "policy_not_writable", back ? "policy" : back.error().module,
                      back ? "a text in it would not be read back as it is" : back.error().issue,
                      "use paths, names of kernels and device_specific as docs/policy-json.md has them",
                      path);
  return write_atomic(path, text);
}

}  // namespace ttt

// Definitions of policy_cpp.hpp.
#pragma once

#include <utility>

#include <ttt/io/linkage.hpp>
#include <ttt/policy/knob_value.hpp>
#include <ttt/policy/policy_cpp.hpp>

namespace ttt {

namespace policy_cpp {

inline std::string literal(std::string_view text) {
  static constexpr char digits[] = "01234567";
  std::string out = "\"";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (u < 0x20 || u > 0x7e) {
      for (const int shift : {-1, 6, 3, 0}) out += shift < 0 ? '\\' : digits[u >> shift & 7];
    } else {
      out += c;
    }
  }
  return out + '"';
}

inline std::string value(DType v) {
  std::string name(name_of(v));
  if (!is_own_format(v)) return "DType::" + name;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}
inline std::string value(Fidelity v) { return std::string(name_of(v)); }
inline std::string value(Sharding v) { return "Sharding::" + std::string(name_of(v)); }
inline std::string value(Switch v) { return "Switch::" + std::string(name_of(v)); }
inline std::string value(KvForm v) { return v == KvForm::paged ? "Paged" : "ContiguousKv"; }
inline std::string value(QkvForm v) { return v == QkvForm::fused ? "FusedQkv" : "SeparateQkv"; }
inline std::string value(QkvLayout v) { return v == QkvLayout::plain ? "PlainQkv" : "ColumnParallelQkv"; }
inline std::string value(Layout v) { return v == Layout::row_major ? "RowMajor" : "TileMajor"; }
inline std::string value(int v) { return std::to_string(v); }
inline std::string value(std::string_view v) { return literal(v); }
inline std::string value(const KernelChoice& v) {
  if (v.variant != KernelVariant::own)
    return "Kernel<KernelVariant::" + std::string(name_of(v.variant)) + ">";
  std::string type;
  for (const char c : v.own) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    type += letter ? c : '_';
  }
  return "Use<" + type + ">";
}

/// `@` by the value, `#` by the group.
inline std::string filled(std::string_view pattern, const std::string& value, std::string_view group) {
  std::string out;
  for (const char c : pattern) {
    if (c == '@')
      out += value;
    else if (c == '#')
      out += group;
    else
      out += c;
  }
  return out;
}

}  // namespace policy_cpp

TTT_INLINE std::string cpp_of(const HardwareConfig& config) {
  const bool one = config.kv_form == KvForm::paged && config.page != 0;
  std::string out = "Policy<";
  each_said(config, [&](const auto& knob, std::size_t member, const auto& v) {
    if (one && knob.name == "page") return;
    out += out.ends_with('<') ? "" : ", ";
    if (one && knob.name == "kv_form") {
      out += "PagedKv<" + std::to_string(config.page) + ">";
    } else {
      const bool all = member == all_members;
      out += policy_cpp::filled(all ? knob.cpp : knob.cpp_of(member), policy_cpp::value(v),
                                all ? "" : knob.member(member));
    }
  });
  return out + ">";
}

TTT_INLINE std::vector<std::string> cpp_of(const PolicySet& policies, std::string_view model,
                                           std::string_view name) {
  std::vector<std::pair<std::string, std::string>> steps;
  if (policies.whole != HardwareConfig{}) steps.emplace_back("model", cpp_of(policies.whole));
  for (const PathPolicy& p : policies.tuning)
    if (p.config != HardwareConfig{}) steps.emplace_back(p.path, cpp_of(p.config));
  std::vector<std::string> lines;
  if (policies.preset)
    lines.push_back(
        "// load it with LoadOptions{.preset = Preset::" + std::string(name_of(*policies.preset)) + "}");
  std::string from(model);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string to = std::string(name) + (i + 1 < steps.size() ? "_" + std::to_string(i + 1) : "");
    lines.push_back("constexpr auto " + to + " = tune<" + policy_cpp::literal(steps[i].first) + ", " +
                    steps[i].second + ">(" + from + ");");
    from = to;
  }
  if (steps.empty()) lines.push_back("constexpr auto " + std::string(name) + " = " + from + ";");
  return lines;
}

}  // namespace ttt

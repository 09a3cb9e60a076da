#include "policy_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include <ttt/io/in_quotes.hpp>
#include <ttt/policy/policy_json.hpp>

namespace ttt::tool {

namespace {

/// What stands for the whole model: its first layer, and everything else.
struct Resolved {
  HardwareConfig attention, mlp, self;
};
Resolved resolved(const ModelState& state) {
  Resolved out;
  const ModelView view = state.model.view();
  out.self = out.attention = out.mlp = state.config(0).self;
  for (int i = view.module_count() - 1; i >= 0; --i) {
    const ModuleConfig c = state.config(i);
    if (view.module(i).has_attention()) out.attention = c.attention;
    if (view.module(i).has_mlp()) out.mlp = c.mlp;
  }
  return out;
}
const HardwareConfig& config_for(const Resolved& r, WeightGroup g) {
  switch (g) {
    case WeightGroup::qkv:
    case WeightGroup::o:
      return r.attention;
    case WeightGroup::gate_up:
    case WeightGroup::down:
      return r.mlp;
    case WeightGroup::embedding:
    case WeightGroup::head:
      break;
  }
  return r.self;
}

}  // namespace

Result<PolicySet> policy_of(const Arguments& arguments) {
  Result<PolicySet> set = parse_policy(arguments.texts("policy"));
  if (set) return set;
  Error error = set.error();
  if (error.file.empty()) error.module = "--policy";
  return error;
}

Result<void> check_pages(const PolicySet& set) {
  const auto idle = [&](const HardwareConfig& c) {
    return c.page != 0 && c.kv_form != KvForm::paged && set.whole.kv_form != KvForm::paged;
  };
  bool wrong = idle(set.whole);
  for (const PathPolicy& p : set.tuning) wrong = wrong || idle(p.config);
  if (!wrong) return {};
  return command_line_error("option_policy", "--policy", "page means nothing to a contiguous cache",
                            "leave page out");
}

Result<std::string> policy_file_of(const Arguments& arguments, std::string_view other) {
  const std::string file = arguments.text("policy_out");
  if (file.empty()) return file;
  const std::string option = first_spelling(option_spec(other));
  if (file == arguments.text(other))
    return command_line_error("option_conflict", "--out", fmt::format("--out and {} name the same file", option),
                              "give the policy another name");
  if (!file.ends_with(".json"))
    return command_line_error("option_value", "--out", in_quotes(file) + " does not end in .json, and --policy takes no other file",
                              "give it a name that does");
  return file;
}

void write_policy(json::Writer& out, const ModelState& state, std::string_view preset,
                  std::span<const PathPolicy> tuning) {
  const Resolved r = resolved(state);
  out.key("policy").begin_object().member("preset", preset).key("weights").begin_object();
  for (std::size_t g = 0; g < weight_group_count; ++g) {
    const auto group = static_cast<WeightGroup>(g);
    out.member(name_of(group), name_of(state.request.format(config_for(r, group).weight(group))));
  }
  const HardwareConfig& c = r.attention;
  out.end_object().member("activations", name_of(c.activations)).member("accumulate", name_of(c.accumulate));
  out.member("kv", name_of(c.kv)).member("fidelity", name_of(c.fidelity_of(WeightGroup::qkv)));
  out.member("kv_form", c.kv_form == KvForm::paged ? "paged" : "contiguous");
  if (c.kv_form == KvForm::paged) out.member("page", c.page);
  out.member("chunk", c.chunk).key("modules").begin_object();
  std::vector<PathPolicy> once;  // a path that was named twice is one member, where it was named last
  for (const PathPolicy& p : tuning) {
    HardwareConfig config = p.config;
    std::erase_if(once, [&](const PathPolicy& old) {
      if (old.path == p.path) config = merged(old.config, p.config);
      return old.path == p.path;
    });
    once.push_back({p.path, config});
  }
  for (const PathPolicy& p : once) write_config(out.key(p.path), p.config);
  out.end_object().end_object();
}

std::string policy_line(const ModelState& state, std::string_view preset) {
  const Resolved r = resolved(state);
  return fmt::format("{}: weights {}, kv {}, fidelity {}", preset,
                     name_of(state.request.format(r.attention.weight(WeightGroup::qkv))),
                     name_of(r.attention.kv), name_of(r.attention.fidelity_of(WeightGroup::qkv)));
}

}  // namespace ttt::tool

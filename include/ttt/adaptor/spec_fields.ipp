#pragma once

#include <algorithm>
#include <vector>

#include <ttt/adaptor/spec_fields.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/types/declaration.hpp>
#include <ttt/types/path.hpp>
#include <ttt/types/spec_of.hpp>

namespace ttt {

namespace fields {

struct Field {
  std::string name;
  std::string json;
};

/// A value as JSON; whole numbers without an exponent (`500000`, not `5e+05`), for people read them too.
std::string written(auto value) {
  if constexpr (std::is_same_v<decltype(value), double>) {
    if (value > -1e15 && value < 1e15 && value == static_cast<double>(static_cast<std::int64_t>(value)))
      return std::to_string(static_cast<std::int64_t>(value));
  }
  return json::Writer().value(value).text();
}

inline std::vector<Field> of(const ModuleSpec& module) {
  std::vector<Field> out;
  each_field(module, [&](std::string name, auto value) { out.push_back({std::move(name), written(value)}); });
  return out;
}

/// A module of that kind with nothing said.
inline ModuleSpec unsaid(ModuleKind kind) {
  ModuleSpec m;
  m.kind = kind;
  return m;
}

inline void write_module(json::Writer& out, const std::string& id, const ModuleSpec& module) {
  out.begin_object().member("id", id).member("type", name_of(module.kind));
  const std::vector<Field> said = of(module), usual = of(unsaid(module.kind));
  for (std::size_t i = 0; i < said.size(); ++i)
    if (said[i].json != usual[i].json) out.key(said[i].name).raw(said[i].json);
  out.end_object();
}

}  // namespace fields

TTT_INLINE bool same_modules(const ModelView& a, const ModelView& b) {
  const int n = a.module_count();
  if (n != b.module_count()) return false;
  for (int i = 0; i < n; ++i)
    if (a.module(i) != b.module(i)) return false;
  return true;
}

TTT_INLINE SpecDifference difference(const ModelView& model, const ModelView& other) {
  SpecDifference d;
  const auto add = [&](const std::string& sentence) {
    if (d.fields++ == 0) d.first = sentence;
  };
  const int n = model.module_count(), m = other.module_count();
  if (n != m) add("it has " + std::to_string(n) + " modules, not " + std::to_string(m));
  std::vector<std::string> told;  // a field that differs in every layer is one difference
  // The last modules (norm, head) are compared with the last ones, however many layers there are.
  const int tail = std::min({2, n, m}), front = std::min(n, m) - tail;
  for (int i = 0; i < front + tail; ++i) {
    const int mine = i < front ? i : n - tail + (i - front), theirs = i < front ? i : m - tail + (i - front);
    const ModuleSpec &a = model.module(mine), &b = other.module(theirs);
    if (a == b) continue;
    const std::string path = path_of(model, mine);
    const bool layer = path.starts_with("layers.");
    if (a.kind != b.kind) {
      add(path + " is " + std::string(name_of(a.kind)) + ", not " + std::string(name_of(b.kind)));
      continue;
    }
    const std::vector<fields::Field> x = fields::of(a), y = fields::of(b);
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (x[k].json == y[k].json) continue;
      const std::string name = (layer ? "layers" : path) + "." + x[k].name;
      if (std::find(told.begin(), told.end(), name) != told.end()) continue;
      told.push_back(name);
      add(path + "." + x[k].name + " is " + x[k].json + ", not " + y[k].json);
    }
  }
  return d;
}

TTT_INLINE std::string to_json(const ArchitectureSpec& spec) {
  json::Writer out;
  out.begin_object()
      .member("model_type", spec.model_type)
      .member("vocab_size", spec.vocab_size)
      .member("max_sequence_length", spec.max_sequence_length)
      .key("runs")
      .begin_array();
  const OwnedModel model(spec);
  std::size_t at = 0;
  for (const RunSpec& run : model.view().runs) {
    out.begin_object().member("count", run.count).key("modules").begin_array();
    for (std::size_t m = 0; m < run.modules.size(); ++m)
      fields::write_module(out, spec.layers[at + m].id, run.modules[m]);
    out.end_array().end_object();
    at += run.modules.size() * static_cast<std::size_t>(run.count);
  }
  out.end_array();
  if (!spec.connections.empty()) {
    out.key("connections").begin_array();
    for (const Connection& c : spec.connections) out.begin_array().value(c.from).value(c.to).end_array();
    out.end_array();
  }
  return std::move(out.end_object()).text();
}

TTT_INLINE std::string to_text(const ArchitectureSpec& spec) {
  std::vector<std::pair<std::string, std::string>> lines;
  const OwnedModel model(spec);
  std::size_t at = 0, widest = 0;
  for (const RunSpec& run : model.view().runs) {
    const std::size_t covered = run.modules.size() * static_cast<std::size_t>(run.count);
    for (std::size_t m = 0; m < run.modules.size(); ++m) {
      const std::string times = run.count > 1 ? std::to_string(run.count) + " x " : "";
      std::string id = spec.layers[at + m].id;
      if (run.count > 1) id += " .. " + spec.layers[at + covered - run.modules.size() + m].id;
      widest = std::max(widest, id.size());
      lines.emplace_back(std::move(id), times + expression_of(run.modules[m]));
    }
    at += covered;
  }
  std::string out = spec.model_type + ", vocabulary of " + std::to_string(spec.vocab_size) + ", at most " +
                    std::to_string(spec.max_sequence_length) + " positions\n";
  for (const auto& [id, what] : lines)
    out += "  " + id + std::string(widest - id.size() + 2, ' ') + what + "\n";
  return out;
}

}  // namespace ttt

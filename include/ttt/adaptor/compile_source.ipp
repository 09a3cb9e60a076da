// Definitions of compile_source.hpp.
#pragma once

#include <algorithm>

#include <ttt/adaptor/compile_sha256.hpp>
#include <ttt/adaptor/compile_source.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/types/declaration.hpp>
#include <ttt/types/spec_of.hpp>

namespace ttt {

namespace compiling {

inline Error unsupported(std::string where, std::string issue) {
  return make_error(ErrorKind::config, "compile_unsupported", std::move(where), std::move(issue),
                    "use it from a C++ program, which can name it: `ttt describe` prints the declaration");
}

/// `c.knob = Type::name;` on a line of its own, for what a knob says.
template <class E>
void add(std::string& out, std::string_view knob, std::string_view type, E value) {
  if (value == E{}) return;
  std::string name(name_of(value));  // enumerators are spelled like their names, in lower case
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  out += "\n  c." + std::string(knob) + " = " + std::string(type) + "::" + name + ";";
}
template <class E, std::size_t N>
void add(std::string& out, std::string_view knob, std::string_view type, const std::array<E, N>& values) {
  for (std::size_t i = 0; i < N; ++i)
    add(out, std::string(knob) + "[" + std::to_string(i) + "]", type, values[i]);
}
inline void add(std::string& out, std::string_view knob, int value) {
  if (value != 0) out += "\n  c." + std::string(knob) + " = " + std::to_string(value) + ";";
}

/// The plan's runs, which are those of the model except where policies cut them, and the resolved policies of their
/// modules: each distinct one as `config_N`, then two arrays for each run.
struct Policies {
  std::vector<std::string> configs;
  std::string arrays, runs, written;
  bool own = false;

  std::string name_for(const HardwareConfig& c) {
    own = own || !c.own_kernel.empty() || !c.device_specific.empty();
    const std::string turned = statements_of(c);
    const auto found = std::find(configs.begin(), configs.end(), turned);
    const auto index = found - configs.begin();
    if (found == configs.end()) configs.push_back(turned);
    return "config_" + std::to_string(index);
  }
  explicit Policies(const ModelState& plan) {
    const ModelView view = plan.model.view();
    int module = 0;
    for (std::size_t r = 0; r < view.runs.size(); ++r) {
      const RunSpec& run = view.runs[r];
      std::string modules, policies;
      for (std::size_t m = 0; m < run.modules.size(); ++m) {
        const ModuleConfig c = plan.request.model.resolved(plan.request.device, r, m);
        modules += (m > 0 ? ", " : "") + std::string("view.module(") + std::to_string(module + static_cast<int>(m)) + ")";
        policies += (m > 0 ? ",\n    " : "\n    ") + std::string("compiling::written(") + name_for(c.attention) + ", ";
        policies += name_for(c.mlp) + ", " + name_for(c.self) + ")";
      }
      const std::string n = std::to_string(r), comma = r > 0 ? ", " : "";
      arrays += "constexpr ModuleSpec modules_" + n + "[] = {" + modules + "};\n";
      arrays += "constexpr compiling::Written written_" + n + "[] = {" + policies + "};\n";
      runs += comma + "{modules_" + n + ", " + std::to_string(run.count) + "}";
      written += comma + "written_" + n;
      module += static_cast<int>(run.modules.size()) * run.count;
    }
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (std::size_t i = 0; i < configs.size(); ++i)
      out += "constexpr auto config_" + std::to_string(i) + " = compiling::configured([](HardwareConfig& c) {" + configs[i] +
             "\n});\n";
    return out + "constexpr ModelView view = view_of<type_of<model>>();\n" + arrays + "constexpr RunSpec runs[] = {" +
           runs + "};\nconstexpr std::span<const compiling::Written> written[] = {" + written + "};\n";
  }
};

/// The declaration has been made of numbers and of this library's names; nothing else may stand in it, whatever
/// those who make specs and declarations do.
inline bool is_plain_declaration(std::string_view text) {
  static constexpr std::string_view small[] = {"constexpr", "auto", "model", "true", "false"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    const char c = text[at];
    if (letter(c)) {
      while (end < text.size() && (letter(text[end]) || digit(text[end]))) ++end;
      const std::string_view word = text.substr(at, end - at);
      if (!(c >= 'A' && c <= 'Z') && std::find(std::begin(small), std::end(small), word) == std::end(small)) return false;
    } else if (digit(c)) {
      while (end < text.size() && (digit(text[end]) || text[end] == '\'' || text[end] == '.' || text[end] == 'e' ||
                                   (text[end - 1] == 'e' && (text[end] == '-' || text[end] == '+'))))
        ++end;
    } else if (c == '"') {  // a path: TiedTo<"embedding">
      while (end < text.size() && (letter(text[end]) || digit(text[end]) || text[end] == '.')) ++end;
      if (end >= text.size() || text[end] != '"') return false;
      ++end;
    } else if (std::string_view("<>(),-= \n").find(c) == std::string_view::npos &&
               !(c == ';' && text.substr(at) == ";\n")) {
      return false;
    }
    at = end;
  }
  return true;
}

inline Result<void> check_expressible(const ModelState& plan) {
  Result<void> outcome;
  plan.model.view().each([&](const ModuleSpec& m, int index, std::size_t, std::size_t) {
    if (!outcome) return;
    if (m.kind == ModuleKind::own || (m.has_mlp() && m.mlp.activation == Activation::own))
      outcome = unsupported(plan.path(index), "its code is a program's own, and only that program can compile it");
  });
  return outcome;
}

/// `avx2`: also the name of the level's header and namespace; the scalar level's is `reference`.
inline std::string level_of(kernels::Isa isa) {
  return isa == kernels::Isa::scalar ? "reference" : std::string(kernels::name_of(isa));
}

inline int context_of(const ModelState& plan) {
  return plan.max_position > 0 ? std::min(plan.max_position, 4096) : 4096;
}

}  // namespace compiling

TTT_INLINE std::string statements_of(const HardwareConfig& c) {
  using compiling::add;
  std::string out;
  add(out, "weights", "DType", c.weights);
  add(out, "fidelity", "Fidelity", c.fidelity);
  add(out, "shard", "Sharding", c.shard);
  add(out, "activations", "DType", c.activations);
  add(out, "accumulate", "DType", c.accumulate);
  add(out, "kv", "DType", c.kv);
  add(out, "gradient_accumulation", "DType", c.gradient_accumulation);
  add(out, "scores_prompt", "Fidelity", c.scores_prompt);
  add(out, "scores_decode", "Fidelity", c.scores_decode);
  add(out, "kv_form", "KvForm", c.kv_form);
  add(out, "qkv", "QkvForm", c.qkv);
  add(out, "qkv_layout", "QkvLayout", c.qkv_layout);
  add(out, "layout", "Layout", c.layout);
  add(out, "kernel", "KernelVariant", c.kernel);
  add(out, "checkpointing", "Switch", c.checkpointing);
  add(out, "page", c.page);
  add(out, "chunk", c.chunk);
  return out;
}

TTT_INLINE PlanRequest variant_request(const ModelState& plan) {
  return variant_request(plan.request.model, plan.request.device, plan.kernels->has_bf16_dot,
                         compiling::context_of(plan), plan.request.stored);
}

TTT_INLINE Result<std::string> variant_source(const ModelState& plan) {
  TTT_CHECK(compiling::check_expressible(plan));
  const OwnedModel whole(spec_of(plan.model.view()));  // without the cuts that policies made
  const std::string declaration = declaration_of(whole.view(), "model");
  if (!compiling::is_plain_declaration(declaration))
    return compiling::unsupported("model", "a number or name in it cannot be written in a model type");
  const compiling::Policies policies(plan);
  if (policies.own) return compiling::unsupported("policy", "it names a kernel or knob that only a program can bring");
  const bool scalar = plan.kernels->isa == kernels::Isa::scalar;
  const std::string level = compiling::level_of(plan.kernels->isa);
  std::string out = "// Generated by `ttt compile`.\n#include <ttt/adaptor/compile_unit.hpp>\n#include <ttt/kernels/";
  out += (scalar ? "reference/table" : "cpu/" + level) + ".hpp>\n\nnamespace ttt::compiled {\n\n";
  out += declaration + "\n// What its policy resolved to, run by run: for attention, feed-forward network and the rest.\n";
  out += policies.text() + "\nusing Level = kernels::" + level + "::Level;\nconstexpr bool bf16_dot = ";
  out += (scalar ? "false" : "kernels::" + level + "::has_bf16_dot") + ";\n\n";
  out += "struct Unit {\n  static constexpr PlanRequest request() {\n";
  out += "    return compiling::request_of({runs}, written, bf16_dot, ";
  out += std::to_string(compiling::context_of(plan)) + ", DType::" + std::string(name_of(plan.request.stored));
  out += ");\n  }\n};\n";
  out += "static_assert(compiling::passes<type_of<model>, Unit>);\n\n";
  return out + "}  // namespace ttt::compiled\n";
}

TTT_INLINE std::string variant_key(std::string_view source, std::string_view identity) {
  Sha256 hash;
  hash.add("ttt variant ").add(std::to_string(variant_abi)).add("\n").add(identity).add("\n").add(source);
  return hash.hex();
}

TTT_INLINE std::string variant_entry(const ModelState& plan, std::string_view key) {
  std::string out = "\nextern \"C\" __attribute__((visibility(\"default\"))) const ttt::VariantTable* ";
  out += std::string(variant_entry_name) + "(std::uint32_t abi) noexcept {\n  using namespace ttt::compiled;\n";
  out += "  static constexpr ttt::VariantTable table = ttt::compiling::UnitTable<Unit, Level>::make(\n      \"";
  out += std::string(key) + "\", ttt::kernels::Isa::" + std::string(kernels::name_of(plan.kernels->isa)) + ", bf16_dot);\n";
  return out + "  return abi == ttt::variant_abi ? &table : nullptr;\n}\n";
}

}  // namespace ttt

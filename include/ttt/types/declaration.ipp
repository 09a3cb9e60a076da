#pragma once

#include <charconv>
#include <vector>

#include <ttt/io/linkage.hpp>
#include <ttt/types/declaration.hpp>

namespace ttt {

namespace declaring {

/// `Name<a, b, c>`, or `Name<>` when there is no argument left.
inline std::string with_arguments(std::string_view name, const std::vector<std::string>& arguments) {
  std::string out(name);
  out += '<';
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) out += ", ";
    out += arguments[i];
  }
  return out + '>';
}

/// Leaves out what only repeats the template's defaults at the end of its parameters.
inline std::string with_defaults(std::string_view name, std::vector<std::string> arguments,
                                 const std::vector<std::string>& defaults, std::size_t required) {
  while (arguments.size() > required && arguments.back() == defaults[arguments.size() - 1 - required])
    arguments.pop_back();
  return with_arguments(name, arguments);
}

inline std::string number(int n) { return std::to_string(n); }

inline void add_rope(std::vector<std::string>& out, const RopeSpec& r) {
  const RopeSpec usual{};
  const std::string theta = literal_of(r.theta), factor = literal_of(r.factor);
  const std::string original = number(r.original_max_position);
  switch (r.type) {
    case RopeType::none:
      if (r.theta != usual.theta) out.push_back(with_arguments("Rope", {theta}));
      out.push_back("NoRope");
      break;
    case RopeType::standard:
      out.push_back(with_arguments("Rope", {theta}));
      break;
    case RopeType::linear:
      out.push_back(with_arguments("RopeLinear", {theta, factor}));
      break;
    case RopeType::dynamic:
      out.push_back(with_defaults("RopeDynamic", {theta, factor, original}, {"0"}, 2));
      break;
    case RopeType::llama3:
      out.push_back(with_defaults(
          "RopeLlama3",
          {theta, factor, literal_of(r.low_freq_factor), literal_of(r.high_freq_factor), original},
          {"32", "1", "4", number(8192)}, 1));
      break;
    case RopeType::yarn:
      out.push_back(with_defaults("RopeYarn",
                                  {theta, factor, original, literal_of(r.beta_fast), literal_of(r.beta_slow),
                                   literal_of(r.attention_factor), literal_of(r.mscale),
                                   literal_of(r.mscale_all_dim), r.truncate ? "true" : "false"},
                                  {"32", "1", "0", "0", "0", "true"}, 3));
      break;
  }
  if (r.partial != usual.partial) out.push_back(with_arguments("PartialRotary", {literal_of(r.partial)}));
  if (r.interleaved) out.push_back("RopeInterleaved");
}

inline std::string attention(const AttentionSpec& a) {
  std::vector<std::string> out{number(a.heads), number(a.kv_heads), number(a.head_dim)};
  add_rope(out, a.rope);
  if (a.qkv_bias) out.push_back("QkvBias");
  if (a.output_bias) out.push_back("OutputBias");
  if (a.qk_norm) out.push_back(with_defaults("QkNorm", {literal_of(a.qk_norm_eps)}, {literal_of(1e-6)}, 0));
  if (a.sliding_window != 0) out.push_back(with_arguments("SlidingWindow", {number(a.sliding_window)}));
  if (a.softcap.v != 0) out.push_back(with_arguments("SoftCap", {literal_of(a.softcap)}));
  if (a.scale.v != 0) out.push_back(with_arguments("Scale", {literal_of(a.scale)}));
  if (a.bidirectional) out.push_back("Bidirectional");
  return with_arguments("Attention", out);
}

inline std::string activation(const MlpSpec& m) {
  switch (m.activation) {
    case Activation::silu:
      return "Silu";
    case Activation::gelu:
      return "Gelu";
    case Activation::gelu_tanh:
      return "GeluTanh";
    case Activation::relu:
      return "Relu";
    case Activation::relu2:
      return "Relu2";
    case Activation::quick_gelu:
      return "QuickGelu";
    case Activation::own:
      break;
  }
  return std::string(m.own_activation.view()) + "{}";
}

inline std::string mlp(const MlpSpec& m) {
  std::vector<std::string> out{number(m.intermediate)};
  const bool swiglu = m.gated && m.activation == Activation::silu;
  if (!swiglu) out.push_back(activation(m));
  if (m.bias) out.push_back("Bias");
  return with_arguments(swiglu ? "SwiGlu" : m.gated ? "GatedMlp" : "Mlp", out);
}

inline void add_eps(std::vector<std::string>& out, const NormSpec& n) {
  if (n.eps != NormSpec{}.eps) out.push_back(with_arguments("Eps", {literal_of(n.eps)}));
}

inline std::string layer(const ModuleSpec& m) {
  std::vector<std::string> out{number(m.norm.width), attention(m.attention), mlp(m.mlp)};
  if (m.norm.layer) out.push_back("LayerNorms");
  if (m.norm.layer && !m.norm.bias) out.push_back("NoBias");
  if (m.norm.post) out.push_back("PostNorm");
  add_eps(out, m.norm);
  return with_arguments("TransformerLayer", out);
}

inline std::string norm(const NormSpec& n) {
  std::vector<std::string> out{number(n.width)};
  add_eps(out, n);
  if (n.layer && !n.bias) out.push_back("NoBias");
  return with_arguments(n.layer ? "LayerNorm" : "RmsNorm", out);
}

inline std::string embedding(const EmbeddingSpec& e) {
  std::vector<std::string> out{number(e.vocab), number(e.hidden)};
  if (e.scale.v != 1) out.push_back(with_arguments("EmbeddingScale", {literal_of(e.scale)}));
  if (e.positions != 0) out.push_back(with_arguments("LearnedPositions", {number(e.positions)}));
  if (e.token_types != 0) out.push_back(with_arguments("TokenTypes", {number(e.token_types)}));
  return with_arguments("Embedding", out);
}

inline std::string linear(const LinearSpec& l) {
  if (l.pools) return with_arguments("Pooler", {number(l.in)});
  std::vector<std::string> out{number(l.in), number(l.out)};
  if (l.bias) out.push_back("Bias");
  if (!l.tied_to.empty())
    out.push_back(with_arguments("TiedTo", {'"' + std::string(l.tied_to.view()) + '"'}));
  if (l.softcap.v != 0) out.push_back(with_arguments("SoftCap", {literal_of(l.softcap)}));
  return with_arguments("Linear", out);
}

}  // namespace declaring

TTT_INLINE std::string literal_of(double value) {
  char buffer[64];
  const bool whole = value >= 0 && value < 1e9 && value == static_cast<double>(static_cast<long long>(value));
  const auto end = whole ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<long long>(value)).ptr
                         : std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string out(buffer, end);
  if (whole && out.size() > 4)
    for (std::size_t at = out.size(); at > 3;) out.insert(at -= 3, "'");
  return out;
}

TTT_INLINE std::string identifier_of(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept) {
      out += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  if (out.empty()) return "model";
  return out.front() >= '0' && out.front() <= '9' ? "model_" + out : out;
}

TTT_INLINE std::string expression_of(const ModuleSpec& module) {
  switch (module.kind) {
    case ModuleKind::embedding:
      return declaring::embedding(module.embedding);
    case ModuleKind::linear:
      return declaring::linear(module.linear);
    case ModuleKind::rms_norm:
    case ModuleKind::layer_norm:
      return declaring::norm(module.norm);
    case ModuleKind::attention:
      return declaring::attention(module.attention);
    case ModuleKind::mlp:
      return declaring::mlp(module.mlp);
    case ModuleKind::transformer_layer:
      return declaring::layer(module);
    case ModuleKind::own:
      break;
  }
  return std::string(module.own.type.view()) + "{}";
}

TTT_INLINE std::string declaration_of(const ModelView& model, std::string_view name) {
  std::string out = "constexpr auto " + std::string(name) + " =\n    ";
  for (std::size_t r = 0; r < model.runs.size(); ++r) {
    const RunSpec& run = model.runs[r];
    if (r > 0) out += "\n    >> ";
    std::string group;
    for (std::size_t m = 0; m < run.modules.size(); ++m) {
      if (m > 0) group += run.count > 1 ? "\n                  >> " : "\n    >> ";
      group += expression_of(run.modules[m]);
    }
    if (run.count == 1) {
      out += group;
    } else {
      const bool several = run.modules.size() > 1;
      out += "Repeat<" + std::to_string(run.count) + ", " + (several ? "(" + group + ")" : group) + ">";
    }
  }
  return out + ";\n";
}

}  // namespace ttt

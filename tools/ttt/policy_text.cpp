#include "policy_text.hpp"

#include <fmt/format.h>

#include <optional>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/nearest.hpp>

#include "options.hpp"

namespace ttt::tool {

namespace {

constexpr DType dtypes[] = {DType::stored, DType::fp32,  DType::fp16,      DType::bf16,     DType::int8,
                            DType::int4,   DType::int4m, DType::bfloat8_b, DType::bfloat4_b};
constexpr Fidelity fidelities[] = {Fidelity::lofi, Fidelity::hifi2, Fidelity::hifi3, Fidelity::hifi4};
constexpr std::string_view knob_names[] = {"weights",      "weights.qkv",
                                           "weights.o",    "weights.gate_up",
                                           "weights.down", "weights.embedding",
                                           "weights.head", "activations",
                                           "accumulate",   "kv",
                                           "fidelity",     "kv_form",
                                           "page",         "chunk"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

template <class T, std::size_t N>
std::optional<T> named(const T (&all)[N], std::string_view name) {
  for (const T t : all)
    if (lower(name_of(t)) == name) return t;
  return std::nullopt;
}

template <class T, std::size_t N>
std::string listed(const T (&all)[N]) {
  std::string out;
  for (const T t : all) out += (out.empty() ? "" : ", ") + std::string(name_of(t));
  return out;
}

Error wrong(std::string issue, std::string suggestion) {
  return command_line_error("option_policy", "--policy", std::move(issue), std::move(suggestion));
}
Error wrong_value(std::string_view knob, std::string_view value, const std::string& values) {
  return wrong(fmt::format("{} is no value of {}", in_quotes(value), knob), "use one of: " + values);
}

Result<DType> dtype_value(std::string_view knob, std::string_view value) {
  const auto type = named(dtypes, value);
  const bool weights = knob.starts_with("weights");
  if (!type || (*type == DType::stored && !weights)) return wrong_value(knob, value, listed(dtypes));
  return *type;
}

/// One `knob=value`, in lower case, onto `config`.
Result<void> turn(HardwareConfig& config, std::string_view knob, std::string_view value) {
  if (knob.starts_with("weights")) {
    TTT_TRY(const DType type, dtype_value(knob, value));
    if (knob == "weights") {
      config.set_weights(type);
      return {};
    }
    for (std::size_t g = 0; g < weight_group_count; ++g)
      if (knob.substr(8) == name_of(static_cast<WeightGroup>(g))) config.weights[g] = type;
  } else if (knob == "kv") {
    TTT_TRY(config.kv, dtype_value(knob, value));
  } else if (knob == "activations" || knob == "accumulate") {
    TTT_TRY(const DType type, dtype_value(knob, value));
    if (type != DType::fp32)
      return make_error(ErrorKind::hardware, "policy_value_unavailable", std::string(knob),
                        "the cpu keeps " + std::string(knob) + " in fp32, and " + std::string(name_of(type)) +
                            " was asked for",
                        "leave it at fp32; fidelity=HiFi2 gives products bf16 operands");
    (knob == "activations" ? config.activations : config.accumulate) = type;
  } else if (knob == "fidelity") {
    const auto fidelity = named(fidelities, value);
    if (!fidelity) return wrong_value(knob, value, listed(fidelities));
    config.set_fidelity(*fidelity);
  } else if (knob == "kv_form") {
    if (value != "contiguous" && value != "paged") return wrong_value(knob, value, "contiguous, paged");
    config.kv_form = value == "paged" ? KvForm::paged : KvForm::contiguous;
  } else {
    TTT_TRY(const std::int64_t number, whole_number(value, fmt::format("--policy {}", knob), 1, 65536));
    (knob == "page" ? config.page : config.chunk) = static_cast<int>(number);
  }
  return {};
}

Result<void> turn_one(HardwareConfig& config, std::string_view item) {
  const std::size_t equals = item.find('=');
  const std::size_t colon = item.find(':');
  if (colon < equals && colon != std::string_view::npos)
    return make_error(
        ErrorKind::request, "policy_path_unsupported", "--policy",
        in_quotes(item) + " names a part of the model; the command sets policies of whole models only",
        "leave the path out: " + std::string(item.substr(colon + 1, 80)) +
            "; a C++ program writes Policy<...> on the module it is for");
  if (equals == std::string_view::npos)
    return wrong(in_quotes(item) + " is not knob=value", "write, for example, --policy weights=bf16,kv=fp16");
  const std::string knob = lower(item.substr(0, equals));
  bool known = false;
  for (const std::string_view name : knob_names) known = known || name == knob;
  if (!known) {
    const std::string_view near = nearest_name(knob, knob_names);
    return wrong("there is no knob " + in_quotes(knob),
                 (near.empty() ? std::string() : fmt::format("did you mean {}? ", near)) +
                     fmt::format("Knobs: {}", fmt::join(knob_names, ", ")));
  }
  return turn(config, knob, lower(item.substr(equals + 1)));
}

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

Result<HardwareConfig> parse_policy(std::span<const std::string> texts) {
  HardwareConfig config;
  for (const std::string& text : texts) {
    std::string_view rest = text;
    do {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      TTT_CHECK(turn_one(config, rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    } while (!rest.empty());
  }
  if (config.page != 0 && config.kv_form != KvForm::paged)
    return wrong("page means nothing to a contiguous cache", "leave page out");
  return config;
}

void write_policy(json::Writer& out, const ModelState& state, std::string_view preset) {
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
  out.member("chunk", c.chunk).end_object();
}

std::string policy_line(const ModelState& state, std::string_view preset) {
  const Resolved r = resolved(state);
  return fmt::format("{}: weights {}, kv {}, fidelity {}", preset,
                     name_of(state.request.format(r.attention.weight(WeightGroup::qkv))),
                     name_of(r.attention.kv), name_of(r.attention.fidelity_of(WeightGroup::qkv)));
}

}  // namespace ttt::tool

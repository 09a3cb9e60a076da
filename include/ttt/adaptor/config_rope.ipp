#pragma once

#include <ttt/adaptor/config_rope.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace reading {

inline constexpr double largest_factor = 1 << 20;
inline constexpr int largest_position = 1 << 27;

/// A number that this rope type cannot do without.
inline double required(const ConfigReader& rope, std::string_view type, std::string_view field, double low,
                       double high) {
  if (!rope.has(field))
    rope.refuse("config_field", field, "rope type " + std::string(type) + " needs " + std::string(field),
                "add " + std::string(field) + ", as the model's own config.json has it");
  return rope.real_or_null(field, low, high).value_or(low);
}

inline RopeType rope_type(const ConfigReader& rope, bool may_be_absent) {
  const std::string_view field = rope.has("rope_type") ? "rope_type" : "type";
  const auto name = rope.text(field);
  if (!name) {
    if (!may_be_absent)
      rope.refuse("config_field", "rope_type", "rope_scaling has no rope_type",
                  "add \"rope_type\", or write \"rope_scaling\": null for plain rotary positions");
    return RopeType::standard;
  }
  using enum RopeType;
  for (const RopeType type : {standard, linear, dynamic, llama3, yarn})
    if (*name == name_of(type)) return type;
  rope.refuse("rope_type_unknown", field,
              "rope type " + shown(rope[field]) + " is not supported for this family",
              "known are default, linear, dynamic, llama3 and yarn");
  return standard;
}

/// Where pretraining ended: a top-level field first (as transformers has it), then the rope's own.
inline int original_position(const ConfigReader& config, const ConfigReader& rope, int max_position) {
  constexpr std::string_view field = "original_max_position_embeddings";
  const auto outer = config.integer_or_null(field, 1, largest_position);
  return outer ? *outer : rope.integer_or_null(field, 1, largest_position).value_or(max_position);
}

inline void read_yarn(const ConfigReader& config, const ConfigReader& rope, RopeSpec& r, int max_position) {
  r.original_max_position = original_position(config, rope, max_position);
  const double ratio = static_cast<double>(max_position) / r.original_max_position;
  r.factor = rope.real_or_null("factor", 1, largest_factor).value_or(ratio < 1 ? 1 : ratio);
  const RopeSpec usual{};
  r.beta_fast = rope.real_or_null("beta_fast", 1e-3, 1e6).value_or(usual.beta_fast);
  r.beta_slow = rope.real_or_null("beta_slow", 1e-3, 1e6).value_or(usual.beta_slow);
  r.attention_factor = rope.real_or_null("attention_factor", 1e-3, 1e3).value_or(0);
  r.mscale = rope.real_or_null("mscale", 0, 1e3).value_or(0);
  r.mscale_all_dim = rope.real_or_null("mscale_all_dim", 0, 1e3).value_or(0);
  r.truncate = rope.flag("truncate", true);
  if (r.beta_fast < r.beta_slow)
    rope.refuse("config_fields_disagree", "beta_fast", "yarn's beta_fast is below its beta_slow",
                "beta_fast is the larger of the two (usually 32 and 1)");
}

}  // namespace reading

TTT_INLINE RopeSpec read_rope(const ConfigReader& config, double default_theta, int head_dim,
                              int max_position) {
  using namespace reading;
  RopeSpec r;
  const json::Value old = config["rope_scaling"];
  const bool scaled = !old.is_null() && (!old.is(json::Type::object) || old.size() > 0);
  const ConfigReader rope = config.inside(scaled ? "rope_scaling" : "rope_parameters");
  for (const std::string_view part : {"full_attention", "sliding_attention"})
    if (rope.has(part))
      rope.refuse("rope_type_unknown", part,
                  "rotary positions of their own for " + std::string(part) + " layers are not supported",
                  "use a model whose layers share one rope");
  r.type = rope_type(rope, !scaled);

  const double outer = config.real("rope_theta", 2, 1e12, default_theta);
  r.theta = rope.real_or_null("rope_theta", 2, 1e12).value_or(outer);
  const auto share = rope.real_or_null("partial_rotary_factor", 0, 1);
  r.partial = share ? *share : config.real_or_null("partial_rotary_factor", 0, 1).value_or(1);

  const std::string_view name = name_of(r.type);
  switch (r.type) {
    case RopeType::none:
    case RopeType::standard:
      break;
    case RopeType::linear:
      r.factor = required(rope, name, "factor", 1, largest_factor);
      break;
    case RopeType::dynamic:
      r.factor = required(rope, name, "factor", 1, largest_factor);
      r.original_max_position = max_position;
      break;
    case RopeType::llama3:
      r.factor = required(rope, name, "factor", 1, largest_factor);
      r.low_freq_factor = required(rope, name, "low_freq_factor", 1e-3, 1e6);
      r.high_freq_factor = required(rope, name, "high_freq_factor", 1e-3, 1e6);
      r.original_max_position = original_position(config, rope, max_position);
      if (r.high_freq_factor <= r.low_freq_factor)
        rope.refuse("config_fields_disagree", "high_freq_factor",
                    "llama3's high_freq_factor is not above its low_freq_factor",
                    "high_freq_factor is the larger of the two (usually 4 and 1)");
      break;
    case RopeType::yarn:
      read_yarn(config, rope, r, max_position);
      break;
  }
  const int turning = r.rotary_dim(head_dim);
  const int least = r.type == RopeType::dynamic ? 4 : 2;
  if (turning < least || turning % 2 != 0)
    config.refuse("config_fields_disagree", "head_dim",
                  std::to_string(turning) + " numbers of each head (head_dim " + std::to_string(head_dim) +
                      ") would turn with their position, and that must be an even number from " +
                      std::to_string(least),
                  "correct head_dim or partial_rotary_factor");
  return r;
}

}  // namespace ttt

#pragma once

#include <ttt/adaptor/config_reader.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace reading {

inline std::string number(double value) { return json::Writer().value(value).text(); }

struct ActivationName {
  std::string_view name;
  Activation activation;
};
/// transformers' ACT2FN names of what the kernels have.
inline constexpr ActivationName activations[] = {
    {"silu", Activation::silu},
    {"swish", Activation::silu},
    {"gelu", Activation::gelu},
    {"gelu_python", Activation::gelu},
    {"gelu_pytorch_tanh", Activation::gelu_tanh},
    {"gelu_new", Activation::gelu_tanh},
    {"gelu_fast", Activation::gelu_tanh},
    {"relu", Activation::relu},
    {"relu2", Activation::relu2},
    {"quick_gelu", Activation::quick_gelu},
};

}  // namespace reading

TTT_INLINE std::string shown(json::Value value) {
  switch (value.type()) {
    case json::Type::missing:
      return "nothing";
    case json::Type::null:
      return "null";
    case json::Type::boolean:
      return value.as_bool().value_or(false) ? "true" : "false";
    case json::Type::integer: {
      const auto n = value.as_int();
      return n ? std::to_string(*n) : "an integer above 9223372036854775807";
    }
    case json::Type::number:
      return reading::number(value.as_double().value_or(0));
    case json::Type::string: {
      std::string_view text = value.as_string().value_or("");
      const bool cut = text.size() > 48;
      if (cut) text = text.substr(0, 48);
      std::string out;
      json::append_quoted(out, text);
      return out + (cut ? "..." : "");
    }
    case json::Type::array:
      return "an array";
    case json::Type::object:
      return "an object";
  }
  return "?";
}

TTT_INLINE void ConfigReader::refuse(std::string_view anchor, std::string_view field, std::string issue,
                                     std::string suggestion) const {
  if (failed()) return;
  *fault_ = make_error(ErrorKind::config, anchor, place_ + std::string(field), std::move(issue),
                       std::move(suggestion), file_);
}

TTT_INLINE void ConfigReader::refuse_value(std::string_view field, json::Value value,
                                           const std::string& wanted) const {
  refuse("config_field", field,
         place_ + std::string(field) + " is " + shown(value) + ", and must be " + wanted,
         "write " + wanted + " there, as the model's own config.json has it");
}

TTT_INLINE std::optional<int> ConfigReader::integer_or_null(std::string_view field, int low, int high) const {
  const json::Value value = object_[field];
  if (value.is_null()) return std::nullopt;
  const auto n = value.as_int();
  if (value.is(json::Type::integer) && n && *n >= low && *n <= high) return static_cast<int>(*n);
  refuse_value(field, value, "an integer from " + std::to_string(low) + " to " + std::to_string(high));
  return std::nullopt;
}

TTT_INLINE int ConfigReader::integer(std::string_view field, int low, int high, int fallback) const {
  const json::Value value = object_[field];
  if (!value.exists()) return fallback;
  if (value.is_null())
    refuse_value(field, value, "an integer from " + std::to_string(low) + " to " + std::to_string(high));
  return integer_or_null(field, low, high).value_or(fallback);
}

TTT_INLINE std::optional<double> ConfigReader::real_or_null(std::string_view field, double low,
                                                            double high) const {
  const json::Value value = object_[field];
  if (value.is_null()) return std::nullopt;
  const auto x = value.as_double();
  if (x && *x >= low && *x <= high) return x;
  refuse_value(field, value, "a number from " + reading::number(low) + " to " + reading::number(high));
  return std::nullopt;
}

TTT_INLINE double ConfigReader::real(std::string_view field, double low, double high, double fallback) const {
  const json::Value value = object_[field];
  if (!value.exists()) return fallback;
  if (value.is_null())
    refuse_value(field, value, "a number from " + reading::number(low) + " to " + reading::number(high));
  return real_or_null(field, low, high).value_or(fallback);
}

TTT_INLINE bool ConfigReader::flag(std::string_view field, bool fallback) const {
  const json::Value value = object_[field];
  if (value.is_null()) return fallback;
  const auto b = value.as_bool();
  if (!b) refuse_value(field, value, "true or false");
  return b.value_or(fallback);
}

TTT_INLINE std::optional<std::string_view> ConfigReader::text(std::string_view field) const {
  const json::Value value = object_[field];
  if (value.is_null()) return std::nullopt;
  const auto text = value.as_string();
  if (!text) refuse_value(field, value, "a string");
  return text;
}

TTT_INLINE Activation ConfigReader::activation(std::string_view field) const {
  const auto name = text(field);
  if (!name) return Activation::silu;
  std::string known;
  for (const reading::ActivationName& a : reading::activations) {
    if (a.name == *name) return a.activation;
    known += (known.empty() ? "" : ", ") + std::string(a.name);
  }
  refuse("activation_unknown", field,
         place_ + std::string(field) + " is " + shown(object_[field]) +
             ", an activation function that is not supported",
         "known are " + known);
  return Activation::silu;
}

TTT_INLINE ConfigReader ConfigReader::inside(std::string_view field) const {
  const json::Value value = object_[field];
  const bool object = value.is(json::Type::object);
  if (!value.is_null() && !object) refuse_value(field, value, "an object or null");
  return {object ? value : json::Value(), file_, *fault_, place_ + std::string(field) + "."};
}

}  // namespace ttt

// Reading config.json's fields: typed, range-checked, first fault kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ttt/io/json.hpp>
#include <ttt/spec/activation.hpp>

namespace ttt {

/// A value as an error sentence shows it: `"silu"`, `2048`, `null`, `an object`; long strings are cut.
[[nodiscard]] std::string shown(json::Value value);

/// Reads the members of one JSON object. Every getter answers with a usable number whatever the file holds;
/// the first fault is kept (as an Error that names file, field, value and remedy), the rest are consequences.
/// So a family is written as if nothing could go wrong, and its result counts only if `fault()` is empty.
class ConfigReader {
 public:
  /// `object` may be missing: then every field is. `fault` outlives the reader.
  ConfigReader(json::Value object, std::string file, std::optional<Error>& fault, std::string place = {})
      : object_(object), file_(std::move(file)), place_(std::move(place)), fault_(&fault) {}

  [[nodiscard]] json::Value operator[](std::string_view field) const { return object_[field]; }
  [[nodiscard]] bool has(std::string_view field) const { return !object_[field].is_null(); }
  [[nodiscard]] bool failed() const { return fault_->has_value(); }
  [[nodiscard]] const std::string& file() const { return file_; }

  /// An integer in [low, high]; `fallback` when the field is not there. An explicit null is refused.
  [[nodiscard]] int integer(std::string_view field, int low, int high, int fallback) const;
  /// The same where null means "not there", as transformers writes for what it derives.
  [[nodiscard]] std::optional<int> integer_or_null(std::string_view field, int low, int high) const;
  [[nodiscard]] double real(std::string_view field, double low, double high, double fallback) const;
  [[nodiscard]] std::optional<double> real_or_null(std::string_view field, double low, double high) const;
  [[nodiscard]] bool flag(std::string_view field, bool fallback) const;
  [[nodiscard]] std::optional<std::string_view> text(std::string_view field) const;
  /// `hidden_act` by HuggingFace's names; `silu` when the field is not there.
  [[nodiscard]] Activation activation(std::string_view field) const;

  /// The member of that name, an object; a reader of nothing if there is none.
  [[nodiscard]] ConfigReader inside(std::string_view field) const;

  /// Keeps a fault of this reader's file, if it is the first. `field` is named with its place.
  void refuse(std::string_view anchor, std::string_view field, std::string issue,
              std::string suggestion) const;

 private:
  void refuse_value(std::string_view field, json::Value value, const std::string& wanted) const;
  json::Value object_;
  std::string file_;
  std::string place_;  // "rope_scaling." inside that object
  std::optional<Error>* fault_;
};

}  // namespace ttt

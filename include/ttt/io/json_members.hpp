// MemberReader: members of JSON objects by name, and the first that is not what it must be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <ttt/io/json.hpp>

namespace ttt::json {

/// Reads members into variables. One that is missing, of another type or out of its range leaves its variable as it is;
/// the first such is remembered. Whoever does not ask for it has read what there was.
class MemberReader {
 public:
  /// Texts of more than `longest` bytes are refused.
  explicit MemberReader(std::size_t longest = std::numeric_limits<std::size_t>::max()) : longest_(longest) {}

  void text(Value of, std::string_view key, std::string& to) {
    const auto v = of[key].as_string();
    if (!v || v->size() > longest_) return wrong(key, "a text");
    to = *v;
  }
  void flag(Value of, std::string_view key, bool& to) {
    const auto v = of[key].as_bool();
    if (!v) return wrong(key, "true or false");
    to = *v;
  }
  /// A number of [low, high].
  void number(Value of, std::string_view key, double& to, double low = std::numeric_limits<double>::lowest(),
              double high = std::numeric_limits<double>::max()) {
    const auto v = of[key].as_double();
    if (!v || !(*v >= low && *v <= high)) return wrong(key, "a number in its range");
    to = *v;
  }
  /// The same, where null stands for what was not finite.
  void number_or_none(Value of, std::string_view key, double& to) {
    if (of[key].is(Type::null)) to = std::numeric_limits<double>::quiet_NaN();
    else number(of, key, to);
  }
  /// A whole number of [low, high].
  template <class Int>
  void whole(Value of, std::string_view key, Int& to, std::int64_t low, std::int64_t high) {
    const auto v = of[key].as_int();
    if (!v || *v < low || *v > high) return wrong(key, "a whole number in its range");
    to = static_cast<Int>(*v);
  }
  /// An array of at most `most` entries; anything else is returned as it is.
  [[nodiscard]] Value list(Value of, std::string_view key, std::size_t most) {
    const Value v = of[key];
    if (!v.is(Type::array) || v.size() > most) wrong(key, "an array of at most " + std::to_string(most) + " entries");
    return v;
  }

  /// Remembers a fault, if it is the first.
  void wrong(std::string_view key, std::string_view expected) {
    if (failed()) return;
    key_ = key;
    expected_ = expected;
  }
  [[nodiscard]] bool failed() const { return !key_.empty(); }
  /// Of the first fault: the member, and what it must be ("a text").
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& expected() const { return expected_; }

 private:
  std::size_t longest_;
  std::string key_, expected_;
};

}  // namespace ttt::json

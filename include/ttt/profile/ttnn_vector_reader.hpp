// Reading vector files whose every number is in doubt, and comparing results with what they hold.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/kernels/isa.hpp>
#include <ttt/profile/ttnn_vectors.hpp>

namespace ttt::ttnn_vectors {

inline constexpr std::size_t json_limit = std::size_t{256} << 20;

inline Error malformed(const std::string& file, std::string where, std::string issue) {
  return make_error(ErrorKind::file, "vectors_malformed", std::move(where), std::move(issue),
                    "use vector files of the documented formats, whole and unchanged", file);
}

/// A record's place in its file: "cases[3]".
inline std::string place(std::string_view list, std::int64_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

/// A whole number of [0, high].
inline Result<std::int64_t> number(json::Value v, const std::string& file, const std::string& where, std::int64_t high) {
  const std::optional<std::int64_t> n = v.as_int();
  if (!n || *n < 0 || *n > high)
    return malformed(file, where, v.exists() ? "it is no whole number of [0, " + std::to_string(high) + "]" : "it is missing");
  return *n;
}
inline Result<std::int64_t> member(json::Value record, std::string_view key, const std::string& file,
                                   const std::string& where, std::int64_t high) {
  return number(record[key], file, where + "." + std::string(key), high);
}

/// As many numbers of [0, high] as `out` has.
template <class Numbers>
Result<void> numbers(json::Value v, const std::string& file, const std::string& where, std::int64_t high, Numbers&& out) {
  if (!v.is(json::Type::array) || v.size() != out.size())
    return malformed(file, where, "it must be " + std::to_string(out.size()) + " numbers");
  std::size_t i = 0;
  for (const auto entry : v) {
    TTT_TRY(const std::int64_t n, number(entry.value, file, place(where, static_cast<std::int64_t>(i)), high));
    out[i++] = static_cast<std::remove_cvref_t<decltype(out[0])>>(n);
  }
  return {};
}

/// Steps between two numbers of one format, both sign and magnitude.
inline std::int64_t steps(std::uint32_t a, std::uint32_t b, std::uint32_t sign) {
  const auto ordered = [sign](std::uint32_t v) {
    const auto magnitude = static_cast<std::int64_t>(v & (sign - 1));
    return (v & sign) != 0 ? -magnitude : magnitude;
  };
  return std::max<std::int64_t>(std::abs(ordered(a) - ordered(b)), a != b ? 1 : 0);
}

/// One record being compared, number by number.
class Record {
 public:
  Record(VectorFile& file, std::string where) : file_(file), where_(std::move(where)) { ++file_.records; }
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;
  ~Record() {
    if (differing_ == 0) return;
    if (file_.failed++ == 0) file_.first_failure = where_ + ": " + std::to_string(differing_) + " numbers differ, first " + first_;
  }
  void compare(std::uint32_t computed, std::uint32_t expected, std::uint32_t sign, std::string_view what, std::int64_t index) {
    if (computed == expected) return;
    file_.worst = std::max(file_.worst, steps(computed, expected, sign));
    if (differing_++ == 0)
      first_ = place(what, index) + " is " + std::to_string(computed) + ", expected " + std::to_string(expected);
  }

 private:
  VectorFile& file_;
  std::string where_, first_;
  std::int64_t differing_ = 0;
};

/// The levels that this processor has.
[[nodiscard]] std::vector<kernels::Isa> levels();
inline std::string on_level(std::string_view what, kernels::Isa isa) {
  return std::string(what) + " on " + std::string(kernels::name_of(isa)) + " ";
}

}  // namespace ttt::ttnn_vectors

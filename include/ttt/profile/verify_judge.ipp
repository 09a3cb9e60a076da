// Definitions of verify_judge.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/op_path.hpp>
#include <ttt/profile/verify_judge.hpp>

namespace ttt {

namespace verify_judge {

/// Whatever the formats, a module this far off computes something else.
inline constexpr double most = 0.2;
/// Where a module is configured otherwise than most others of its name, by so much may its error exceed theirs.
inline constexpr double odd_outlier = 2;
/// An error below this is nobody's fault, however much better other layers are.
inline constexpr double least_outlier = 1e-3;

/// What most other layers' modules of this name are off by; nothing where there are fewer than two.
inline std::optional<double> usual_error(const std::vector<VerifyRow>& rows, const VerifyRow& row) {
  std::vector<double> others;
  for (const VerifyRow& r : rows)
    if (&r != &row && r.layer >= 0 && r.module == row.module && r.level == row.level && r.own && r.from.empty() &&
        (r.level != VerifyRow::Level::op || rowing::last_word(r.path) == rowing::last_word(row.path)))
      others.push_back(judged_error(r));
  if (others.size() < 2 || row.layer < 0 || !row.from.empty()) return std::nullopt;
  std::sort(others.begin(), others.end());
  return others[others.size() / 2];
}

/// What a module that is configured otherwise than most others of its name may be off by, where they are by `usual`.
inline double odd_limit(double usual, double outlier) { return std::max(std::min(outlier, odd_outlier) * usual, least_outlier); }

}  // namespace verify_judge

TTT_INLINE double judged_error(const VerifyRow& row) {
  if (!row.own) return 0;
  return std::isfinite(row.own->rel) ? std::max(row.prompt, row.decode) : row.own->rel;
}

TTT_INLINE double cured_error(const std::vector<VerifyRow>& rows, const VerifyRow& row, const VerifyOptions& options) {
  const auto usual = verify_judge::usual_error(rows, row);
  if (!row.op_at_fault.empty() || !usual || options.threshold > 0 || options.outlier <= 0) return row.allowed;
  return std::min(row.allowed, verify_judge::odd_limit(*usual, options.outlier) + row.stream);
}

TTT_INLINE std::string first_wrong(const std::vector<VerifyRow>& rows) {
  for (const VerifyRow& row : rows)
    if (row.wrong) return row.path;
  return {};
}

TTT_INLINE void judge(VerifyReport& report, const VerifyOptions& options) {
  const bool by_formats = options.threshold <= 0;
  for (VerifyRow& row : report.rows) {
    if (row.level == VerifyRow::Level::op || !row.own) continue;
    row.allowed = by_formats ? std::min(verify_judge::most, row.allowed) : options.threshold;
    const double error = judged_error(row);
    if (!std::isfinite(error)) {
      row.wrong = true;
      row.why = "its numbers are not finite";
    } else if (error > row.allowed) {
      row.wrong = true;
      const bool capped = row.allowed == verify_judge::most;
      row.why = fmt::format("{:.2g} % {}", 100 * row.allowed,
                            !by_formats ? "is allowed" : capped ? "is the most in any format" : "is what rounding to its formats explains");
    } else if (const auto usual = verify_judge::usual_error(report.rows, row); usual && by_formats && options.outlier > 0) {
      const double limit = (row.odd ? verify_judge::odd_limit(*usual, options.outlier)
                                    : std::max(options.outlier * *usual, verify_judge::least_outlier)) +
                           row.stream;
      if (error <= limit) continue;
      row.wrong = true;
      row.allowed = limit;
      row.why = fmt::format("the same module of most other layers is off by {:.2g} %", 100 * *usual);
    }
  }
  // An op whose policy is odd may be far off its like while the rounding of the ops beside it hides that in the module.
  VerifyRow* module = nullptr;
  for (VerifyRow& row : report.rows) {
    if (row.level == VerifyRow::Level::module) module = &row;
    if (row.level != VerifyRow::Level::op || module == nullptr || module->wrong || !row.odd || !by_formats || options.outlier <= 0) continue;
    const auto usual = verify_judge::usual_error(report.rows, row);
    if (!usual) continue;
    const double limit = verify_judge::odd_limit(*usual, options.outlier);
    if (judged_error(row) <= limit) continue;
    module->wrong = true;
    module->op_at_fault = row.path;
    module->allowed = limit;
    module->why = fmt::format("its {} by {:.2g} %, where the same op of most other layers is by {:.2g} %", rowing::last_word(row.path),
                              100 * judged_error(row), 100 * *usual);
  }
  report.first_bad = first_wrong(report.rows);
}

}  // namespace ttt

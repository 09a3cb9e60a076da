// TuneBench: what a search asks of the world. Tests put a planted truth in its place.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/profile/deviation.hpp>
#include <ttt/profile/tune_report.hpp>

namespace ttt {

/// What can be said of a configuration without loading it.
struct TuneLook {
  bool same = false;        ///< runs as the best one does
  std::int64_t bytes = 0;   ///< of the plan's peak
  double expected = 1;      ///< its time by that of the best one, by the model of expected times
};

/// Holds two configurations: the best one so far, and one beside it that is tried.
class TuneBench {
 public:
  virtual ~TuneBench() = default;
  /// By a clock that only rises.
  [[nodiscard]] virtual double seconds() = 0;
  /// What the user said: preset, policies.
  [[nodiscard]] virtual PolicySet given() = 0;
  /// Tells this model's numbers from any other's, and this machine.
  [[nodiscard]] virtual std::string model_identity() = 0;
  [[nodiscard]] virtual std::string machine_identity() = 0;
  /// Errors: those of the static checks.
  [[nodiscard]] virtual Result<TuneLook> look(const PolicySet& set) = 0;
  /// Loads the one beside the best. Errors: those of loading.
  [[nodiscard]] virtual Result<void> prepare(const PolicySet& set) = 0;
  /// Of the prepared one from fp32.
  [[nodiscard]] virtual Result<LogitsDistance> distance() = 0;
  /// Seconds of the best (A) and the prepared one (B): A B B A, or B A A B; gives A, A, B, B.
  [[nodiscard]] virtual Result<std::array<double, 4>> round(bool b_first) = 0;
  /// The prepared one becomes the best.
  virtual void adopt() = 0;
  /// What to try from the best one on.
  [[nodiscard]] virtual Result<std::vector<TuneCandidate>> candidates() = 0;
};

}  // namespace ttt

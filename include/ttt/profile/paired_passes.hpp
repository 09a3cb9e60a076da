// PairedPasses: two configurations of a model timed in turns, prompts and decoding steps.
#pragma once

#include <memory>
#include <vector>

#include <ttt/profile/pass_times.hpp>
#include <ttt/profile/walk.hpp>

namespace ttt {

/// A state on a runner, threads and caches of its own.
class PassRunner {
 public:
  /// Errors: those of Runner and Session, and of steps.
  [[nodiscard]] static Result<PassRunner> create(std::shared_ptr<const ModelState> state, const ProfileOptions& passes);
  /// Medians of a few passes: of short ones more, of long decoding steps fewer than were asked for. Errors: those of steps.
  [[nodiscard]] Result<PassTimes> run();

 private:
  PassRunner(std::unique_ptr<Runner> runner, measuring::Walk walk) : runner_(std::move(runner)), walk_(std::move(walk)) {}
  std::unique_ptr<Runner> runner_;
  measuring::Walk walk_;
  int rounds_ = 1, steps_ = 1;
};

/// The pairs of one phase, in milliseconds.
struct PhasePairs {
  std::vector<double> before, after;
  [[nodiscard]] TimeRatio ratio() const;
  /// By so much, with a chance of at most `level` that it only looks so.
  [[nodiscard]] bool faster(double by, double level) const;
  [[nodiscard]] bool slower(double by, double level) const;
};

struct PairedPasses {
  PhasePairs prompt, decode;
  [[nodiscard]] int count() const { return static_cast<int>(prompt.before.size()); }
  /// One more of each, the first to run in turn. Errors: those of steps.
  [[nodiscard]] Result<void> add(PassRunner& without, PassRunner& with);
  [[nodiscard]] PassTimes before() const;
  [[nodiscard]] PassTimes after() const;
};

}  // namespace ttt

// What an advice changes, and numbers of one kind of advice to try: the values that rules look for advice with.
#pragma once

#include <ttt/checks/diagnosis.hpp>
#include <ttt/plan/request.hpp>
#include <ttt/policy/mesh.hpp>

namespace ttt::checks {

/// One advice with its numbers.
struct Remedy {
  Advice advice = Advice::none;
  std::array<std::int64_t, 2> numbers{};
};

/// The request with an advice followed, for the whole model; with one that is not found by trying, as it was.
[[nodiscard]] constexpr PlanRequest followed(PlanRequest request, const Remedy& r) {
  HardwareConfig& whole = request.model.whole;
  const auto first = static_cast<int>(r.numbers[0]), second = static_cast<int>(r.numbers[1]);
  switch (r.advice) {
    case Advice::UseBatch: request.workload.batch = first; break;
    case Advice::UseChunk: request.workload.chunk = first; break;
    case Advice::UseContext: request.workload.context = first; break;
    case Advice::UseKvTokens: request.workload.kv_tokens = r.numbers[0]; break;
    case Advice::UseWeights: whole.set_weights(static_cast<DType>(first)); break;
    case Advice::UseActivations: whole.activations = static_cast<DType>(first); break;
    case Advice::UseAccumulate: whole.accumulate = static_cast<DType>(first); break;
    case Advice::UseKernel: whole.kernel = static_cast<KernelVariant>(first); break;
    case Advice::UseShardingOfAll: whole.set_sharding(static_cast<Sharding>(first)); break;
    case Advice::ShardHeads: request.device = on_mesh(request.device, 1, first); break;
    case Advice::UseMesh: request.device = on_mesh(request.device, first, second); break;
    default: break;
  }
  return request;
}

/// One kind of advice to try: of the numbers between `low` and `high`, both left out, the largest that helps. Structural,
/// so that a compiler can try each in a constant expression of its own.
struct Trial {
  Advice advice = Advice::none;  ///< none: nothing is left to try
  std::int64_t low = 0;
  std::int64_t high = 0;
  int unit = 1;          ///< of these numbers
  bool fitting = true;   ///< what divides is to fit as well
  int place = 0;         ///< in the list of what is tried
  bool helped = false;   ///< `low` was tried and helps

  [[nodiscard]] constexpr bool over() const { return advice == Advice::none || high - low <= 1; }
  [[nodiscard]] constexpr std::int64_t middle() const { return (low + high) / 2; }
  [[nodiscard]] constexpr Remedy with(std::int64_t number) const {
    return advice == Advice::UseMesh ? Remedy{advice, {1, number * unit}} : Remedy{advice, {number * unit}};
  }
  constexpr bool operator==(const Trial&) const = default;
};

/// Lists trials, and keeps the one that is wanted.
class Trials {
 public:
  constexpr explicit Trials(int wanted) : wanted_(wanted) {}
  constexpr void add(Advice advice, std::int64_t number, bool fitting = true) {
    add_between(advice, number - 1, number + 1, 1, fitting);
  }
  constexpr void add(Advice advice, DType format) { add(advice, static_cast<std::int64_t>(format)); }
  constexpr void add_between(Advice advice, std::int64_t low, std::int64_t high, int unit, bool fitting = true) {
    if (high - low <= 1) return;
    if (next_ == wanted_) found_ = {advice, low, high, unit, fitting, wanted_};
    ++next_;
  }
  /// `none` where there are not so many.
  [[nodiscard]] constexpr const Trial& found() const { return found_; }

 private:
  int wanted_;
  int next_ = 0;
  Trial found_;
};

}  // namespace ttt::checks

// Choosing the next token from logits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <ttt/io/result.hpp>
#include <ttt/runtime/sampling_params.hpp>

namespace ttt {

/// Random numbers in [0, 1) from a counter: the n-th number of a seed is the same on every platform.
/// SplitMix64 (Steele, Lea and Flood, 2014).
class CounterRandom {
 public:
  explicit CounterRandom(std::uint64_t seed = 0) : base_(mix(seed + 0x9E3779B97F4A7C15U)) {}
  [[nodiscard]] double next() {
    return static_cast<double>(mix(base_ + ++count_ * 0x9E3779B97F4A7C15U) >> 11) * 0x1p-53;
  }

 private:
  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  std::uint64_t base_;
  std::uint64_t count_ = 0;
};

/// One session's sampler. Allocates when created and never after.
class Sampler {
 public:
  /// Room for `vocab` logits. Errors: sampling_out_of_range, out_of_memory.
  [[nodiscard]] static Result<Sampler> create(const SamplingParams& params, int vocab);

  [[nodiscard]] const SamplingParams& params() const { return params_; }
  /// Begins the random numbers of `seed` anew.
  void reseed(std::uint64_t seed) { random_ = CounterRandom(seed); }

  /// The id of the next token. `history` is what the repetition penalty counts as seen (HuggingFace: prompt
  /// and output); it is read only when the penalty is not 1. Logits of -inf are tokens that cannot be chosen.
  /// Errors: logits_not_finite (a NaN or +inf, or nothing but -inf), logits_out_of_range (more logits than
  /// room, or none), token_out_of_range (in history).
  [[nodiscard]] Result<std::int32_t> sample(std::span<const float> logits,
                                            std::span<const std::int32_t> history);

 private:
  struct Candidate {
    float score;
    std::int32_t id;
  };

  Result<void> penalise(std::span<const float> logits, std::span<const std::int32_t> history);
  /// The top_k-th highest score.
  [[nodiscard]] float top_k_threshold(std::span<const float> scores);
  /// Makes the scores from `least` on candidates, by rising id, and returns how many there are.
  [[nodiscard]] std::size_t collect(std::span<const float> scores, float least);
  /// The last candidate that top-p keeps, in the order of falling score and then rising id, among scores from
  /// `least` on.
  [[nodiscard]] Candidate top_p_last(std::span<const float> scores, float least, float top);
  [[nodiscard]] Candidate order_top_p(std::size_t n, float top, double sum, double wanted);
  [[nodiscard]] std::int32_t draw(std::span<const float> scores, float top);
  [[nodiscard]] std::int32_t draw(std::size_t n, float top);

  SamplingParams params_;
  CounterRandom random_;
  std::size_t room_ = 0;
  std::unique_ptr<float[]> scores_;  // penalised logits
  std::unique_ptr<float[]> select_;  // top-k's selection; draw's block sums
  std::unique_ptr<Candidate[]> candidates_;
  std::unique_ptr<double[]> masses_;  // top-p's histogram, one for each vector lane
};

}  // namespace ttt

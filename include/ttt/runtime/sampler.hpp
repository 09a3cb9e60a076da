// Choosing the next token from logits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <ttt/io/result.hpp>
#include <ttt/io/split_mix.hpp>
#include <ttt/kernels/sampling.hpp>
#include <ttt/runtime/sampling_params.hpp>

namespace ttt {

/// Random numbers in [0, 1) from a counter: the n-th number of a seed is the same on every platform.
/// SplitMix64 (Steele, Lea and Flood, 2014).
class CounterRandom {
 public:
  explicit CounterRandom(std::uint64_t seed = 0) : base_(split_mix(seed + 0x9E3779B97F4A7C15U)) {}
  [[nodiscard]] double next() {
    return static_cast<double>(split_mix(base_ + ++count_ * 0x9E3779B97F4A7C15U) >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t base_;
  std::uint64_t count_ = 0;
};

/// One session's sampler. Allocates when created and never after.
///
/// Equal logits give equal tokens for a seed whatever the processor: the work is the kernels' of the process's level
/// (TTT_ISA), and all levels compute the same bits.
class Sampler {
 public:
  /// Room for `vocab` logits. Errors: sampling_out_of_range, isa_unavailable, out_of_memory.
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
  /// The last token a filter keeps, in the order of falling logit and then rising id.
  struct Last {
    float logit = 0;
    std::int32_t id = 0;
  };
  /// Tokens that are looked at together. `weights` null: each counts 1.
  struct View {
    std::span<const float> logits;
    const float* weights = nullptr;
  };
  /// Tokens whose logits are at least a bound.
  struct Reach {
    float bound = 0;
    std::int64_t count = 0;
    double sum = 0;
  };
  struct Bracket;
  /// A few tokens apart from the others: room for a sixteenth of them.
  struct Few {
    std::unique_ptr<float[]> logits, weights;
    std::unique_ptr<std::int32_t[]> ids;  ///< where they stand among the others; rising
  };

  [[nodiscard]] bool make_room();
  Result<void> penalise(std::span<const float> logits, std::span<const std::int32_t> history);
  /// Columns of which `find_top` keeps the highest logits: sixteen a block.
  [[nodiscard]] static std::size_t columns_of(std::size_t logits) {
    return (logits + kernels::logit_block - 1) / kernels::logit_block * kernels::logit_lanes;
  }
  /// The first id of the highest logit, or -1 if there is none or one is no number; fills the columns.
  [[nodiscard]] std::int32_t find_top(std::span<const float> logits);
  [[nodiscard]] kernels::LogitScale scale_of(float top) const;
  /// The sum of all weights from `least` on, which are stored.
  double weigh(std::span<const float> logits, float least);

  [[nodiscard]] Reach reach(const View& view, float bound) const;
  /// The tokens with low <= logit < high: how many, and the sum of those from `high` on.
  Reach pick(const View& view, float low, float high, std::int32_t* ids) const;
  void narrow(const View& view, Bracket& bracket, std::int64_t few) const;
  void guess(const View& view, Bracket& bracket, double total);
  void question(const View& view, const std::int32_t* ids, std::size_t n);
  /// Where the tokens, taken in order, first sum to `wanted` of `total`. Requires: those from `low` on do.
  [[nodiscard]] Last cut(const View& view, double wanted, double total, float low);
  [[nodiscard]] Last cut_few(const View& view, const Bracket& bracket, std::int32_t* room) const;
  /// Goes on with the tokens from `low` on alone, if they are few.
  void leave_few(std::span<const float>& logits, float low);
  [[nodiscard]] float top_k_least(std::span<const float>& logits);
  [[nodiscard]] Last top_p_last(std::span<const float>& logits, float least);
  /// The sum of one block's weights as the filters leave them; `weights`, unless null, gets each.
  float block_weights(std::span<const float> logits, std::size_t begin, const Last& last, float* weights) const;
  [[nodiscard]] std::int32_t draw(std::span<const float> logits, const Last& last);

  SamplingParams params_;
  CounterRandom random_;
  const kernels::SamplingKernels* kernels_ = nullptr;
  std::size_t room_ = 0;
  // Of the sample that is being made: how logits become weights, whether these are stored, whether few are left.
  kernels::LogitScale scale_{};
  bool weighed_ = false;
  bool few_left_ = false;
  std::unique_ptr<float[]> penalised_;
  std::unique_ptr<float[]> columns_;    // highest logits, sixteen of each block
  std::unique_ptr<float[]> sums_;       // of each block's weights
  std::unique_ptr<float[]> weights_;
  std::unique_ptr<std::int32_t[]> ids_;
  Few left_;      // tokens that filters have left
  Few question_;  // tokens of which it is asked whether a filter keeps them
};

}  // namespace ttt

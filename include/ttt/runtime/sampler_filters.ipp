// Top-k and top-p as bounds on logits, found by narrowing a bracket: passes of vector code over the vocabulary until few
// tokens are left in it, then over those alone, and only the last handful is ordered.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/sampler.hpp>

namespace ttt {

/// The tokens from `low.bound` on sum to what is wanted, those from `high.bound` on do not.
struct Sampler::Bracket {
  Reach low, high;
  double wanted = 0;
  double outside = 0;   ///< sum of what is above and no longer looked at
  bool single = false;  ///< no number lies between the bounds: all in it have one logit

  [[nodiscard]] std::int64_t count() const { return low.count - high.count; }
  void take(const Reach& now) {
    if (now.bound > low.bound && now.bound < high.bound) (now.sum + outside >= wanted ? low : high) = now;
  }
};

namespace sampling {

inline constexpr float infinity = std::numeric_limits<float>::infinity();
inline constexpr std::size_t block = kernels::logit_block;
inline constexpr std::size_t lanes = kernels::logit_lanes;
inline constexpr std::size_t fewer = 16;     ///< few tokens are one in as many, or four blocks
inline constexpr std::int64_t handful = 32;  ///< tokens that are simply ordered

inline constexpr std::size_t few_of(std::size_t n) { return std::max(n / fewer, std::min(n, 4 * block)); }
inline float next_up(float x) { return std::nextafter(x, infinity); }

/// Numbers in the order of their values, one step a number.
inline std::int32_t order_of(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  return bits >= 0 ? bits : std::numeric_limits<std::int32_t>::min() - bits;
}
inline float at_order(std::int64_t order) {
  const auto bits = static_cast<std::int32_t>(order);
  return std::bit_cast<float>(bits >= 0 ? bits : std::numeric_limits<std::int32_t>::min() - bits);
}

/// f(offset of the block, its size).
template <class F>
void each_block(std::size_t n, F f) {
  for (std::size_t begin = 0; begin < n; begin += block) f(begin, static_cast<int>(std::min(block, n - begin)));
}

}  // namespace sampling

TTT_INLINE Sampler::Reach Sampler::reach(const View& view, float bound) const {
  Reach all{bound};
  sampling::each_block(view.logits.size(), [&](std::size_t begin, int n) {
    const float* const weights = view.weights != nullptr ? view.weights + begin : nullptr;
    const kernels::LogitMeasure m = kernels_->measure(view.logits.data() + begin, weights, n, bound);
    all.count += m.count;
    all.sum += weights != nullptr ? static_cast<double>(m.mass) : m.count;
  });
  return all;
}

TTT_INLINE Sampler::Reach Sampler::pick(const View& view, float low, float high, std::int32_t* ids) const {
  Reach all{high};
  sampling::each_block(view.logits.size(), [&](std::size_t begin, int n) {
    const kernels::LogitMeasure m =
        kernels_->pick(view.logits.data() + begin, view.weights != nullptr ? view.weights + begin : nullptr, n, low,
                       high, static_cast<std::int32_t>(begin), ids + all.count);
    all.count += m.count;
    all.sum += static_cast<double>(m.mass);
  });
  return all;
}

/// Halves the bracket until at most `few` tokens are left or it is single.
TTT_INLINE void Sampler::narrow(const View& view, Bracket& b, std::int64_t few) const {
  constexpr float most = std::numeric_limits<float>::max();
  for (int pass = 1; b.count() > few && !b.single; ++pass) {
    const float low = std::max(b.low.bound, -most), high = std::min(b.high.bound, most);
    float middle = low / 2 + high / 2;
    // A logit far from the rest (a mask of -1e30) would cost a pass for each halving; counted in numbers it does not.
    if (pass % 6 == 0)
      middle = sampling::at_order((std::int64_t{sampling::order_of(low)} + sampling::order_of(high)) >> 1);
    if (!(middle > b.low.bound && middle < b.high.bound)) middle = sampling::next_up(b.low.bound);
    b.single = middle >= b.high.bound;
    if (!b.single) b.take(reach(view, middle));
  }
}

/// A narrow bracket from one vector of logits in sixteen. Where the sample misleads, the bracket is wrong.
TTT_INLINE void Sampler::guess(const View& view, Bracket& b, double total) {
  using namespace sampling;
  std::size_t n = 0;
  for (std::size_t i = 0; i + lanes <= view.logits.size(); i += fewer * lanes, n += lanes) {
    std::copy_n(view.logits.data() + i, lanes, question_.logits.get() + n);
    if (view.weights != nullptr) std::copy_n(view.weights + i, lanes, question_.weights.get() + n);
  }
  const View sample{{question_.logits.get(), n}, view.weights != nullptr ? question_.weights.get() : nullptr};
  const double all = reach(sample, -infinity).sum, share = b.wanted / total;
  const double spread = 3 * std::sqrt(share * (1 - share) / static_cast<double>(n));
  const Reach low{b.low.bound, static_cast<std::int64_t>(n), all};
  Bracket more{.low = low, .high = b.high, .wanted = std::min(share + spread, 1.0) * all};
  narrow(sample, more, handful / 4);
  Bracket less{.low = more.low, .high = b.high, .wanted = (share - spread) * all};
  narrow(sample, less, handful / 4);
  b.low.bound = more.low.bound;
  b.high.bound = less.high.bound;
}

/// Sets tokens apart.
TTT_INLINE void Sampler::question(const View& view, const std::int32_t* ids, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto id = static_cast<std::size_t>(ids[i]);
    question_.ids[i] = ids[i];
    question_.logits[i] = view.logits[id];
    if (view.weights != nullptr) question_.weights[i] = view.weights[id];
  }
}

TTT_INLINE Sampler::Last Sampler::cut(const View& view, double wanted, double total, float low) {
  using namespace sampling;
  const std::size_t n = view.logits.size();
  const auto few = static_cast<std::int64_t>(few_of(n));
  const Bracket whole{.low = {low, static_cast<std::int64_t>(n), total}, .high = {next_up(scale_.top)}, .wanted = wanted};
  Bracket b = whole;
  Reach above;
  bool found = false;  // that what was guessed holds
  if (n >= 8 * block) {
    guess(view, b, total);
    above = pick(view, b.low.bound, b.high.bound, ids_.get());
    if (above.count <= few) {
      question(view, ids_.get(), static_cast<std::size_t>(above.count));
      const View rest{{question_.logits.get(), static_cast<std::size_t>(above.count)},
                      view.weights != nullptr ? question_.weights.get() : nullptr};
      found = above.sum < wanted && above.sum + reach(rest, b.low.bound).sum >= wanted;
    }
  }
  if (!found) {
    b = whole;
    narrow(view, b, few);
    if (b.single || b.count() <= handful) return cut_few(view, b, ids_.get());
    above = pick(view, b.low.bound, b.high.bound, ids_.get());
    question(view, ids_.get(), static_cast<std::size_t>(above.count));
  }
  const View rest{{question_.logits.get(), static_cast<std::size_t>(above.count)},
                  view.weights != nullptr ? question_.weights.get() : nullptr};
  Bracket inner{.low = {b.low.bound, above.count}, .high = {b.high.bound}, .wanted = wanted, .outside = above.sum};
  narrow(rest, inner, handful);
  Last last = cut_few(rest, inner, ids_.get());
  last.id = question_.ids[last.id];
  return last;
}

/// The last step: what is left in the bracket one by one.
TTT_INLINE Sampler::Last Sampler::cut_few(const View& view, const Bracket& b, std::int32_t* ids) const {
  const std::int64_t n = pick({view.logits, nullptr}, b.low.bound, b.high.bound, ids).count;
  if (!b.single)
    std::sort(ids, ids + n, [&](std::int32_t a, std::int32_t c) {
      const float x = view.logits[static_cast<std::size_t>(a)], y = view.logits[static_cast<std::size_t>(c)];
      return x != y ? x > y : a < c;
    });
  // A token stays while those before it have not reached what is wanted; the first of all always stays.
  double sum = b.outside + b.high.sum;
  Last last;
  for (std::int64_t i = 0; i < n && (sum < b.wanted || sum == 0 || i == 0); ++i) {
    const auto at = static_cast<std::size_t>(ids[i]);
    last = {view.logits[at], ids[i]};
    sum += view.weights != nullptr ? static_cast<double>(view.weights[at]) : 1;
  }
  return last;
}

TTT_INLINE void Sampler::leave_few(std::span<const float>& logits, float low) {
  if (few_left_ || logits.size() <= 4 * sampling::block) return;
  if (reach({logits, nullptr}, low).count > static_cast<std::int64_t>(sampling::few_of(logits.size())))
    return;
  const auto n = static_cast<std::size_t>(pick({logits, nullptr}, low, sampling::infinity, left_.ids.get()).count);
  for (std::size_t i = 0; i < n; ++i) left_.logits[i] = logits[static_cast<std::size_t>(left_.ids[i])];
  logits = {left_.logits.get(), n};
  few_left_ = true;
}

/// The top_k-th highest logit. The top_k-th of the columns' highest is a bound: at least as many tokens reach it.
TTT_INLINE float Sampler::top_k_least(std::span<const float>& logits) {
  const auto k = static_cast<std::size_t>(params_.top_k);
  const std::size_t columns = columns_of(logits.size());
  float low = -sampling::infinity;
  if (k <= columns) {
    std::nth_element(columns_.get(), columns_.get() + (k - 1), columns_.get() + columns, std::greater<>());
    low = columns_[k - 1];
    leave_few(logits, low);
  }
  const float least =
      cut({logits, nullptr}, static_cast<double>(k), static_cast<double>(logits.size()), low).logit;
  leave_few(logits, least);
  return least;
}

/// The last token that top-p keeps among those from `least` on. Tokens so light that all of them together weigh less
/// than what top-p leaves out are never kept: with n tokens, those below (1 - p) / n of the whole.
TTT_INLINE Sampler::Last Sampler::top_p_last(std::span<const float>& logits, float least) {
  const double p = static_cast<double>(params_.top_p);
  const double total = weigh(logits, least);
  const double lightest = std::log2((1 - p) * total / static_cast<double>(logits.size())) - 0.01;
  const float low = std::max(
      least, static_cast<float>(static_cast<double>(scale_.top) + lightest / static_cast<double>(scale_.scale)));
  const bool before = few_left_;
  leave_few(logits, low);
  if (few_left_ != before) weigh(logits, least);
  return cut({logits, weights_.get()}, p * total, total, low);
}

}  // namespace ttt

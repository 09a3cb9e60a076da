// Top-k and top-p as thresholds, without sorting the vocabulary.
#pragma once

#include <algorithm>
#include <limits>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/logit_vectors.hpp>
#include <ttt/runtime/sampler.hpp>

namespace ttt {

/// The top_k-th highest score. Scores above the best threshold known so far gather in a window of a few k,
/// which is cut back to k, raising the threshold, whenever it is full.
TTT_INLINE float Sampler::top_k_threshold(std::span<const float> scores) {
  const auto k = static_cast<std::size_t>(params_.top_k);
  const std::size_t window = std::min(room_, std::max<std::size_t>(4 * k, 1024));
  float* const held = select_.get();
  const auto cut = [&](std::size_t n) {
    std::nth_element(held, held + (k - 1), held + n, [](float a, float b) { return a > b; });
    return held[k - 1];
  };
  float least = -sampling::infinity;
  bool full = false;  // k scores are held: equal ones need not come in any more
  std::size_t n = 0;
  const auto offer = [&](float x) {
    if (full ? x > least : true) held[n++] = x;
  };
  std::size_t i = 0;
  while (i < scores.size()) {
    const std::size_t step = std::min({sampling::lanes, scores.size() - i, window - n});
    if (step == sampling::lanes && full &&
        !sampling::any(sampling::load(scores.data() + i) > sampling::all(least))) {
      i += step;
      continue;
    }
    for (std::size_t s = 0; s < step; ++s) offer(scores[i + s]);
    i += step;
    if (n == window && i < scores.size()) {
      least = cut(n);
      full = true;
      n = k;
    }
  }
  return cut(n);
}

/// A histogram of weights finds the bin in which their sum, from the highest on, reaches p; only that bin is
/// ordered.
TTT_INLINE Sampler::Candidate Sampler::top_p_last(std::span<const float> scores, float least, float top) {
  using namespace sampling;
  const float inverse = 1 / params_.temperature;
  if (least > -infinity) {  // top-k has left few, as a rule: no histogram needed
    const std::size_t n = collect(scores, least);
    if (n <= 4 * block) {
      double total = 0;
      for (std::size_t i = 0; i < n; ++i)
        total += static_cast<double>(weight(candidates_[i].score, top, inverse));
      return order_top_p(n, top, 0, static_cast<double>(params_.top_p) * total);
    }
  }
  const float range = (top - lowest_finite(scores.data(), scores.size())) * inverse;
  const float bins_per_unit = std::min(static_cast<float>(bins) / std::clamp(range, 1e-3F, widest) * inverse,
                                       std::numeric_limits<float>::max());
  std::fill_n(masses_.get(), bins * lanes, 0.0);
  for (std::size_t i = 0; i < scores.size(); i += lanes) {
    const Vec v = load_some(scores.data() + i, scores.size() - i);
    const Vec w = v >= all(least) ? weights(v, top, inverse) : all(0.0F);
    const Mask bin = bin_of(v, top, bins_per_unit);
    for (std::size_t l = 0; l < lanes; ++l) {
      masses_[l * bins + static_cast<std::size_t>(bin[l])] += static_cast<double>(w[l]);
    }
  }
  double total = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    for (std::size_t l = 1; l < lanes; ++l) masses_[b] += masses_[l * bins + b];
    total += masses_[b];
  }
  const double wanted = static_cast<double>(params_.top_p) * total;
  double sum = 0;  // of everything before `first`
  int bin = 0;
  int heaviest = 0;  // the last bin that weighs anything
  for (; bin < bins; ++bin) {
    const double mass = masses_[static_cast<std::size_t>(bin)];
    if (mass > 0) heaviest = bin;
    if (mass > 0 && sum + mass >= wanted) break;
    sum += mass;
  }
  if (bin == bins) {  // rounding: everything stays
    bin = heaviest;
    sum -= masses_[static_cast<std::size_t>(bin)];
  }
  std::size_t n = 0;
  for (std::size_t i = 0; i < scores.size(); i += lanes) {
    const Vec v = load_some(scores.data() + i, scores.size() - i);
    const Mask in = (bin_of(v, top, bins_per_unit) == bin) & (v >= all(least)) & (v > all(-infinity));
    if (!any(in)) continue;
    for (std::size_t l = 0; l < lanes; ++l) {
      if (in[l] != 0) candidates_[n++] = {v[l], static_cast<std::int32_t>(i + l)};
    }
  }
  return order_top_p(n, top, sum, wanted);
}

/// Orders candidates_[0, n), before which the weights come to `sum`, as far as is needed to find the last
/// kept one.
TTT_INLINE Sampler::Candidate Sampler::order_top_p(std::size_t n, float top, double sum, double wanted) {
  const float inverse = 1 / params_.temperature;
  const auto before = [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  };
  Candidate* first = candidates_.get();
  Candidate* end = first + n;
  while (end - first > 32) {
    Candidate* const middle = first + (end - first) / 2;
    std::nth_element(first, middle, end, before);
    double half = 0;
    for (const Candidate* c = first; c < middle; ++c)
      half += static_cast<double>(sampling::weight(c->score, top, inverse));
    if (sum + half >= wanted) {
      end = middle;
    } else {
      sum += half;
      first = middle;
    }
  }
  std::sort(first, end, before);
  // A token stays while those before it have not reached p; the first of all always stays.
  Candidate last = *first;
  for (const Candidate* c = first; c < end && (sum < wanted || sum == 0); ++c) {
    last = *c;
    sum += static_cast<double>(sampling::weight(c->score, top, inverse));
  }
  return last;
}

}  // namespace ttt

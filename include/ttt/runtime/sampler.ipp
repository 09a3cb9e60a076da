// No step sorts the vocabulary: filters become thresholds on logits, found by selection, and all passes over
// the whole vocabulary are vector code.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <string>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/logit_vectors.hpp>
#include <ttt/runtime/sampler.hpp>

namespace ttt {

namespace sampling {

inline Error out_of_range(const char* field, const std::string& value, const char* range) {
  return make_error(ErrorKind::request, "sampling_out_of_range", field, value + " is not in " + range,
                    "give a value in that range");
}

inline Error not_finite(std::span<const float> logits) {
  std::size_t bad = 0;
  while (bad < logits.size() && logits[bad] < infinity) ++bad;
  if (bad == logits.size()) {
    return make_error(ErrorKind::file, "logits_not_finite", "logits",
                      "all " + std::to_string(logits.size()) + " logits are -inf: no token can be chosen",
                      "check the weights and the repetition penalty");
  }
  return make_error(ErrorKind::file, "logits_not_finite", "logits",
                    "logit " + std::to_string(bad) + " of " + std::to_string(logits.size()) +
                        (std::isnan(logits[bad]) ? " is not a number" : " is infinite"),
                    "check the weights for damage, and try the preset exact");
}

}  // namespace sampling

TTT_INLINE Result<void> check(const SamplingParams& params) {
  struct Field {
    const char* name;
    float value, least, most;
    bool open;  ///< `least` itself is out
    const char* range;
  };
  const Field fields[] = {
      {"temperature", params.temperature, 0, 100, false, "[0, 100]"},
      {"top_p", params.top_p, 0, 1, false, "[0, 1]"},
      {"min_p", params.min_p, 0, 1, false, "[0, 1]"},
      {"repetition_penalty", params.repetition_penalty, 0, 100, true, "(0, 100]"},
  };
  for (const Field& f : fields) {
    const bool inside = (f.open ? f.value > f.least : f.value >= f.least) && f.value <= f.most;
    if (!inside) return sampling::out_of_range(f.name, std::to_string(f.value), f.range);
  }
  if (params.top_k < 0) {
    return sampling::out_of_range("top_k", std::to_string(params.top_k), "[0, 2147483647]");
  }
  return {};
}

TTT_INLINE Result<Sampler> Sampler::create(const SamplingParams& params, int vocab) {
  TTT_CHECK(check(params));
  if (vocab < 1) return sampling::out_of_range("vocab", std::to_string(vocab), "[1, 2147483647]");
  Sampler out;
  out.params_ = params;
  out.random_ = CounterRandom(params.seed);
  out.room_ = static_cast<std::size_t>(vocab);
  // Left as they are: what a setting does not need is never touched, so the pages are never there.
  out.scores_.reset(new (std::nothrow) float[out.room_]);
  out.select_.reset(new (std::nothrow) float[out.room_]);
  out.candidates_.reset(new (std::nothrow) Candidate[out.room_]);
  out.masses_.reset(new (std::nothrow) double[sampling::bins * sampling::lanes]);
  if (!out.scores_ || !out.select_ || !out.candidates_ || !out.masses_) {
    return make_error(ErrorKind::memory, "out_of_memory", "sampler",
                      "no memory for " + std::to_string(out.room_) + " logits", "free some memory");
  }
  return out;
}

TTT_INLINE Result<std::int32_t> Sampler::sample(std::span<const float> logits,
                                                std::span<const std::int32_t> history) {
  if (logits.empty() || logits.size() > room_) {
    return make_error(
        ErrorKind::internal, "logits_out_of_range", "logits",
        std::to_string(logits.size()) + " logits given; there is room for 1 to " + std::to_string(room_),
        "report this");
  }
  std::span<const float> scores = logits;
  if (params_.repetition_penalty != 1.0F && !history.empty()) {
    TTT_CHECK(penalise(logits, history));
    scores = {scores_.get(), logits.size()};
  }
  const sampling::Top top = sampling::find_top(scores.data(), scores.size());
  if (!top.finite || top.score == -sampling::infinity) return sampling::not_finite(scores);
  const float temperature = params_.temperature;
  // Below this a quotient by the temperature need not be a number; the highest logit has all the weight long
  // before.
  if (temperature < std::numeric_limits<float>::min()) return static_cast<std::int32_t>(top.id);

  const bool use_k = params_.top_k > 0 && static_cast<std::size_t>(params_.top_k) < scores.size();
  float least = use_k ? top_k_threshold(scores) : -sampling::infinity;
  Candidate last{-sampling::infinity, std::numeric_limits<std::int32_t>::max()};
  if (params_.top_p < 1) {
    last = top_p_last(scores, least, top.score);
    least = std::max(least, last.score);
  }
  if (params_.min_p > 0) {
    const double gap = static_cast<double>(temperature) * std::log(static_cast<double>(params_.min_p));
    least = std::max(least, static_cast<float>(static_cast<double>(top.score) + gap));
  }
  if (least == -sampling::infinity) return draw(scores, top.score);
  std::size_t n = collect(scores, least);
  if (last.score == least) {  // of equal scores top-p keeps the lower ids
    std::size_t kept = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (candidates_[i].score > last.score || candidates_[i].id <= last.id)
        candidates_[kept++] = candidates_[i];
    }
    n = kept;
  }
  return draw(n, top.score);
}

TTT_INLINE Result<void> Sampler::penalise(std::span<const float> logits,
                                          std::span<const std::int32_t> history) {
  std::copy(logits.begin(), logits.end(), scores_.get());
  for (const std::int32_t id : history) {
    if (id < 0 || static_cast<std::size_t>(id) >= logits.size()) {
      return make_error(
          ErrorKind::request, "token_out_of_range", "history",
          "token " + std::to_string(id) + " is not in [0, " + std::to_string(logits.size()) + ")",
          "give ids of this model's vocabulary");
    }
    const float x = logits[static_cast<std::size_t>(id)];  // the logit itself: seen twice counts once
    scores_[static_cast<std::size_t>(id)] =
        x < 0 ? x * params_.repetition_penalty : x / params_.repetition_penalty;
  }
  return {};
}

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

TTT_INLINE std::size_t Sampler::collect(std::span<const float> scores, float least) {
  std::size_t n = 0;
  std::size_t i = 0;
  const auto offer = [&](std::size_t at) {
    if (scores[at] >= least) candidates_[n++] = {scores[at], static_cast<std::int32_t>(at)};
  };
  for (; i + sampling::lanes <= scores.size(); i += sampling::lanes) {
    if (!sampling::any(sampling::load(scores.data() + i) >= sampling::all(least))) continue;
    for (std::size_t l = 0; l < sampling::lanes; ++l) offer(i + l);
  }
  for (; i < scores.size(); ++i) offer(i);
  return n;
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

TTT_INLINE std::int32_t Sampler::draw(std::span<const float> scores, float top) {
  const float inverse = 1 / params_.temperature;
  const auto sum_of = [&](std::size_t begin) {
    const std::size_t count = std::min(sampling::block, scores.size() - begin);
    return sampling::sum_weights(scores.data() + begin, count, top, inverse);
  };
  double total = 0;
  for (std::size_t i = 0; i < scores.size(); i += sampling::block) {
    const double sum = sum_of(i);
    select_[i / sampling::block] = static_cast<float>(sum);
    total += static_cast<double>(select_[i / sampling::block]);
  }
  double left = random_.next() * total;
  std::size_t begin = 0;
  for (; begin + sampling::block < scores.size(); begin += sampling::block) {
    const auto sum = static_cast<double>(select_[begin / sampling::block]);
    if (left < sum) break;
    left -= sum;
  }
  std::size_t chosen = scores.size();  // none yet
  const std::size_t end = std::min(scores.size(), begin + sampling::block);
  for (std::size_t i = begin; i < end; ++i) {
    const auto w = static_cast<double>(sampling::weight(scores[i], top, inverse));
    if (w == 0) continue;
    chosen = i;
    if (left < w) break;
    left -= w;
  }
  // Rounding can lead past the last weight of the block, or into a last block that weighs nothing.
  if (chosen == scores.size()) chosen = sampling::find_top(scores.data(), scores.size()).id;
  return static_cast<std::int32_t>(chosen);
}

TTT_INLINE std::int32_t Sampler::draw(std::size_t n, float top) {
  const float inverse = 1 / params_.temperature;
  double total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    total += static_cast<double>(sampling::weight(candidates_[i].score, top, inverse));
  }
  double left = random_.next() * total;
  std::int32_t chosen = candidates_[0].id;
  for (std::size_t i = 0; i < n; ++i) {
    const auto w = static_cast<double>(sampling::weight(candidates_[i].score, top, inverse));
    if (w == 0) continue;
    chosen = candidates_[i].id;
    if (left < w) break;
    left -= w;
  }
  return chosen;
}

}  // namespace ttt

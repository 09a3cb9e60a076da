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
#include <ttt/runtime/sampler_filters.ipp>

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

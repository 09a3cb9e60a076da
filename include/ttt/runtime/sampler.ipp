// No step sorts the vocabulary: filters become bounds on logits, and all passes over the whole vocabulary are the
// kernels' vector code.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <string>

#include <ttt/io/linkage.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/runtime/isa.hpp>
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

TTT_INLINE bool Sampler::make_room() {
  // Left as they are: what a setting does not need is never touched, so the pages are never there. A pick may write
  // sixteen ids more than it finds.
  const std::size_t n = room_, few = sampling::few_of(n) + sampling::block;
  bool made = true;
  const auto floats = [&](std::unique_ptr<float[]>& to, std::size_t count) {
    to.reset(new (std::nothrow) float[count]);
    made = made && to != nullptr;
  };
  const auto ids = [&](std::unique_ptr<std::int32_t[]>& to, std::size_t count) {
    to.reset(new (std::nothrow) std::int32_t[count + sampling::lanes]);
    made = made && to != nullptr;
  };
  floats(penalised_, n);
  floats(columns_, columns_of(n));
  floats(sums_, n / sampling::block + 1);
  floats(weights_, n);
  ids(ids_, n);
  for (Few* f : {&left_, &question_}) {
    floats(f->logits, few);
    floats(f->weights, few);
    ids(f->ids, few);
  }
  return made;
}

TTT_INLINE Result<Sampler> Sampler::create(const SamplingParams& params, int vocab) {
  TTT_CHECK(check(params));
  if (vocab < 1) return sampling::out_of_range("vocab", std::to_string(vocab), "[1, 2147483647]");
  TTT_TRY(const kernels::Isa isa, selected_isa());
  Sampler out;
  out.params_ = params;
  out.random_ = CounterRandom(params.seed);
  out.kernels_ = &kernels::default_kernels(isa)->sampling;
  out.room_ = static_cast<std::size_t>(vocab);
  if (!out.make_room())
    return make_error(ErrorKind::memory, "out_of_memory", "sampler",
                      "no memory for " + std::to_string(vocab) + " logits", "free some memory");
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
  std::span<const float> kept = logits;
  if (params_.repetition_penalty != 1.0F && !history.empty()) {
    TTT_CHECK(penalise(logits, history));
    kept = {penalised_.get(), logits.size()};
  }
  const std::int32_t top = find_top(kept);
  if (top < 0) return sampling::not_finite(kept);
  const float temperature = params_.temperature;
  // Below this a quotient by the temperature need not be a number; the highest logit has all the weight long
  // before.
  if (temperature < std::numeric_limits<float>::min()) return top;
  scale_ = scale_of(kept[static_cast<std::size_t>(top)]);
  few_left_ = false;
  const bool use_k = params_.top_k > 0 && static_cast<std::size_t>(params_.top_k) < kept.size();
  Last last{use_k ? top_k_least(kept) : -sampling::infinity, std::numeric_limits<std::int32_t>::max()};
  weighed_ = params_.top_p < 1;
  if (weighed_) last = top_p_last(kept, last.logit);
  if (params_.min_p > 0) {
    const double gap = static_cast<double>(temperature) * std::log(static_cast<double>(params_.min_p));
    const auto least = static_cast<float>(static_cast<double>(scale_.top) + gap);
    if (least > last.logit) last = {least, std::numeric_limits<std::int32_t>::max()};
  }
  const std::int32_t drawn = draw(kept, last);
  return few_left_ ? left_.ids[drawn] : drawn;
}

TTT_INLINE kernels::LogitScale Sampler::scale_of(float top) const {
  constexpr double log2_of_e = 1.4426950408889634;
  const auto scale = static_cast<float>(log2_of_e / static_cast<double>(params_.temperature));
  float least = static_cast<float>(static_cast<double>(top) + kernels::least_power / static_cast<double>(scale));
  // Rounded, it may lie below; then a number or two above it does not.
  while (!((least - top) * scale >= kernels::least_power)) least = sampling::next_up(least);
  return {top, scale, least};
}

TTT_INLINE Result<void> Sampler::penalise(std::span<const float> logits,
                                          std::span<const std::int32_t> history) {
  std::copy(logits.begin(), logits.end(), penalised_.get());
  for (const std::int32_t id : history) {
    if (id < 0 || static_cast<std::size_t>(id) >= logits.size()) {
      return make_error(
          ErrorKind::request, "token_out_of_range", "history",
          "token " + std::to_string(id) + " is not in [0, " + std::to_string(logits.size()) + ")",
          "give ids of this model's vocabulary");
    }
    const float x = logits[static_cast<std::size_t>(id)];  // the logit itself: seen twice counts once
    penalised_[static_cast<std::size_t>(id)] =
        x < 0 ? x * params_.repetition_penalty : x / params_.repetition_penalty;
  }
  return {};
}

TTT_INLINE std::int32_t Sampler::find_top(std::span<const float> logits) {
  constexpr std::size_t lanes = sampling::lanes;
  bool finite = true;
  sampling::each_block(logits.size(), [&](std::size_t begin, int n) {
    finite = kernels_->highest(logits.data() + begin, n, &columns_[begin / sampling::block * lanes]) && finite;
  });
  if (!finite) return -1;
  const std::span<const float> columns(columns_.get(), columns_of(logits.size()));
  float best = -sampling::infinity;
  sampling::each_block(columns.size(), [&](std::size_t begin, int n) {
    float highest[lanes];
    (void)kernels_->highest(columns.data() + begin, n, highest);
    for (const float h : highest) best = std::max(best, h);
  });
  if (best == -sampling::infinity) return -1;
  (void)pick({columns, nullptr}, best, sampling::infinity, ids_.get());
  const std::size_t begin = static_cast<std::size_t>(ids_[0]) / lanes * sampling::block;
  (void)pick({logits.subspan(begin, std::min(sampling::block, logits.size() - begin)), nullptr}, best,
             sampling::infinity, ids_.get());
  return static_cast<std::int32_t>(begin) + ids_[0];
}

TTT_INLINE double Sampler::weigh(std::span<const float> logits, float least) {
  double total = 0;
  sampling::each_block(logits.size(), [&](std::size_t begin, int n) {
    total += static_cast<double>(
        kernels_->weigh(logits.data() + begin, n, scale_, least, weights_.get() + begin));
  });
  return total;
}

TTT_INLINE float Sampler::block_weights(std::span<const float> logits, std::size_t begin, const Last& last,
                                        float* weights) const {
  const int n = static_cast<int>(std::min(sampling::block, logits.size() - begin));
  const std::int64_t own = std::int64_t{last.id} - static_cast<std::int64_t>(begin);  // the last token's place here
  // Of equal logits the filters keep the lower ids.
  const float least = own >= 0 ? last.logit : sampling::next_up(last.logit);
  if (own < 0 || own >= n) {
    if (weights == nullptr && weighed_) return kernels_->measure(logits.data() + begin, &weights_[begin], n, least).mass;
    return kernels_->weigh(logits.data() + begin, n, scale_, least, weights);
  }
  float made[sampling::block];
  float* const w = weights != nullptr ? weights : made;
  (void)kernels_->weigh(logits.data() + begin, n, scale_, least, w);
  for (auto i = static_cast<std::size_t>(own + 1); i < static_cast<std::size_t>(n); ++i)
    if (logits[begin + i] == last.logit) w[i] = 0;
  return kernels_->measure(logits.data() + begin, w, n, -sampling::infinity).mass;
}

TTT_INLINE std::int32_t Sampler::draw(std::span<const float> logits, const Last& last) {
  double total = 0;
  std::size_t chosen = 0;  // the last block that weighs anything
  sampling::each_block(logits.size(), [&](std::size_t begin, int) {
    const float sum = sums_[begin / sampling::block] = block_weights(logits, begin, last, nullptr);
    total += static_cast<double>(sum);
    if (sum > 0) chosen = begin;
  });
  double left = random_.next() * total;
  for (std::size_t begin = 0; begin < chosen; begin += sampling::block) {
    const auto sum = static_cast<double>(sums_[begin / sampling::block]);
    if (left < sum) {
      chosen = begin;
      break;
    }
    left -= sum;
  }
  float weights[sampling::block];
  (void)block_weights(logits, chosen, last, weights);
  const std::size_t n = std::min(sampling::block, logits.size() - chosen);
  std::size_t token = chosen;
  for (std::size_t i = 0; i < n; ++i) {
    if (weights[i] == 0) continue;
    token = chosen + i;  // rounding can lead past the last weight of the block
    if (left < static_cast<double>(weights[i])) break;
    left -= static_cast<double>(weights[i]);
  }
  return static_cast<std::int32_t>(token);
}

}  // namespace ttt

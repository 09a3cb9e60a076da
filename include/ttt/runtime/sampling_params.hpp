// How tokens are chosen: the numbers, without the sampler.
#pragma once

#include <cstdint>

#include <ttt/io/result.hpp>

namespace ttt {

/// How tokens are chosen. Filters apply in the order of HuggingFace's generate: repetition penalty,
/// temperature, top-k, top-p, min-p.
struct SamplingParams {
  float temperature = 0;  ///< 0 = greedy: the highest logit, of equal ones the lowest id; [0, 100]
  int top_k = 0;          ///< tokens kept, those equal to the last one too; 0 = all
  float top_p = 1;        ///< the likeliest tokens whose probabilities first reach this; [0, 1], 1 = all
  float min_p = 0;        ///< least probability relative to the likeliest token's; [0, 1]
  float repetition_penalty = 1;  ///< divides positive and multiplies negative logits of seen tokens; (0, 100]
  std::uint64_t seed = 0;        ///< equal seeds, parameters and logits give equal tokens
};

/// Errors: sampling_out_of_range, naming the field, its value and its range (NaN is in none).
[[nodiscard]] Result<void> check(const SamplingParams& params);

}  // namespace ttt

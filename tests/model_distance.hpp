// How far a model's words are from another's: for formats and precisions that change them.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine_fixture.hpp"

namespace ttt::test {

struct Distance {
  double kl = 0;         ///< of the fp32 model's distribution to the other's, mean over positions, nats
  double agreement = 0;  ///< positions whose likeliest token is the same
};
inline Distance distance(const std::vector<float>& wanted, const std::vector<float>& got, int vocab) {
  Distance d;
  const auto rows = static_cast<int>(wanted.size()) / vocab;
  for (int r = 0; r < rows; ++r) {
    const float* const p = wanted.data() + std::ptrdiff_t{r} * vocab;
    const float* const q = got.data() + std::ptrdiff_t{r} * vocab;
    double sum_p = 0, sum_q = 0;
    for (int i = 0; i < vocab; ++i) {
      sum_p += std::exp(double{p[i]});
      sum_q += std::exp(double{q[i]});
    }
    for (int i = 0; i < vocab; ++i) {
      const double log_p = p[i] - std::log(sum_p);
      d.kl += std::exp(log_p) * (log_p - (q[i] - std::log(sum_q))) / rows;
    }
    d.agreement += (std::max_element(p, p + vocab) - p == std::max_element(q, q + vocab) - q) / double(rows);
  }
  return d;
}

/// The likeliest continuation of a prompt.
inline std::vector<std::int32_t> story(Engine& e, std::vector<std::int32_t> ids, int tokens) {
  Session s = e.session();
  const std::vector<std::int32_t> begin(ids.begin(), ids.end() - 1);
  (void)e.step(s, begin, BatchItem::Logits::none);
  while (static_cast<int>(ids.size()) < tokens) {
    const std::vector<float> logits = e.step(s, {&ids.back(), 1}, BatchItem::Logits::last);
    ids.push_back(static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
  }
  return ids;
}

inline std::vector<float> logits_of(Engine& e, const std::vector<std::int32_t>& ids) {
  Session s = e.session();
  return e.step(s, ids);
}

}  // namespace ttt::test

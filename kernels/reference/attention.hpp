// Attention of one query at a time: softmax(q k^T * scale + mask) v.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include <ttt/kernels/partition.hpp>
#include <ttt/kernels/reference/activation.hpp>
#include <ttt/kernels/reference/cache.hpp>
#include <ttt/kernels/reference/weights.hpp>

namespace ttt::kernels::reference {

/// A row rounded as the products of this op take it.
inline void round_row(float* x, std::int64_t n, DType operands) noexcept {
  if (operands == DType::bf16) round_operands<DType::bf16>(x, n);
  if (operands == DType::int8) round_operands<DType::int8>(x, n);
}

/// Queries are rounded; probabilities, which the kernels round relative to the largest score of a block of the context, are
/// not. Needs no scratch.
template <DType KV>
void attention(const AttentionArgs& a, Part part) noexcept {
  const Range queries = share(std::int64_t{a.row_count} * a.heads, part);
  const int group = a.heads / a.kv_heads;
  for (std::int64_t item = queries.begin; item < queries.end; ++item) {
    const std::int64_t r = item / a.heads;
    const Row row = a.rows[r];
    const KvView& cache = a.caches[row.session];
    const std::int64_t kv_head = item % a.heads / group;
    const bool decodes = (r == 0 || a.rows[r - 1].session != row.session) &&
                         (r + 1 == a.row_count || a.rows[r + 1].session != row.session);
    const DType operands = decodes ? a.decode_operands : a.prompt_operands;
    const float* const q = a.q + item * a.head_dim;
    float* y = a.y + item * a.head_dim;
    const std::int64_t end = std::int64_t{row.position} + 1;
    const std::int64_t begin = a.window > 0 ? std::max<std::int64_t>(0, end - a.window) : 0;
    const auto score = [&](std::int64_t position) {
      double dot = 0;
      for (int begin_d = 0; begin_d < a.head_dim; begin_d += group_size) {
        float rounded[group_size];
        const int n = std::min(group_size, a.head_dim - begin_d);
        for (int d = 0; d < n; ++d) rounded[d] = q[begin_d + d] * a.scale;
        round_row(rounded, n, operands);
        for (int d = 0; d < n; ++d)
          dot += static_cast<double>(rounded[d]) * Cache<KV>::k(cache, a.head_dim, kv_head, position, begin_d + d);
      }
      return soft_cap(static_cast<float>(dot), a.softcap);
    };
    float largest = -std::numeric_limits<float>::infinity();
    for (std::int64_t p = begin; p < end; ++p) largest = std::max(largest, score(p));
    double sum = 0;
    for (int d = 0; d < a.head_dim; ++d) y[d] = 0;
    for (std::int64_t p = begin; p < end; ++p) {
      const double weight = std::exp(static_cast<double>(score(p)) - largest);
      sum += weight;
      for (int d = 0; d < a.head_dim; ++d)
        y[d] = static_cast<float>(y[d] + weight * Cache<KV>::v(cache, a.head_dim, kv_head, p, d));
    }
    for (int d = 0; d < a.head_dim; ++d) y[d] = static_cast<float>(y[d] / sum);
  }
}

}  // namespace ttt::kernels::reference

// Token embeddings and the step's rotary angles.
#pragma once

#include <cmath>
#include <cstdint>

#include <ttt/kernels/partition.hpp>
#include <ttt/kernels/reference/weights.hpp>

namespace ttt::kernels::reference {

/// cos and sin of one row: angle = position * inv_freq, in float as HuggingFace computes it.
inline void rotary_angles(const Row& row, const float* inv_freq, float factor, int rotary_dim,
                          float* cos_sin) noexcept {
  const int half = rotary_dim / 2;
  for (int i = 0; i < half; ++i) {
    const float angle = static_cast<float>(row.position) * inv_freq[i];
    cos_sin[i] = std::cos(angle) * factor;
    cos_sin[half + i] = std::sin(angle) * factor;
  }
}

template <auto W>
void embed(const EmbedArgs& a, Part part) noexcept {
  const Range items = share(std::int64_t{2} * a.row_count, part);  // embeddings first, then angles
  for (std::int64_t item = items.begin; item < items.end; ++item) {
    const std::int64_t r = item % a.row_count;
    const Row& row = a.rows[r];
    if (item < a.row_count)
      for (int k = 0; k < a.table.k; ++k) {
        float y = Weights<W>::at(a.table, row.token, k) * a.scale;
        if (a.token_types.data != nullptr) y += Weights<W>::at(a.token_types, row.type, k);
        if (a.positions.data != nullptr) y += Weights<W>::at(a.positions, row.position, k);
        a.y[r * a.table.k + k] = y;
      }
    else if (a.inv_freq != nullptr && a.inv_freq[row.session] != nullptr && a.rotary_dim > 0)
      rotary_angles(row, a.inv_freq[row.session], a.rope_scale != nullptr ? a.rope_scale[row.session] : 1.f,
                    a.rotary_dim, a.cos_sin + r * a.rotary_dim);
  }
}

}  // namespace ttt::kernels::reference

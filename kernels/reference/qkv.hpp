// The qkv product: heads normalised, turned by their position, keys and values appended to the caches.
#pragma once

#include <cstdint>

#include <ttt/kernels/reference/matmul.hpp>

namespace ttt::kernels::reference {

/// Turns the first `rotary_dim` numbers of a head; cos_sin: rotary_dim / 2 cosines, then as many sines.
inline void rotate(float* head, const float* cos_sin, int rotary_dim, bool interleaved) noexcept {
  const int half = rotary_dim / 2;
  for (int i = 0; i < half; ++i) {
    float& a = head[interleaved ? 2 * i : i];
    float& b = head[interleaved ? 2 * i + 1 : i + half];
    const float x = a;
    const float y = b;
    a = x * cos_sin[i] - y * cos_sin[half + i];
    b = y * cos_sin[i] + x * cos_sin[half + i];
  }
}

template <auto W, DType A>
void qkv(const QkvArgs& a, Part part) noexcept {
  const QkvLayout layout(a.heads, a.kv_heads, a.head_dim);
  const Range units = share(layout.units, part);
  const std::int64_t kv_width = std::int64_t{2} * a.kv_heads * a.head_dim;
  for (int r = 0; r < a.matmul.row_count; ++r) {
    const float* x = prepared_row<A>(a.matmul, r, part);
    const Row row = a.rows[r];
    for (int s = 0; s < 3; ++s) {
      const Range heads = owned_heads(layout, s, units).heads;
      for (std::int64_t h = heads.begin; h < heads.end; ++h) {
        float* head = s == 0 ? a.q + (std::int64_t{r} * a.heads + h) * a.head_dim
                             : a.kv + r * kv_width + ((s == 2 ? a.kv_heads : 0) + h) * a.head_dim;
        for (int d = 0; d < a.head_dim; ++d)
          head[d] = product<W>(
              a.matmul.w, x, std::int64_t{layout.segments[s].panel_begin} * panel_rows + h * a.head_dim + d);
        const float* weight = s == 0 ? a.q_norm : a.k_norm;
        if (s < 2 && weight != nullptr)
          normalise(head, head, a.head_dim, {NormKind::rms, a.qk_norm_eps, weight, nullptr});
        if (s < 2 && a.rotary_dim > 0)
          rotate(head, a.cos_sin + std::int64_t{r} * a.rotary_dim, a.rotary_dim, a.interleaved);
        if (s > 0)
          a.append(a.caches[row.session], a.head_dim, h, row.position, s == 1 ? head : nullptr, s == 2 ? head : nullptr);
      }
    }
  }
}

}  // namespace ttt::kernels::reference

// Products with fused neighbours, as formulas over one output at a time.
#pragma once

#include <cstdint>

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/partition.hpp>
#include <ttt/kernels/reference/activation.hpp>
#include <ttt/kernels/reference/norm.hpp>
#include <ttt/kernels/reference/weights.hpp>

namespace ttt::kernels::reference {

/// The normalised, rounded input row `r` of a product, in the part's scratch.
template <DType A>
const float* prepared_row(const MatmulArgs& m, std::int64_t r, Part part) noexcept {
  float* const row = m.scratch + part.index * m.scratch_stride;
  normalise(m.x + (m.row_map != nullptr ? m.row_map[r] : r) * m.ldx, row, m.w.k, m.norm);
  round_operands<A>(row, m.w.k);
  return row;
}

/// x · w[output] + bias[output]; `output` in panel order.
template <auto W>
float product(const Packed& w, const float* x, std::int64_t output) noexcept {
  double sum = 0;
  for (int k = 0; k < w.k; ++k) sum += static_cast<double>(x[k]) * Weights<W>::at(w, output, k);
  return static_cast<float>(sum + (w.bias != nullptr ? w.bias[output] : 0.f));
}

/// y = softcap(x w + b), or y += x w + b.
template <auto W, DType A, bool Residual>
void store(const MatmulArgs& m, Part part) noexcept {
  const Range outputs = share(m.out, part);
  for (int r = 0; r < m.row_count; ++r) {
    const float* x = prepared_row<A>(m, r, part);
    for (std::int64_t o = outputs.begin; o < outputs.end; ++o) {
      float& y = m.y[r * m.ldy + o];
      y = Residual ? y + product<W>(m.w, x, o) : soft_cap(product<W>(m.w, x, o), m.softcap);
    }
  }
}

/// y = act(x w + b)
template <auto W, DType A, class Act>
void activated(const MatmulArgs& m, Part part) noexcept {
  const Range outputs = share(m.out, part);
  for (int r = 0; r < m.row_count; ++r) {
    const float* x = prepared_row<A>(m, r, part);
    for (std::int64_t o = outputs.begin; o < outputs.end; ++o)
      m.y[r * m.ldy + o] = Act{}(product<W>(m.w, x, o));
  }
}

/// y = act(x w_gate + b_gate) * (x w_up + b_up); gate and up panels alternate.
template <auto W, DType A, class Act>
void gated(const MatmulArgs& m, Part part) noexcept {
  const Range outputs = share(m.out, part);
  for (int r = 0; r < m.row_count; ++r) {
    const float* x = prepared_row<A>(m, r, part);
    for (std::int64_t o = outputs.begin; o < outputs.end; ++o) {
      const std::int64_t gate = o / panel_rows * 2 * panel_rows + o % panel_rows;
      m.y[r * m.ldy + o] = Act{}(product<W>(m.w, x, gate)) * product<W>(m.w, x, gate + panel_rows);
    }
  }
}

}  // namespace ttt::kernels::reference

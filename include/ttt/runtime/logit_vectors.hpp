// Vector code over a vocabulary of logits: highest, lowest, weights e^((x - top) / temperature), their sums
// and bins.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>

namespace ttt::sampling {

// Compiler vectors of 16 bytes: every x86-64 and arm64 has them, and g++ -O2 does not vectorise by itself.
typedef float Vec __attribute__((vector_size(16)));
typedef int Mask __attribute__((vector_size(16)));
inline constexpr std::size_t lanes = 4;
inline constexpr std::size_t block = 1024;  ///< logits summed or searched together
inline constexpr float infinity = std::numeric_limits<float>::infinity();

inline Vec load(const float* p) noexcept {
  Vec v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline Vec all(float x) noexcept { return Vec{x, x, x, x}; }
inline bool any(Mask m) noexcept { return (m[0] | m[1] | m[2] | m[3]) != 0; }

/// e^x for x <= 0 to 2 units in the last place; 0 below -87. Own code, so that samples do not depend on the
/// platform's libm. x = n ln 2 + r, |r| <= ln 2 / 2, with a Taylor polynomial of degree 7 in r.
inline Vec exp_negative(Vec x) noexcept {
  const Mask tiny = x < all(-87.0F);
  const Vec clamped = tiny ? all(-87.0F) : x;
  const Vec magic = all(12582912.0F);  // 1.5 * 2^23: adding it rounds to a whole number
  const Vec n = (clamped * all(1.44269504F) + magic) - magic;
  Vec r = clamped - n * all(0.693359375F);
  r = r - n * all(-2.12194440e-4F);
  Vec p = all(1.0F / 5040);
  for (const float c : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F}) p = p * r + all(c);
  const Mask exponent = (__builtin_convertvector(n, Mask) + 127) << 23;
  Vec scale;
  std::memcpy(&scale, &exponent, sizeof scale);
  return tiny ? all(0.0F) : p * scale;
}

/// Weights of scores beside the highest; `inverse` is 1 / temperature, finite for every normal temperature.
inline Vec weights(Vec scores, float top, float inverse) noexcept {
  return exp_negative((scores - all(top)) * all(inverse));
}
/// The same number for one score as for a lane of the vector code.
inline float weight(float score, float top, float inverse) noexcept {
  return weights(all(score), top, inverse)[0];
}

struct Top {
  float score;
  std::size_t id;
  bool finite;  ///< neither NaN nor +inf among the scores
};

/// The highest score and the first id that has it.
inline Top find_top(const float* x, std::size_t n) noexcept {
  float best = -infinity;
  std::size_t best_block = 0;
  bool finite = true;
  for (std::size_t begin = 0; begin < n; begin += block) {
    const std::size_t end = std::min(n, begin + block);
    Vec m0 = all(-infinity), m1 = m0, m2 = m0, m3 = m0;
    Mask ok = {-1, -1, -1, -1};
    std::size_t i = begin;
    for (; i + 4 * lanes <= end; i += 4 * lanes) {
      const Vec a = load(x + i), b = load(x + i + 4), c = load(x + i + 8), d = load(x + i + 12);
      ok = ok & (a < all(infinity)) & (b < all(infinity)) & (c < all(infinity)) & (d < all(infinity));
      m0 = a > m0 ? a : m0;
      m1 = b > m1 ? b : m1;
      m2 = c > m2 ? c : m2;
      m3 = d > m3 ? d : m3;
    }
    m0 = m1 > m0 ? m1 : m0;
    m2 = m3 > m2 ? m3 : m2;
    m0 = m2 > m0 ? m2 : m0;
    float top = std::max(std::max(m0[0], m0[1]), std::max(m0[2], m0[3]));
    finite = finite && (ok[0] & ok[1] & ok[2] & ok[3]) != 0;
    for (; i < end; ++i) {
      finite = finite && x[i] < infinity;
      top = std::max(top, x[i]);
    }
    if (top > best) {
      best = top;
      best_block = begin;
    }
  }
  std::size_t id = best_block;
  while (id + 1 < n && x[id] != best) ++id;
  return {best, id, finite};
}

/// The `count` (1 to 4) scores at p; lanes beyond them weigh nothing.
inline Vec load_some(const float* p, std::size_t count) noexcept {
  if (count >= lanes) return load(p);
  Vec v = all(-infinity);
  for (std::size_t l = 0; l < count; ++l) v[l] = p[l];
  return v;
}

/// The lowest score that is not -inf. Requires: there is one.
inline float lowest_finite(const float* x, std::size_t n) noexcept {
  Vec low = all(infinity);
  for (std::size_t i = 0; i < n; i += lanes) {
    const Vec v = load_some(x + i, n - i);
    const Mask lower = (v < low) & (v > all(-infinity));
    low = lower ? v : low;
  }
  return std::min(std::min(low[0], low[1]), std::min(low[2], low[3]));
}

/// Sum of the weights of x[0, n), in a fixed order.
inline double sum_weights(const float* x, std::size_t n, float top, float inverse) noexcept {
  Vec part = all(0);
  for (std::size_t i = 0; i < n; i += lanes) part = part + weights(load_some(x + i, n - i), top, inverse);
  double sum = 0;
  for (std::size_t l = 0; l < lanes; ++l) sum += static_cast<double>(part[l]);
  return sum;
}

// Top-p's histogram: bins of equal width in units of the weights' exponent, the last one open.
inline constexpr int bins = 512;
inline constexpr float widest = 64;  ///< e^-64 of the highest weight is nothing
inline Mask bin_of(Vec scores, float top, float bins_per_unit) noexcept {
  const Vec distance = (all(top) - scores) * all(bins_per_unit);
  return __builtin_convertvector(distance < all(bins - 1.0F) ? distance : all(bins - 1.0F), Mask);
}

}  // namespace ttt::sampling

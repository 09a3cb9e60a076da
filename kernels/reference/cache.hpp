// KV caches read and written one number at a time: what their layout means.
#pragma once

#include <cmath>
#include <cstdint>

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/float16.hpp>

namespace ttt::kernels::reference {

/// A KV cache of format F.
template <DType F>
struct Cache {
  using N = Number<F>;
  using Stored = typename N::Stored;

  static float k(const KvView& c, int head_dim, std::int64_t head, std::int64_t position, std::int64_t d) noexcept {
    return N::load(k_at(c, head_dim, head, position, d));
  }
  static float v(const KvView& c, int head_dim, std::int64_t head, std::int64_t position, std::int64_t d) noexcept {
    return N::load(v_at(c, head_dim, head, position, d));
  }
  /// Key and value of one position; either may be null.
  static void append(const KvView& c, int head_dim, std::int64_t head, std::int64_t position, const float* key,
                     const float* value) noexcept {
    for (int d = 0; d < head_dim; ++d) {
      if (key != nullptr) k_at(c, head_dim, head, position, d) = N::store(key[d]);
      if (value != nullptr) v_at(c, head_dim, head, position, d) = N::store(value[d]);
    }
    // what is multiplied beside a number must be one
    const std::int64_t group = catalog::kv_group(F);
    if (key != nullptr && head_dim % group != 0) k_at(c, head_dim, head, position, head_dim) = 0;
    if (value != nullptr && group > 1 && position % group == 0)
      for (int d = 0; d < head_dim; ++d) v_at(c, head_dim, head, position + 1, d) = 0;
  }

 private:
  static Stored& k_at(const KvView& c, int head_dim, std::int64_t head, std::int64_t position,
                      std::int64_t d) noexcept {
    const std::int64_t at = position % c.page, group = catalog::kv_group(F);
    return reinterpret_cast<Stored*>(c.keys(position) + head * catalog::k_head_bytes(head_dim, c.page, F))
        [at / kv_lanes * kv_lanes * catalog::round_up(head_dim, group) + (d / group * kv_lanes + at % kv_lanes) * group +
         d % group];
  }
  static Stored& v_at(const KvView& c, int head_dim, std::int64_t head, std::int64_t position,
                      std::int64_t d) noexcept {
    const std::int64_t at = position % c.page, group = catalog::kv_group(F);
    return reinterpret_cast<Stored*>(c.values(position) + head * catalog::v_head_bytes(head_dim, c.page, F))
        [d / kv_lanes * c.page * kv_lanes + (at / group * kv_lanes + d % kv_lanes) * group + at % group];
  }
};

/// Whole numbers with one scale for each position: q = nearest(x * (127 / max |x|)), x = q * (max |x| / 127). A row that
/// holds anything but numbers is read as NaN.
template <>
struct Cache<DType::int8> {
  static float k(const KvView& c, int head_dim, std::int64_t head, std::int64_t position, std::int64_t d) noexcept {
    const Keys at(c, head_dim, head, position);
    return static_cast<float>(at.numbers[at.place(d)]) * *at.scale;
  }
  static float v(const KvView& c, int head_dim, std::int64_t head, std::int64_t position, std::int64_t d) noexcept {
    const Values at(c, head_dim, head, position);
    return static_cast<float>(at.numbers[at.place(d)]) * *at.scale;
  }
  static void append(const KvView& c, int head_dim, std::int64_t head, std::int64_t position, const float* key,
                     const float* value) noexcept {
    if (key != nullptr) quantise(key, head_dim, Keys(c, head_dim, head, position));
    if (value != nullptr) quantise(value, head_dim, Values(c, head_dim, head, position));
  }

 private:
  struct Keys {
    std::int8_t* numbers;
    float* scale;
    Keys(const KvView& c, int head_dim, std::int64_t head, std::int64_t position) noexcept {
      const std::int64_t at = position % c.page, dims = catalog::round_up(head_dim, 4);
      char* const begin = c.keys(position) + head * catalog::k_head_bytes(head_dim, c.page, DType::int8);
      numbers = reinterpret_cast<std::int8_t*>(begin) + at / kv_lanes * kv_lanes * dims + at % kv_lanes * 4;
      scale = reinterpret_cast<float*>(begin + c.page * dims) + at;
    }
    static std::int64_t place(std::int64_t d) noexcept { return d / 4 * kv_lanes * 4 + d % 4; }
  };
  struct Values {
    std::int8_t* numbers;
    float* scale;
    std::int64_t panel;
    Values(const KvView& c, int head_dim, std::int64_t head, std::int64_t position) noexcept : panel(c.page * kv_lanes) {
      const std::int64_t at = position % c.page;
      char* const begin = c.values(position) + head * catalog::v_head_bytes(head_dim, c.page, DType::int8);
      numbers = reinterpret_cast<std::int8_t*>(begin) + at / 4 * kv_lanes * 4 + at % 4;
      scale = reinterpret_cast<float*>(begin + c.page * catalog::round_up(head_dim, kv_lanes)) + at;
    }
    [[nodiscard]] std::int64_t place(std::int64_t d) const noexcept { return d / kv_lanes * panel + d % kv_lanes * 4; }
  };
  template <class Place>
  static void quantise(const float* x, int n, const Place& to) noexcept {
    float largest = 0;
    for (int i = 0; i < n; ++i)
      if (!(std::abs(x[i]) <= largest)) largest = std::abs(x[i]);  // NaN stays
    const float steps = largest >= 0x1p-100f && largest < INFINITY ? 127 / largest : 0;
    for (int i = 0; i < n; ++i) to.numbers[to.place(i)] = steps == 0 ? 0 : static_cast<std::int8_t>(std::nearbyint(x[i] * steps));
    *to.scale = largest < INFINITY ? largest * (1.f / 127) : NAN;
  }
};

}  // namespace ttt::kernels::reference

// Packing in baseline code: 4×4 transposes of 32-bit units, so that a copy keeps up with the disk.
#pragma once

#include <cstring>

#include <ttt/kernels/float16.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/kernels/reference/coding.hpp>
#include <ttt/kernels/reference/weights.hpp>
#include <ttt/kernels/table.hpp>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ttt::kernels::packing {

/// 16 rows of 16 32-bit units, `stride` bytes apart, to [unit][row]. Nothing need be aligned.
inline void transpose_16x16(const char* source, std::int64_t stride, char* destination) noexcept {
#if defined(__SSE2__)
  for (int row = 0; row < 16; row += 4)
    for (int unit = 0; unit < 16; unit += 4) {
      const char* const from = source + row * stride + unit * 4;
      const auto read = [&](int r) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + r * stride));
      };
      const __m128i ab_low = _mm_unpacklo_epi32(read(0), read(1));
      const __m128i cd_low = _mm_unpacklo_epi32(read(2), read(3));
      const __m128i ab_high = _mm_unpackhi_epi32(read(0), read(1));
      const __m128i cd_high = _mm_unpackhi_epi32(read(2), read(3));
      const auto write = [&](int u, __m128i v) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(destination + ((unit + u) * 16 + row) * 4), v);
      };
      write(0, _mm_unpacklo_epi64(ab_low, cd_low));
      write(1, _mm_unpackhi_epi64(ab_low, cd_low));
      write(2, _mm_unpacklo_epi64(ab_high, cd_high));
      write(3, _mm_unpackhi_epi64(ab_high, cd_high));
    }
#else
  for (int unit = 0; unit < 16; ++unit)
    for (int row = 0; row < 16; ++row)
      std::memcpy(destination + (unit * 16 + row) * 4, source + row * stride + unit * 4, 4);
#endif
}

/// [pair][row] units of two halves (k, k + 1) to [k][row]: the fp16 layout.
inline void split_pairs(const std::uint32_t* pairs, std::uint16_t* destination) noexcept {
  for (int pair = 0; pair < 16; ++pair) {
#if defined(__SSE2__)
    for (int row = 0; row < 16; row += 8) {
      const auto* const from = reinterpret_cast<const __m128i*>(pairs + pair * 16 + row);
      const __m128i a = _mm_loadu_si128(from);
      const __m128i b = _mm_loadu_si128(from + 1);
      const auto low = [](__m128i v) { return _mm_srai_epi32(_mm_slli_epi32(v, 16), 16); };
      const auto high = [](__m128i v) { return _mm_srai_epi32(v, 16); };
      auto* const to = destination + pair * 32 + row;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_packs_epi32(low(a), low(b)));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 16), _mm_packs_epi32(high(a), high(b)));
    }
#else
    for (int row = 0; row < 16; ++row) {
      destination[pair * 32 + row] = static_cast<std::uint16_t>(pairs[pair * 16 + row]);
      destination[pair * 32 + 16 + row] = static_cast<std::uint16_t>(pairs[pair * 16 + row] >> 16);
    }
#endif
  }
}

/// Where number (lane, k) of a panel lies.
template <DType F>
constexpr std::int64_t place(std::int64_t lane, std::int64_t k) noexcept {
  return F == DType::bf16 ? (k / 2 * panel_rows + lane) * 2 + k % 2 : k * panel_rows + lane;
}

/// One whole panel from 16 rows that already are in the panel's format.
template <DType F>
void shuffle_panel(const typename Number<F>::Stored* source, std::int64_t stride, std::int64_t count,
                   typename Number<F>::Stored* panel) noexcept {
  constexpr std::int64_t size = sizeof(*source);
  constexpr std::int64_t block = 64 / size;
  std::int64_t k = 0;
  for (; k + block <= count; k += block) {
    const auto* const from = reinterpret_cast<const char*>(source + k);
    [[maybe_unused]] auto* const to = reinterpret_cast<char*>(panel + k * panel_rows);
    if constexpr (F == DType::fp16) {
      std::uint32_t pairs[256];
      transpose_16x16(from, stride * size, reinterpret_cast<char*>(pairs));
      split_pairs(pairs, panel + k * panel_rows);
    } else {
      transpose_16x16(from, stride * size, to);
    }
  }
  for (; k < count; ++k)
    for (std::int64_t lane = 0; lane < panel_rows; ++lane)
      panel[place<F>(lane, k)] = source[lane * stride + k];
}

// Four numbers at once on baseline vectors: conversions keep up with the disk too.
typedef float Float4 __attribute__((vector_size(16)));
typedef std::uint32_t Word4 __attribute__((vector_size(16)));
typedef std::uint16_t Half4 __attribute__((vector_size(8)));

template <DType S>
Float4 load4(const typename Number<S>::Stored* from) noexcept {
  if constexpr (S == DType::fp32) {
    Float4 v;
    std::memcpy(&v, from, sizeof v);
    return v;
  } else {
    Half4 halves;
    std::memcpy(&halves, from, sizeof halves);
    const Word4 bits = __builtin_convertvector(halves, Word4);
    if constexpr (S == DType::bf16) return (Float4)(bits << 16);
    // fp16 exponents are 112 lower; a product re-biases normal and subnormal numbers alike
    const Float4 magnitude = (Float4)((bits & 0x7fffu) << 13) * 0x1p112f;
    const Word4 special = (Word4)((bits & 0x7c00u) == 0x7c00u) & 0x7f800000u;
    return (Float4)((Word4)magnitude | special | (bits & 0x8000u) << 16);
  }
}

template <DType F>
void store4(Float4 v, typename Number<F>::Stored* to) noexcept {
  if constexpr (F == DType::fp32) {
    std::memcpy(to, &v, sizeof v);
  } else if constexpr (F == DType::bf16) {
    const Word4 bits = (Word4)v;
    const Word4 nan = (Word4)((bits & 0x7fffffffu) > 0x7f800000u);
    const Word4 rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    const Half4 halves = __builtin_convertvector((nan & (bits >> 16 | 0x40u)) | (~nan & rounded), Half4);
    std::memcpy(to, &halves, sizeof halves);
  } else {
    for (int i = 0; i < 4; ++i) to[i] = Number<F>::store(v[i]);
  }
}

template <DType F, DType S>
void convert(const typename Number<S>::Stored* from, std::int64_t count,
             typename Number<F>::Stored* to) noexcept {
  std::int64_t i = 0;
  for (; i + 4 <= count; i += 4) store4<F>(load4<S>(from + i), to + i);
  for (; i < count; ++i) to[i] = Number<F>::store(Number<S>::load(from[i]));
}

template <DType F, DType S>
void pack(const typename Number<S>::Stored* source, std::int64_t row_begin, std::int64_t row_count,
          std::int64_t k, typename Number<F>::Stored* destination, PanelPlacement placement) noexcept {
  using Stored = typename Number<F>::Stored;
  const std::int64_t panel_size = catalog::round_up(k, 2) * panel_rows;
  for (std::int64_t r = 0; r < row_count;) {
    const std::int64_t row = row_begin + r;
    Stored* const panel = destination + (placement.first + row / panel_rows * placement.step) * panel_size;
    const bool whole = row % panel_rows == 0 && r + panel_rows <= row_count;
    const auto* const from = source + r * k;
    if (!whole) {
      for (std::int64_t i = 0; i < k; ++i)
        panel[place<F>(row % panel_rows, i)] = Number<F>::store(Number<S>::load(from[i]));
      ++r;
      continue;
    }
    if constexpr (F == S) {
      shuffle_panel<F>(from, k, k, panel);
    } else {
      constexpr std::int64_t chunk = 128;  // converted aside, then shuffled
      Stored converted[panel_rows * chunk];
      for (std::int64_t begin = 0; begin < k; begin += chunk) {
        const std::int64_t count = k - begin < chunk ? k - begin : chunk;
        for (std::int64_t lane = 0; lane < panel_rows; ++lane)
          convert<F, S>(from + lane * k + begin, count, converted + lane * chunk);
        shuffle_panel<F>(converted, chunk, count, panel + begin * panel_rows);
      }
    }
    r += panel_rows;
  }
}

/// As `pack`, in a format with scales. A group that K cuts short is filled with its first number, which then weighs nothing.
template <DType S>
void pack_groups(DType format, const typename Number<S>::Stored* source, std::int64_t row_begin, std::int64_t row_count,
                 std::int64_t k, std::uint8_t* destination, PanelPlacement placement, const GroupCoding& coding) noexcept {
  constexpr int most = 256;
  const int size = block_facts(format).group;
  const std::int64_t bytes = catalog::group_bytes(format);
  const std::int64_t panel_size = catalog::panel_bytes(k, format);
  alignas(64) float rows[panel_rows][most] = {};
  alignas(64) float inputs[most][panel_rows];
  alignas(64) float last_importance[most];
  for (std::int64_t r = 0; r < row_count;) {
    const std::int64_t row = row_begin + r;
    const int first = static_cast<int>(row % panel_rows);
    const std::int64_t left = row_count - r;
    const int last = left < panel_rows - first ? first + static_cast<int>(left) : panel_rows;
    std::uint8_t* group = destination + (placement.first + row / panel_rows * placement.step) * panel_size;
    for (std::int64_t begin = 0; begin < k; begin += size, group += bytes) {
      const std::int64_t count = k - begin < size ? k - begin : size;
      for (int lane = first; lane < last; ++lane) {
        convert<DType::fp32, S>(source + (r + lane - first) * k + begin, count, rows[lane]);
        for (std::int64_t i = count; i < size; ++i) rows[lane][i] = rows[lane][0];
      }
      for (int half = 0; half < size; half += 16)
        transpose_16x16(reinterpret_cast<const char*>(rows) + half * 4, most * 4, reinterpret_cast<char*>(inputs[half]));
      const float* importance = coding.importance != nullptr ? coding.importance + begin : nullptr;
      if (count < size) {
        for (std::int64_t i = 0; i < size; ++i) last_importance[i] = i >= count ? 0 : importance != nullptr ? importance[i] : 1;
        importance = last_importance;
      }
      coding.code(inputs[0], importance, first, last, group);
    }
    r += last - first;
  }
}

/// Calls f(Constant<DType>) for a plain format.
template <DType T>
struct Constant {
  static constexpr DType value = T;
};
template <class F>
void with_plain(DType type, F f) noexcept {
  if (type == DType::fp32) f(Constant<DType::fp32>{});
  if (type == DType::fp16) f(Constant<DType::fp16>{});
  if (type == DType::bf16) f(Constant<DType::bf16>{});
}
/// The same for any weight format.
template <class F>
void with_weights(DType type, F f) noexcept {
  with_plain(type, f);
  if (type == DType::int8) f(Constant<DType::int8>{});
  if (type == DType::int4) f(Constant<DType::int4>{});
  if (type == DType::int4m) f(Constant<DType::int4m>{});
}

}  // namespace ttt::kernels::packing

namespace ttt::kernels {

TTT_INLINE CodeFn scalar_code(DType format) noexcept {
  if (const OwnFormatKernels* const own = own_format_kernels(format, Isa::scalar)) return own->code;
  CodeFn code = nullptr;
  packing::with_weights(format, [&](auto f) {
    if constexpr (is_grouped<decltype(f)::value>) code = &reference::code<typename DescriptionOf<decltype(f)::value>::type>;
  });
  return code;
}

TTT_INLINE CodeFn best_code(DType format) noexcept {
  const KernelTable* const level = default_kernels(detected_isa());
  const CodeFn code = level != nullptr ? level->code(format) : nullptr;
  return code != nullptr ? code : scalar_code(format);
}

TTT_INLINE void pack_rows(DType format, DType source_type, const void* source, std::int64_t row_begin,
                          std::int64_t row_count, std::int64_t k, void* destination, PanelPlacement placement,
                          const GroupCoding& coding) noexcept {
  if (catalog::is_group_format(format)) {
    const GroupCoding how{coding.code != nullptr ? coding.code : best_code(format), coding.importance};
    if (how.code == nullptr) return;
    packing::with_plain(source_type, [&](auto s) {
      constexpr DType from = decltype(s)::value;
      packing::pack_groups<from>(format, static_cast<const typename Number<from>::Stored*>(source), row_begin, row_count, k,
                                 static_cast<std::uint8_t*>(destination), placement, how);
    });
    return;
  }
  packing::with_plain(format, [&](auto f) {
    packing::with_plain(source_type, [&](auto s) {
      constexpr DType to = decltype(f)::value;
      constexpr DType from = decltype(s)::value;
      packing::pack<to, from>(static_cast<const typename Number<from>::Stored*>(source), row_begin, row_count, k,
                              static_cast<typename Number<to>::Stored*>(destination), placement);
    });
  });
}

TTT_INLINE void fetch_row(DType format, const Packed& packed, std::int64_t row, float* y) noexcept {
  if (const OwnFormatKernels* const own = own_format_kernels(format, Isa::scalar)) return own->fetch_row(packed, row, y);
  packing::with_weights(format, [&](auto f) {
    for (std::int64_t k = 0; k < packed.k; ++k)
      y[k] = reference::Weights<decltype(f)::value>::at(packed, row, k);
  });
}

TTT_INLINE void widen(DType source_type, const void* source, std::int64_t count, float* y) noexcept {
  packing::with_plain(source_type, [&](auto s) {
    constexpr DType from = decltype(s)::value;
    packing::convert<DType::fp32, from>(static_cast<const typename Number<from>::Stored*>(source), count, y);
  });
}

TTT_INLINE void importance_of(const float* scales, std::int64_t count, float* importance) noexcept {
  double sum = 0;
  for (std::int64_t k = 0; k < count; ++k) {
    const double square = double{scales[k]} * scales[k];
    importance[k] = square < 1e30 ? static_cast<float>(square) : 0;  // not-a-number, too
    sum += importance[k];
  }
  const double mean = sum / static_cast<double>(count > 0 ? count : 1);
  for (std::int64_t k = 0; k < count; ++k) {
    const double relative = mean > 0 ? importance[k] / mean : 1;
    importance[k] = first_bits(static_cast<float>(relative > 0x1p-10 ? relative : 0x1p-10), 8);
  }
}

}  // namespace ttt::kernels

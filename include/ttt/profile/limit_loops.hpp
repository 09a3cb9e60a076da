// Loops that do nothing but what a limit counts, once for each level: reading, fp32 multiply-adds, dot
// products.
#pragma once

#include <cstddef>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <ttt/kernels/isa.hpp>

namespace ttt::probing {

/// `flops`: operations of one round, two for each multiply-add; 0 where the level has no such instruction.
struct LimitLoops {
  void (*read)(const void* data, std::size_t bytes);
  int fp32_flops;
  void (*fp32)(long rounds);
  int bf16_flops;
  void (*bf16)(long rounds);
  int int8_flops;  ///< products of bytes summed in 32 bits; those of 4 bits can be summed in 16 and may be faster
  void (*int8)(long rounds);
};

#if defined(__x86_64__)

// Ten sums hide the latency of one instruction; the empty asm keeps them apart and in registers. Functions of
// a target of their own: intrinsics of another cannot be inlined.
// clang-format off
#define TTT_LIMIT_LOOP(NAME, TARGET, VECTOR, ZERO, STEP)                                             \
  __attribute__((target(TARGET))) inline void NAME(long rounds) {                                    \
    VECTOR a = ZERO, s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a, s6 = a, s7 = a, s8 = a, s9 = a; \
    asm("" : "+v"(a));                                                                               \
    for (long r = 0; r < rounds; ++r) {                                                              \
      STEP(s0) STEP(s1) STEP(s2) STEP(s3) STEP(s4)                                                   \
      STEP(s5) STEP(s6) STEP(s7) STEP(s8) STEP(s9)                                                   \
      asm volatile("" : "+v"(s0), "+v"(s1), "+v"(s2), "+v"(s3), "+v"(s4));                           \
      asm volatile("" : "+v"(s5), "+v"(s6), "+v"(s7), "+v"(s8), "+v"(s9));                           \
    }                                                                                                \
  }
#define TTT_STEP(s) s = _mm_add_ps(_mm_mul_ps(a, a), s);
TTT_LIMIT_LOOP(fp32_sse, "sse4.2", __m128, _mm_setzero_ps(), TTT_STEP)
#undef TTT_STEP
#define TTT_STEP(s) s = _mm256_fmadd_ps(a, a, s);
TTT_LIMIT_LOOP(fp32_avx2, "avx2,fma", __m256, _mm256_setzero_ps(), TTT_STEP)
#undef TTT_STEP
#define TTT_STEP(s) s = _mm512_fmadd_ps(a, a, s);
TTT_LIMIT_LOOP(fp32_avx512, "avx512f", __m512, _mm512_setzero_ps(), TTT_STEP)
#undef TTT_STEP
#define TTT_STEP(s) s = _mm512_dpbf16_ps(s, (__m512bh)a, (__m512bh)a);
TTT_LIMIT_LOOP(bf16_avx512, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(), TTT_STEP)
#undef TTT_STEP
#define TTT_STEP(s)                                \
  asm("" : "+v"(a)); /* or one product would do */ \
  s = _mm_add_epi32(s, _mm_madd_epi16(_mm_maddubs_epi16(a, a), a));
TTT_LIMIT_LOOP(int8_sse, "sse4.2", __m128i, _mm_setzero_si128(), TTT_STEP)
#undef TTT_STEP
#define TTT_STEP(s)                                \
  asm("" : "+v"(a)); /* or one product would do */ \
  s = _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_maddubs_epi16(a, a), a));
TTT_LIMIT_LOOP(int8_avx2, "avx2", __m256i, _mm256_setzero_si256(), TTT_STEP)
#undef TTT_STEP
#define TTT_STEP(s)                                \
  asm("" : "+v"(a)); /* or one product would do */ \
  s = _mm512_add_epi32(s, _mm512_madd_epi16(_mm512_maddubs_epi16(a, a), a));
TTT_LIMIT_LOOP(int8_avx512, "avx512f,avx512bw", __m512i, _mm512_setzero_si512(), TTT_STEP)
#undef TTT_STEP
#define TTT_STEP(s) s = _mm512_dpbusd_epi32(s, a, a);
TTT_LIMIT_LOOP(int8_vnni, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), TTT_STEP)
#undef TTT_STEP
#undef TTT_LIMIT_LOOP

#define TTT_READ_LOOP(NAME, TARGET, VECTOR, LOAD, OR)                                     \
  __attribute__((target(TARGET))) inline void NAME(const void* data, std::size_t bytes) { \
    constexpr std::size_t step = 4 * sizeof(VECTOR);                                      \
    const VECTOR* at = static_cast<const VECTOR*>(data);                                  \
    VECTOR a = LOAD(at), b = a, c = a, d = a;                                             \
    for (std::size_t i = 0; i + step <= bytes; i += step, at += 4) {                      \
      a = OR(a, LOAD(at));                                                                \
      b = OR(b, LOAD(at + 1));                                                            \
      c = OR(c, LOAD(at + 2));                                                            \
      d = OR(d, LOAD(at + 3));                                                            \
    }                                                                                     \
    asm volatile("" : : "v"(a), "v"(b), "v"(c), "v"(d));                                  \
  }
TTT_READ_LOOP(read_sse, "sse4.2", __m128i, _mm_loadu_si128, _mm_or_si128)
TTT_READ_LOOP(read_avx2, "avx2", __m256i, _mm256_loadu_si256, _mm256_or_si256)
TTT_READ_LOOP(read_avx512, "avx512f", __m512i, _mm512_loadu_si512, _mm512_or_si512)
#undef TTT_READ_LOOP
// clang-format on

inline LimitLoops loops_for(kernels::Isa isa) {
  using kernels::Isa;
  if (isa == Isa::avx512_vnni_bf16) return {read_avx512, 320, fp32_avx512, 640, bf16_avx512, 1280, int8_vnni};
  if (isa == Isa::avx512) return {read_avx512, 320, fp32_avx512, 0, nullptr, 1280, int8_avx512};
  if (isa == Isa::avx2) return {read_avx2, 160, fp32_avx2, 0, nullptr, 640, int8_avx2};
  return {read_sse, 80, fp32_sse, 0, nullptr, 320, int8_sse};
}

#else

inline void read_plain(const void* data, std::size_t bytes) {
  const auto* const at = static_cast<const unsigned long*>(data);
  unsigned long sum = 0;
  for (std::size_t i = 0; i < bytes / sizeof sum; ++i) sum |= at[i];
  asm volatile("" : : "r"(sum));
}
inline void fp32_plain(long rounds) {
  float a = 0, sums[10] = {};
  for (long r = 0; r < rounds; ++r)
    for (float& s : sums) {
      s += a * a;
      asm volatile("" : "+m"(s));
    }
}
inline LimitLoops loops_for(kernels::Isa) { return {read_plain, 20, fp32_plain, 0, nullptr, 0, nullptr}; }

#endif

}  // namespace ttt::probing

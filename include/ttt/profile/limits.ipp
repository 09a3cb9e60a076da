// Definitions of limits.hpp.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/limits.hpp>
#include <ttt/runtime/memory.hpp>

namespace ttt {

namespace limits {

inline constexpr std::size_t read_bytes = std::size_t{256} << 20;
inline constexpr double pass_s = 0.02;   ///< a pass of arithmetic lasts at least this
inline constexpr double least_s = 0.15;  ///< passes of one kind, together

/// One part's task; `out` keeps the compiler from leaving the work out.
struct Task {
  const float* data = nullptr;
  std::size_t floats = 0;  ///< of all parts
  long rounds = 0;
  float* out = nullptr;
};

// The loops exist once per vector width, each in a function of that target: intrinsics of another cannot be
// inlined. Independent accumulators hide the latency of a multiply-add (4 cycles, 2 a cycle).
inline constexpr int chains = 10;

// Unrolled, so that the sums stay in registers at every optimisation level.
#if defined(__clang__)
#define TTT_LIMIT_UNROLL _Pragma("unroll")
#else
#define TTT_LIMIT_UNROLL _Pragma("GCC unroll 10")
#endif

#if defined(__x86_64__)
#define TTT_LIMIT_LOOPS(NAME, TARGET, VECTOR, WIDTH, LOAD, SET, ADD, FMA, STORE)                 \
  __attribute__((target(TARGET))) inline void fma_##NAME(const Task& t) {                        \
    VECTOR sums[chains];                                                                         \
    TTT_LIMIT_UNROLL                                                                             \
    for (int i = 0; i < chains; ++i) sums[i] = SET(static_cast<float>(i));                       \
    const VECTOR scale = SET(0.5F), step = SET(t.data[0]);                                       \
    for (long r = 0; r < t.rounds; ++r) {                                                        \
      TTT_LIMIT_UNROLL                                                                           \
      for (int i = 0; i < chains; ++i) sums[i] = FMA(sums[i], scale, step);                      \
    }                                                                                            \
    VECTOR sum = sums[0];                                                                        \
    TTT_LIMIT_UNROLL                                                                             \
    for (int i = 1; i < chains; ++i) sum = ADD(sum, sums[i]);                                    \
    STORE(t.out, sum);                                                                           \
  }                                                                                              \
  __attribute__((target(TARGET))) inline void read_##NAME(const float* data, std::size_t floats, \
                                                          float* out) {                          \
    VECTOR a = SET(0), b = a, c = a, d = a;                                                      \
    for (std::size_t i = 0; i + 4 * WIDTH <= floats; i += 4 * WIDTH) {                           \
      a = ADD(a, LOAD(data + i));                                                                \
      b = ADD(b, LOAD(data + i + WIDTH));                                                        \
      c = ADD(c, LOAD(data + i + 2 * WIDTH));                                                    \
      d = ADD(d, LOAD(data + i + 3 * WIDTH));                                                    \
    }                                                                                            \
    STORE(out, ADD(ADD(a, b), ADD(c, d)));                                                       \
  }
#define TTT_SSE_FMA(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
TTT_LIMIT_LOOPS(sse, "sse2", __m128, 4, _mm_loadu_ps, _mm_set1_ps, _mm_add_ps, TTT_SSE_FMA, _mm_storeu_ps)
TTT_LIMIT_LOOPS(avx2, "avx2,fma", __m256, 8, _mm256_loadu_ps, _mm256_set1_ps, _mm256_add_ps, _mm256_fmadd_ps,
                _mm256_storeu_ps)
TTT_LIMIT_LOOPS(avx512, "avx512f", __m512, 16, _mm512_loadu_ps, _mm512_set1_ps, _mm512_add_ps,
                _mm512_fmadd_ps, _mm512_storeu_ps)
#undef TTT_SSE_FMA
#undef TTT_LIMIT_LOOPS

/// As fma_avx512, with bf16 operands: 32 multiply-adds each.
__attribute__((target("avx512f,avx512bf16"))) inline void dot_bf16(const Task& t) {
  __m512 sums[chains];
  TTT_LIMIT_UNROLL
  for (int i = 0; i < chains; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512 number = _mm512_set1_ps(t.data[0]);
  const __m512bh a = _mm512_cvtne2ps_pbh(number, number);
  for (long r = 0; r < t.rounds; ++r) {
    TTT_LIMIT_UNROLL
    for (int i = 0; i < chains; ++i) sums[i] = _mm512_dpbf16_ps(sums[i], a, a);
  }
  __m512 sum = sums[0];
  TTT_LIMIT_UNROLL
  for (int i = 1; i < chains; ++i) sum = _mm512_add_ps(sum, sums[i]);
  _mm512_storeu_ps(t.out, sum);
}

// Products of unsigned by signed int8, summed in int32: VNNI in one instruction, else by pairs in int16, by pairs again, and
// added. The empty statement hides from the compiler that the operands never change; it costs no instruction.
#define TTT_LIMIT_INT8(NAME, TARGET, VECTOR, REGISTER, SET, STEP, ADD, STORE)       \
  __attribute__((target(TARGET))) inline void int8_##NAME(const Task& t) {          \
    VECTOR sums[chains];                                                            \
    TTT_LIMIT_UNROLL                                                                \
    for (int i = 0; i < chains; ++i) sums[i] = SET(i);                              \
    VECTOR a = SET(static_cast<int>(t.data[0]) + 0x01020304), b = a;                \
    for (long r = 0; r < t.rounds; ++r) {                                           \
      TTT_LIMIT_UNROLL                                                              \
      for (int i = 0; i < chains; ++i) {                                            \
        __asm__ volatile("" : REGISTER(a), REGISTER(b));                            \
        sums[i] = STEP(sums[i], a, b);                                              \
      }                                                                             \
    }                                                                               \
    VECTOR sum = sums[0];                                                           \
    TTT_LIMIT_UNROLL                                                                \
    for (int i = 1; i < chains; ++i) sum = ADD(sum, sums[i]);                       \
    STORE(reinterpret_cast<VECTOR*>(t.out), sum);                                   \
  }
#define TTT_SSE_INT8(s, a, b) _mm_add_epi32(s, _mm_madd_epi16(_mm_maddubs_epi16(a, b), b))
#define TTT_AVX2_INT8(s, a, b) _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), b))
#define TTT_AVX512_INT8(s, a, b) _mm512_add_epi32(s, _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), b))
TTT_LIMIT_INT8(sse, "ssse3", __m128i, "+x", _mm_set1_epi32, TTT_SSE_INT8, _mm_add_epi32, _mm_storeu_si128)
TTT_LIMIT_INT8(avx2, "avx2", __m256i, "+x", _mm256_set1_epi32, TTT_AVX2_INT8, _mm256_add_epi32, _mm256_storeu_si256)
TTT_LIMIT_INT8(avx512, "avx512f,avx512bw", __m512i, "+v", _mm512_set1_epi32, TTT_AVX512_INT8, _mm512_add_epi32,
               _mm512_storeu_si512)
TTT_LIMIT_INT8(vnni, "avx512f,avx512vnni", __m512i, "+v", _mm512_set1_epi32, _mm512_dpbusd_epi32, _mm512_add_epi32,
               _mm512_storeu_si512)
#undef TTT_SSE_INT8
#undef TTT_AVX2_INT8
#undef TTT_AVX512_INT8
#undef TTT_LIMIT_INT8
#endif

#undef TTT_LIMIT_UNROLL

inline void fma_plain(const Task& t) {
  float sums[chains];
  for (int i = 0; i < chains; ++i) sums[i] = static_cast<float>(i);
  for (long r = 0; r < t.rounds; ++r)
    for (float& s : sums) s = s * 0.5F + t.data[0];
  for (const float s : sums) *t.out += s;
}
inline void read_plain(const float* data, std::size_t floats, float* out) {
  float sums[chains] = {};
  for (std::size_t i = 0; i + chains <= floats; i += chains)
    for (int j = 0; j < chains; ++j) sums[j] += data[i + static_cast<std::size_t>(j)];
  for (const float s : sums) *out += s;
}

struct Loops {
  void (*fma)(const Task&);
  void (*read)(const float*, std::size_t, float*);
  int width;
  void (*int8)(const Task&) = nullptr;
  void (*dot)(const Task&) = nullptr;  ///< bf16
};
inline Loops loops_of(kernels::Isa isa) {
#if defined(__x86_64__)
  if (isa >= kernels::Isa::avx512_vnni_bf16) return {fma_avx512, read_avx512, 16, int8_vnni, dot_bf16};
  if (isa >= kernels::Isa::avx512) return {fma_avx512, read_avx512, 16, int8_avx512};
  if (isa >= kernels::Isa::avx2) return {fma_avx2, read_avx2, 8, int8_avx2};
  if (isa >= kernels::Isa::x86_64_v2) return {fma_sse, read_sse, 4, int8_sse};
  return {fma_sse, read_sse, 4};
#else
  (void)isa;
  return {fma_plain, read_plain, 1};
#endif
}

struct Call {
  Task task;
  Loops loops;
  std::byte* fill = nullptr;
};
inline constexpr std::size_t out_stride = 64;  ///< floats, so that parts share no cache line

inline void run_fma(const void* args, kernels::Part part) noexcept {
  Call c = *static_cast<const Call*>(args);
  c.task.out += static_cast<std::size_t>(part.index) * out_stride;
  c.loops.fma(c.task);
}
inline void run_int8(const void* args, kernels::Part part) noexcept {
  Call c = *static_cast<const Call*>(args);
  c.task.out += static_cast<std::size_t>(part.index) * out_stride;
  c.loops.int8(c.task);
}
inline void run_dot(const void* args, kernels::Part part) noexcept {
  Call c = *static_cast<const Call*>(args);
  c.task.out += static_cast<std::size_t>(part.index) * out_stride;
  c.loops.dot(c.task);
}
inline void run_read(const void* args, kernels::Part part) noexcept {
  const Call& c = *static_cast<const Call*>(args);
  const std::size_t mine = c.task.floats / static_cast<std::size_t>(part.count);
  const auto index = static_cast<std::size_t>(part.index);
  c.loops.read(c.task.data + index * mine, mine, c.task.out + index * out_stride);
}
inline void run_fill(const void* args, kernels::Part part) noexcept {
  const Call& c = *static_cast<const Call*>(args);
  const std::size_t mine = read_bytes / static_cast<std::size_t>(part.count);
  std::memset(c.fill + static_cast<std::size_t>(part.index) * mine, 0, mine);
}

inline double seconds_of(ThreadTeam& team, const TeamOp& op) {
  const auto start = std::chrono::steady_clock::now();
  team.run({&op, 1});
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The shortest pass of those that fit into `least_s`, at least three.
inline double best_pass(ThreadTeam& team, const TeamOp& op) {
  double best = seconds_of(team, op), sum = best;
  for (int i = 1; i < 3 || sum < least_s; ++i) {
    const double s = seconds_of(team, op);
    sum += s;
    best = std::min(best, s);
  }
  return best;
}

}  // namespace limits

TTT_INLINE Result<MachineLimits> measure_limits(ThreadTeam& team, kernels::Isa isa) {
  using namespace limits;
  const int parts = team.size();
  TTT_TRY(Buffer memory, Buffer::create(read_bytes, MemoryClass::staging, "measuring memory"));
  TTT_TRY(Buffer results, Buffer::create(static_cast<std::size_t>(parts) * out_stride * sizeof(float),
                                         MemoryClass::staging, "measuring arithmetic"));
  Call call{{memory.as<float>(), read_bytes / sizeof(float), 1 << 14, results.as<float>()},
            loops_of(isa),
            memory.data()};
  (void)seconds_of(team, {run_fill, &call, parts});
  MachineLimits out;
  out.probed_read_bytes_per_s = static_cast<double>(read_bytes) / best_pass(team, {run_read, &call, parts});
  out.read_bytes_per_s = out.probed_read_bytes_per_s;
  const auto arithmetic = [&](const TeamOp& op, int flops_of_one) {
    call.task.rounds = 1 << 14;
    while (seconds_of(team, op) < pass_s && call.task.rounds < (1L << 40)) call.task.rounds *= 2;
    return static_cast<double>(flops_of_one) * chains * static_cast<double>(call.task.rounds) * parts /
           best_pass(team, op);
  };
  out.flop_per_s = arithmetic({run_fma, &call, parts}, 2 * call.loops.width);
  if (call.loops.int8 != nullptr) out.int8_op_per_s = arithmetic({run_int8, &call, parts}, 8 * call.loops.width);
  if (call.loops.dot != nullptr) out.bf16_flop_per_s = arithmetic({run_dot, &call, parts}, 64);
  return out;
}

}  // namespace ttt

#include "limits.hpp"

#include <immintrin.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <ttt/kernels/isa.hpp>

namespace ttt::bench {

namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// twelve chains hide the latency of any processor; the empty asm keeps them from being folded into one
#define TTT_TWELVE(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11)
constexpr long rounds = 1'000'000;

__attribute__((target("avx2,fma"))) double fma_avx2() {
  const __m256 a = _mm256_set1_ps(0.999f);
  const __m256 b = _mm256_set1_ps(0.001f);
#define TTT_CHAIN(i)                 \
  __m256 s##i = _mm256_set1_ps(1.f); \
  __asm__ volatile("" : "+x"(s##i));
#define TTT_STEP(i) s##i = _mm256_fmadd_ps(s##i, a, b);
#define TTT_KEEP(i) __asm__ volatile("" ::"x"(s##i));
  TTT_TWELVE(TTT_CHAIN)
  const double begin = seconds();
  for (long r = 0; r < rounds; ++r) {
    TTT_TWELVE(TTT_STEP)
  }
  TTT_TWELVE(TTT_KEEP)
  return rounds * 12. * 16 / (seconds() - begin);
#undef TTT_CHAIN
#undef TTT_STEP
}

__attribute__((target("avx512f"))) double fma_avx512() {
  const __m512 a = _mm512_set1_ps(0.999f);
  const __m512 b = _mm512_set1_ps(0.001f);
#define TTT_CHAIN(i)                 \
  __m512 s##i = _mm512_set1_ps(1.f); \
  __asm__ volatile("" : "+v"(s##i));
#define TTT_STEP(i) s##i = _mm512_fmadd_ps(s##i, a, b);
  TTT_TWELVE(TTT_CHAIN)
  const double begin = seconds();
  for (long r = 0; r < rounds; ++r) {
    TTT_TWELVE(TTT_STEP)
  }
  TTT_TWELVE(TTT_KEEP)
  return rounds * 12. * 32 / (seconds() - begin);
#undef TTT_CHAIN
#undef TTT_STEP
#undef TTT_KEEP
}

}  // namespace

double fma_limit() {
  double best = 0;
  for (int i = 0; i < 10; ++i) {
    if (kernels::isa_supported(kernels::Isa::avx512)) best = std::max(best, fma_avx512());
    if (kernels::isa_supported(kernels::Isa::avx2)) best = std::max(best, fma_avx2());
  }
  return best;
}

double read_limit() {
  constexpr std::size_t bytes = std::size_t{256} << 20;
  const HugePages pages(bytes);
  const char* const memory = pages.data();
  std::memset(pages.data(), 1, bytes);
  double best = 0;
  for (int pass = 0; pass < 8; ++pass) {
    __m128i sums[8] = {};
    const double begin = seconds();
    for (std::size_t i = 0; i < bytes; i += 128)
      for (std::size_t j = 0; j < 8; ++j)
        sums[j] =
            _mm_xor_si128(sums[j], _mm_load_si128(reinterpret_cast<const __m128i*>(memory + i + 16 * j)));
    best = std::max(best, static_cast<double>(bytes) / (seconds() - begin));
    for (const __m128i& s : sums) __asm__ volatile("" ::"x"(s));
  }
  return best;
}

HugePages::HugePages(std::size_t bytes) : mapped_(nullptr), mapped_bytes_(bytes), data_(nullptr) {
  constexpr std::size_t page = std::size_t{2} << 20;
  mapped_bytes_ = bytes + page;
  mapped_ = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped_ == MAP_FAILED) std::abort();  // a benchmark without memory has nothing to say
  data_ = reinterpret_cast<char*>((reinterpret_cast<std::uintptr_t>(mapped_) + page - 1) / page * page);
  madvise(data_, bytes, MADV_HUGEPAGE);
}

HugePages::~HugePages() { munmap(mapped_, mapped_bytes_); }

}  // namespace ttt::bench

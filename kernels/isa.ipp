// cpuid: which levels this processor and its operating system have.
#pragma once

#include <ttt/kernels/isa.hpp>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ttt::kernels {

namespace isa_detail {

#if defined(__x86_64__)
/// The register file the operating system saves (XCR0); 0 without xsave.
inline std::uint64_t saved_registers(std::uint32_t leaf1_ecx) noexcept {
  if ((leaf1_ecx >> 27 & 1) == 0) return 0;
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

inline Isa detect() noexcept {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return Isa::scalar;
  const auto has = [](std::uint32_t word, int bit) { return (word >> bit & 1) != 0; };
  // SSE3, SSSE3, SSE4.1, SSE4.2, POPCNT
  if (!(has(c, 0) && has(c, 9) && has(c, 19) && has(c, 20) && has(c, 23))) return Isa::scalar;
  const std::uint64_t saved = saved_registers(c);
  const bool fma_f16c = has(c, 12) && has(c, 29) && has(c, 28);  // FMA, F16C, AVX
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return Isa::x86_64_v2;
  const std::uint32_t subleafs = a;
  // AVX2, BMI1, BMI2; XMM and YMM saved
  if (!(fma_f16c && has(b, 5) && has(b, 3) && has(b, 8) && (saved & 0x6) == 0x6)) return Isa::x86_64_v2;
  // AVX-512 F, DQ, BW, VL; opmasks and ZMM saved
  if (!(has(b, 16) && has(b, 17) && has(b, 30) && has(b, 31) && (saved & 0xe6) == 0xe6)) return Isa::avx2;
  const bool vnni = has(c, 11);
  if (subleafs < 1 || __get_cpuid_count(7, 1, &a, &b, &c, &d) == 0) return Isa::avx512;
  return vnni && has(a, 5) ? Isa::avx512_vnni_bf16 : Isa::avx512;
}
#else
inline Isa detect() noexcept { return Isa::scalar; }
#endif

}  // namespace isa_detail

TTT_INLINE Isa detected_isa() noexcept {
  static const Isa detected = isa_detail::detect();
  return detected;
}

TTT_INLINE bool isa_supported(Isa isa) noexcept { return isa <= detected_isa(); }

}  // namespace ttt::kernels

// The instruction-set levels kernels are compiled for, and which of them this processor has.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <ttt/io/linkage.hpp>

namespace ttt::kernels {

/// Ascending: each level contains the ones before it. `scalar` is the readable reference.
enum class Isa : int { scalar, x86_64_v2, avx2, avx512, avx512_vnni_bf16 };

inline constexpr Isa all_isas[] = {Isa::scalar, Isa::x86_64_v2, Isa::avx2, Isa::avx512,
                                   Isa::avx512_vnni_bf16};

[[nodiscard]] constexpr std::string_view name_of(Isa isa) noexcept {
  switch (isa) {
    case Isa::scalar:
      return "scalar";
    case Isa::x86_64_v2:
      return "x86_64_v2";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    case Isa::avx512_vnni_bf16:
      return "avx512_vnni_bf16";
  }
  return "?";
}

[[nodiscard]] constexpr std::optional<Isa> isa_named(std::string_view name) noexcept {
  for (const Isa isa : all_isas)
    if (name_of(isa) == name) return isa;
  return std::nullopt;
}

/// Whether the processor has the level's instructions and the operating system saves its registers.
[[nodiscard]] TTT_INLINE bool isa_supported(Isa isa) noexcept;

/// The highest supported level.
[[nodiscard]] TTT_INLINE Isa detected_isa() noexcept;

}  // namespace ttt::kernels

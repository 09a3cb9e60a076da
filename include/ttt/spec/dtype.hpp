// Number formats by their field names.
#pragma once

#include <cstdint>
#include <string_view>

namespace ttt {

/// A storage or compute format. `stored` means "as the checkpoint has it".
enum class DType : std::uint8_t { automatic, stored, fp32, fp16, bf16, int8, int4, int4m, bfloat8_b, bfloat4_b };

[[nodiscard]] constexpr std::string_view name_of(DType t) noexcept {
  switch (t) {
    case DType::automatic: return "auto";
    case DType::stored: return "stored";
    case DType::fp32: return "fp32";
    case DType::fp16: return "fp16";
    case DType::bf16: return "bf16";
    case DType::int8: return "int8";
    case DType::int4: return "int4";
    case DType::int4m: return "int4m";
    case DType::bfloat8_b: return "bfloat8_b";
    case DType::bfloat4_b: return "bfloat4_b";
  }
  return "?";
}

/// Bits one number takes, scales of block formats included (int8: groups of 32 with an fp16 scale, int4m with scale
/// and minimum; bfloat8_b/bfloat4_b: 16 numbers share an exponent byte).
[[nodiscard]] constexpr double bits_of(DType t) noexcept {
  switch (t) {
    case DType::fp32: return 32;
    case DType::fp16:
    case DType::bf16: return 16;
    case DType::int8: return 8.5;
    case DType::int4: return 4.5;
    case DType::int4m: return 5;
    case DType::bfloat8_b: return 8.5;
    case DType::bfloat4_b: return 4.5;
    case DType::automatic:
    case DType::stored: break;
  }
  return 0;
}

}  // namespace ttt

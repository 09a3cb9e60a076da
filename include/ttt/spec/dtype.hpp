// Number formats by their field names.
#pragma once

#include <cstdint>
#include <string_view>

namespace ttt {

/// A storage or compute format. `stored` means "as the checkpoint has it". A number beyond these is a weight format of a
/// user's own and says what that takes (spec/block_format.hpp), so that plans count it as they count the others.
enum class DType : std::uint64_t { automatic, stored, fp32, fp16, bf16, int8, int4, int4m, bfloat8_b, bfloat4_b };

/// What a format takes whose numbers share scales; `group` 0: it is none of them.
struct BlockFacts {
  int bits = 0;          ///< of one number's code
  int group = 0;         ///< inputs of one output that share an fp16 scale
  bool minimum = false;  ///< and an fp16 minimum
  constexpr bool operator==(const BlockFacts&) const = default;
};

namespace own_formats {

// The number of an own format: bit 62, 40 bits of its name and what it means, minimum, group / 32, bits.
inline constexpr std::uint64_t mark = std::uint64_t{1} << 62;
[[nodiscard]] constexpr DType number(const BlockFacts& f, std::uint64_t identity) noexcept {
  return static_cast<DType>(mark | (identity & 0xff'ffff'ffff) << 16 | std::uint64_t{f.minimum ? 1U : 0U} << 12 |
                            static_cast<std::uint64_t>(f.group / 32) << 4 | static_cast<std::uint64_t>(f.bits));
}

/// The name of one that is registered, else "own" (spec/own_format.hpp).
[[nodiscard]] inline std::string_view name(DType t) noexcept;

}  // namespace own_formats

/// Whether it is a format of a user's own.
[[nodiscard]] constexpr bool is_own_format(DType t) noexcept { return static_cast<std::uint64_t>(t) >= own_formats::mark; }

[[nodiscard]] constexpr BlockFacts block_facts(DType t) noexcept {
  const auto number = static_cast<std::uint64_t>(t);
  if (is_own_format(t))
    return {static_cast<int>(number & 15), static_cast<int>(number >> 4 & 255) * 32, (number >> 12 & 1) != 0};
  if (t == DType::int8) return {8, 32, false};
  if (t == DType::int4 || t == DType::int4m) return {4, 32, t == DType::int4m};
  return {};
}

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
  return !is_own_format(t) ? "?" : __builtin_is_constant_evaluated() ? "own" : own_formats::name(t);
}

/// Bits one number takes, scales of block formats included (int8: groups of 32 with an fp16 scale, int4m with scale
/// and minimum; bfloat8_b/bfloat4_b: 16 numbers share an exponent byte).
[[nodiscard]] constexpr double bits_of(DType t) noexcept {
  switch (t) {
    case DType::fp32: return 32;
    case DType::fp16:
    case DType::bf16: return 16;
    case DType::bfloat8_b: return 8.5;
    case DType::bfloat4_b: return 4.5;
    default: break;
  }
  const BlockFacts f = block_facts(t);
  return f.group > 0 ? f.bits + (f.minimum ? 32.0 : 16.0) / f.group : 0;
}

}  // namespace ttt

#include <ttt/spec/own_format.hpp>

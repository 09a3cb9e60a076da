// What a Tensix core does to rows beside products, by instruction-set level: the functions of datum.hpp, block_float.hpp,
// vector_unit.hpp and row_functions.hpp over many numbers.
#pragma once

#include <cstdint>

#include <ttt/io/linkage.hpp>
#include <ttt/kernels/isa.hpp>
#include <ttt/kernels/ttnn/row_functions.hpp>
#include <ttt/kernels/ttnn/tile.hpp>

namespace ttt::kernels::ttnn {

/// Functions of one number.
enum class VectorFunction : int { exponential, reciprocal, rsqrt, sigmoid, silu, gelu };

/// The kernels of one level; all levels give the same bits.
struct RowKernels {
  /// `packed_dst` of each number.
  void (*pack_bf16)(const std::uint32_t* dst, std::int64_t count, bool fp32_dst, std::uint16_t* out) noexcept;
  /// `packed_block` of each 16 numbers: a byte of exponent each, and the codes side by side, the first in a byte's lowest bits.
  void (*pack_blocks)(BlockFloat format, const std::uint16_t* bf16, std::int64_t blocks, std::uint8_t* exponents,
                      std::uint8_t* codes) noexcept;
  /// `unpacked`, the way back.
  void (*unpack_blocks)(BlockFloat format, const std::uint8_t* exponents, const std::uint8_t* codes, std::int64_t blocks,
                        std::uint16_t* bf16) noexcept;
  /// The packer's accumulation of Dst into L1, which holds Dst's format: `l1_accumulated` into `held`, or `l1_accumulated_bf16`
  /// of the upper halves. fp32 bits both.
  void (*accumulate)(std::uint32_t* held, const std::uint32_t* added, std::int64_t count, bool fp32_dst) noexcept;
  /// y = f(x), in place where both are the same.
  void (*apply)(VectorFunction f, const float* x, std::int64_t count, MathMode mode, float* y) noexcept;
  /// y = a * b at a fidelity, and y = a + b.
  void (*multiply)(const float* a, const float* b, std::int64_t count, int phases, bool fp32_dst, float* y) noexcept;
  void (*add)(const float* a, const float* b, std::int64_t count, bool fp32_dst, float* y) noexcept;
};

/// Whether the processor can run a level's is `isa_supported`.
[[nodiscard]] TTT_INLINE const RowKernels& row_kernels(Isa isa) noexcept;

#if defined(__x86_64__)
[[nodiscard]] TTT_INLINE const RowKernels& x86_64_v2_row_kernels() noexcept;
[[nodiscard]] TTT_INLINE const RowKernels& avx2_row_kernels() noexcept;
[[nodiscard]] TTT_INLINE const RowKernels& avx512_row_kernels() noexcept;
#endif

}  // namespace ttt::kernels::ttnn

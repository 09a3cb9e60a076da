// Packing: row-major weights of a checkpoint into the panels the kernels read, some rows at a time.
#pragma once

#include <cstdint>

#include <ttt/io/linkage.hpp>
#include <ttt/kernels/args.hpp>
#include <ttt/kernels/groups.hpp>

namespace ttt::kernels {

/// Numbers the bytes that packing gives: raised whenever a layout or the choice of a scale changes, so that what was
/// packed and kept before is packed anew.
inline constexpr int packing_version = 1;

/// Where the rows of one source tensor go: rows [16 g, 16 g + 16) make panel `first + g * step` of the
/// destination. A plain matrix: {0, 1}; gate: {0, 2}; up: {1, 2}; q, k, v: {0, 1}, {q panels, 1}, {q + k
/// panels, 1}.
struct PanelPlacement {
  std::int64_t first = 0;
  std::int64_t step = 1;
};

/// How weights are coded in a format with scales.
struct GroupCoding {
  CodeFn code = nullptr;              ///< a level's; null: `best_code`
  const float* importance = nullptr;  ///< of each of the k inputs, as `importance_of` makes it; null: all alike
};

/// Packs rows [row_begin, row_begin + row_count) of a source [n, k] (`source` points at the first of them,
/// row-major) into `destination`, the whole packed matrix. Rows may come in any order and number; whole
/// groups of 16 are fast.
///
/// Requires: `source_type` is fp32, fp16 or bf16 and `format` a weight format; the destination is zeroed (lanes and inputs
/// that pad are not written) and holds `catalog::packed_bytes`. Numbers are rounded to nearest even where the
/// format is narrower; formats with scales choose them as kernels/reference/coding.hpp says. Different groups of 16 rows may be
/// packed by different threads.
TTT_INLINE void pack_rows(DType format, DType source_type, const void* source, std::int64_t row_begin,
                          std::int64_t row_count, std::int64_t k, void* destination,
                          PanelPlacement placement = {}, const GroupCoding& coding = {}) noexcept;

/// The scalar reference's coding of a format with scales; null for any other.
[[nodiscard]] TTT_INLINE CodeFn scalar_code(DType format) noexcept;
/// The fastest that the program holds by itself for this processor. All give the same bits.
[[nodiscard]] TTT_INLINE CodeFn best_code(DType format) noexcept;

/// One packed row as fp32, y[k]; `row` in panel order.
TTT_INLINE void fetch_row(DType format, const Packed& packed, std::int64_t row, float* y) noexcept;

/// What an error at each of `count` inputs weighs whose numbers have been multiplied with `scales`, as a norm in front
/// does: their squares relative to the mean, 2^-10 at least, with 8 significant bits.
TTT_INLINE void importance_of(const float* scales, std::int64_t count, float* importance) noexcept;

/// `count` numbers of a checkpoint's dtype (fp32, fp16, bf16) as fp32.
TTT_INLINE void widen(DType source_type, const void* source, std::int64_t count, float* y) noexcept;

}  // namespace ttt::kernels

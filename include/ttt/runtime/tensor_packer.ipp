// Definitions of tensor_packer.hpp.
#pragma once

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/kernels/partition.hpp>
#include <ttt/runtime/tensor_packer.hpp>

namespace ttt {

TTT_INLINE Result<void> TensorPacker::read(std::string_view name, std::int64_t offset, std::int64_t bytes) {
  TTT_CHECK(source_.read(name, static_cast<std::uint64_t>(offset),
                         {staging_->data(), static_cast<std::size_t>(bytes)}));
  TTT_CHECK(count(bytes));
  if (*progress_) (*progress_)(work_.file_bytes, total_);
  return {};
}

/// Some rows of one matrix, packed by whole panels. Rows begin at a panel unless fewer than one fit the buffer.
struct PackedChunk {
  DType format, from;
  const std::byte* data;
  std::int64_t row, rows, columns, row_bytes;
  std::byte* destination;
  kernels::PanelPlacement placement;

  static void run(const void* args, kernels::Part part) noexcept {
    const PackedChunk& c = *static_cast<const PackedChunk*>(args);
    const std::int64_t panel = kernels::panel_rows;
    const kernels::Range mine = kernels::share((c.rows + panel - 1) / panel, part);
    const std::int64_t end = std::min(mine.end * panel, c.rows), begin = std::min(mine.begin * panel, end);
    kernels::pack_rows(c.format, c.from, c.data + begin * c.row_bytes, c.row + begin, end - begin, c.columns,
                       c.destination, c.placement);
  }
};

TTT_INLINE Result<void> TensorPacker::matrix(const TensorSpec& t, DType format, std::byte* destination,
                                             kernels::PanelPlacement placement) {
  const TensorInfo info = *source_.find(t.name);
  const std::int64_t row_bytes = catalog::bytes_of(info.dtype) * t.columns;
  work_.longest_row = std::max(work_.longest_row, row_bytes);
  work_.searched = work_.searched || catalog::is_group_format(format);
  if (counting_) return count(t.rows * row_bytes);
  std::int64_t step = std::max<std::int64_t>(1, static_cast<std::int64_t>(staging_->size()) / row_bytes);
  if (step >= kernels::panel_rows) step = step / kernels::panel_rows * kernels::panel_rows;
  for (std::int64_t row = 0; row < t.rows; row += step) {
    const std::int64_t rows = std::min<std::int64_t>(step, t.rows - row);
    TTT_CHECK(read(t.name, row * row_bytes, rows * row_bytes));
    const PackedChunk chunk{format, info.dtype, staging_->data(), row, rows, t.columns, row_bytes, destination, placement};
    if (team_ != nullptr && catalog::is_group_format(format)) {
      const TeamOp op{&PackedChunk::run, &chunk, team_->size()};
      team_->run({&op, 1});
    } else {
      PackedChunk::run(&chunk, {0, 1});
    }
  }
  return {};
}

TTT_INLINE Result<void> TensorPacker::vector(const TensorSpec& t, float* destination) {
  const TensorInfo info = *source_.find(t.name);
  const std::int64_t numbers = static_cast<std::int64_t>(t.rows) * t.columns;
  const std::int64_t width = catalog::bytes_of(info.dtype);
  if (counting_) return count(numbers * width);
  const std::int64_t step = static_cast<std::int64_t>(staging_->size()) / width;
  for (std::int64_t at = 0; at < numbers; at += step) {
    const std::int64_t n = std::min(step, numbers - at);
    TTT_CHECK(read(t.name, at * width, n * width));
    kernels::widen(info.dtype, staging_->data(), n, destination + at);
  }
  return {};
}

}  // namespace ttt

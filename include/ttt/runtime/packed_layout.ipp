// Definitions of packed_layout.hpp.
#pragma once

#include <utility>

#include <ttt/catalog/packing.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/runtime/packed_layout.hpp>

namespace ttt {

TTT_INLINE std::string PackedLayout::text() const {
  std::string out;
  const auto add = [&](auto... numbers) { ((out += std::to_string(numbers) + " "), ...); };
  for (const Matrix& m : matrices) {
    out += std::string(name_of(m.format)) + " ";
    add(m.panels, m.columns, m.offset);
    for (const Segment& s : m.segments) {
      add(s.panels.first, s.panels.step, s.rows);
      out += std::string(name_of(s.from)) + " " + s.tensor + " ";
    }
    out += "\n";
  }
  for (const Vector& v : vectors) {
    add(v.offset, v.numbers, v.panels.first, v.panels.step);
    out += std::string(name_of(v.from)) + " " + v.tensor + "\n";
  }
  add(matrix_bytes, vector_bytes);
  return out;
}

TTT_INLINE std::int64_t TensorPlacer::taken(std::int64_t bytes, std::int64_t& sum) {
  return std::exchange(sum, sum + catalog::round_up(bytes, 64));
}

TTT_INLINE const std::byte* TensorPlacer::matrix(DType format, std::int64_t panels, std::int64_t columns,
                                                 std::span<const TensorPlace> tensors) {
  PackedLayout::Matrix m{format, columns, panels, catalog::panel_bytes(columns, format), 0, {}};
  m.offset = taken(m.panels * m.panel_bytes, layout_.matrix_bytes);
  for (const TensorPlace& t : tensors) {
    const DType from = source_.find(t.tensor->name)->dtype;
    const std::int64_t row_bytes = catalog::bytes_of(from) * columns;
    m.segments.push_back({t.tensor->name, from, t.tensor->rows, row_bytes, t.panels});
    layout_.source_bytes += t.tensor->rows * row_bytes;
  }
  const std::int64_t offset = m.offset;
  layout_.matrices.push_back(std::move(m));
  return matrices_ == nullptr ? nullptr : matrices_ + offset;
}

TTT_INLINE const float* TensorPlacer::vector(std::int64_t numbers, std::span<const TensorPlace> tensors) {
  const std::int64_t offset = taken(numbers * 4, layout_.vector_bytes);
  for (const TensorPlace& t : tensors) {
    const DType from = source_.find(t.tensor->name)->dtype;
    const std::int64_t its = std::int64_t{t.tensor->rows} * t.tensor->columns;
    layout_.vectors.push_back({t.tensor->name, from, its, offset, t.panels});
    layout_.source_bytes += its * catalog::bytes_of(from);
  }
  return vectors_ == nullptr ? nullptr : reinterpret_cast<const float*>(vectors_ + offset);
}

}  // namespace ttt

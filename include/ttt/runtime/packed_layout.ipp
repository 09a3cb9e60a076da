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
  const auto add_part = [&](const Part& p) {
    add(p.panels.first, p.panels.step, p.rows, p.offset);
    out += std::string(name_of(p.from)) + " " + p.tensor + "\n";
  };
  for (const Matrix& m : matrices) {
    out += std::string(name_of(m.format)) + " ";
    add(m.panels, m.columns, m.offset);
    for (const Part& p : parts_of(m)) add_part(p);
  }
  for (const Part& v : vectors) add_part(v);
  add(matrix_bytes, vector_bytes);
  return out;
}

TTT_INLINE std::int64_t TensorPlacer::taken(std::int64_t bytes, std::int64_t& sum) {
  return std::exchange(sum, sum + catalog::round_up(bytes, 64));
}

TTT_INLINE const std::byte* TensorPlacer::matrix(DType format, std::int64_t panels, std::int64_t columns,
                                                 std::span<const TensorPlace> tensors) {
  PackedLayout::Matrix m{format, columns, panels, catalog::panel_bytes(columns, format), 0, layout_.parts.size(), 0, 1};
  if (const kernels::DeviceEngine* const engine = layout_.engine) {
    m.groups = engine->groups_of_panel;
    m.panels = (panels + m.groups - 1) / m.groups;
    m.panel_bytes = engine->panel_bytes(columns, format);
  }
  m.offset = taken(m.panels * m.panel_bytes, layout_.matrix_bytes);
  for (const TensorPlace& t : tensors) add(layout_.parts, t, t.tensor->rows, columns, 0);
  m.last = layout_.parts.size();
  layout_.matrices.push_back(m);
  return matrices_ == nullptr ? nullptr : matrices_ + m.offset;
}

TTT_INLINE const float* TensorPlacer::vector(std::int64_t numbers, std::span<const TensorPlace> tensors) {
  const std::int64_t offset = taken(numbers * 4, layout_.vector_bytes);
  for (const TensorPlace& t : tensors)
    add(layout_.vectors, t, std::int64_t{t.tensor->rows} * t.tensor->columns, 1, offset);
  return vectors_ == nullptr ? nullptr : reinterpret_cast<const float*>(vectors_ + offset);
}

TTT_INLINE void TensorPlacer::add(std::vector<PackedLayout::Part>& to, const TensorPlace& t, std::int64_t rows,
                                  std::int64_t columns, std::int64_t offset) {
  const DType from = source_.find(t.tensor->name)->dtype;
  const std::int64_t row_bytes = catalog::bytes_of(from) * columns;
  to.push_back({t.tensor->name, from, rows, row_bytes, t.panels, offset});
  layout_.source_bytes += rows * row_bytes;
}

}  // namespace ttt

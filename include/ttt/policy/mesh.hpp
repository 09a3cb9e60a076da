// Mesh<Chip, R, C>: chips in a grid, itself a device.
#pragma once

#include <ttt/policy/device.hpp>

namespace ttt {

/// The chip's facts on a mesh of another size. `rows` and `columns` are at least 1.
[[nodiscard]] constexpr DeviceTraits on_mesh(DeviceTraits chip, int rows, int columns) {
  chip.mesh_rows = rows;
  chip.mesh_columns = columns;
  return chip;
}

/// `Mesh<ttnn::wormhole, 1, 8>`, `Mesh<cuda::h100, 1, 4>`: `Rows` x `Columns` chips. A sharding spreads a matrix over
/// all of them, or, as `block`, its outputs over the rows and its inputs over the columns.
template <Device Chip, int Rows, int Columns>
  requires(Rows >= 1 && Columns >= 1)
struct Mesh {
  static constexpr DeviceTraits traits = on_mesh(device_traits<Chip>, Rows, Columns);

 protected:
  /// The mesh as a thing one can buy.
  static constexpr DeviceTraits product(std::string_view name) {
    DeviceTraits t = on_mesh(device_traits<Chip>, Rows, Columns);
    t.name = name;
    t.product_chips = Rows * Columns;
    return t;
  }
};

}  // namespace ttt

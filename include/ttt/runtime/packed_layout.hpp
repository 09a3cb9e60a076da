// Where a model's tensors lie once they are packed, and how each comes there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/device_engine.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/runtime/names.hpp>
#include <ttt/runtime/tensor_source.hpp>

namespace ttt {

/// A tensor that is part of a fused matrix or vector, and its panels there.
struct TensorPlace {
  const TensorSpec* tensor = nullptr;
  kernels::PanelPlacement panels{};
};

/// All matrices lie one behind the other in one block, and all vectors in a second, each at a multiple of 64 bytes. (Two
/// blocks, because vectors stay when matrices are packed anew: theirs shall not hold the others' memory.) The layout
/// follows from the model, its formats and the tensors' types alone; the same layout of the same tensors gives the same
/// bytes on every machine.
struct PackedLayout {
  /// One tensor of a matrix, or a vector; number i of a vector goes where row i of a matrix would, so that biases lie as
  /// outputs do.
  struct Part {
    std::string tensor;  ///< its name in the source
    DType from{};
    std::int64_t rows = 0;       ///< of a vector: numbers
    std::int64_t row_bytes = 0;  ///< in the source
    kernels::PanelPlacement panels{};
    std::int64_t offset = 0;  ///< of a vector: bytes into the vectors' block
  };
  struct Matrix {
    DType format{};
    std::int64_t columns = 0, panels = 0, panel_bytes = 0;
    std::int64_t offset = 0;  ///< bytes into the matrices' block
    std::size_t first = 0, last = 0;  ///< its tensors among `parts`
    int groups = 1;                   ///< of 16 outputs in a panel

    [[nodiscard]] std::int64_t end() const { return offset + panels * panel_bytes; }
  };

  std::vector<Matrix> matrices;  ///< by offset
  std::vector<Part> parts;       ///< of matrices
  std::vector<Part> vectors;
  const kernels::DeviceEngine* engine = nullptr;  ///< whose layout the matrices have; null: the processor's
  std::int64_t matrix_bytes = 0, vector_bytes = 0;  ///< of the blocks
  std::int64_t source_bytes = 0;                    ///< read to pack all of it

  [[nodiscard]] std::int64_t bytes() const { return matrix_bytes + vector_bytes; }
  [[nodiscard]] std::span<const Part> parts_of(const Matrix& m) const { return {parts.data() + m.first, m.last - m.first}; }
  /// Everything above as text: equal texts mean equal layouts.
  [[nodiscard]] std::string text() const;
};

/// Gives every matrix and vector its place, in the order they are asked for. The same calls are made twice: first to
/// know the layout, then, with blocks of that size, to have addresses.
class TensorPlacer {
 public:
  explicit TensorPlacer(const TensorSource& source, const std::byte* matrices = nullptr,
                        const std::byte* vectors = nullptr, const kernels::DeviceEngine* engine = nullptr)
      : source_(source), matrices_(matrices), vectors_(vectors) {
    layout_.engine = engine;
  }

  /// A matrix of `panels` panels. Null when there is no block.
  [[nodiscard]] const std::byte* matrix(DType format, std::int64_t panels, std::int64_t columns,
                                        std::span<const TensorPlace> tensors);
  /// A vector (or own weight) of `numbers` numbers.
  [[nodiscard]] const float* vector(std::int64_t numbers, std::span<const TensorPlace> tensors);

  [[nodiscard]] const PackedLayout& layout() const { return layout_; }

 private:
  void add(std::vector<PackedLayout::Part>& to, const TensorPlace& t, std::int64_t rows, std::int64_t columns,
           std::int64_t offset);
  [[nodiscard]] static std::int64_t taken(std::int64_t bytes, std::int64_t& sum);
  const TensorSource& source_;
  const std::byte* matrices_;
  const std::byte* vectors_;
  PackedLayout layout_;
};

}  // namespace ttt

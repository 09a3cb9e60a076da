// Reads a checkpoint's tensors into packed matrices and vectors.
#pragma once

#include <string_view>
#include <utility>

#include <ttt/io/progress.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/names.hpp>
#include <ttt/runtime/tensor_source.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

/// Packs matrices one behind the other into one block, and vectors into a second, in the order they are asked for,
/// through one staging buffer. (Vectors stay when matrices are packed anew: theirs shall not hold the others' memory.)
/// The same calls are made twice: a packer that counts says how large blocks and buffer must be.
class TensorPacker {
 public:
  /// What packing takes.
  struct Work {
    std::int64_t matrix_bytes = 0;
    std::int64_t vector_bytes = 0;
    int matrices = 0;              ///< packed ones
    std::uint64_t file_bytes = 0;  ///< read from the source
    bool searched = false;         ///< some matrix has scales to search for
    std::int64_t longest_row = 0;  ///< bytes; a matrix is read by whole rows
  };

  /// One that counts: it reads nothing, and what it returns points nowhere.
  explicit TensorPacker(const TensorSource& source) : source_(source), counting_(true) {}
  TensorPacker(const TensorSource& source, const Progress& progress, Buffer& staging, Buffer& matrices,
               Buffer& vectors, const Work& work, ThreadTeam* team = nullptr)
      : source_(source), progress_(&progress), staging_(&staging), team_(team), next_matrix_(matrices.data()),
        next_vector_(vectors.data()), total_(work.file_bytes) {}

  [[nodiscard]] const Work& work() const { return work_; }

  /// Zeroed memory of a matrix that is packed next, 64-byte aligned.
  [[nodiscard]] std::byte* matrix_memory(std::int64_t bytes) {
    ++work_.matrices;
    return taken(bytes, work_.matrix_bytes, next_matrix_);
  }
  /// The same for a vector of fp32 numbers.
  [[nodiscard]] float* vector_memory(std::int64_t numbers) {
    return reinterpret_cast<float*>(taken(numbers * 4, work_.vector_bytes, next_vector_));
  }

  /// One matrix into its panels.
  [[nodiscard]] Result<void> matrix(const TensorSpec& t, DType format, std::byte* destination,
                                    kernels::PanelPlacement placement);
  /// One vector (or own weight) as fp32 into `destination`.
  [[nodiscard]] Result<void> vector(const TensorSpec& t, float* destination);
  [[nodiscard]] bool counting() const { return counting_; }

 private:
  [[nodiscard]] std::byte* taken(std::int64_t bytes, std::int64_t& sum, std::byte*& next) const {
    const std::int64_t size = catalog::round_up(bytes, 64);
    sum += size;
    return counting_ ? nullptr : std::exchange(next, next + size);
  }
  Result<void> count(std::int64_t bytes) {
    work_.file_bytes += static_cast<std::uint64_t>(bytes);
    return {};
  }
  Result<void> read(std::string_view name, std::int64_t offset, std::int64_t bytes);

  const TensorSource& source_;
  const Progress* progress_ = nullptr;
  Buffer* staging_ = nullptr;
  ThreadTeam* team_ = nullptr;  ///< packs where scales are searched for; null: the calling thread
  std::byte* next_matrix_ = nullptr;
  std::byte* next_vector_ = nullptr;
  std::uint64_t total_ = 0;
  bool counting_ = false;
  Work work_;
};

}  // namespace ttt

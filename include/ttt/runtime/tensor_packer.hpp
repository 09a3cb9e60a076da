// Reads a checkpoint's tensors and packs them, on all threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include <ttt/io/progress.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/packed_layout.hpp>
#include <ttt/runtime/tensor_source.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

/// Takes the matrices' block piece by piece, from any thread, in any order.
class PackedWindows {
 public:
  /// Bytes of a window; each begins at a multiple of it, and only the last is shorter.
  static constexpr std::int64_t bytes = std::int64_t{2} << 20;

  virtual ~PackedWindows() = default;
  /// False: what packing is for has failed, and it shall end.
  [[nodiscard]] virtual bool put(std::int64_t offset, std::span<const std::byte> window) = 0;
};

/// Every thread takes the next stretch of the block, reads the rows that lie there into its share of the staging buffer,
/// and packs them; nobody waits for anybody before the end.
class TensorPacker {
 public:
  /// Requires: `staging` holds the source's longest row. `team` null: the calling thread packs alone.
  TensorPacker(const TensorSource& source, const PackedLayout& layout, const Progress& progress, Buffer& staging,
               ThreadTeam* team)
      : source_(source), layout_(layout), progress_(progress), staging_(staging), team_(team) {}

  /// All matrices into their block, which is zeroed. Errors: those of reading.
  [[nodiscard]] Result<void> matrices(std::byte* block);
  /// The same through windows that are packed in the staging buffer, so that no block is needed. Requires: `has_windows()`.
  [[nodiscard]] Result<void> matrices(PackedWindows& windows);
  /// Whether the staging buffer has room for a window beside what packing it takes.
  [[nodiscard]] bool has_windows() const { return bytes_of_lane(true) <= static_cast<std::int64_t>(staging_.size()); }
  /// All vectors into their block, which is zeroed. Errors: those of reading.
  [[nodiscard]] Result<void> vectors(float* block);

 private:
  /// A thread's share of the staging buffer.
  struct Lane {
    std::byte* window = nullptr;
    std::byte* panel = nullptr;  ///< one that lies across a window's edge: its halves are of two windows
    std::byte* source = nullptr;
    std::int64_t source_bytes = 0;
    std::int64_t held = -1;  ///< offset of the panel that `panel` holds
    bool reports = false;
  };
  using Matrix = PackedLayout::Matrix;
  using Part = PackedLayout::Part;

  [[nodiscard]] std::int64_t bytes_of_lane(bool windows) const;
  [[nodiscard]] Lane lane(int index, int lanes, bool windows) const;
  [[nodiscard]] Result<void> on_all_threads(PackedWindows* windows);
  void work(Lane& lane);
  /// The panels that begin in [begin, end) of the block.
  [[nodiscard]] Result<void> pack_in_block(Lane& lane, std::int64_t begin, std::int64_t end);
  /// The bytes [begin, end) of the block, in the lane's window.
  [[nodiscard]] Result<void> pack_window(Lane& lane, std::int64_t begin, std::int64_t end);
  /// Panels [begin, end) of a matrix, zeroed before, one behind the other.
  [[nodiscard]] Result<void> pack_panels(const Lane& lane, const Matrix& m, std::int64_t begin, std::int64_t end, std::byte* to);
  /// The part of a panel that lies in the window [begin, end).
  [[nodiscard]] Result<void> pack_part(Lane& lane, const Matrix& m, std::int64_t panel, std::int64_t begin, std::int64_t end);
  [[nodiscard]] Result<void> read(const Lane& lane, const std::string& tensor, std::int64_t offset, std::int64_t bytes);
  /// The first matrix that ends behind `offset`.
  [[nodiscard]] std::size_t matrix_at(std::int64_t offset) const;

  const TensorSource& source_;
  const PackedLayout& layout_;
  const Progress& progress_;
  Buffer& staging_;
  ThreadTeam* team_;
  std::byte* block_ = nullptr;
  PackedWindows* windows_ = nullptr;
  std::int64_t stretch_ = 0;  ///< bytes of the block that a thread takes at a time
  std::atomic<std::int64_t> next_{0};
  std::atomic<std::int64_t> done_{0};  ///< bytes read
  std::int64_t vectors_done_ = 0;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;  // of what follows
  std::optional<Error> error_;
};

}  // namespace ttt

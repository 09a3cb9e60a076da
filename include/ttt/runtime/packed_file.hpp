// The file that packed weights are kept in, written once and mapped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ttt/io/file.hpp>
#include <ttt/runtime/tensor_packer.hpp>

namespace ttt {

/// The two blocks of packed weights.
struct PackedBlocks {
  Buffer matrices, vectors;
  [[nodiscard]] bool empty() const { return matrices.size() + vectors.size() == 0; }
};

/// What a layout's file looks like:
///
///     text        what its content depends on, zeros up to a multiple of 64 bytes
///     checksums   CRC-32C, little-endian: of each quarter of each 2 MiB of the matrices, then of the vectors
///     matrices    from the next multiple of 2 MiB on, as they lie in memory
///     vectors     the same
///
/// No size or offset is read from a file: they follow from the text and the layout. The matrices are written in whole 2 MiB
/// at multiples of 2 MiB: file systems that can then keep them in huge pages, and a mapping sees them through such.
class PackedFile {
 public:
  PackedFile(const PackedLayout& layout, std::string text);

  [[nodiscard]] std::int64_t bytes() const { return vectors_at() + layout_.vector_bytes; }

  /// Maps a file of this length that begins with this text. Errors: packed_weights_damaged, file_unreadable.
  [[nodiscard]] Result<PackedBlocks> map(int file, const std::string& path) const;
  /// Compares the blocks with the checksums, on all threads; reads all of it. Errors: packed_weights_damaged.
  [[nodiscard]] Result<void> verify(int file, const PackedBlocks& blocks, ThreadTeam* team, const std::string& path) const;

  /// Packs the matrices into the file, behind them the vectors, and maps the matrices. `fault` says why that could not be
  /// done, and nothing is mapped then. Errors: those of reading the tensors.
  [[nodiscard]] Result<Buffer> write(const AtomicFile& file, TensorPacker& packer, const Buffer& vectors,
                                     std::optional<Error>& fault) const;

 private:
  [[nodiscard]] std::int64_t matrices_at() const;
  [[nodiscard]] std::int64_t vectors_at() const;
  [[nodiscard]] std::size_t checksums() const;
  [[nodiscard]] Result<Buffer> mapped(int file, std::int64_t at, std::int64_t bytes, const std::string& path) const;

  const PackedLayout& layout_;
  std::string text_;
};

}  // namespace ttt

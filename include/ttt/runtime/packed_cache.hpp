// Packed weights kept on disk: packed once, and mapped by every load after it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <ttt/io/cache_folder.hpp>
#include <ttt/runtime/tensor_packer.hpp>
#include <ttt/runtime/weights.hpp>

namespace ttt {

/// The two blocks of packed weights.
struct PackedBlocks {
  Buffer matrices, vectors;
  [[nodiscard]] bool empty() const { return matrices.size() + vectors.size() == 0; }
};

/// A folder of packed weights, as one load sees it: at most one file serves it, whose name and first bytes say everything
/// that its content depends on (checkpoint, layout, version of packing). No size or offset is read from a file: they
/// follow from the model's layout, and a file whose length, first bytes or checksums differ is not used. What goes wrong
/// with the cache is a note, never an error.
///
/// Files are written beside their name and renamed, and never changed afterwards; the folder obeys CacheFolder's rules.
/// Before a file is written, those used longest ago are removed until the limit (TTT_CACHE_LIMIT) holds, except those that
/// a process has mapped.
class PackedCache {
 public:
  /// Default folders are not worth a file below this.
  static constexpr std::int64_t least_bytes = std::int64_t{64} << 20;
  static constexpr std::int64_t default_limit = std::int64_t{64} << 30;

  /// `where`: as LoadOptions::packed_cache.
  PackedCache(std::string_view where, const TensorSource& source, const PackedLayout& layout);

  /// The blocks, mapped and verified on all threads; empty where there is no file, or none that can be used.
  [[nodiscard]] PackedBlocks find(ThreadTeam* team);
  /// Writes the file, and gives the matrices as mapped from it; empty where that cannot be done, and packing is to be done
  /// over. Errors: those of reading the tensors.
  [[nodiscard]] Result<Buffer> store(TensorPacker& packer, const Buffer& vectors);
  [[nodiscard]] const PackedCacheUse& use() const { return use_; }

 private:
  [[nodiscard]] bool is_on() const { return !name_.empty(); }
  /// A file's offsets.
  [[nodiscard]] std::int64_t matrices_at() const;
  [[nodiscard]] std::int64_t vectors_at() const;
  [[nodiscard]] std::int64_t file_bytes() const { return vectors_at() + layout_.vector_bytes; }
  /// Checksums that stand behind the text: four for each window of either block.
  [[nodiscard]] std::int64_t checksums() const;

  [[nodiscard]] Result<PackedBlocks> mapped(int file, const std::string& path) const;
  [[nodiscard]] Result<void> verify(int file, const PackedBlocks& blocks, ThreadTeam* team, const std::string& path) const;
  [[nodiscard]] Result<Buffer> written(TensorPacker& packer, const Buffer& vectors, bool& packed);
  /// Makes room for a file. Errors: cache_full.
  [[nodiscard]] Result<void> make_room(const CacheFolder& folder) const;

  const PackedLayout& layout_;
  std::string folder_;
  std::string name_;  ///< empty: the cache is off
  std::string text_;  ///< what the content depends on, padded
  PackedCacheUse use_;
};

/// Reads and packs everything of a layout: through the cache's file where there is a cache and that can be done, else into
/// memory. Errors: those of reading, out_of_memory.
[[nodiscard]] Result<PackedBlocks> pack_blocks(const TensorSource& source, const PackedLayout& layout,
                                               const Progress& progress, ThreadTeam* team, PackedCache& cache);

}  // namespace ttt

// Packed weights kept on disk: packed once, and mapped by every load after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ttt/io/cache_folder.hpp>
#include <ttt/runtime/packed_file.hpp>
#include <ttt/runtime/weights.hpp>

namespace ttt {

/// A folder of packed weights, as one load sees it: at most one file serves it, whose name and first bytes say everything
/// that its content depends on (checkpoint, layout, version of packing). What goes wrong with the cache is a note, never
/// an error.
///
/// Files are written beside their name, renamed, and never changed afterwards. They are verified before they are used, and
/// again after any change of the file and any start of the machine; a second file beside it, `NAME.verified`, says which
/// state of it was found whole. The folder obeys CacheFolder's rules. Before a file is written, those used longest ago are
/// removed until the limit (TTT_CACHE_LIMIT) holds, except those that a process has mapped.
class PackedCache {
 public:
  /// Models below this are not worth a file in the default folder.
  static constexpr std::int64_t least_bytes = std::int64_t{64} << 20;
  static constexpr std::int64_t default_limit = std::int64_t{32} << 30;

  /// `where`: as LoadOptions::packed_cache.
  PackedCache(std::string_view where, const TensorSource& source, const PackedLayout& layout);

  /// The blocks, mapped and verified; empty where there is no file, or none that can be used.
  [[nodiscard]] PackedBlocks find(ThreadTeam* team);
  /// Writes the file, and gives the matrices as mapped from it; empty where that cannot be done and packing is to be done
  /// over. Errors: those of reading the tensors.
  [[nodiscard]] Result<Buffer> store(TensorPacker& packer, const Buffer& vectors);
  [[nodiscard]] const PackedCacheUse& use() const { return use_; }

 private:
  [[nodiscard]] Result<PackedBlocks> found(ThreadTeam* team);
  /// Errors: those that become notes.
  [[nodiscard]] Result<AtomicFile> begun();
  [[nodiscard]] Result<void> make_room(const CacheFolder& folder) const;

  const TensorSource& source_;
  std::string identity_;  ///< of the source, as it was found
  std::string folder_;
  std::string name_;
  std::optional<PackedFile> file_;  ///< empty: the cache is off
  PackedCacheUse use_;
};

/// Reads and packs everything of a layout: into the cache's file where there is a cache and that can be done, else into
/// memory, or `how.only_cache`. Errors: those of reading, out_of_memory; with `only_cache` not_kept, cache_full, cache_refused
/// and those of writing files.
[[nodiscard]] Result<PackedBlocks> pack_blocks(const TensorSource& source, const PackedLayout& layout, const LoadHow& how,
                                               ThreadTeam* team, PackedCache& cache);

}  // namespace ttt

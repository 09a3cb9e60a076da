// Definitions of packed_cache.hpp.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include <cstdlib>

#include <ttt/io/fnv.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/runtime/packed_cache.hpp>

namespace ttt {

namespace packed_files {

constexpr std::string_view suffix = ".weights";
constexpr std::string_view verified = ".verified";  // behind a file's name; its time is that of the last use

inline Error full(std::string issue, const std::string& path) {
  return make_error(ErrorKind::file, "cache_full", "packed weights", std::move(issue),
                    "make room on the disk, raise TTT_CACHE_LIMIT, or choose another folder with TTT_CACHE", path);
}

/// Where a load does without a file.
inline Error not_kept(std::string issue, std::string suggestion) {
  return make_error(ErrorKind::request, "not_kept", "packed weights", std::move(issue), std::move(suggestion));
}

/// Reasons to that come before any file is looked for; without one the source has an identity.
inline std::optional<Error> nothing_to_keep(std::string_view where, const TensorSource& source, const PackedLayout& layout,
                                            std::string& identity) {
  const std::string another = "name a folder, which keeps any: --packed-cache DIR, LoadOptions::packed_cache";
  if (where == "off") return not_kept("the cache is switched off", another);
  if (layout.matrix_bytes == 0) return not_kept("the model has no matrices", "there is nothing to keep: load it as it is");
  if (where.empty() && layout.bytes() < PackedCache::least_bytes)
    return not_kept("they have " + std::to_string(layout.bytes()) + " bytes, and the default cache keeps none below " +
                        std::to_string(PackedCache::least_bytes) + ": so small a model loads as fast without",
                    another);
  for (const PackedLayout::Matrix& m : layout.matrices)
    if (is_own_format(m.format))  // a name does not say how the user's code packs
      return not_kept("some are in " + std::string(name_of(m.format)) + ", a format of one's own",
                      "use formats of ttt's, or pack at every start");
  identity = source.identity();
  if (identity.empty()) return not_kept("they come from memory, and nothing tells them from others", "load them from a folder");
  return std::nullopt;
}

/// FNV-1a in hexadecimal: a name, no proof; what a file holds is told by its text.
inline std::string name_of_text(std::string_view text) {
  const std::uint64_t hash = fnv_of(text);
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[hash >> shift & 15];
  return hex;
}

/// TTT_CACHE_LIMIT: bytes, or with K, M, G or T behind the number.
inline std::int64_t limit() {
  const char* const set = std::getenv("TTT_CACHE_LIMIT");
  if (set == nullptr || *set < '0' || *set > '9') return PackedCache::default_limit;
  char* end = nullptr;
  const std::uint64_t number = std::strtoull(set, &end, 10);
  const int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : *end == 'T' ? 40 : 0;
  return number >> (63 - shift) != 0 ? INT64_MAX : static_cast<std::int64_t>(number << shift);
}

inline std::int64_t nanoseconds(const struct timespec& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; }

/// What changes when anybody writes the file, and when the machine is started. Empty where the system does not say, or
/// where the last change is so fresh that another could bear the same time.
inline std::string state_of(int file) {
  struct stat info {};
  struct timespec now {};
  const Result<std::string> start = read_file("/proc/sys/kernel/random/boot_id", 4096);
  if (!start || ::fstat(file, &info) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0) return {};
  if (nanoseconds(now) - nanoseconds(info.st_ctim) < 2'000'000'000) return {};
  std::string out;
  for (const auto n : {static_cast<std::int64_t>(info.st_dev), static_cast<std::int64_t>(info.st_ino),
                       static_cast<std::int64_t>(info.st_size), nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)})
    out += std::to_string(n) + " ";
  return out + *start;
}

inline std::int64_t last_use(const CacheFolder& folder, const std::string& name) {
  std::int64_t last = 0;
  for (const std::string& one : {name, name + std::string(verified)}) {
    struct stat info {};
    if (::fstatat(folder.descriptor(), one.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
      last = std::max(last, nanoseconds(info.st_mtim));
  }
  return last;
}

/// The size of a file that a process has mapped; 0 of one that nobody has.
inline std::int64_t bytes_in_use(const CacheFolder& folder, const std::string& name) {
  const auto file = folder.file(name);
  struct stat info {};
  if (!file || ::fstat(file->get(), &info) != 0) return 0;
  return ::flock(file->get(), LOCK_EX | LOCK_NB) == 0 ? 0 : info.st_size;
}

/// What killed processes have left unfinished: nobody holds its lock any more.
inline void remove_unfinished(const CacheFolder& folder) {
  for (const std::string& name : folder.names("", "")) {
    if (name.find(std::string(suffix) + ".tmp.") == std::string::npos) continue;
    const auto file = folder.file(name);
    if (file && ::flock(file->get(), LOCK_EX | LOCK_NB) == 0) folder.remove(name);
  }
}

}  // namespace packed_files

TTT_INLINE PackedCache::PackedCache(std::string_view where, const TensorSource& source, const PackedLayout& layout)
    : source_(source), folder_(where) {
  use_.unused = packed_files::nothing_to_keep(where, source, layout, identity_);
  if (use_.unused) return;
  if (where.empty()) {
    const auto folder = default_cache_folder();
    if (!folder) {
      use_.unused = folder.error();
      return;
    }
    folder_ = *folder;
  }
  const std::string text = "ttt packed weights 1\npacking " + std::to_string(kernels::packing_version) + "\n" + identity_ +
                           layout.text();
  name_ = packed_files::name_of_text(text) + std::string(packed_files::suffix);
  file_.emplace(layout, text);
}

TTT_INLINE Result<PackedBlocks> PackedCache::found(ThreadTeam* team) {
  TTT_TRY(const CacheFolder folder, CacheFolder::open(folder_));
  use_.file = folder.path(name_);
  TTT_TRY(const Descriptor file, folder.file(name_));
  (void)::flock(file.get(), LOCK_SH | LOCK_NB);  // it is in use; file systems without locks do without
  TTT_TRY(PackedBlocks blocks, file_->map(file.get(), use_.file));
  const std::string state = packed_files::state_of(file.get()), mark = name_ + std::string(packed_files::verified);
  const Result<std::string> known = folder.text(mark, 4096);
  if (!state.empty() && known && *known == state) {
    folder.touch(mark);
    return blocks;
  }
  TTT_CHECK(file_->verify(file.get(), blocks, team, use_.file));
  Result<AtomicFile> marking = AtomicFile::create(folder.path(mark));  // a folder that cannot be written does without
  if (marking && marking->write(state)) (void)marking->commit_unsynced().has_value();
  return blocks;
}

TTT_INLINE PackedBlocks PackedCache::find(ThreadTeam* team) {
  if (!file_) return {};
  Result<PackedBlocks> blocks = found(team);
  if (blocks) {
    use_.kind = PackedCacheUse::Kind::mapped;
    use_.bytes = file_->bytes();
    return std::move(*blocks);
  }
  if (!blocks.error().link.ends_with("#file_missing")) use_.note = blocks.error().issue;
  return {};
}

TTT_INLINE Result<void> PackedCache::make_room(const CacheFolder& folder) const {
  const std::int64_t most = packed_files::limit(), mine = file_->bytes();
  const auto too_much = [&](const char* what) {
    return packed_files::full(what + std::to_string(mine) + " bytes, and the limit is " + std::to_string(most), use_.file);
  };
  if (mine > most) return too_much("the file would have ");
  std::vector<std::string> idle = folder.names("", packed_files::suffix);
  std::int64_t kept = mine;
  std::erase_if(idle, [&](const std::string& name) {
    if (name == name_) return true;  // it is replaced
    const std::int64_t used = packed_files::bytes_in_use(folder, name);
    kept += used;
    return used != 0;
  });
  if (kept > most) return too_much("beside files in use there would be ");
  while (!idle.empty()) {
    std::size_t newest = 0;
    for (std::size_t i = 1; i < idle.size(); ++i)
      if (packed_files::last_use(folder, idle[i]) > packed_files::last_use(folder, idle[newest])) newest = i;
    const std::string name = std::exchange(idle[newest], idle.back());
    idle.pop_back();
    struct stat info {};
    if (::fstatat(folder.descriptor(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (info.st_size <= most - kept) {
      kept += info.st_size;
      continue;
    }
    folder.remove(name);
    folder.remove(name + std::string(packed_files::verified));
  }
  struct statvfs disk {};
  if (::fstatvfs(folder.descriptor(), &disk) != 0) return {};
  const auto bytes = [&](auto blocks) { return static_cast<std::int64_t>(blocks) * static_cast<std::int64_t>(disk.f_frsize); };
  const std::int64_t left = bytes(disk.f_bavail), spare = bytes(disk.f_blocks / 20);
  if (left - spare >= mine) return {};
  return packed_files::full("the file would have " + std::to_string(mine) + " bytes, and the disk has " +
                                std::to_string(left) + " left, of which a twentieth of the disk stays free",
                            use_.file);
}

TTT_INLINE Result<AtomicFile> PackedCache::begun() {
  TTT_TRY(const CacheFolder folder, CacheFolder::make(folder_));
  use_.file = folder.path(name_);
  packed_files::remove_unfinished(folder);
  TTT_CHECK(make_room(folder));
  TTT_TRY(AtomicFile file, AtomicFile::create(use_.file));
  (void)::flock(file.descriptor(), LOCK_EX | LOCK_NB);
  return file;
}

TTT_INLINE Result<Buffer> PackedCache::store(TensorPacker& packer, const Buffer& vectors) {
  if (!file_) return Buffer();
  if (!packer.has_windows()) {
    use_.unused = packed_files::not_kept("a matrix is too wide to be packed piece by piece", "load it as it is");
    return Buffer();
  }
  const auto refused = [&](const Error& e) {
    use_.note = e.issue;
    use_.unused = e;
    return Buffer();
  };
  Result<AtomicFile> file = begun();
  if (!file) return refused(file.error());
  std::optional<Error> fault;
  TTT_TRY(Buffer matrices, file_->write(*file, packer, vectors, fault));
  if (fault) return refused(*fault);
  if (source_.identity() != identity_) {
    use_.note = "the checkpoint was changed while it was read";
    use_.unused = packed_files::not_kept(use_.note, "let no other program write it, and try again");
    return matrices;
  }
  (void)::flock(file->descriptor(), LOCK_SH | LOCK_NB);
  // Not synced: what a power cut takes, the checksums miss.
  if (const auto done = file->commit_unsynced()) {
    use_.kind = PackedCacheUse::Kind::written;
    use_.bytes = file_->bytes();
  } else {
    use_.note = done.error().issue;
    use_.unused = done.error();
  }
  return matrices;
}

TTT_INLINE Result<PackedBlocks> pack_blocks(const TensorSource& source, const PackedLayout& layout, const LoadHow& how,
                                            ThreadTeam* team, PackedCache& cache) {
  if (how.only_cache && cache.use().unused) return *cache.use().unused;
  std::int64_t room = 0;
  for (const PackedLayout::Part& p : layout.parts) room = std::max(room, p.row_bytes * (layout.engine != nullptr ? kernels::panel_rows : 1));
  if (layout.source_bytes > 0) room = std::max(room, staging_bytes(layout.bytes()));
  TTT_TRY(Buffer staging, Buffer::create(static_cast<std::size_t>(room), MemoryClass::staging, "reading weights"));
  PackedBlocks blocks;
  TTT_TRY(blocks.vectors,
          Buffer::create(static_cast<std::size_t>(layout.vector_bytes), MemoryClass::weights, "norms and biases"));
  TensorPacker packer(source, layout, how.progress, staging, team);
  TTT_CHECK(packer.vectors(blocks.vectors.as<float>()));
  TTT_TRY(blocks.matrices, cache.store(packer, blocks.vectors));
  if (how.only_cache && cache.use().unused) return *cache.use().unused;
  if (blocks.matrices.size() > 0 || layout.matrix_bytes == 0) return blocks;
  TTT_TRY(blocks.matrices,
          Buffer::create(static_cast<std::size_t>(layout.matrix_bytes), MemoryClass::weights, "packed weights"));
  TTT_CHECK(packer.matrices(blocks.matrices.data()));
  return blocks;
}

}  // namespace ttt

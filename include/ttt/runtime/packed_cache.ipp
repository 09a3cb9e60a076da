// Definitions of packed_cache.hpp. A file is
//
//   text        what the content depends on, zeros up to a multiple of 64 bytes
//   checksums   CRC-32C, little-endian: of each quarter of each 2 MiB of the matrices, then of the vectors
//   matrices    from the next multiple of 2 MiB on, as they lie in memory
//   vectors     the same
//
// The matrices are written in whole 2 MiB at multiples of 2 MiB: file systems that can then keep them in huge pages, and
// the mapping sees them through such.
#pragma once

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include <ttt/io/crc32c.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/runtime/packed_cache.hpp>

namespace ttt {

namespace packed_files {

constexpr std::int64_t window = PackedWindows::bytes;
constexpr std::string_view suffix = ".weights";

inline Error damaged(std::string issue, const std::string& path) {
  return make_error(ErrorKind::file, "packed_weights_damaged", "packed weights", std::move(issue),
                    "nothing need be done: they are packed anew", path);
}
inline Error full(std::string issue, const std::string& path) {
  return make_error(ErrorKind::file, "cache_full", "packed weights", std::move(issue),
                    "make room on the disk, raise TTT_CACHE_LIMIT, or choose another folder with TTT_CACHE", path);
}

/// FNV-1a in hexadecimal: a name, no proof; what a file holds is told by its text.
inline std::string name_of_text(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[hash >> shift & 15];
  return hex;
}

/// The checksums of one window.
inline std::array<std::uint32_t, 4> sums_of(std::span<const std::byte> bytes) noexcept {
  return crc32c_of_four(bytes.data(), bytes.size() / 4);
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

/// Windows of a block, their checksums taken or compared by all threads.
struct Verifying {
  const std::byte* data;
  std::int64_t bytes;
  const std::uint32_t* sums;
  std::atomic<std::int64_t>* next;
  std::atomic<std::int64_t>* wrong;  // a damaged window's offset

  static void run(const void* args, kernels::Part) noexcept {
    const Verifying& v = *static_cast<const Verifying*>(args);
    while (*v.wrong < 0) {
      const std::int64_t at = v.next->fetch_add(1) * window;
      if (at >= v.bytes) return;
      const std::int64_t size = std::min(window, v.bytes - at);
      const auto sums = sums_of({v.data + at, static_cast<std::size_t>(size)});
      if (std::memcmp(sums.data(), v.sums + at / window * 4, sizeof sums) != 0) *v.wrong = at;
    }
  }
};

/// Writes the matrices as they are packed.
class Writer final : public PackedWindows {
 public:
  Writer(const AtomicFile& file, std::int64_t offset, std::uint32_t* sums) : file_(file), offset_(offset), sums_(sums) {}
  bool put(std::int64_t offset, std::span<const std::byte> packed) override {
    const auto sums = sums_of(packed);
    std::memcpy(sums_ + offset / window * 4, sums.data(), sizeof sums);
    const Result<void> written = file_.write_at(static_cast<std::uint64_t>(offset_ + offset), packed);
    if (written) return true;
    const std::lock_guard lock(mutex_);
    if (!fault_) fault_ = written.error();
    return false;
  }
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }

 private:
  const AtomicFile& file_;
  std::int64_t offset_;
  std::uint32_t* sums_;
  std::mutex mutex_;
  std::optional<Error> fault_;
};

}  // namespace packed_files

TTT_INLINE PackedCache::PackedCache(std::string_view where, const TensorSource& source, const PackedLayout& layout)
    : layout_(layout), folder_(where) {
  if (where == "off" || layout.bytes() == 0 || (where.empty() && layout.bytes() < least_bytes)) return;
  const std::string identity = source.identity();
  if (identity.empty()) return;
  if (where.empty()) {
    const auto folder = default_cache_folder();
    if (!folder) return;
    folder_ = *folder;
  }
  text_ = "ttt packed weights 1\npacking " + std::to_string(kernels::packing_version) + "\n" + identity + layout.text();
  text_.resize(static_cast<std::size_t>(catalog::round_up(static_cast<std::int64_t>(text_.size()), 64)));
  name_ = packed_files::name_of_text(text_) + std::string(packed_files::suffix);
}

TTT_INLINE std::int64_t PackedCache::checksums() const {
  const auto windows = [](std::int64_t bytes) { return catalog::round_up(bytes, packed_files::window) / packed_files::window; };
  return 4 * (windows(layout_.matrix_bytes) + windows(layout_.vector_bytes));
}
TTT_INLINE std::int64_t PackedCache::matrices_at() const {
  return catalog::round_up(static_cast<std::int64_t>(text_.size()) + 4 * checksums(), packed_files::window);
}
TTT_INLINE std::int64_t PackedCache::vectors_at() const {
  return matrices_at() + catalog::round_up(layout_.matrix_bytes, packed_files::window);
}

TTT_INLINE Result<PackedBlocks> PackedCache::mapped(int file, const std::string& path) const {
  TTT_TRY(Mapping matrices, Mapping::create(file, static_cast<std::uint64_t>(matrices_at()),
                                            static_cast<std::size_t>(layout_.matrix_bytes), path));
  TTT_TRY(Mapping vectors, Mapping::create(file, static_cast<std::uint64_t>(vectors_at()),
                                           static_cast<std::size_t>(layout_.vector_bytes), path));
  return PackedBlocks{Buffer::of(std::move(matrices), MemoryClass::weights),
                      Buffer::of(std::move(vectors), MemoryClass::weights)};
}

TTT_INLINE Result<void> PackedCache::verify(int file, const PackedBlocks& blocks, ThreadTeam* team,
                                            const std::string& path) const {
  std::string head(text_.size() + static_cast<std::size_t>(checksums()) * 4, '\0');
  if (::pread(file, head.data(), head.size(), 0) != static_cast<ssize_t>(head.size()) || !head.starts_with(text_))
    return packed_files::damaged("they are not what their name says", path);
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(checksums()));
  std::memcpy(sums.data(), head.data() + text_.size(), sums.size() * 4);
  const std::uint32_t* from = sums.data();
  for (const Buffer* block : {&blocks.matrices, &blocks.vectors}) {
    std::atomic<std::int64_t> next = 0, wrong = -1;
    const auto bytes = static_cast<std::int64_t>(block->size());
    const packed_files::Verifying job{block->data(), bytes, from, &next, &wrong};
    const TeamOp op{&packed_files::Verifying::run, &job, team == nullptr ? 1 : team->size()};
    if (team != nullptr) {
      team->run({&op, 1});
    } else {
      op.run(op.args, {0, 1});
    }
    if (wrong >= 0) return packed_files::damaged("the checksums of the 2 MiB from byte " + std::to_string(wrong) + " differ", path);
    from += catalog::round_up(bytes, packed_files::window) / packed_files::window * 4;
  }
  return {};
}

TTT_INLINE PackedBlocks PackedCache::find(ThreadTeam* team) {
  if (!is_on()) return {};
  const auto attempt = [&]() -> Result<PackedBlocks> {
    TTT_TRY(const CacheFolder folder, CacheFolder::open(folder_));
    use_.file = folder.path(name_);
    TTT_TRY(const Descriptor file, folder.file(name_));
    (void)::flock(file.get(), LOCK_SH | LOCK_NB);  // it is in use, and stays; file systems without locks do without
    struct stat info {};
    if (::fstat(file.get(), &info) != 0 || info.st_size != file_bytes())
      return packed_files::damaged("the file has " + std::to_string(info.st_size) + " bytes and should have " +
                                       std::to_string(file_bytes()), use_.file);
    TTT_TRY(PackedBlocks blocks, mapped(file.get(), use_.file));
    TTT_CHECK(verify(file.get(), blocks, team, use_.file));
    folder.touch(name_);
    return blocks;
  };
  Result<PackedBlocks> found = attempt();
  if (found) {
    use_.kind = PackedCacheUse::Kind::mapped;
    use_.bytes = file_bytes();
    return std::move(*found);
  }
  if (!found.error().link.ends_with("#file_missing")) use_.note = found.error().issue;
  return {};
}

TTT_INLINE Result<void> PackedCache::make_room(const CacheFolder& folder) const {
  const std::int64_t most = packed_files::limit();
  if (file_bytes() > most)
    return packed_files::full("the file would have " + std::to_string(file_bytes()) + " bytes, and the limit is " +
                                  std::to_string(most), use_.file);
  std::int64_t kept = file_bytes();
  for (const std::string& name : folder.names("", packed_files::suffix)) {
    if (name == name_) continue;  // it is replaced
    const auto file = folder.file(name);
    struct stat info {};
    if (!file || ::fstat(file->get(), &info) != 0) continue;
    const bool over = info.st_size > most - kept;
    if (over && ::flock(file->get(), LOCK_EX | LOCK_NB) == 0) {
      folder.remove(name);
    } else {
      kept += info.st_size;
      if (kept > most) return packed_files::full("files in use fill the limit of " + std::to_string(most) + " bytes", use_.file);
    }
  }
  // What a killed process has left unfinished: nobody holds its lock any more.
  for (const std::string& name : folder.names("", "")) {
    if (name.find(std::string(packed_files::suffix) + ".tmp.") == std::string::npos) continue;
    const auto file = folder.file(name);
    if (file && ::flock(file->get(), LOCK_EX | LOCK_NB) == 0) folder.remove(name);
  }
  struct statvfs disk {};
  constexpr std::int64_t spare = std::int64_t{1} << 30;
  if (::fstatvfs(folder.descriptor(), &disk) != 0) return {};
  const auto left = static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
  if (left - spare < file_bytes())
    return packed_files::full("the disk has " + std::to_string(left) + " bytes left, 1 GiB of which stays free", use_.file);
  return {};
}

TTT_INLINE Result<Buffer> PackedCache::written(TensorPacker& packer, const Buffer& vectors, bool& packed) {
  TTT_TRY(const CacheFolder folder, CacheFolder::make(folder_));
  use_.file = folder.path(name_);
  TTT_CHECK(make_room(folder));
  TTT_TRY(AtomicFile file, AtomicFile::create(use_.file));
  (void)::flock(file.descriptor(), LOCK_EX | LOCK_NB);
  if (::ftruncate(file.descriptor(), file_bytes()) != 0) return packed_files::full(std::strerror(errno), use_.file);
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(checksums()));
  packed_files::Writer windows(file, matrices_at(), sums.data());
  packed = false;
  TTT_CHECK(packer.matrices(windows));
  packed = true;
  if (windows.fault()) return *windows.fault();
  std::uint32_t* at = sums.data() + catalog::round_up(layout_.matrix_bytes, packed_files::window) / packed_files::window * 4;
  const std::span<const std::byte> block(vectors.data(), vectors.size());
  for (std::size_t done = 0; done < block.size(); done += packed_files::window, at += 4) {
    const auto sum = packed_files::sums_of(block.subspan(done, std::min<std::size_t>(packed_files::window, block.size() - done)));
    std::memcpy(at, sum.data(), sizeof sum);
  }
  TTT_CHECK(file.write_at(static_cast<std::uint64_t>(vectors_at()), block));
  TTT_CHECK(file.write_at(0, std::as_bytes(std::span(text_))));
  TTT_CHECK(file.write_at(text_.size(), std::as_bytes(std::span(sums))));
  (void)::flock(file.descriptor(), LOCK_SH | LOCK_NB);
  TTT_TRY(Mapping matrices, Mapping::create(file.descriptor(), static_cast<std::uint64_t>(matrices_at()),
                                            static_cast<std::size_t>(layout_.matrix_bytes), use_.file));
  TTT_CHECK(file.commit_unsynced());  // what a power cut takes, the checksums miss
  return Buffer::of(std::move(matrices), MemoryClass::weights);
}

TTT_INLINE Result<Buffer> PackedCache::store(TensorPacker& packer, const Buffer& vectors) {
  if (!is_on() || layout_.matrix_bytes == 0 || !packer.has_windows()) return Buffer();
  bool packed = true;
  Result<Buffer> outcome = written(packer, vectors, packed);
  if (!outcome && !packed) return outcome.error();
  if (!outcome) {
    use_.note = outcome.error().issue;
    return Buffer();
  }
  use_.kind = PackedCacheUse::Kind::written;
  use_.bytes = file_bytes();
  return outcome;
}

TTT_INLINE Result<PackedBlocks> pack_blocks(const TensorSource& source, const PackedLayout& layout,
                                            const Progress& progress, ThreadTeam* team, PackedCache& cache) {
  std::int64_t room = 0;
  for (const PackedLayout::Matrix& m : layout.matrices)
    for (const PackedLayout::Segment& s : m.segments) room = std::max(room, s.row_bytes);
  if (layout.source_bytes > 0) room = std::max(room, staging_bytes(layout.bytes()));
  TTT_TRY(Buffer staging, Buffer::create(static_cast<std::size_t>(room), MemoryClass::staging, "reading weights"));
  PackedBlocks blocks;
  TTT_TRY(blocks.vectors, Buffer::create(static_cast<std::size_t>(layout.vector_bytes), MemoryClass::weights, "norms and biases"));
  TensorPacker packer(source, layout, progress, staging, team);
  TTT_CHECK(packer.vectors(blocks.vectors.as<float>()));
  TTT_TRY(blocks.matrices, cache.store(packer, blocks.vectors));
  if (blocks.matrices.size() > 0 || layout.matrix_bytes == 0) return blocks;
  TTT_TRY(blocks.matrices,
          Buffer::create(static_cast<std::size_t>(layout.matrix_bytes), MemoryClass::weights, "packed weights"));
  TTT_CHECK(packer.matrices(blocks.matrices.data()));
  return blocks;
}

}  // namespace ttt

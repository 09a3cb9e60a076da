// Definitions of packed_file.hpp.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <ttt/io/crc32c.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/runtime/packed_file.hpp>

namespace ttt {

namespace packed_files {

constexpr std::int64_t window = PackedWindows::bytes;
constexpr std::int64_t windows_of(std::int64_t bytes) { return (bytes + window - 1) / window; }

inline Error damaged(std::string issue, const std::string& path) {
  return make_error(ErrorKind::file, "packed_weights_damaged", "packed weights", std::move(issue),
                    "nothing need be done: they are packed anew", path);
}

/// The checksums of one window.
inline std::array<std::uint32_t, 4> sums_of(std::span<const std::byte> bytes) noexcept {
  return crc32c_of_four(bytes.data(), bytes.size() / 4);
}

/// Windows of a block that all threads compare with their checksums.
struct Verifying {
  std::span<const std::byte> block;
  const std::uint32_t* sums;
  std::atomic<std::int64_t>* next;
  std::atomic<std::int64_t>* wrong;  // a damaged window's offset

  static void run(const void* args, kernels::Part) noexcept {
    const Verifying& v = *static_cast<const Verifying*>(args);
    const auto bytes = static_cast<std::int64_t>(v.block.size());
    while (*v.wrong < 0) {
      const std::int64_t at = v.next->fetch_add(1) * window;
      if (at >= bytes) return;
      const auto size = static_cast<std::size_t>(std::min(window, bytes - at));
      const auto sums = sums_of(v.block.subspan(static_cast<std::size_t>(at), size));
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

TTT_INLINE PackedFile::PackedFile(const PackedLayout& layout, std::string text) : layout_(layout), text_(std::move(text)) {
  text_.resize((text_.size() + 63) / 64 * 64);
}

TTT_INLINE std::size_t PackedFile::checksums() const {
  using packed_files::windows_of;
  return static_cast<std::size_t>(4 * (windows_of(layout_.matrix_bytes) + windows_of(layout_.vector_bytes)));
}
TTT_INLINE std::int64_t PackedFile::matrices_at() const {
  return packed_files::windows_of(static_cast<std::int64_t>(text_.size() + 4 * checksums())) * packed_files::window;
}
TTT_INLINE std::int64_t PackedFile::vectors_at() const {
  return matrices_at() + packed_files::windows_of(layout_.matrix_bytes) * packed_files::window;
}

TTT_INLINE Result<Buffer> PackedFile::mapped(int file, std::int64_t at, std::int64_t size, const std::string& path) const {
  TTT_TRY(Mapping mapping, Mapping::create(file, static_cast<std::uint64_t>(at), static_cast<std::size_t>(size), path));
  return Buffer::of(std::move(mapping), MemoryClass::weights);
}

TTT_INLINE Result<PackedBlocks> PackedFile::map(int file, const std::string& path) const {
  struct stat info {};
  if (::fstat(file, &info) != 0 || info.st_size != bytes())
    return packed_files::damaged(
        "the file has " + std::to_string(info.st_size) + " bytes and should have " + std::to_string(bytes()), path);
  std::string text(text_.size(), '\0');
  if (::pread(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) || text != text_)
    return packed_files::damaged("its first bytes do not say what its name says", path);
  PackedBlocks blocks;
  TTT_TRY(blocks.matrices, mapped(file, matrices_at(), layout_.matrix_bytes, path));
  TTT_TRY(blocks.vectors, mapped(file, vectors_at(), layout_.vector_bytes, path));
  return blocks;
}

TTT_INLINE Result<void> PackedFile::verify(int file, const PackedBlocks& blocks, ThreadTeam* team,
                                           const std::string& path) const {
  std::vector<std::uint32_t> sums(checksums());
  const std::size_t size = sums.size() * 4;
  if (::pread(file, sums.data(), size, static_cast<off_t>(text_.size())) != static_cast<ssize_t>(size))
    return packed_files::damaged("its checksums cannot be read", path);
  const std::uint32_t* from = sums.data();
  for (const Buffer* block : {&blocks.matrices, &blocks.vectors}) {
    std::atomic<std::int64_t> next = 0, wrong = -1;
    const packed_files::Verifying job{{block->data(), block->size()}, from, &next, &wrong};
    const TeamOp op{&packed_files::Verifying::run, &job, team == nullptr ? 1 : team->size()};
    if (team != nullptr)
      team->run({&op, 1});
    else
      op.run(op.args, {0, 1});
    if (wrong >= 0)
      return packed_files::damaged("the checksums of the 2 MiB from byte " + std::to_string(wrong) + " on differ", path);
    from += packed_files::windows_of(static_cast<std::int64_t>(block->size())) * 4;
  }
  return {};
}

TTT_INLINE Result<Buffer> PackedFile::write(const AtomicFile& file, TensorPacker& packer, const Buffer& vectors,
                                            std::optional<Error>& fault) const {
  std::vector<std::uint32_t> sums(checksums());
  packed_files::Writer windows(file, matrices_at(), sums.data());
  TTT_CHECK(packer.matrices(windows));
  const auto rest = [&]() -> Result<Buffer> {
    if (windows.fault()) return *windows.fault();
    std::uint32_t* at = sums.data() + packed_files::windows_of(layout_.matrix_bytes) * 4;
    const std::span<const std::byte> block(vectors.data(), vectors.size());
    for (std::size_t done = 0; done < block.size(); done += packed_files::window, at += 4) {
      const auto sum = packed_files::sums_of(block.subspan(done, std::min<std::size_t>(packed_files::window, block.size() - done)));
      std::memcpy(at, sum.data(), sizeof sum);
    }
    TTT_CHECK(file.write_at(static_cast<std::uint64_t>(vectors_at()), block));
    TTT_CHECK(file.write_at(0, std::as_bytes(std::span(text_))));
    TTT_CHECK(file.write_at(text_.size(), std::as_bytes(std::span(sums))));
    if (::ftruncate(file.descriptor(), bytes()) != 0)  // without vectors it may end before
      return make_error(ErrorKind::file, "file_unwritable", "file", std::strerror(errno), "make room on the disk", file.path());
    return mapped(file.descriptor(), matrices_at(), layout_.matrix_bytes, file.path());
  };
  Result<Buffer> matrices = rest();
  if (matrices) return matrices;
  fault = matrices.error();
  return Buffer();
}

}  // namespace ttt

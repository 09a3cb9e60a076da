// Files: guarded reads, whole-file reads, and writes that happen wholly or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <ttt/io/result.hpp>

namespace ttt {

/// A regular file open for reading. Reads are positioned (`pread`), so any number of threads may share one,
/// and they copy: a file truncated while in use gives the error `file_shrunk`, where a mapping would raise
/// SIGBUS.
class File {
 public:
  /// Errors: file_missing, file_unreadable, not_a_file (folders, FIFOs, devices).
  [[nodiscard]] static Result<File> open(const std::string& path);

  File(File&& other) noexcept
      : path_(std::move(other.path_)), size_(other.size_), fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept;
  ~File();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Bytes, as of opening.
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// When it was last written, in nanoseconds since 1970, as the file system has it now; 0 where it does not say.
  [[nodiscard]] std::int64_t modified_ns() const;

  /// Fills `into` from `offset`. Errors: file_shrunk when the file ends before, file_unreadable.
  [[nodiscard]] Result<void> read_at(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  File(std::string path, std::uint64_t size, int fd) : path_(std::move(path)), size_(size), fd_(fd) {}
  std::string path_;
  std::uint64_t size_ = 0;
  int fd_ = -1;
};

/// A file being written beside its final name; `commit` syncs and renames it, anything else leaves no trace.
/// A process killed midway leaves the old file whole (and possibly a `NAME.tmp.PID.N` beside it).
class AtomicFile {
 public:
  /// Errors: file_unwritable; not_a_file if `path` names something that is there and no regular file.
  [[nodiscard]] static Result<AtomicFile> create(const std::string& path);

  AtomicFile(AtomicFile&& other) noexcept
      : path_(std::move(other.path_)),
        temporary_(std::move(other.temporary_)),
        fd_(std::exchange(other.fd_, -1)) {}
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Result<void> write(std::span<const std::byte> bytes);
  [[nodiscard]] Result<void> write(std::string_view bytes) { return write(std::as_bytes(std::span(bytes))); }
  /// Writes at a place of the file, as of any thread; the order does not matter.
  [[nodiscard]] Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) const;
  /// Open for reading and writing, until `commit`.
  [[nodiscard]] int descriptor() const { return fd_; }
  /// fsync, rename, fsync of the folder. The object is spent after it, whatever the outcome.
  [[nodiscard]] Result<void> commit();
  /// The rename alone: the file's content is whole for every reader, and may be lost by a power cut.
  [[nodiscard]] Result<void> commit_unsynced();

 private:
  AtomicFile(std::string path, std::string temporary, int fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}
  void discard() noexcept;
  [[nodiscard]] Result<void> put_in_place();
  std::string path_;
  std::string temporary_;
  int fd_ = -1;
};

/// The whole of a regular file of at most `limit` bytes. Errors: as File, and file_too_large.
[[nodiscard]] Result<std::string> read_file(const std::string& path,
                                            std::size_t limit = std::size_t{1} << 30);

/// Writes a whole file, or leaves what was there. Errors: as AtomicFile.
[[nodiscard]] Result<void> write_atomic(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] Result<void> write_atomic(const std::string& path, std::string_view bytes);

/// Symbolic links are followed by both.
[[nodiscard]] bool is_regular_file(const std::string& path);
[[nodiscard]] bool is_folder(const std::string& path);

/// `folder` + "/" + `name`, without doubling the slash.
[[nodiscard]] std::string path_in(std::string_view folder, std::string_view name);

/// Makes the folder if it is not there (its parent must be). Errors: file_unwritable.
[[nodiscard]] Result<void> make_folder(const std::string& path);

}  // namespace ttt

#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <ttt/io/file.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace files {

// Linux moves at most 0x7ffff000 bytes per call; smaller pieces also let a signal through now and then.
inline constexpr std::size_t kPiece = std::size_t{1} << 28;

inline Error unreadable(const std::string& path, int code, std::string_view doing) {
  if (code == ENOENT || code == ENOTDIR) {
    return make_error(ErrorKind::file, "file_missing", "file", "there is no such file", "check the path",
                      path);
  }
  return make_error(
      ErrorKind::file, "file_unreadable", "file",
      std::string(doing) + " failed: " + std::strerror(code) + " (errno " + std::to_string(code) + ")",
      "check that the file is readable by this user and that its disk works", path);
}

inline Error unwritable(const std::string& path, int code, std::string_view doing) {
  return make_error(
      ErrorKind::file, "file_unwritable", "file",
      std::string(doing) + " failed: " + std::strerror(code) + " (errno " + std::to_string(code) + ")",
      "check that the folder exists, that this user may write there and that the disk has room", path);
}

inline Error not_a_file(const std::string& path, mode_t mode) {
  const char* what = S_ISDIR(mode)    ? "a folder"
                     : S_ISFIFO(mode) ? "a FIFO"
                     : S_ISSOCK(mode) ? "a socket"
                                      : "a device";
  return make_error(ErrorKind::file, "not_a_file", "file",
                    std::string("this is ") + what + ", not a regular file", "name a regular file", path);
}

/// A NUL in a path would silently cut it short.
inline bool has_nul(const std::string& path) { return path.find('\0') != std::string::npos; }

}  // namespace files

TTT_INLINE Result<File> File::open(const std::string& path) {
  if (path.empty() || files::has_nul(path)) return files::unreadable(path, ENOENT, "opening");
  int fd = -1;
  do {  // O_NONBLOCK: opening a FIFO must not wait for a writer
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return files::unreadable(path, errno, "opening");
  File file(path, 0, fd);
  struct stat info {};
  if (::fstat(fd, &info) != 0) return files::unreadable(path, errno, "fstat");
  if (!S_ISREG(info.st_mode)) return files::not_a_file(path, info.st_mode);
  file.size_ = static_cast<std::uint64_t>(info.st_size);
  return file;
}

TTT_INLINE File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(fd_, other.fd_);
  return *this;
}

TTT_INLINE File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

TTT_INLINE std::int64_t File::modified_ns() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return 0;
  return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

TTT_INLINE Result<void> File::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  constexpr auto kMaxOffset = static_cast<std::uint64_t>(INT64_MAX);
  if (offset > kMaxOffset || into.size() > kMaxOffset - offset)
    return files::unreadable(path_, EOVERFLOW, "reading");
  std::size_t done = 0;
  while (done < into.size()) {
    const std::size_t piece = std::min(into.size() - done, files::kPiece);
    const ssize_t got = ::pread(fd_, into.data() + done, piece, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return files::unreadable(path_, errno, "reading");
    if (got == 0) {
      return make_error(ErrorKind::file, "file_shrunk", "file",
                        "the file ends at byte " + std::to_string(offset + done) + ", but bytes up to " +
                            std::to_string(offset + into.size()) + " were asked for",
                        "leave the file alone while it is in use; download or copy it again", path_);
    }
    done += static_cast<std::size_t>(got);
  }
  return {};
}

TTT_INLINE Result<AtomicFile> AtomicFile::create(const std::string& path) {
  if (path.empty() || files::has_nul(path)) return files::unwritable(path, ENOENT, "creating the file");
  struct stat info {};
  // Renaming over a device or FIFO would replace it; refuse instead.
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    return files::not_a_file(path, info.st_mode);
  static std::atomic<unsigned> counter{0};
  for (int attempt = 0; attempt < 64; ++attempt) {
    std::string temporary =
        path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(counter.fetch_add(1));
    const int fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd >= 0) return AtomicFile(path, std::move(temporary), fd);
    if (errno != EINTR && errno != EEXIST) break;
  }
  return files::unwritable(path, errno, "creating a temporary file beside it");
}

TTT_INLINE void AtomicFile::discard() noexcept {
  if (fd_ < 0) return;
  ::close(std::exchange(fd_, -1));
  ::unlink(temporary_.c_str());
}

TTT_INLINE AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(fd_, other.fd_);
  return *this;
}

TTT_INLINE AtomicFile::~AtomicFile() { discard(); }

TTT_INLINE Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), std::min(bytes.size(), files::kPiece));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return files::unwritable(path_, errno, "writing");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

TTT_INLINE Result<void> AtomicFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd_, bytes.data(), std::min(bytes.size(), files::kPiece), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return files::unwritable(path_, errno, "writing");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

TTT_INLINE Result<void> AtomicFile::put_in_place() {
  if (std::rename(temporary_.c_str(), path_.c_str()) == 0) return {};
  const int code = errno;
  discard();
  return files::unwritable(path_, code, "putting the file in place");
}

TTT_INLINE Result<void> AtomicFile::commit_unsynced() {
  if (fd_ < 0) return files::unwritable(path_, EBADF, "writing");
  TTT_CHECK(put_in_place());
  ::close(std::exchange(fd_, -1));
  return {};
}

TTT_INLINE Result<void> AtomicFile::commit() {
  if (fd_ < 0) return files::unwritable(path_, EBADF, "writing");
  int failed = 0;
  while ((failed = ::fsync(fd_)) != 0 && errno == EINTR) {
  }
  if (failed != 0) {
    const int code = errno;
    discard();
    return files::unwritable(path_, code, "putting the file in place");
  }
  TTT_CHECK(put_in_place());
  ::close(std::exchange(fd_, -1));
  // The new name survives a power cut once its folder is on the disk; a folder that cannot be synced is no
  // error.
  const std::size_t slash = path_.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    (void)::fsync(fd);
    ::close(fd);
  }
  return {};
}

TTT_INLINE Result<std::string> read_file(const std::string& path, std::size_t limit) {
  TTT_TRY(const File file, File::open(path));
  if (file.size() > limit) {
    return make_error(ErrorKind::file, "file_too_large", "file",
                      "the file has " + std::to_string(file.size()) + " bytes, more than the " +
                          std::to_string(limit) + " allowed for its kind",
                      "check that this is the file you mean", path);
  }
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  TTT_CHECK(file.read_at(0, std::as_writable_bytes(std::span(text))));
  return text;
}

TTT_INLINE Result<void> write_atomic(const std::string& path, std::span<const std::byte> bytes) {
  TTT_TRY(AtomicFile file, AtomicFile::create(path));
  TTT_CHECK(file.write(bytes));
  return file.commit();
}

TTT_INLINE Result<void> write_atomic(const std::string& path, std::string_view bytes) {
  return write_atomic(path, std::as_bytes(std::span(bytes)));
}

TTT_INLINE bool is_regular_file(const std::string& path) {
  struct stat info {};
  return !files::has_nul(path) && ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

TTT_INLINE bool is_folder(const std::string& path) {
  struct stat info {};
  return !files::has_nul(path) && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

TTT_INLINE std::string path_in(std::string_view folder, std::string_view name) {
  std::string out(folder);
  if (!out.empty() && out.back() != '/') out += '/';
  return out += name;
}

TTT_INLINE Result<void> make_folder(const std::string& path) {
  if (path.empty() || files::has_nul(path)) return files::unwritable(path, ENOENT, "making the folder");
  if (::mkdir(path.c_str(), 0755) == 0 || (errno == EEXIST && is_folder(path))) return {};
  return files::unwritable(path, errno, "making the folder");
}

}  // namespace ttt

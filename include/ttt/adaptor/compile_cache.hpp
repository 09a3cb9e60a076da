// The folder that compiled variants are kept in, and the only one they are loaded from.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ttt/io/result.hpp>

namespace ttt {

/// An open file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// $XDG_CACHE_HOME/ttt, or ~/.cache/ttt where that is not set. The folder and what is read from it must belong to
/// the effective user, be writable by nobody else and be no symbolic links; whatever breaks that is refused.
class CompileCache {
 public:
  /// A folder that is not there, or a user without a home, is a cache in which nothing is found. Errors:
  /// compile_cache_refused (the rules above), file_unreadable.
  [[nodiscard]] static Result<CompileCache> open();
  /// The same, and makes the folder with mode 0700 when it is not there. Errors: also file_unwritable, and
  /// compile_cache_refused where there is no home.
  [[nodiscard]] static Result<CompileCache> make();

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string path(std::string_view name) const;
  /// The names of the files that begin with `prefix` and end with `suffix`, newest first.
  [[nodiscard]] std::vector<std::string> names(std::string_view prefix, std::string_view suffix) const;
  /// A file for reading. Errors: compile_cache_refused (the rules above, not a regular file), file_missing.
  [[nodiscard]] Result<Descriptor> file(const std::string& name) const;
  /// The whole of a file of at most `limit` bytes. Errors: also file_too_large, file_unreadable.
  [[nodiscard]] Result<std::string> text(const std::string& name, std::size_t limit) const;
  /// Makes a file the newest of its kind.
  void touch(const std::string& name) const;
  void remove(const std::string& name) const;

  /// Held by at most one process; waits for `limit_s` seconds at most, or until `cancel` is set. A file system
  /// without locks gives none, which costs double work at worst. Errors: compile_busy, compile_cancelled.
  [[nodiscard]] Result<Descriptor> lock(const std::string& name, double limit_s,
                                        const std::atomic<bool>* cancel = nullptr) const;

 private:
  CompileCache(std::string folder, Descriptor descriptor)
      : folder_(std::move(folder)), descriptor_(std::move(descriptor)) {}
  [[nodiscard]] static Result<CompileCache> opened(const std::string& folder);
  std::string folder_;
  Descriptor descriptor_;  // empty when the folder is not there
};

/// What a descriptor's file holds. Errors: file_too_large, file_unreadable.
[[nodiscard]] Result<std::string> text_of(const Descriptor& file, const std::string& path, std::size_t limit);

}  // namespace ttt

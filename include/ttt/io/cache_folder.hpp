// A folder that ttt keeps what it made in: compiled variants, packed weights.
#pragma once

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

/// $TTT_CACHE, else $XDG_CACHE_HOME/ttt, else ~/.cache/ttt. Errors: cache_refused where none of them is a whole path.
[[nodiscard]] Result<std::string> default_cache_folder();

/// The folder and what is read from it must belong to the effective user or to root, be writable by nobody else and be
/// no symbolic links; whatever breaks that is refused.
class CacheFolder {
 public:
  /// A folder that is not there is one in which nothing is found. Errors: cache_refused (the rules above),
  /// file_unreadable.
  [[nodiscard]] static Result<CacheFolder> open(const std::string& folder);
  /// The default folder; a user without a home has one in which nothing is found. Errors: as above.
  [[nodiscard]] static Result<CacheFolder> open();
  /// The same, and makes the folder (and the one around it) with mode 0700 when it is not there. Errors: also
  /// file_unwritable.
  [[nodiscard]] static Result<CacheFolder> make(const std::string& folder);
  [[nodiscard]] static Result<CacheFolder> make();

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string path(std::string_view name) const;
  /// The names of the files that begin with `prefix` and end with `suffix`, newest first.
  [[nodiscard]] std::vector<std::string> names(std::string_view prefix, std::string_view suffix) const;
  /// A file for reading. Errors: cache_refused (the rules above, not a regular file), file_missing.
  [[nodiscard]] Result<Descriptor> file(const std::string& name) const;
  /// The whole of a file of at most `limit` bytes. Errors: also file_too_large, file_unreadable.
  [[nodiscard]] Result<std::string> text(const std::string& name, std::size_t limit) const;
  /// Makes a file the newest of its kind.
  void touch(const std::string& name) const;
  void remove(const std::string& name) const;
  /// The open folder; -1 when it is not there.
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

 private:
  CacheFolder(std::string folder, Descriptor descriptor)
      : folder_(std::move(folder)), descriptor_(std::move(descriptor)) {}
  std::string folder_;
  Descriptor descriptor_;  // empty when the folder is not there
};

/// What a descriptor's file holds. Errors: file_too_large, file_unreadable.
[[nodiscard]] Result<std::string> text_of(const Descriptor& file, const std::string& path, std::size_t limit);

}  // namespace ttt

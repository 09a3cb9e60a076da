// A part of a file, seen as memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <ttt/io/result.hpp>

namespace ttt {

/// A read-only view of a part of a file, shared by all processes that map it. It begins at a huge page's boundary, so
/// that a file that lies in the page cache in huge pages is seen through huge pages, and the kernel is asked to read it
/// into such. What was mapped stays although the file is deleted or replaced by renaming; a file that is *cut short*
/// while it is mapped ends the process by SIGBUS, so map only files that are never changed in place.
class Mapping {
 public:
  static constexpr std::size_t huge_page = std::size_t{2} << 20;

  Mapping() = default;
  /// Maps `bytes` from `offset` of an open file on, and keeps the file (and a lock that `file` holds on it) open.
  /// Requires: `offset` is a multiple of a huge page, and the file goes on to `offset` + `bytes`. Errors: file_unreadable.
  [[nodiscard]] static Result<Mapping> create(int file, std::uint64_t offset, std::size_t bytes, const std::string& path);

  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), file_(std::exchange(other.file_, -1)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(file_, other.file_);
    return *this;
  }
  ~Mapping();

  [[nodiscard]] const std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  int file_ = -1;
};

}  // namespace ttt

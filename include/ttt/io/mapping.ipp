// Definitions of mapping.hpp.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/io/mapping.hpp>

namespace ttt {

TTT_INLINE Result<Mapping> Mapping::create(int file, std::uint64_t offset, std::size_t bytes, const std::string& path) {
  const auto failed = [&](const char* doing) {
    return make_error(ErrorKind::file, "file_unreadable", "file",
                      std::string(doing) + " failed: " + std::strerror(errno) + " (errno " + std::to_string(errno) + ")",
                      "check that the process may map more memory (ulimit -v) and open more files (ulimit -n)", path);
  };
  Mapping m;
  if (bytes == 0) return m;
  // Address space with room to a huge page's boundary; what is too much goes back.
  const std::size_t whole = (bytes + 4095) / 4096 * 4096, room = whole + huge_page;
  void* const raw = bytes > SIZE_MAX / 2 ? MAP_FAILED : ::mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return failed("mapping");
  auto* const begin = static_cast<std::byte*>(raw);
  const std::size_t before = (huge_page - reinterpret_cast<std::uintptr_t>(raw) % huge_page) % huge_page;
  std::byte* const at = begin + before;
  if (::mmap(at, whole, PROT_READ, MAP_SHARED | MAP_FIXED, file, static_cast<off_t>(offset)) == MAP_FAILED) {
    const int code = errno;
    ::munmap(raw, room);
    errno = code;
    return failed("mapping");
  }
  if (before > 0) ::munmap(raw, before);
  if (const std::size_t behind = room - before - whole; behind > 0) ::munmap(at + whole, behind);
  m.data_ = at;
  m.size_ = bytes;
#if defined(MADV_HUGEPAGE)
  ::madvise(at, whole, MADV_HUGEPAGE);  // only advice
#endif
  m.file_ = ::fcntl(file, F_DUPFD_CLOEXEC, 0);
  if (m.file_ < 0) return failed("keeping the file open");
  return m;
}

TTT_INLINE Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, (size_ + 4095) / 4096 * 4096);
  if (file_ >= 0) ::close(file_);
}

}  // namespace ttt

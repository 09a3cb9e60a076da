// Definitions of cache_folder.hpp.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <ttt/io/cache_folder.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace caching {

inline Error refused(std::string issue, std::string suggestion, const std::string& path) {
  return make_error(ErrorKind::file, "cache_refused", "cache", std::move(issue),
                    std::move(suggestion), path);
}

inline Error unreadable(int fault, const std::string& path) {
  if (fault == ENOENT)
    return make_error(ErrorKind::file, "file_missing", "file", "there is no such file", "check the path", path);
  return make_error(ErrorKind::file, "file_unreadable", "file", std::string("reading failed: ") + std::strerror(fault),
                    "check that the file is readable by this user and that its disk works", path);
}
inline Error unwritable(int fault, const std::string& path) {
  return make_error(ErrorKind::file, "file_unwritable", "file", std::string("making it failed: ") + std::strerror(fault),
                    "check that the folder around it exists, that this user may write there and that the disk has room",
                    path);
}

/// Whether code and weights may come from it: nobody else can have written it.
inline Result<void> check_owner(const struct stat& info, const std::string& path) {
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return refused("it belongs to user " + std::to_string(info.st_uid) + ", and this is user " +
                       std::to_string(::geteuid()),
                   "remove it, or set TTT_CACHE to a folder of your own", path);
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  std::string mode;
  for (int shift = 6; shift >= 0; shift -= 3) mode += static_cast<char>('0' + (info.st_mode >> shift & 7));
  return refused("others than its owner can write it (mode " + mode + ")",
                 "look at what is in it, then remove it or run chmod go-w", path);
}

inline Error cannot_open(int fault, const std::string& path) {
  if (fault == ELOOP || fault == ENOTDIR)
    return refused("it is a symbolic link or no folder", "put a folder of your own there, or remove it", path);
  return unreadable(fault, path);
}

}  // namespace caching

TTT_INLINE Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

TTT_INLINE Result<std::string> default_cache_folder() {
  const auto whole = [](const char* name) -> std::string {  // relative ones count as not set, as XDG's standard says
    const char* const set = std::getenv(name);
    return set != nullptr && *set == '/' ? set : "";
  };
  if (const std::string own = whole("TTT_CACHE"); !own.empty()) return own;
  if (const std::string shared = whole("XDG_CACHE_HOME"); !shared.empty()) return path_in(shared, "ttt");
  if (const std::string home = whole("HOME"); !home.empty()) return path_in(home, ".cache/ttt");
  return caching::refused("none of TTT_CACHE, XDG_CACHE_HOME and HOME is a whole path", "set HOME to your home folder", "");
}

TTT_INLINE Result<CacheFolder> CacheFolder::open(const std::string& folder) {
  Descriptor d(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (d.get() < 0 && errno == ENOENT) return CacheFolder(folder, Descriptor());
  if (d.get() < 0) return caching::cannot_open(errno, folder);
  struct stat info {};
  if (::fstat(d.get(), &info) != 0) return caching::unreadable(errno, folder);
  TTT_CHECK(caching::check_owner(info, folder));
  return CacheFolder(folder, std::move(d));
}

TTT_INLINE Result<CacheFolder> CacheFolder::open() {
  const auto folder = default_cache_folder();
  if (!folder) return CacheFolder("", Descriptor());
  return open(*folder);
}

TTT_INLINE Result<CacheFolder> CacheFolder::make(const std::string& folder) {
  const std::size_t slash = folder.rfind('/');
  for (const std::string& path : {slash == std::string::npos ? std::string(".") : folder.substr(0, slash), folder})
    if (!path.empty() && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return caching::unwritable(errno, path);
  return open(folder);
}

TTT_INLINE Result<CacheFolder> CacheFolder::make() {
  TTT_TRY(const std::string folder, default_cache_folder());
  return make(folder);
}

TTT_INLINE std::string CacheFolder::path(std::string_view name) const { return path_in(folder_, name); }

TTT_INLINE std::vector<std::string> CacheFolder::names(std::string_view prefix, std::string_view suffix) const {
  std::vector<std::pair<std::pair<std::int64_t, std::int64_t>, std::string>> found;
  const int copy = descriptor_.get() < 0 ? -1 : ::openat(descriptor_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return {};
  if (DIR* d = ::fdopendir(copy); d != nullptr) {
    while (const dirent* entry = ::readdir(d)) {
      const std::string_view name = entry->d_name;
      struct stat info {};
      if (name.starts_with(prefix) && name.ends_with(suffix) &&
          ::fstatat(copy, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        found.push_back({{info.st_mtim.tv_sec, info.st_mtim.tv_nsec}, std::string(name)});
    }
    ::closedir(d);
  } else {
    ::close(copy);
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  std::vector<std::string> out;
  for (auto& [time, name] : found) out.push_back(std::move(name));
  return out;
}

TTT_INLINE Result<Descriptor> CacheFolder::file(const std::string& name) const {
  if (descriptor_.get() < 0) return caching::unreadable(ENOENT, path(name));
  Descriptor d(::openat(descriptor_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (d.get() < 0) return caching::cannot_open(errno, path(name));
  struct stat info {};
  if (::fstat(d.get(), &info) != 0) return caching::unreadable(errno, path(name));
  if (!S_ISREG(info.st_mode)) return caching::refused("it is no regular file", "remove it", path(name));
  TTT_CHECK(caching::check_owner(info, path(name)));
  return d;
}

TTT_INLINE Result<std::string> text_of(const Descriptor& file, const std::string& path, std::size_t limit) {
  std::string out;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::pread(file.get(), buffer, sizeof buffer, static_cast<off_t>(out.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return caching::unreadable(errno, path);
    if (n == 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
    if (out.size() > limit)
      return make_error(ErrorKind::file, "file_too_large", "file",
                        "the file has more than the " + std::to_string(limit) + " bytes allowed for its kind",
                        "check that this is the file you mean", path);
  }
}

TTT_INLINE Result<std::string> CacheFolder::text(const std::string& name, std::size_t limit) const {
  TTT_TRY(const Descriptor d, file(name));
  return text_of(d, path(name), limit);
}

TTT_INLINE void CacheFolder::touch(const std::string& name) const {
  (void)::utimensat(descriptor_.get(), name.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
}
TTT_INLINE void CacheFolder::remove(const std::string& name) const {
  (void)::unlinkat(descriptor_.get(), name.c_str(), 0);
}

}  // namespace ttt

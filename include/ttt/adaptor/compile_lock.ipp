// Definitions of compile_lock.hpp.
#pragma once

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <ttt/adaptor/compile_lock.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

TTT_INLINE Result<Descriptor> compile_lock(const CacheFolder& cache, const std::string& name, double limit_s,
                                           const std::atomic<bool>* cancel) {
  constexpr int how = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
  Descriptor d(::openat(cache.descriptor(), name.c_str(), how, 0600));
  if (d.get() < 0)
    return make_error(ErrorKind::file, "file_unwritable", "file", std::string("making it failed: ") + std::strerror(errno),
                      "check that this user may write there and that the disk has room", cache.path(name));
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(limit_s);
  while (::flock(d.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    if (cancel != nullptr && cancel->load(std::memory_order_relaxed))
      return make_error(ErrorKind::request, "compile_cancelled", "compile", "it was ended while it waited",
                        "run it again");
    if (std::chrono::steady_clock::now() > end)
      return make_error(ErrorKind::file, "compile_busy", "compile",
                        "another process has been compiling the same for more than " +
                            std::to_string(static_cast<int>(limit_s)) + " s",
                        "wait for it, or end it", cache.path(name));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return d;
}

}  // namespace ttt

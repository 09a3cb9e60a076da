// Definitions of compile_process.hpp.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include <ttt/adaptor/compile_process.hpp>
#include <ttt/io/linkage.hpp>

extern "C" char** environ;

namespace ttt {

namespace processes {

inline constexpr std::size_t most_output = std::size_t{256} << 10;

/// posix_spawn's two attribute objects, freed in any case.
struct SpawnHow {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  SpawnHow() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnHow(const SpawnHow&) = delete;
  SpawnHow& operator=(const SpawnHow&) = delete;
  ~SpawnHow() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
};

/// Starts the program in a process group of its own, so that what it starts can be ended with it. 0 or the errno.
inline int start(const std::vector<std::string>& words, int output, ::pid_t& pid) {
  SpawnHow how;
  ::posix_spawn_file_actions_addopen(&how.files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&how.files, output, 1);
  ::posix_spawn_file_actions_adddup2(&how.files, output, 2);
  ::sigset_t none, all;
  ::sigemptyset(&none);
  ::sigemptyset(&all);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM}) ::sigaddset(&all, signal);
  ::posix_spawnattr_setsigmask(&how.attributes, &none);
  ::posix_spawnattr_setsigdefault(&how.attributes, &all);  // this process may ignore SIGPIPE
  ::posix_spawnattr_setpgroup(&how.attributes, 0);
  ::posix_spawnattr_setflags(&how.attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  return ::posix_spawn(&pid, words.front().c_str(), &how.files, &how.attributes, argv.data(), environ);
}

/// Takes what lies in the pipe; false at its end.
inline bool drain(int fd, std::string& output) {
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    if (n == 0) return false;
    const std::size_t room = most_output - std::min(most_output, output.size());
    output.append(buffer, std::min(static_cast<std::size_t>(n), room));
  }
}

}  // namespace processes

TTT_INLINE Result<ProcessEnd> run_process(const std::vector<std::string>& words, double limit_s,
                                          const std::atomic<bool>* cancel) {
  using Clock = std::chrono::steady_clock;
  int ends[2];
  int fault = ::pipe2(ends, O_CLOEXEC) != 0 ? errno : 0;
  ::pid_t pid = -1;
  if (fault == 0) {
    fault = processes::start(words, ends[1], pid);
    ::close(ends[1]);
    if (fault != 0) ::close(ends[0]);
  }
  if (fault != 0)
    return make_error(ErrorKind::file, "process_not_started", "compiler",
                      std::string("it cannot be started: ") + std::strerror(fault),
                      "check that it is a program this user may run", words.front());
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  const auto began = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
  ProcessEnd end;
  int status = 0;
  bool killed = false, open = true;
  // The end of the pipe is not the end of the process, nor the other way round; both are looked at.
  for (;;) {
    ::pollfd ready{ends[0], POLLIN, 0};
    (void)::poll(&ready, open ? 1U : 0U, 20);
    if (open) open = processes::drain(ends[0], end.output);
    const ::pid_t done = ::waitpid(pid, &status, WNOHANG);
    if (done == pid || (done < 0 && errno != EINTR)) break;
    const bool cancelled = cancel != nullptr && cancel->load(std::memory_order_relaxed);
    if (!killed && (cancelled || passed() > limit_s)) {
      end.how = cancelled ? ProcessEnd::How::cancelled : ProcessEnd::How::late;
      ::kill(-pid, SIGKILL);
      killed = true;
    }
  }
  if (open) (void)processes::drain(ends[0], end.output);
  ::close(ends[0]);
  end.seconds = passed();
  if (killed) return end;
  end.how = WIFSIGNALED(status) ? ProcessEnd::How::signalled : ProcessEnd::How::exited;
  end.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return end;
}

TTT_INLINE std::string find_program(const std::string& name) {
  const auto runs = [](const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.empty() || name.find('\0') != std::string::npos) return {};
  if (name.find('/') != std::string::npos) return runs(name) ? name : std::string();
  const char* set = std::getenv("PATH");
  for (std::string_view rest = set == nullptr ? "/usr/local/bin:/usr/bin:/bin" : set; !rest.empty();) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string path = std::string(rest.substr(0, colon)) + "/" + name;
    if (path.front() == '/' && runs(path)) return path;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return {};
}

}  // namespace ttt

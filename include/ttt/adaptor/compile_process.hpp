// Running another program: by its argument vector, without a shell, for a limited time.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include <ttt/io/result.hpp>

namespace ttt {

/// What a program left behind.
struct ProcessEnd {
  enum class How { exited, signalled, late, cancelled } how = How::exited;
  int status = 0;      ///< exit status, or the signal's number
  std::string output;  ///< standard output and error together, at most 256 KiB; what came after that is dropped
  double seconds = 0;
};

/// Runs `words` (words[0] is a path) with an empty standard input and waits. After `limit_s` seconds, or once
/// `cancel` is set, the program and everything it started are killed. Errors: process_not_started.
[[nodiscard]] Result<ProcessEnd> run_process(const std::vector<std::string>& words, double limit_s,
                                             const std::atomic<bool>* cancel = nullptr);

/// The program behind a name as execvp would find it, as a path; "" if there is none. Relative entries of PATH
/// are passed over.
[[nodiscard]] std::string find_program(const std::string& name);

}  // namespace ttt

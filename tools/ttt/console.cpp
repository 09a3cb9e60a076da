#include "console.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include <ttt/io/json_writer.hpp>

namespace ttt::tool {

namespace {

std::atomic<bool> interrupt_flag{false};
extern "C" void on_interrupt(int) { interrupt_flag.store(true, std::memory_order_relaxed); }

/// All of the text, however many writes it takes; 0 or the errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

}  // namespace

Result<void> print(std::string_view text) {
  const int fault = write_all(STDOUT_FILENO, text);
  if (fault == 0) return {};
  const bool closed = fault == EPIPE;
  return make_error(ErrorKind::file, closed ? "output_closed" : "output_unwritable", "standard output",
                    std::string("cannot be written: ") + std::strerror(fault),
                    "check where the output goes, and that there is room");
}

void note(std::string_view text) { (void)write_all(STDERR_FILENO, text); }

void report(const Error& error, bool json) {
  note(error.text() + "\n");
  if (!json) return;
  json::Writer out;
  write_error(out.begin_object(), error);
  (void)print(std::move(out.end_object()).text() + "\n");
}

void write_error(json::Writer& out, const Error& error) {
  out.key("error").begin_object();
  out.member("kind", name_of(error.kind)).member("module", error.module).member("issue", error.issue);
  out.member("suggestion", error.suggestion).member("link", error.link).member("file", error.file).end_object();
}

bool is_output_closed(const Error& error) { return error.link.ends_with("#output_closed"); }

Progress progress_bar(std::string name, Unit unit) {
  if (::isatty(STDERR_FILENO) == 0) return {};
  struct Bar {
    std::string name;
    Unit unit;
    std::chrono::steady_clock::time_point next;
    bool shown = false;
    ~Bar() {
      if (shown) note("\r\x1b[K");
    }
  };
  auto bar = std::make_shared<Bar>(
      Bar{std::move(name), unit, std::chrono::steady_clock::now() + std::chrono::milliseconds(330)});
  return [bar](std::uint64_t done, std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (now < bar->next) return;
    bar->next = now + std::chrono::milliseconds(80);
    bar->shown = true;
    const double part =
        total > 0 ? static_cast<double>(std::min(done, total)) / static_cast<double>(total) : 1;
    const auto filled = static_cast<std::size_t>(part * 30);
    const std::string amount = bar->unit == Unit::count
                                   ? fmt::format("{} of {}", done, total)
                                   : fmt::format("{:.2f} of {:.2f} GB", static_cast<double>(done) / 1e9,
                                                 static_cast<double>(total) / 1e9);
    note(fmt::format("\r{} [{}{}] {:3.0f}%  {} ", bar->name, std::string(filled, '#'),
                     std::string(30 - filled, '.'), part * 100, amount));
  };
}

const std::atomic<bool>& interrupted() { return interrupt_flag; }

void watch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // and no SA_RESTART: reading a line ends too
  ::sigaction(SIGINT, &action, nullptr);
}

void prepare_console() { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace ttt::tool

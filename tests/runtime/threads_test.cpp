#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/threads.hpp>
#include "../catch.hpp"

namespace {

using ttt::TeamOp;
using ttt::ThreadTeam;
using ttt::kernels::Part;

/// Part p of op o adds what all parts of op o - 1 left behind: a lost, doubled or early part changes every
/// number after it. Plain memory throughout, so that a thread sanitizer sees missing order.
struct Step {
  const std::vector<std::uint64_t>* before;
  std::vector<std::uint64_t>* after;
  std::uint64_t salt;
};

void mix(const void* args, Part part) noexcept {
  const Step& step = *static_cast<const Step*>(args);
  std::uint64_t sum = step.salt + static_cast<std::uint64_t>(part.index);
  for (const std::uint64_t v : *step.before) sum = sum * 6364136223846793005ULL + v;
  (*step.after)[static_cast<std::size_t>(part.index)] += sum;  // "+=": running twice shows
}

struct Chain {
  std::vector<std::vector<std::uint64_t>> cells;
  std::vector<Step> steps;
  std::vector<TeamOp> ops;

  explicit Chain(const std::vector<int>& parts) : cells(parts.size() + 1), steps(parts.size()) {
    cells[0] = {1};
    for (std::size_t o = 0; o < parts.size(); ++o) {
      cells[o + 1].assign(static_cast<std::size_t>(parts[o]), 0);
      steps[o] = {&cells[o], &cells[o + 1], o};
      ops.push_back({mix, &steps[o], parts[o]});
    }
  }
  [[nodiscard]] std::uint64_t digest() const {
    std::uint64_t sum = 0;
    for (const auto& row : cells)
      for (const std::uint64_t v : row) sum = sum * 1099511628211ULL + v;
    return sum;
  }
};

std::uint64_t digest_of(int threads, const std::vector<int>& parts, int runs) {
  auto team = ThreadTeam::create(threads);
  REQUIRE(team);
  REQUIRE((*team)->reserve(static_cast<int>(parts.size()), 64));
  Chain chain(parts);
  for (int i = 0; i < runs; ++i) (*team)->run(chain.ops);
  return chain.digest();
}

/// Processes that do nothing but compete for the cores.
class Spinners {
 public:
  explicit Spinners(int count) {
    for (int i = 0; i < count; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        ::alarm(120);  // a test that dies leaves nothing running for long
        for (volatile std::uint64_t n = 0;;) n = n + 1;
      }
      if (child > 0) children_.push_back(child);
    }
  }
  ~Spinners() {
    for (const pid_t child : children_) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }

 private:
  std::vector<pid_t> children_;
};

}  // namespace

TEST_CASE("every part of every op runs exactly once and in order of the ops", "[threads]") {
  const std::vector<int> parts{1, 2, 5, 3, 8, 1, 2, 0, 4, 16};
  constexpr int runs = 100'000;
  const std::uint64_t expected = digest_of(1, parts, runs);
  const int threads = GENERATE(2, 3, 4, 8);
  // Beyond the cores every op may cost a time slice, so these run fewer times.
  const int share = threads <= ttt::available_cores() ? runs : 2'000;
  CAPTURE(threads, share);
  CHECK(digest_of(threads, parts, share) == (share == runs ? expected : digest_of(1, parts, share)));
}

TEST_CASE("a long program with one part per thread gives one thread's result", "[threads]") {
  const std::vector<int> parts(3000, 2);
  CHECK(digest_of(2, parts, 50) == digest_of(1, parts, 50));
}

TEST_CASE("processes that compete for the cores do not change results or stop progress", "[threads]") {
  const std::vector<int> parts{2, 4, 2, 8, 2, 2, 1, 2, 2, 2};
  const std::uint64_t expected = digest_of(1, parts, 2'000);
  const Spinners spinners(4);
  CHECK(digest_of(2, parts, 2'000) == expected);
  CHECK(digest_of(3, parts, 2'000) == expected);
}

TEST_CASE("runs after a sleep find their workers again", "[threads]") {
  auto team = ThreadTeam::create(3);
  REQUIRE(team);
  Chain chain({3, 3, 6});
  Chain alone({3, 3, 6});
  auto single = ThreadTeam::create(1);
  for (int i = 0; i < 100; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(i * 20));  // around the time workers fall asleep
    (*team)->run(chain.ops);
    (*single)->run(alone.ops);
  }
  CHECK(chain.digest() == alone.digest());
}

TEST_CASE("programs of changing length, from storage that is reused, do not meet late workers", "[threads]") {
  const int threads = GENERATE(2, 8);  // 8: on few cores most workers come late
  auto team = ThreadTeam::create(threads);
  REQUIRE(team);
  auto single = ThreadTeam::create(1);
  int differ = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<int> parts;
    for (int o = 0; o < 1 + i % 7; ++o) parts.push_back(1 + (i * 5 + o * 3) % threads);
    Chain alone(parts);
    (*single)->run(alone.ops);
    // The ops and all they point to die at once; a sanitizer sees a worker that still reads them.
    auto chain = std::make_unique<Chain>(parts);
    (*team)->run(chain->ops);
    differ += chain->digest() != alone.digest();
  }
  CAPTURE(threads);
  CHECK(differ == 0);
}

TEST_CASE("callers on several threads take turns", "[threads]") {
  auto team = ThreadTeam::create(2);
  REQUIRE(team);
  const std::vector<int> parts{2, 3, 2};
  const std::uint64_t expected = digest_of(1, parts, 500);
  std::vector<std::uint64_t> got(3);
  std::vector<std::thread> callers;
  for (auto& digest : got) {
    callers.emplace_back([&] {
      Chain chain(parts);
      for (int i = 0; i < 500; ++i) (*team)->run(chain.ops);
      digest = chain.digest();
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(got == std::vector<std::uint64_t>(3, expected));
}

TEST_CASE("a program beyond the reserved room still runs whole", "[threads]") {
  auto team = ThreadTeam::create(2);
  REQUIRE(team);
  const std::vector<int> wide{2, 1023, 2};
  Chain chain(wide);
  (*team)->run(chain.ops);
  CHECK(chain.digest() == digest_of(1, wide, 1));
  CHECK((*team)->reserve(3, 1023));
  Chain again(wide);
  (*team)->run(again.ops);
  CHECK(again.digest() == chain.digest());
}

TEST_CASE("thread counts and program sizes out of range are named", "[threads]") {
  for (const int threads : {-1, 0, 257, 1 << 30}) {
    const auto team = ThreadTeam::create(threads);
    REQUIRE_FALSE(team);
    CHECK(team.error().link == "docs/errors.md#threads_out_of_range");
    CHECK(team.error().issue.find(std::to_string(threads)) != std::string::npos);
  }
  auto team = ThreadTeam::create(2);
  for (const auto& [ops, parts] : {std::pair{-1, 1}, {1, -1}, {1 << 20, 1}, {1, 1024}}) {
    const auto made = (*team)->reserve(ops, parts);
    REQUIRE_FALSE(made);
    CHECK(made.error().link == "docs/errors.md#program_out_of_range");
  }
}

TEST_CASE("at least one core is available", "[threads]") {
  CHECK(ttt::available_cores() >= 1);
  CHECK(ttt::available_cores() <= static_cast<int>(std::thread::hardware_concurrency()));
}

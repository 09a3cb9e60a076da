#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
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

/// The CPUs that the calling thread may use.
std::vector<int> own_mask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  REQUIRE(::sched_getaffinity(0, sizeof mask, &mask) == 0);
  std::vector<int> cpus;
  for (int c = 0; c < CPU_SETSIZE; ++c)
    if (CPU_ISSET(static_cast<std::size_t>(c), &mask)) cpus.push_back(c);
  return cpus;
}
struct Seen {
  pid_t thread = 0;
  cpu_set_t mask{};
};
void look(const void* args, Part part) noexcept {
  Seen& seen = (*static_cast<std::vector<Seen>* const*>(args))->at(static_cast<std::size_t>(part.index));
  seen.thread = ::gettid();
  (void)::sched_getaffinity(0, sizeof seen.mask, &seen.mask);
  ::usleep(500);  // the others come to their own
}
/// The CPUs that a worker of the team may use, as it sees them itself; none if no worker ever ran a part.
std::vector<int> mask_of_worker(ThreadTeam& team) {
  std::vector<Seen> seen(static_cast<std::size_t>(team.size()));
  std::vector<Seen>* const where = &seen;
  const std::vector<TeamOp> ops{{look, &where, team.size()}};
  std::vector<int> cpus;
  for (int i = 0; i < 2'000 && cpus.empty(); ++i) {
    team.run(ops);
    for (const Seen& s : seen)
      if (s.thread != ::gettid() && cpus.empty())
        for (int c = 0; c < CPU_SETSIZE; ++c)
          if (CPU_ISSET(static_cast<std::size_t>(c), &s.mask)) cpus.push_back(c);
  }
  return cpus;
}

/// What stands in front of /proc and /sys: a tree of the test's own.
struct System {
  std::filesystem::path root = std::filesystem::temp_directory_path() / ("ttt_threads_" + std::to_string(::getpid()));
  System() { std::filesystem::create_directories(root); }
  ~System() {
    std::error_code ignored;
    std::filesystem::remove_all(root, ignored);
  }
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
  [[nodiscard]] int cores() const { return ttt::paid_cores(root.c_str()); }
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

TEST_CASE("a pinned team's worker has the CPU behind the caller's for itself, an unpinned one all of them", "[threads]") {
  const std::vector<int> all = own_mask();
  auto loose = ThreadTeam::create(2);
  REQUIRE(loose);
  CHECK_FALSE((*loose)->pinned());
  CHECK(mask_of_worker(**loose) == all);
  auto team = ThreadTeam::create(2, true);
  REQUIRE(team);
  CHECK((*team)->pinned());
  const std::vector<int> second{all[1 % all.size()]};
  CHECK(mask_of_worker(**team) == second);
  REQUIRE((*team)->reserve(1000, 4));  // stops and starts the workers
  CHECK((*team)->pinned());
  CHECK(mask_of_worker(**team) == second);
  CHECK(own_mask() == all);  // whoever makes a team and runs with it is left alone
  std::vector<int> tied;
  std::thread([&] {
    if (ttt::pin_this_thread()) tied = own_mask();
  }).join();
  CHECK(tied == std::vector<int>{all.front()});
}

TEST_CASE("a pinned team where one CPU is allowed gives one thread's result", "[threads]") {
  const std::vector<int> parts{3, 1, 2, 3, 5};
  const std::uint64_t expected = digest_of(1, parts, 200);
  const std::vector<int> all = own_mask();
  std::uint64_t got = 0;
  bool pinned = false;
  std::vector<int> worker;
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(all.back()), &one);
    if (::sched_setaffinity(0, sizeof one, &one) != 0) return;
    auto team = ThreadTeam::create(3, true);
    if (!team || !(*team)->reserve(5, 8)) return;
    pinned = (*team)->pinned();
    Chain chain(parts);
    for (int i = 0; i < 200; ++i) (*team)->run(chain.ops);
    got = chain.digest();
    worker = mask_of_worker(**team);
  }).join();
  CHECK(pinned);
  CHECK(got == expected);
  CHECK(worker == std::vector<int>{all.back()});
}

TEST_CASE("programs that cut nothing leave the workers alone", "[threads]") {
  auto team = ThreadTeam::create(2);
  REQUIRE(team);
  std::vector<Seen> seen(1);
  std::vector<Seen>* const where = &seen;
  const std::vector<TeamOp> ops(20, TeamOp{look, &where, 1});
  std::atomic<int> elsewhere = 0;
  for (int i = 0; i < 10; ++i) {
    (*team)->run(ops);
    elsewhere += seen[0].thread != ::gettid();
  }
  CHECK(elsewhere == 0);
  const std::vector<int> parts{1, 1, 0, 1};
  CHECK(digest_of(3, parts, 100) == digest_of(1, parts, 100));
}

TEST_CASE("a group's quota of processor time bounds the cores, wherever the kernel keeps it", "[threads]") {
  constexpr int unbounded = 1 << 16;
  const System system;
  CHECK(system.cores() == unbounded);
  // One hierarchy, version 2: the least on the way up counts.
  system.write("proc/self/cgroup", "0::/a/b\n");
  system.write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  CHECK(system.cores() == unbounded);
  system.write("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
  CHECK(system.cores() == 3);
  system.write("sys/fs/cgroup/a/b/cpu.max", "250000 100000\n");
  CHECK(system.cores() == 2);
  // Version 1, mounted under all its controllers' names; "cpuset" is another controller.
  system.write("proc/self/cgroup", "4:cpuset:/set\n3:cpu,cpuacct:/jobs/7\n");
  CHECK(system.cores() == unbounded);
  system.write("sys/fs/cgroup/cpu/set/cpu.cfs_quota_us", "100000\n");
  system.write("sys/fs/cgroup/cpu/set/cpu.cfs_period_us", "100000\n");
  CHECK(system.cores() == unbounded);
  system.write("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "400000\n");
  system.write("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "100000\n");
  CHECK(system.cores() == 4);
  // In a container the path is often the host's; the mounted root is the container's own group then.
  system.write("proc/self/cgroup", "3:cpu:/docker/0123\n");
  system.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
  system.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  CHECK(system.cores() == 1);
}

TEST_CASE("at least one core is available", "[threads]") {
  CHECK(ttt::available_cores() >= 1);
  CHECK(ttt::available_cores() <= static_cast<int>(std::thread::hardware_concurrency()));
}

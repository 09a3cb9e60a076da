#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include <ttt/runtime/thread_recorder.hpp>
#include <ttt/runtime/threads.hpp>
#include "../catch.hpp"

namespace {

using ttt::PartRecord;
using ttt::TeamOp;
using ttt::ThreadRecorder;
using ttt::ThreadTeam;
using ttt::kernels::Part;

/// Burns a number of rounds that depends on the part, and counts itself.
struct Work {
  mutable std::atomic<int> calls{0};
  int rounds = 0;
};
volatile std::uint64_t sink = 0;
void burn(const void* args, Part part) noexcept {
  const Work& w = *static_cast<const Work*>(args);
  std::uint64_t x = 1;
  for (int i = 0; i < w.rounds * (part.index + 1); ++i) x = x * 6364136223846793005ULL + 1;
  sink = x;
  w.calls.fetch_add(1);
}

}  // namespace

TEST_CASE("a recorded run says of every part when it ran and on which thread") {
  const int threads = GENERATE(1, 2, 3);
  const std::vector<int> parts{1, 4, 2, 7, 3};
  auto team = ThreadTeam::create(threads);
  REQUIRE(team);
  REQUIRE((*team)->reserve(static_cast<int>(parts.size()), 7));
  auto recorder = ThreadRecorder::create(50, static_cast<int>(parts.size()), 7, threads);
  REQUIRE(recorder);
  std::vector<Work> work(parts.size());
  std::vector<TeamOp> ops;
  for (std::size_t o = 0; o < parts.size(); ++o) {
    work[o].rounds = 200;
    ops.push_back({burn, &work[o], parts[o]});
  }
  for (int run = 0; run < 50; ++run) (*team)->run(ops, &*recorder);
  REQUIRE(recorder->runs() == 50);
  for (std::size_t o = 0; o < parts.size(); ++o) CHECK(work[o].calls.load() == 50 * parts[o]);
  for (int run = 0; run < recorder->runs(); ++run) {
    CAPTURE(threads, run);
    REQUIRE(recorder->ops(run) == static_cast<int>(parts.size()));
    CHECK(recorder->begin(run) < recorder->end(run));
    std::uint64_t before_began = recorder->begin(run);  // the latest beginning in the op before
    for (int o = 0; o < recorder->ops(run); ++o) {
      CAPTURE(o);
      REQUIRE(recorder->parts(run, o) == parts[static_cast<std::size_t>(o)]);
      std::uint64_t began = 0;
      for (int p = 0; p < recorder->parts(run, o); ++p) {
        const PartRecord& r = recorder->part(run, o, p);
        CAPTURE(p, r.thread, r.begin - recorder->begin(run), r.end - recorder->begin(run));
        CHECK(r.begin < r.end);
        CHECK(r.end > before_began);
        CHECK(r.end <= recorder->end(run));
        CHECK(r.thread >= 0);
        CHECK(r.thread < threads);
        began = std::max(began, r.begin);
      }
      before_began = began;
    }
    if (run > 0) CHECK(recorder->begin(run) >= recorder->end(run - 1));
  }
  CHECK(recorder->seconds_per_tick() > 0);
  CHECK(recorder->seconds_per_tick() < 1e-6);
}

TEST_CASE("a thread's parts of one run do not overlap, however they were dealt out") {
  auto team = ThreadTeam::create(3);
  REQUIRE(team);
  REQUIRE((*team)->reserve(20, 9));
  auto recorder = ThreadRecorder::create(20, 20, 9, 3);
  REQUIRE(recorder);
  std::vector<Work> work(20);
  std::vector<TeamOp> ops;
  for (Work& w : work) {
    w.rounds = 300;
    ops.push_back({burn, &w, 9});
  }
  for (int run = 0; run < 20; ++run) (*team)->run(ops, &*recorder);
  for (int run = 0; run < recorder->runs(); ++run)
    for (int thread = 0; thread < 3; ++thread) {
      std::vector<PartRecord> mine;
      for (int o = 0; o < 20; ++o)
        for (int p = 0; p < 9; ++p)
          if (recorder->part(run, o, p).thread == thread) mine.push_back(recorder->part(run, o, p));
      std::sort(mine.begin(), mine.end(), [](const PartRecord& a, const PartRecord& b) { return a.begin < b.begin; });
      for (std::size_t i = 1; i < mine.size(); ++i) {
        CAPTURE(run, thread, i, mine[i - 1].end, mine[i].begin);
        CHECK(mine[i - 1].end <= mine[i].begin);
      }
    }
}

TEST_CASE("a recorder without room leaves the run as it is") {
  auto team = ThreadTeam::create(2);
  REQUIRE(team);
  auto recorder = ThreadRecorder::create(1, 2, 2, 2);
  REQUIRE(recorder);
  Work work;
  const std::vector<TeamOp> two(2, TeamOp{burn, &work, 2}), three(3, TeamOp{burn, &work, 2}), wide(1, TeamOp{burn, &work, 3});
  REQUIRE((*team)->reserve(3, 3));
  (*team)->run(three, &*recorder);
  (*team)->run(wide, &*recorder);
  CHECK(recorder->runs() == 0);
  (*team)->run(two, &*recorder);
  CHECK(recorder->runs() == 1);
  CHECK(recorder->room() == 0);
  (*team)->run(two, &*recorder);
  CHECK(recorder->runs() == 1);
  CHECK(work.calls.load() == 6 + 3 + 4 + 4);
  recorder->clear();
  (*team)->run(two, &*recorder);
  CHECK(recorder->runs() == 1);
}

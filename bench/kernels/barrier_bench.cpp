// What it costs to get from one op to the next: the team of design rule 18 beside a barrier that sleeps on a
// futex and beside one thread alone. Time is per run; items_per_second counts ops.
#include <benchmark/benchmark.h>

#include <barrier>
#include <thread>
#include <vector>

#include <ttt/runtime/threads.hpp>

namespace {

constexpr int ops = 200;

void nothing(const void*, ttt::kernels::Part) noexcept {}

void team(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  const auto made = ttt::ThreadTeam::create(threads);
  const std::vector<ttt::TeamOp> program(ops, {nothing, nullptr, threads});
  for (auto _ : state) (*made)->run(program);
  state.SetItemsProcessed(state.iterations() * ops);
}
BENCHMARK(team)->Arg(1)->Arg(2)->UseRealTime();

void futex_barrier(benchmark::State& state) {
  std::barrier<> barrier(2);
  bool stopping = false;
  std::thread other([&] {
    for (;;) {
      barrier.arrive_and_wait();
      if (stopping) return;
      for (int o = 0; o < ops; ++o) barrier.arrive_and_wait();
    }
  });
  for (auto _ : state) {
    barrier.arrive_and_wait();
    for (int o = 0; o < ops; ++o) barrier.arrive_and_wait();
  }
  stopping = true;
  barrier.arrive_and_wait();
  other.join();
  state.SetItemsProcessed(state.iterations() * ops);
}
BENCHMARK(futex_barrier)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();

// Products beside the limits that bound them, as the engine runs them: decode rows, small batches and prompts.
//
//     products_bench --benchmark_filter='avx2/.*int8'
//
// Names: KIND/ISA/WEIGHTSxOPERANDS/ROWSxOUTPUTSxINPUTS/THREADS. KIND: `memory` reads another copy of the weights each time,
// so that they come from memory; `cache` the same small one; `prompt` has rows enough to be bound by arithmetic. After every
// run of the kernel a sample of each limit is taken; a share is the median of the kernel's rate over the median of the
// limit's. Columns: GB/s of packed weights, Gop/s of multiplications and additions; of_read (of_cache where the weights lie
// in L2), of_fma, of_bf16 and of_int8 (dot products, ttt/profile/limit_loops.hpp).
#include <benchmark/benchmark.h>

#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <ttt/kernels/pack.hpp>
#include <ttt/kernels/table.hpp>

#include "limits_beside.hpp"

namespace {

using namespace ttt;
using namespace ttt::kernels;
using bench::Limit;

struct Shape {
  int rows, n, k;
};

/// One product, its buffers and some copies of its weights.
class Product {
 public:
  Product(DType format, DType operands, Shape s, int threads, std::int64_t least_bytes)
      : bytes(catalog::packed_bytes(s.n, s.k, format)),
        copies_(static_cast<int>(least_bytes / bytes + 1)),
        x_(static_cast<std::size_t>(s.rows) * static_cast<std::size_t>(s.k)),
        y_(static_cast<std::size_t>(s.rows) * static_cast<std::size_t>(s.n)),
        weight_(static_cast<std::size_t>(s.k), 1.f),
        weights_(Buffer::create(static_cast<std::size_t>(bytes * copies_), MemoryClass::weights, "weights").value()) {
    std::mt19937 engine(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (float& v : x_) v = uniform(engine);
    std::vector<float> source(static_cast<std::size_t>(panel_rows) * static_cast<std::size_t>(s.k));
    for (float& v : source) v = uniform(engine);
    pack_rows(format, DType::fp32, source.data(), 0, panel_rows, s.k, weights_.data());
    const std::int64_t panel = catalog::panel_bytes(s.k, format);
    for (std::int64_t at = panel; at < bytes * copies_; at += panel)
      std::memcpy(weights_.data() + at, weights_.data(), static_cast<std::size_t>(panel));
    const std::int64_t stride = catalog::round_up(catalog::matmul_scratch_floats(s.k, s.rows), 16);
    scratch_ = Buffer::create(static_cast<std::size_t>(stride * threads) * 4, MemoryClass::arena, "scratch").value();
    args.x = x_.data();
    args.ldx = s.k;
    args.row_count = s.rows;
    args.norm = {NormKind::rms, 1e-5f, weight_.data(), nullptr};
    args.w = {weights_.data(), nullptr, s.n, s.k};
    args.weight_format = format;
    args.operand_format = operands;
    args.y = y_.data();
    args.ldy = s.n;
    args.out = s.n;
    args.scratch = scratch_.as<float>();
    args.scratch_stride = stride;
  }
  /// `count` runs in one program, as a step has them: each on the next copy of the weights.
  std::vector<TeamOp> program(int count, int threads) {
    calls_.clear();
    for (int i = 0; i < count; ++i) {
      calls_.push_back({run, args});
      calls_.back().args.w.data = weights_.data() + i % copies_ * bytes;
    }
    std::vector<TeamOp> ops;
    for (const Call& call : calls_) ops.push_back({run_part, &call, threads});
    return ops;
  }
  /// Runs that read every copy once.
  [[nodiscard]] int copies() const { return copies_; }

  std::int64_t bytes;
  MatmulArgs args{};
  MatmulFn run = nullptr;

 private:
  struct Call {
    MatmulFn run;
    MatmulArgs args;
  };
  static void run_part(const void* call, Part part) noexcept {
    const Call& c = *static_cast<const Call*>(call);
    c.run(c.args, part);
  }

  int copies_;
  std::vector<Call> calls_;
  std::vector<float> x_, y_, weight_;
  Buffer weights_;
  Buffer scratch_;
};

ThreadTeam& team_of(int threads) {
  static std::map<int, std::unique_ptr<ThreadTeam>> teams;
  std::unique_ptr<ThreadTeam>& team = teams[threads];
  if (!team) team = ThreadTeam::create(threads).value();
  return *team;
}

void product(benchmark::State& state, Isa isa, DType w, DType a, Shape shape, int threads, const std::vector<Limit>& limits,
             bool from_memory) {
  ThreadTeam& team = team_of(threads);
  bench::LimitProbe probe(team, isa);
  Product p(w, a, shape, threads, from_memory ? std::int64_t{128} << 20 : 0);
  p.run = kernel_table(isa)->store(w, a);
  // one sample: a program that lasts 2 ms at least, and reads every copy
  int runs = p.copies();
  (void)team.reserve(4096, threads);
  while (runs < 2048 && bench::seconds_of(team, p.program(runs, threads)) < 2e-3) runs *= 2;
  const std::vector<TeamOp> program = p.program(runs, threads);
  std::vector<double> kernel, limit[5];
  for (auto _ : state) {
    const double seconds = bench::seconds_of(team, program) / runs;
    kernel.push_back(1 / seconds);
    for (const Limit l : limits) limit[static_cast<int>(l)].push_back(probe.sample(l));
    state.SetIterationTime(seconds);
  }
  const double rate = bench::median(kernel);
  const double operations = 2. * shape.rows * shape.n * shape.k * rate;
  const double read = static_cast<double>(p.bytes) * rate;
  state.counters["GB/s"] = read / 1e9;
  state.counters["Gop/s"] = operations / 1e9;
  const char* const names[] = {"of_read", "of_cache", "of_fma", "of_bf16", "of_int8"};
  for (const Limit l : limits) {
    const double most = bench::median(limit[static_cast<int>(l)]);
    if (most > 0)
      state.counters[names[static_cast<int>(l)]] = (l == Limit::memory || l == Limit::cache ? read : operations) / most;
  }
}

void register_all() {
  const auto add = [](const char* kind, Isa isa, DType w, DType a, Shape s, int threads, std::vector<Limit> limits) {
    const std::string name = std::string(kind) + "/" + std::string(name_of(isa)) + "/" + std::string(name_of(w)) + "x" +
                             std::string(name_of(a)) + "/" + std::to_string(s.rows) + "x" + std::to_string(s.n) + "x" +
                             std::to_string(s.k) + "/" + std::to_string(threads);
    const bool memory = std::string(kind) == "memory";
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
      product(state, isa, w, a, s, threads, limits, memory);
    })->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(15);
  };
  for (const Isa isa : all_isas) {
    if (isa == Isa::scalar || !isa_supported(isa)) continue;
    for (const DType w : weight_formats)
      for (const DType a : activation_formats) {
        if (!catalog::is_product(w, a)) continue;
        const Limit peak = a == DType::int8 ? Limit::int8_dot
                           : a == DType::bf16 && isa == Isa::avx512_vnni_bf16 ? Limit::bf16_dot
                                                                              : Limit::fma;
        for (const int threads : {1, 2}) {
          for (const Shape s : {Shape{1, 8192, 2048}, Shape{1, 576, 576}, Shape{1, 3072, 576}, Shape{1, 576, 1536}})
            add("memory", isa, w, a, s, threads, {Limit::memory});
          add("cache", isa, w, a, {1, 256 * threads, 512}, threads, {Limit::cache});
          for (const int rows : {2, 4, 8, 16, 32})
            add("memory", isa, w, a, {rows, 8192, 2048}, threads, {Limit::memory, peak});
          add("prompt", isa, w, a, {512, 2048, 2048}, threads, {peak});
          add("prompt", isa, w, a, {512, 3072, 576}, threads, {peak});
        }
      }
  }
}

}  // namespace

int main(int argc, char** argv) {
  register_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

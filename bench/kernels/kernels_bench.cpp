// The kernels beside the machine's limits: decode products in GB/s, prompt products and attention in GFLOP/s.
// Columns of_read and of_fma are shares of the limits measured at start-up, which are printed first; with
// threads the limits count once per thread. Run it alone: a busy machine slows both, but not always alike.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <ttt/kernels/pack.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/profile/limits.hpp>
#include <ttt/runtime/memory.hpp>

namespace {

using namespace ttt;
using namespace ttt::kernels;

double read_limit = 1;
double fma_limit = 1;

/// One product, its buffers and its weights (several copies where they shall come from memory).
class Product {
 public:
  Product(DType format, int rows, int n, int k, std::int64_t least_bytes)
      : bytes(catalog::packed_bytes(n, k, format)),
        copies(static_cast<int>(least_bytes / bytes + 1)),
        x_(static_cast<std::size_t>(rows) * static_cast<std::size_t>(k)),
        y_(static_cast<std::size_t>(rows) * static_cast<std::size_t>(n)),
        weight_(static_cast<std::size_t>(k), 1.f),
        pages_(Buffer::create(static_cast<std::size_t>(bytes * copies), MemoryClass::weights, "weights").value()),
        weights_(pages_.as<char>()) {
    std::mt19937 engine(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (float& v : x_) v = uniform(engine);
    std::vector<float> source(static_cast<std::size_t>(panel_rows * k));
    for (float& v : source) v = uniform(engine);
    for (int row = 0; row < n; row += panel_rows)
      pack_rows(format, DType::fp32, source.data(), row, panel_rows, k, weights_);
    for (int c = 1; c < copies; ++c)
      std::memcpy(weights_ + c * bytes, weights_, static_cast<std::size_t>(bytes));
    args.x = x_.data();
    args.ldx = k;
    args.row_count = rows;
    args.norm = {NormKind::rms, 1e-5f, weight_.data(), nullptr};
    args.w = {weights_, nullptr, n, k};
    args.weight_format = format;
    args.y = y_.data();
    args.ldy = n;
    args.out = n;
  }
  MatmulArgs with_copy(int copy) const {
    MatmulArgs a = args;
    a.w.data = weights_ + copy % copies * bytes;
    return a;
  }

  std::int64_t bytes;
  int copies;
  MatmulArgs args{};

 private:
  std::vector<float> x_, y_, weight_;
  Buffer pages_;
  char* weights_;
};

/// The product of a benchmark's repetitions, which run one after the other; made by the first thread before
/// the loop starts them all.
std::unique_ptr<Product> product;

void make_product(const benchmark::State& state, DType format, int rows, int n, int k,
                  std::int64_t least_bytes) {
  if (state.thread_index() != 0) return;
  static std::array<int, 4> last{};
  const std::array<int, 4> now{static_cast<int>(format), rows, n, k};
  if (product && now == last) return;
  product.reset();
  product = std::make_unique<Product>(format, rows, n, k, least_bytes);
  last = now;
}

void matvec(benchmark::State& state, Isa isa, DType w, DType a, int n, int k) {
  make_product(state, w, 1, n, k, std::int64_t{256} << 20);
  const MatmulFn run = kernel_table(isa)->store(w, a);
  std::vector<float> scratch(static_cast<std::size_t>(catalog::matmul_scratch_floats(k, 1)));
  int copy = 0;
  for (auto _ : state) {
    MatmulArgs args = product->with_copy(copy++);
    args.operand_format = a;
    args.scratch = scratch.data();
    run(args, {state.thread_index(), state.threads()});
  }
  const double bytes =
      static_cast<double>(state.iterations()) * static_cast<double>(product->bytes) / state.threads();
  state.counters["GB/s"] = benchmark::Counter(bytes / 1e9, benchmark::Counter::kIsRate);
  state.counters["of_read"] =
      benchmark::Counter(bytes / read_limit / state.threads(), benchmark::Counter::kIsRate);
}

void matmul(benchmark::State& state, Isa isa, DType w, DType a, int rows, int n, int k) {
  make_product(state, w, rows, n, k, 0);
  const MatmulFn run = kernel_table(isa)->store(w, a);
  std::vector<float> scratch(static_cast<std::size_t>(catalog::matmul_scratch_floats(k, rows)));
  for (auto _ : state) {
    MatmulArgs args = product->args;
    args.operand_format = a;
    args.scratch = scratch.data();
    run(args, {state.thread_index(), state.threads()});
  }
  const double flops = 2. * rows * n * k * static_cast<double>(state.iterations()) / state.threads();
  state.counters["GFLOP/s"] = benchmark::Counter(flops / 1e9, benchmark::Counter::kIsRate);
  state.counters["of_fma"] =
      benchmark::Counter(flops / fma_limit / state.threads(), benchmark::Counter::kIsRate);
}

/// 9 query heads over 3 KV heads of 64, `rows` rows that end at position depth + rows.
void attention(benchmark::State& state, Isa isa, DType kv, int rows, int depth) {
  constexpr int heads = 9;
  constexpr int kv_heads = 3;
  constexpr int head_dim = 64;
  const std::int64_t capacity = catalog::round_up(rows + depth, kv_lanes);
  std::vector<char> k(static_cast<std::size_t>(catalog::k_cache_bytes(kv_heads, head_dim, capacity, kv)));
  std::vector<char> v(static_cast<std::size_t>(catalog::v_cache_bytes(kv_heads, head_dim, capacity, kv)));
  const KvView view = contiguous_kv(k.data(), v.data(), capacity);
  std::vector<Row> positions;
  for (int r = 0; r < rows; ++r) positions.push_back({0, depth + r, 0});
  std::vector<float> q(static_cast<std::size_t>(rows * heads * head_dim), 0.1f);
  std::vector<float> y(q.size());
  std::vector<float> scratch(static_cast<std::size_t>(catalog::attention_scratch_floats(head_dim)));
  AttentionArgs a{};
  a.heads = heads;
  a.kv_heads = kv_heads;
  a.head_dim = head_dim;
  a.rows = positions.data();
  a.row_count = rows;
  a.q = q.data();
  a.caches = &view;
  a.scale = 0.125f;
  a.y = y.data();
  a.scratch = scratch.data();
  const AttentionFn run = kernel_table(isa)->attention(kv);
  for (auto _ : state) run(a, {0, 1});
  double keys = 0;
  for (const Row& row : positions) keys += row.position + 1;
  const double flops = 4. * keys * heads * head_dim * static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = benchmark::Counter(flops / 1e9, benchmark::Counter::kIsRate);
  state.counters["of_fma"] = benchmark::Counter(flops / fma_limit, benchmark::Counter::kIsRate);
}

void packing(benchmark::State& state, DType source, DType format) {
  constexpr int n = 1024;
  constexpr int k = 2048;
  const std::vector<char> from(static_cast<std::size_t>(catalog::packed_bytes(n, k, source)));
  std::vector<char> to(static_cast<std::size_t>(catalog::packed_bytes(n, k, format)));
  for (auto _ : state) {
    pack_rows(format, source, from.data(), 0, n, k, to.data());
    benchmark::ClobberMemory();
  }
  const double bytes = static_cast<double>(state.iterations()) * static_cast<double>(from.size());
  state.counters["GB/s"] = benchmark::Counter(bytes / 1e9, benchmark::Counter::kIsRate);
}

void register_all() {
  const auto add = [](const std::string& name, auto body) {
    return benchmark::RegisterBenchmark(name.c_str(), body)->UseRealTime()->Unit(benchmark::kMicrosecond);
  };
  for (const Isa isa : all_isas) {
    if (isa == Isa::scalar || !isa_supported(isa)) continue;
    const std::string level(name_of(isa));
    for (const DType w : weight_formats)
      for (const DType a : activation_formats) {
        if (!catalog::is_product(w, a)) continue;
        const std::string formats = level + "/" + std::string(name_of(w)) + "x" + std::string(name_of(a));
        for (const int threads : {1, 2}) {
          add("matvec/8192x2048/" + formats, [=](benchmark::State& s) {
            matvec(s, isa, w, a, 8192, 2048);
          })->Threads(threads);
          for (const int rows : {4, 16, 512})
            add("matmul/" + std::to_string(rows) + "x8192x2048/" + formats, [=](benchmark::State& s) {
              matmul(s, isa, w, a, rows, 8192, 2048);
            })->Threads(threads);
        }
      }
    for (const DType kv : kv_formats) {
      const std::string formats = level + "/" + std::string(name_of(kv));
      add("attention/prompt512/" + formats, [=](benchmark::State& s) { attention(s, isa, kv, 512, 0); });
      add("attention/depth4095/" + formats, [=](benchmark::State& s) { attention(s, isa, kv, 1, 4095); });
    }
  }
  for (const DType source : {DType::fp32, DType::fp16, DType::bf16})
    for (const DType format : weight_formats)
      add("pack/" + std::string(name_of(source)) + "-" + std::string(name_of(format)),
          [=](benchmark::State& s) { packing(s, source, format); });
}

}  // namespace

int main(int argc, char** argv) {
  const auto team = ttt::ThreadTeam::create(1);
  const auto limits = ttt::measure_limits(**team, ttt::kernels::detected_isa());
  read_limit = limits->read_bytes_per_s;
  fma_limit = limits->flop_per_s;
  std::printf("limits of one thread: read %.1f GB/s, fma %.1f GFLOP/s\n", read_limit / 1e9, fma_limit / 1e9);
  register_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

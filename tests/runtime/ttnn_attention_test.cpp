// Attention in a Tensix core's numbers against softmax(q k^T scale) v in double: windows, soft caps, wide heads, contexts of many
// chunks and pages; the same bits on every level and however the work is shared.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include <ttt/kernels/ttnn/attention_ops.hpp>
#include <ttt/kernels/ttnn/tile_product_kernel.hpp>

#include "../catch.hpp"

using namespace ttt;
using namespace ttt::kernels;
namespace tt = ttt::kernels::ttnn;

namespace {

struct Case {
  const char* name;
  int heads, kv_heads, head_dim;
  int past, rows;
  int window;
  float softcap;
  DType kv;
};

/// One session's context in pages of 64 that lie in no order, and what is asked of it.
class Context {
 public:
  explicit Context(const Case& c) : case_(c) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    const auto numbers = [&](std::size_t count) {
      std::vector<float> out(count);
      for (float& x : out) x = tt::on_host(normal(random));
      return out;
    };
    const auto all = static_cast<std::size_t>(c.past + c.rows), width = static_cast<std::size_t>(c.head_dim);
    q_ = numbers(static_cast<std::size_t>(c.rows * c.heads) * width);
    k_ = numbers(all * static_cast<std::size_t>(c.kv_heads) * width);
    v_ = numbers(k_.size());
    const std::size_t pages = (all + page - 1) / page;
    for (std::size_t p = 0; p < pages; ++p) pages_.push_back(static_cast<std::int32_t>(pages - 1 - p));
    const std::int64_t head = tt::head_cache_bytes(c.head_dim, page, c.kv), stride = head * c.kv_heads;
    keys_.assign(pages * static_cast<std::size_t>(stride), '\x7f');
    values_ = keys_;
    cache_ = {keys_.data(), values_.data(), page, stride, stride, pages_.data()};
    for (std::int64_t at = 0; at < c.past + c.rows; ++at)
      for (std::int64_t h = 0; h < c.kv_heads; ++h) {
        const std::int64_t row = (at * c.kv_heads + h) * c.head_dim;
        tt::append_row(cache_.keys(at) + h * head, at % page, c.head_dim, c.kv, k_.data() + row);
        tt::append_row(cache_.values(at) + h * head, at % page, c.head_dim, c.kv, v_.data() + row);
      }
    for (int r = 0; r < c.rows; ++r) rows_.push_back({0, c.past + r, 0});
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] std::vector<float> attended(Isa isa, bool fp32_dst, int parts) const {
    const std::int64_t stride = catalog::attention_scratch_floats(case_.head_dim);
    std::vector<float> y(q_.size()), scratch(static_cast<std::size_t>(stride * parts));
    AttentionArgs a{};
    a.heads = case_.heads, a.kv_heads = case_.kv_heads, a.head_dim = case_.head_dim;
    a.rows = rows_.data(), a.row_count = case_.rows;
    a.q = q_.data(), a.y = y.data();
    a.caches = &cache_;
    a.scale = scale(), a.softcap = case_.softcap, a.window = case_.window;
    a.scratch = scratch.data(), a.scratch_stride = stride;
    a.kv_format = case_.kv;
    const DeviceMode mode{.isa = isa, .fp32_dst = fp32_dst};
    for (int p = 0; p < parts; ++p) tt::flash_attention(a, mode, {tt::row_kernels(isa), tt::tile_product_kernel(isa)}, {p, parts});
    return y;
  }
  [[nodiscard]] std::vector<double> exact() const {
    std::vector<double> y(q_.size());
    const int d = case_.head_dim, group = case_.heads / case_.kv_heads;
    for (int r = 0; r < case_.rows; ++r)
      for (int h = 0; h < case_.heads; ++h) {
        const float* const q = q_.data() + (r * case_.heads + h) * d;
        double* const out = y.data() + (r * case_.heads + h) * d;
        const int last = case_.past + r, first = case_.window > 0 ? std::max(0, last + 1 - case_.window) : 0;
        double sum = 0;
        for (int at = first; at <= last; ++at) {
          const std::int64_t row = (std::int64_t{at} * case_.kv_heads + h / group) * d;
          double score = 0;
          for (int i = 0; i < d; ++i) score += double{q[i]} * k_[static_cast<std::size_t>(row + i)];
          score *= double{scale()};
          if (case_.softcap > 0) score = case_.softcap * std::tanh(score / case_.softcap);
          const double weight = std::exp(score);
          sum += weight;
          for (int i = 0; i < d; ++i) out[i] += weight * v_[static_cast<std::size_t>(row + i)];
        }
        for (int i = 0; i < d; ++i) out[i] /= sum;
      }
    return y;
  }

 private:
  static constexpr std::int64_t page = 64;
  [[nodiscard]] float scale() const { return 1.f / std::sqrt(static_cast<float>(case_.head_dim)); }
  Case case_;
  std::vector<float> q_, k_, v_;
  std::vector<std::int32_t> pages_;
  std::vector<char> keys_, values_;
  KvView cache_{};
  std::vector<Row> rows_;
};

}  // namespace

TEST_CASE("attention is softmax over the positions that a row sees, whatever its heads, window, soft cap and chunks") {
  for (const Case& c : {Case{"a prompt", 4, 2, 64, 0, 70, 0, 0, DType::bf16}, Case{"a prompt's second chunk", 4, 2, 40, 70, 30, 0, 0, DType::bf16},
                        Case{"a window", 2, 2, 32, 100, 40, 19, 0, DType::bf16}, Case{"a window of many chunks", 2, 1, 32, 300, 20, 150, 0, DType::bf16},
                        Case{"a soft cap", 2, 2, 64, 10, 40, 0, 1.5f, DType::bf16}, Case{"heads wider than a stretch", 2, 1, 300, 5, 9, 0, 0, DType::bf16},
                        Case{"chunks of 256", 1, 1, 32, 2040, 20, 0, 0, DType::bf16}, Case{"a token", 6, 2, 64, 700, 1, 0, 0, DType::bf16},
                        Case{"a token in a window", 2, 1, 48, 700, 1, 300, 0, DType::bf16}, Case{"the first token", 2, 1, 16, 0, 1, 0, 0, DType::bf16},
                        Case{"queries beyond a tile of them", 16, 1, 32, 3, 20, 0, 0, DType::bf16},
                        Case{"bfloat8_b", 4, 2, 64, 100, 50, 0, 0, DType::bfloat8_b}, Case{"bfloat4_b", 4, 2, 64, 100, 50, 0, 0, DType::bfloat4_b}}) {
    const Context context(c);
    const std::vector<double> exact = context.exact();
    for (const bool fp32_dst : {true, false}) {
      const std::vector<float> wanted = context.attended(Isa::scalar, fp32_dst, 1);
      double squares = 0, errors = 0;
      for (std::size_t i = 0; i < exact.size(); ++i) {
        squares += exact[i] * exact[i];
        errors += (wanted[i] - exact[i]) * (wanted[i] - exact[i]);
      }
      const double error = std::sqrt(errors / squares);
      std::printf("%s, %s Dst: relative error %.2e\n", c.name, fp32_dst ? "fp32" : "bf16", error);
      INFO(c.name << ", fp32 Dst " << fp32_dst << ": relative error " << error);
      CHECK(error > 0);
      const double blocks = c.kv == DType::bfloat8_b ? 1.5e-2 : c.kv == DType::bfloat4_b ? 0.4 : 0;
      CHECK(error < (fp32_dst ? 1.2e-2 : 3e-2) + blocks);
      for (const Isa isa : all_isas)
        if (isa_supported(isa)) {
          INFO(name_of(isa));
          CHECK((context.attended(isa, fp32_dst, 1) == wanted && context.attended(isa, fp32_dst, 3) == wanted));
        }
    }
  }
}

TEST_CASE("activations on Dst are the functions they are named after") {
  std::vector<float> x;
  for (int i = -400; i <= 400; ++i) x.push_back(tt::on_host(static_cast<float>(i) * 0.02f));
  struct Function {
    const char* name;
    Activation activation;
    double (*exact)(double);
  };
  for (const Function& f : {Function{"silu", Activation::silu, [](double v) { return v / (1 + std::exp(-v)); }},
                            Function{"gelu", Activation::gelu, [](double v) { return 0.5 * v * std::erfc(-v / std::sqrt(2.)); }},
                            Function{"gelu_tanh", Activation::gelu_tanh,
                                     [](double v) { return 0.5 * v * (1 + std::tanh(std::sqrt(2 / 3.14159265358979) * (v + 0.044715 * v * v * v))); }},
                            Function{"quick_gelu", Activation::quick_gelu, [](double v) { return v / (1 + std::exp(-1.702 * v)); }},
                            Function{"relu", Activation::relu, [](double v) { return std::max(v, 0.); }},
                            Function{"relu2", Activation::relu2, [](double v) { return std::max(v, 0.) * std::max(v, 0.); }}})
    for (const bool fp32_dst : {true, false}) {
      std::vector<float> y = x;
      tt::activate(f.activation, y.data(), static_cast<std::int64_t>(y.size()), fp32_dst, tt::row_kernels(Isa::scalar));
      double worst = 0;
      for (std::size_t i = 0; i < x.size(); ++i)
        worst = std::max(worst, std::fabs(y[i] - f.exact(x[i])) / std::max(std::fabs(f.exact(x[i])), 1e-6));
      INFO(f.name << ", fp32 Dst " << fp32_dst << ": relative error " << worst);
      CHECK(worst < (fp32_dst ? 3e-6 : 0x1p-8));
    }
}

// A kernel of your own: attention with an online softmax, on one layer of a model. The model's mathematics stays, the plan
// reserves the kernel's scratch, and every other layer runs as before.
//
// It keeps one running maximum and one running sum for each query and goes over the keys once, `Keys` at a time (Milakov and
// Gimelshein, 2018, "Online normalizer calculation for softmax"; FlashAttention does the same in blocks). Change the number in
// `OnlineAttention<32>`, build, run: that is the whole loop of trying a kernel.
#include <ttt/everything.hpp>  // ttt.hpp, and check_kernel

#include <ttt/kernels/own_kernel.hpp>

#include <atomic>
#include <cmath>
#include <cstdio>

using namespace ttt;

template <int Keys>
struct OnlineAttention {
  static constexpr std::string_view name = "online_attention";
  static constexpr OpKind op = OpKind::attention;

  static constexpr bool supports(const OpShape& s) {
    return (s.kv == DType::fp16 || s.kv == DType::fp32) && s.head_dim <= 512;
  }
  /// Each part sums a head's values in fp32.
  static constexpr std::int64_t scratch_bytes(const OpShape& s, int parts) { return std::int64_t{4} * s.head_dim * parts; }
  static constexpr OpCost cost(const OpShape& s) {
    const double bytes = s.kv == DType::fp32 ? 4 : 2;
    return {4.0 * s.rows * s.heads * s.head_dim * s.keys, 2.0 * s.sessions * s.kv_heads * s.head_dim * s.keys * bytes};
  }
  static void run(const kernels::AttentionArgs& a, kernels::Part part) noexcept {
    ++calls;
    a.kv_format == DType::fp32 ? run_on<DType::fp32>(a, part) : run_on<DType::fp16>(a, part);
  }
  inline static std::atomic<int> calls = 0;

 private:
  template <DType KV>
  static void run_on(const kernels::AttentionArgs& a, kernels::Part part) noexcept {
    using Cache = kernels::reference::Cache<KV>;
    float* const sum = a.scratch + part.index * a.scratch_stride;
    const kernels::Range mine = kernels::share(std::int64_t{a.row_count} * a.heads, part);  // (row, head) pairs
    for (std::int64_t i = mine.begin; i < mine.end; ++i) {
      const kernels::Row row = a.rows[i / a.heads];
      const kernels::KvView& cache = a.caches[row.session];
      const std::int64_t kv_head = i % a.heads / (a.heads / a.kv_heads);
      const float* q = a.q + i * a.head_dim;
      const int end = row.position + 1, first = a.window > 0 && end > a.window ? end - a.window : 0;
      float most = -INFINITY, total = 0;
      for (int d = 0; d < a.head_dim; ++d) sum[d] = 0;
      for (int block = first; block < end; block += Keys) {
        const int count = end - block < Keys ? end - block : Keys;
        float score[Keys], before = most;
        for (int p = 0; p < count; ++p) {
          float dot = 0;
          for (int d = 0; d < a.head_dim; ++d) dot += q[d] * Cache::k(cache, a.head_dim, kv_head, block + p, d);
          score[p] = a.softcap > 0 ? a.softcap * std::tanh(dot * a.scale / a.softcap) : dot * a.scale;
          most = std::fmax(most, score[p]);
        }
        const float shrink = std::exp(before - most);  // 0 in the first block
        total *= shrink;
        for (int d = 0; d < a.head_dim; ++d) sum[d] *= shrink;
        for (int p = 0; p < count; ++p) {
          const float weight = std::exp(score[p] - most);
          total += weight;
          for (int d = 0; d < a.head_dim; ++d) sum[d] += weight * Cache::v(cache, a.head_dim, kv_head, block + p, d);
        }
      }
      for (int d = 0; d < a.head_dim; ++d) a.y[i * a.head_dim + d] = sum[d] / total;
    }
  }
};

constexpr int hidden = 48, vocab = 97, layers = 4, positions = 40;
constexpr auto model = Repeat<layers, TransformerLayer<hidden, Attention<6, 2, 8>, SwiGlu<96>>>
                       >> RmsNorm<hidden>
                       >> Linear<hidden, vocab>;
using Mine = OnlineAttention<32>;
constexpr auto tuned = tune<"layers.2.attention", Policy<Use<Mine>>>(model);
static_assert(accepts<tuned, cpu>);

/// Numbers in [-scale, scale] around `middle`.
Tensor numbers(std::vector<std::int64_t> shape, float scale, float middle = 0) {
  static std::uint32_t state = 1;
  std::int64_t count = 1;
  for (const std::int64_t n : shape) count *= n;
  Tensor t{std::move(shape), std::vector<float>(static_cast<std::size_t>(count))};
  for (float& x : t.data) {
    state = state * 1664525U + 1013904223U;
    x = (static_cast<float>(state >> 8) / 8388608.0F - 1.0F) * scale + middle;
  }
  return t;
}

int main(int argc, char**) {
  // With any argument: against the scalar reference, the kernel it replaces and the machine's limits, in a table.
  if (argc > 1) return check_kernel<Mine>().ok() ? 0 : 1;

  TensorMap weights;
  for (const TensorSpec& t : tensors_of(view_of<type_of<model>>()))
    weights[t.path] = is_matrix(t.role) ? numbers({t.rows, t.columns}, 0.25F) : numbers({t.columns}, 0.3F, 1);
  LoadOptions one = exact_options(), two = exact_options();
  one.threads = 1;
  two.threads = 2;

  const auto before = ttt::make<model, cpu>(weights, one);
  const auto after = ttt::make<tuned, cpu>(weights, one);
  const auto after_two = ttt::make<tuned, cpu>(weights, two);
  for (const auto* made : {&before, &after, &after_two})
    if (!*made) {
      std::fprintf(stderr, "%s\n", made->error().text().c_str());
      return 1;
    }
  const Tensor x = numbers({positions, hidden}, 1);
  const auto wanted = (*before)(x);
  const int calls_before = Mine::calls;
  const auto got = (*after)(x);
  const int calls = Mine::calls - calls_before;
  const auto got_two = (*after_two)(x);
  if (!wanted || !got || !got_two) return 1;

  float worst = 0;
  for (std::size_t i = 0; i < got->data.size(); ++i) worst = std::fmax(worst, std::fabs(wanted->data[i] - got->data[i]));
  const bool same = got->data == got_two->data;
  std::printf("%s ran %d time in a step of %d layers; logits differ by at most %.1e; %s bits with two threads\n",
              Mine::name.data(), calls, layers, static_cast<double>(worst), same ? "the same" : "other");
  return calls_before == 0 && calls == 1 && worst < 1e-4F && same ? 0 : 1;
}

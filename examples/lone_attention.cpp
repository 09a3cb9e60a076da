// A module used alone, on tensors: grouped-query attention with rotary positions and a causal mask.
#include <ttt/module.hpp>

#include <cmath>
#include <cstdio>

using namespace ttt;

constexpr int hidden = 32, heads = 4, kv_heads = 2, head_dim = 8, rows = 6;

Tensor tensor(std::int64_t r, std::int64_t c, float scale) {
  Tensor t{{r, c}, std::vector<float>(static_cast<std::size_t>(r * c))};
  for (std::size_t i = 0; i < t.data.size(); ++i) t.data[i] = scale * static_cast<float>(static_cast<int>(i * 29 % 23) - 11);
  return t;
}

int main() {
  const TensorMap weights{{"attention.q.weight", tensor(heads * head_dim, hidden, 0.02F)},
                          {"attention.k.weight", tensor(kv_heads * head_dim, hidden, 0.03F)},
                          {"attention.v.weight", tensor(kv_heads * head_dim, hidden, 0.04F)},
                          {"attention.o.weight", tensor(hidden, heads * head_dim, 0.05F)}};
  auto attention = ttt::make<Attention<heads, kv_heads, head_dim>, cpu>(weights);
  if (!attention) {
    std::fprintf(stderr, "%s\n", attention.error().text().c_str());
    return 1;
  }
  const Tensor x = tensor(rows, hidden, 0.1F);  // six positions of one sequence
  const auto y = (*attention)(x);
  if (!y) {
    std::fprintf(stderr, "%s\n", y.error().text().c_str());
    return 1;
  }

  // The same by plain loops.
  auto product = [](const Tensor& w, const float* in, int out) {
    float sum = 0;
    for (int i = 0; i < static_cast<int>(w.shape[1]); ++i) sum += w.data[static_cast<std::size_t>(out * w.shape[1] + i)] * in[i];
    return sum;
  };
  auto head_of = [&](const char* name, int row, int head, bool turn, float* out) {
    for (int i = 0; i < head_dim; ++i) out[i] = product(weights.at(name), &x.data[static_cast<std::size_t>(row * hidden)], head * head_dim + i);
    for (int i = 0; turn && i < head_dim / 2; ++i) {
      const float angle = static_cast<float>(row) * std::pow(10000.0F, -2.0F * static_cast<float>(i) / head_dim);
      const float a = out[i], b = out[i + head_dim / 2];
      out[i] = a * std::cos(angle) - b * std::sin(angle);
      out[i + head_dim / 2] = b * std::cos(angle) + a * std::sin(angle);
    }
  };
  float worst = 0;
  for (int r = 0; r < rows; ++r) {
    float mixed[heads * head_dim] = {};
    for (int h = 0; h < heads; ++h) {
      float q[head_dim], k[head_dim], v[head_dim], p[rows], sum = 0;
      head_of("attention.q.weight", r, h, true, q);
      for (int s = 0; s <= r; ++s) {
        head_of("attention.k.weight", s, h * kv_heads / heads, true, k);
        float score = 0;
        for (int i = 0; i < head_dim; ++i) score += q[i] * k[i];
        sum += p[s] = std::exp(score / std::sqrt(static_cast<float>(head_dim)));
      }
      for (int s = 0; s <= r; ++s) {
        head_of("attention.v.weight", s, h * kv_heads / heads, false, v);
        for (int i = 0; i < head_dim; ++i) mixed[h * head_dim + i] += p[s] / sum * v[i];
      }
    }
    for (int o = 0; o < hidden; ++o)
      worst = std::fmax(worst, std::fabs(product(weights.at("attention.o.weight"), mixed, o) -
                                         y->data[static_cast<std::size_t>(r * hidden + o)]));
  }
  std::printf("%d positions, %d heads over %d kv heads; worst difference from plain loops: %.1e\n", rows, heads,
              kv_heads, worst);
  return worst < 1e-5F ? 0 : 1;
}

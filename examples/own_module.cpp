// A module of your own in a model: a gate that lets each number through as far as a learned vector says,
// y = x * sigmoid(g) + b. The library is not edited; shapes, plan, memory and weights include it.
#include <ttt/module.hpp>

#include <cmath>
#include <cstdio>
#include <numeric>

using namespace ttt;

template <int Width>
struct Gate : types::Module<> {
  static constexpr std::string_view type = "gate";
  static constexpr int in = Width, out = Width;
  static constexpr std::array weights{WeightShape{"openness", 1, Width}, WeightShape{"bias", 1, Width}};

  static void reference(const OwnModuleArgs& a) {
    const float* const openness = a.weights[0];
    const float* const bias = a.weights[1];
    for (int r = 0; r < a.rows; ++r)
      for (int i = 0; i < Width; ++i)
        a.y[r * Width + i] = a.x[r * Width + i] / (1 + std::exp(-openness[i])) + bias[i];
  }
};

constexpr auto model = Linear<4, 6> >> Gate<6>{} >> RmsNorm<6> >> Linear<6, 2, Bias>;

// It is checked like any other module:
static_assert(accepts<model, cpu>);
static_assert(plan_ops<model, cpu>.size() == 3, "Linear, gate, and the norm fused into the last Linear");

Tensor tensor(std::vector<std::int64_t> shape, float first, float step) {
  Tensor t{shape, std::vector<float>(static_cast<std::size_t>(
                      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>())))};
  for (std::size_t i = 0; i < t.data.size(); ++i) t.data[i] = first + step * static_cast<float>(i % 7);
  return t;
}

int main() {
  const TensorMap weights{
      {"head.weight", tensor({6, 4}, -0.3F, 0.2F)},  {"gate.openness", tensor({6}, -2, 0.7F)},
      {"gate.bias", tensor({6}, 0.1F, -0.05F)},      {"norm.weight", tensor({6}, 0.5F, 0.25F)},
      {"head_2.weight", tensor({2, 6}, 0.4F, -0.1F)}, {"head_2.bias", tensor({2}, 1, 1)}};
  auto module = ttt::make<model, cpu>(weights);
  if (!module) {
    std::fprintf(stderr, "%s\n", module.error().text().c_str());
    return 1;
  }
  const Tensor x = tensor({3, 4}, -1, 0.3F);
  auto y = (*module)(x);
  if (!y) {
    std::fprintf(stderr, "%s\n", y.error().text().c_str());
    return 1;
  }

  // The same by plain loops.
  float worst = 0;
  for (std::size_t r = 0; r < 3; ++r) {
    float h[6];
    float squares = 0;
    for (std::size_t o = 0; o < 6; ++o) {
      float sum = 0;
      for (std::size_t i = 0; i < 4; ++i) sum += x.data[r * 4 + i] * weights.at("head.weight").data[o * 4 + i];
      h[o] = sum / (1 + std::exp(-weights.at("gate.openness").data[o])) + weights.at("gate.bias").data[o];
      squares += h[o] * h[o];
    }
    for (std::size_t o = 0; o < 2; ++o) {
      float sum = weights.at("head_2.bias").data[o];
      for (std::size_t i = 0; i < 6; ++i)
        sum += h[i] / std::sqrt(squares / 6 + 1e-5F) * weights.at("norm.weight").data[i] *
               weights.at("head_2.weight").data[o * 6 + i];
      std::printf("%9.5f", y->data[r * 2 + o]);
      worst = std::fmax(worst, std::fabs(sum - y->data[r * 2 + o]));
    }
    std::puts("");
  }
  std::printf("worst difference from plain loops: %.1e\n", worst);
  return worst < 1e-5F ? 0 : 1;
}

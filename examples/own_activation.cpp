// An activation of your own, fused like the built-in ones: the feed-forward network below plans the same ops and the
// same bytes as SwiGlu, and runs on the fastest kernels the processor has.
#include <ttt/module.hpp>

#include <ttt/kernels/own_activation.hpp>  // composes the kernels when ttt is linked; header-only has it already

#include <cmath>
#include <cstdio>

using namespace ttt;

struct Softsign {
  static constexpr std::string_view name = "softsign";
  float operator()(float x) const { return x / (1 + std::fabs(x)); }
};

constexpr int hidden = 24, width = 40, positions = 5;
constexpr auto own = TransformerLayer<hidden, Attention<4, 2, 6>, GatedMlp<width, Softsign{}>>;
constexpr auto built_in = TransformerLayer<hidden, Attention<4, 2, 6>, SwiGlu<width>>;

static_assert(accepts<own, cpu>);
static_assert(plan_ops<own, cpu>.size() == plan_ops<built_in, cpu>.size(), "as many fused ops");
static_assert(totals<own, cpu>.arena == totals<built_in, cpu>.arena, "as much memory for activations");
static_assert(totals<own, cpu>.peak == totals<built_in, cpu>.peak);

Tensor tensor(std::int64_t r, std::int64_t c, float scale) {
  Tensor t{{r, c}, std::vector<float>(static_cast<std::size_t>(r * c))};
  for (std::size_t i = 0; i < t.data.size(); ++i) t.data[i] = scale * static_cast<float>(static_cast<int>(i * 37 % 19) - 9);
  return t;
}

int main() {
  const TensorMap weights{{"mlp.gate.weight", tensor(width, hidden, 0.05F)},
                          {"mlp.up.weight", tensor(width, hidden, 0.03F)},
                          {"mlp.down.weight", tensor(hidden, width, 0.04F)}};
  auto mlp = ttt::make<GatedMlp<width, Softsign{}>, cpu>(weights);
  if (!mlp) {
    std::fprintf(stderr, "%s\n", mlp.error().text().c_str());
    return 1;
  }
  const Tensor x = tensor(positions, hidden, 0.1F);
  const auto y = (*mlp)(x);
  if (!y) {
    std::fprintf(stderr, "%s\n", y.error().text().c_str());
    return 1;
  }

  // The same by plain loops.
  auto product = [](const Tensor& w, const float* in, std::size_t out, std::size_t n) {
    float sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += w.data[out * n + i] * in[i];
    return sum;
  };
  float worst = 0;
  for (std::size_t r = 0; r < positions; ++r) {
    float h[width];
    for (std::size_t o = 0; o < width; ++o)
      h[o] = Softsign{}(product(weights.at("mlp.gate.weight"), &x.data[r * hidden], o, hidden)) *
             product(weights.at("mlp.up.weight"), &x.data[r * hidden], o, hidden);
    for (std::size_t o = 0; o < hidden; ++o)
      worst = std::fmax(worst,
                        std::fabs(product(weights.at("mlp.down.weight"), h, o, width) - y->data[r * hidden + o]));
  }
  std::printf("%d positions through softsign; worst difference from plain loops: %.1e\n", positions, worst);
  return worst < 1e-5F ? 0 : 1;
}

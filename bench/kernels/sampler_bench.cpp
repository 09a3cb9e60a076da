// What choosing a token costs: every filter and some of them together, over vocabularies of Llama-3 and of smaller
// models, for flat logits (an untrained model, a high temperature) and peaked ones (a trained model's). The budget is
// 1 % of a token: 250 us for Llama-3.2-1B in 4 bits (128256 logits), 25 us for SmolLM2-135M in 4 bits (49152), 8 us for
// stories15M (32000), on a machine that reads 30 GB/s. Before each sample the logits are written anew, as the head
// does, outside of the time.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <ttt/runtime/sampler.hpp>

namespace {

using ttt::Sampler;
using ttt::SamplingParams;

struct Shape {
  const char* name;
  float spread;  ///< standard deviation of the logits
  int peaks;     ///< tokens raised above the rest, one unit apart from each other
};
constexpr Shape flat{"flat", 0.5F, 0};
constexpr Shape peaked{"peaked", 2.5F, 12};

std::vector<float> logits_of(const Shape& shape, int vocab) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, shape.spread);
  std::vector<float> out(static_cast<std::size_t>(vocab));
  for (float& x : out) x = normal(random);
  for (int p = 0; p < shape.peaks; ++p)
    out[random() % static_cast<unsigned>(vocab)] = 9 * shape.spread - static_cast<float>(p);
  return out;
}

void sample(benchmark::State& state, const SamplingParams& params, const Shape& shape, int vocab) {
  const std::vector<float> made = logits_of(shape, vocab);
  std::vector<float> logits = made;
  const std::vector<std::int32_t> history = [&] {
    std::vector<std::int32_t> ids(1000);
    std::mt19937 random(3);
    for (std::int32_t& id : ids) id = static_cast<std::int32_t>(random() % static_cast<unsigned>(vocab));
    return ids;
  }();
  auto sampler = Sampler::create(params, vocab);
  if (!sampler) return state.SkipWithError(sampler.error().issue.c_str());
  for (auto _ : state) {
    auto id = sampler->sample(logits, history);
    if (!id) return state.SkipWithError(id.error().issue.c_str());
    benchmark::DoNotOptimize(*id);
  }
}

struct Case {
  const char* name;
  SamplingParams params;
};
const Case cases[] = {
    {"greedy", {}},
    {"greedy+penalty", {.repetition_penalty = 1.1F}},
    {"temperature", {.temperature = 0.8F}},
    {"top_k=1", {.temperature = 0.8F, .top_k = 1}},
    {"top_k=50", {.temperature = 0.8F, .top_k = 50}},
    {"top_k=1000", {.temperature = 0.8F, .top_k = 1000}},
    {"top_p=0.5", {.temperature = 0.8F, .top_p = 0.5F}},
    {"top_p=0.95", {.temperature = 0.8F, .top_p = 0.95F}},
    {"min_p=0.001", {.temperature = 0.8F, .min_p = 0.001F}},
    {"min_p=0.05", {.temperature = 0.8F, .min_p = 0.05F}},
    {"top_k+top_p", {.temperature = 0.8F, .top_k = 50, .top_p = 0.95F}},
    {"top_p+min_p", {.temperature = 0.8F, .top_p = 0.95F, .min_p = 0.05F}},
    {"all", {.temperature = 0.8F, .top_k = 50, .top_p = 0.95F, .min_p = 0.02F, .repetition_penalty = 1.1F}},
    {"penalty+top_p", {.temperature = 0.8F, .top_p = 0.95F, .repetition_penalty = 1.1F}},
};

}  // namespace

int main(int argc, char** argv) {
  for (const int vocab : {128256, 49152, 32000})
    for (const Shape& shape : {flat, peaked})
      for (const Case& c : cases)
        benchmark::RegisterBenchmark((std::to_string(vocab) + "/" + shape.name + "/" + c.name).c_str(),
                                     [&c, shape, vocab](benchmark::State& s) { sample(s, c.params, shape, vocab); })
            ->Unit(benchmark::kMicrosecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}

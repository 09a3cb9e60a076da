#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <ttt/kernels/isa.hpp>
#include <ttt/runtime/sampler.hpp>
#include "../catch.hpp"

namespace {

using ttt::Sampler;
using ttt::SamplingParams;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

Sampler make(const SamplingParams& params, std::size_t vocab) {
  auto sampler = Sampler::create(params, static_cast<int>(vocab));
  REQUIRE(sampler);
  return std::move(*sampler);
}

std::string anchor(const ttt::Error& error) { return error.link.substr(error.link.find('#') + 1); }

std::vector<float> random_logits(std::size_t n, float spread, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> out(n);
  for (float& x : out) x = normal(random);
  return out;
}

/// transformers' processors, written down plainly: whole sorts, doubles, std::exp. Returns the probability of
/// each token.
std::vector<double> probabilities(const SamplingParams& params, const std::vector<float>& logits,
                                  const std::vector<std::int32_t>& history) {
  const std::size_t n = logits.size();
  std::vector<double> score(logits.begin(), logits.end());
  for (const std::int32_t id : history) {
    const float x = logits[static_cast<std::size_t>(id)];
    score[static_cast<std::size_t>(id)] =
        static_cast<double>(x < 0 ? x * params.repetition_penalty : x / params.repetition_penalty);
  }
  for (double& s : score) s /= static_cast<double>(params.temperature);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return score[a] > score[b]; });
  const double top = score[order[0]];
  const auto drop = [&](std::size_t id) { score[id] = -std::numeric_limits<double>::infinity(); };
  if (params.top_k > 0 && static_cast<std::size_t>(params.top_k) < n) {
    const double least = score[order[static_cast<std::size_t>(params.top_k) - 1]];
    for (std::size_t i = 0; i < n; ++i)
      if (score[i] < least) drop(i);
  }
  const auto softmax = [&] {
    std::vector<double> p(n);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += p[i] = std::exp(score[i] - top);
    for (double& x : p) x /= sum;
    return p;
  };
  if (params.top_p < 1) {
    const auto p = softmax();
    double before = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (i > 0 && before >= static_cast<double>(params.top_p)) drop(order[i]);
      before += p[order[i]];
    }
  }
  if (params.min_p > 0) {
    const auto p = softmax();
    for (std::size_t i = 0; i < n; ++i)
      if (p[i] < static_cast<double>(params.min_p) * p[order[0]] * (1 - 1e-9)) drop(i);
  }
  return softmax();
}

std::int32_t draw(const std::vector<double>& p, double u) {
  std::int32_t last = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] == 0) continue;
    last = static_cast<std::int32_t>(i);
    if (u < p[i]) break;
    u -= p[i];
  }
  return last;
}

}  // namespace

TEST_CASE("greedy takes the highest logit, of equal ones the lowest id", "[sampler]") {
  for (const std::size_t n : {1, 2, 3, 15, 16, 17, 1023, 1024, 1025, 5000}) {
    Sampler sampler = make({}, n);
    auto logits = random_logits(n, 1, static_cast<unsigned>(n));
    for (const std::size_t at : {std::size_t{0}, n / 2, n - 1}) {
      auto x = logits;
      x[at] = 100;
      x[n - 1] = 100;
      CAPTURE(n, at);
      CHECK(*sampler.sample(x, {}) == static_cast<std::int32_t>(at));
    }
    std::fill(logits.begin(), logits.end(), -3.0F);
    CHECK(*sampler.sample(logits, {}) == 0);
    logits.back() = -infinity;
    if (n > 1) CHECK(*sampler.sample(logits, {}) == 0);
  }
}

TEST_CASE("every filter agrees with a plain sort over the same random numbers", "[sampler]") {
  const std::vector<std::int32_t> history{5, 17, 5, 300, 42};
  int cases = 0;
  for (const std::size_t vocab : {64, 1000, 4099}) {
    for (const float spread : {0.1F, 2.0F, 8.0F}) {
      auto logits = random_logits(vocab, spread, static_cast<unsigned>(vocab));
      logits[3] = logits[7] = logits[11] = -infinity;
      logits[vocab - 1] = logits[vocab - 2] = *std::max_element(logits.begin(), logits.end());
      for (const SamplingParams& p : {
               SamplingParams{.temperature = 1},
               SamplingParams{.temperature = 0.3F},
               SamplingParams{.temperature = 2.5F},
               SamplingParams{.temperature = 1, .top_k = 1},
               SamplingParams{.temperature = 1, .top_k = 40},
               SamplingParams{.temperature = 1, .top_k = 900},
               SamplingParams{.temperature = 1, .top_p = 0.9F},
               SamplingParams{.temperature = 1, .top_p = 0.3F},
               SamplingParams{.temperature = 1, .top_p = 0},
               SamplingParams{.temperature = 1.5F, .top_p = 0.999F},
               SamplingParams{.temperature = 1, .min_p = 0.05F},
               SamplingParams{.temperature = 1, .min_p = 1},
               SamplingParams{.temperature = 0.8F, .top_k = 50, .top_p = 0.9F, .min_p = 0.02F},
               SamplingParams{.temperature = 0.8F, .top_k = 50, .top_p = 0.95F, .repetition_penalty = 1.3F},
               SamplingParams{.temperature = 1, .repetition_penalty = 0.7F},
           }) {
        auto params = p;
        params.seed = static_cast<std::uint64_t>(cases);
        std::vector<std::int32_t> seen;
        for (const std::int32_t id : history) seen.push_back(id % static_cast<std::int32_t>(vocab));
        const auto reference =
            probabilities(params, logits, params.repetition_penalty == 1 ? decltype(seen){} : seen);
        Sampler sampler = make(params, vocab);
        ttt::CounterRandom random(params.seed);
        int differ = 0;
        for (int i = 0; i < 200; ++i) {
          const auto id = sampler.sample(logits, seen);
          REQUIRE(id);
          differ += *id != draw(reference, random.next());
          CHECK(reference[static_cast<std::size_t>(*id)] > 0);  // nothing filtered is ever chosen
        }
        CAPTURE(vocab, spread, p.temperature, p.top_k, p.top_p, p.min_p, p.repetition_penalty, differ);
        CHECK(differ <= 1);  // sums are rounded differently, so a draw at the very edge may fall beside
        ++cases;
      }
    }
  }
}

TEST_CASE("over a large vocabulary filters agree with a plain sort, whatever the logits look like", "[sampler]") {
  constexpr std::size_t vocab = 20'011;
  const float most = std::numeric_limits<float>::max();
  struct Shape {
    const char* name;
    std::vector<float> logits;
  };
  std::vector<Shape> shapes{{"nearly flat", random_logits(vocab, 0.02F, 1)},
                            {"like an untrained model's", random_logits(vocab, 0.5F, 2)},
                            {"like a trained model's", random_logits(vocab, 2.5F, 3)},
                            {"mostly masked", std::vector<float>(vocab, -infinity)},
                            {"far outliers", random_logits(vocab, 0.3F, 4)},
                            {"few values, many times each", random_logits(vocab, 1, 5)},
                            {"all equal", std::vector<float>(vocab, -2.5F)}};
  for (int p = 0; p < 12; ++p) shapes[2].logits[static_cast<std::size_t>(1500 * p)] = 22.0F - static_cast<float>(p);
  for (std::size_t i = 0; i < vocab; i += 50) shapes[3].logits[i] = shapes[1].logits[i];
  for (std::size_t i = 0; i < vocab; i += 3) shapes[4].logits[i] = i % 2 == 0 ? -most : -1e30F;
  for (float& x : shapes[5].logits) x = std::round(x);
  for (const Shape& shape : shapes) {
    for (const SamplingParams& params : {
             SamplingParams{.temperature = 0.8F},
             SamplingParams{.temperature = 0.8F, .top_k = 1},
             SamplingParams{.temperature = 0.8F, .top_k = 40},
             SamplingParams{.temperature = 0.8F, .top_k = 700},
             SamplingParams{.temperature = 0.8F, .top_k = 15'000},
             SamplingParams{.temperature = 0.8F, .top_p = 0.5F},
             SamplingParams{.temperature = 100, .top_p = 0.5F},
             SamplingParams{.temperature = 0.8F, .top_p = 0.95F},
             SamplingParams{.temperature = 0.01F, .top_p = 0.9999999F},
             SamplingParams{.temperature = 0.8F, .top_k = 40, .top_p = 0.9F},
             SamplingParams{.temperature = 0.8F, .top_k = 9'000, .top_p = 0.9F},
             SamplingParams{.temperature = 0.8F, .min_p = 0.05F},
             SamplingParams{.temperature = 0.8F, .top_p = 0.9F, .min_p = 0.2F},
         }) {
      const auto reference = probabilities(params, shape.logits, {});
      Sampler sampler = make(params, vocab);
      ttt::CounterRandom random(0);
      int differ = 0, never = 0;
      for (int i = 0; i < 100; ++i) {
        const auto id = sampler.sample(shape.logits, {});
        REQUIRE(id);
        differ += *id != draw(reference, random.next());
        never += reference[static_cast<std::size_t>(*id)] == 0;
      }
      CAPTURE(shape.name, params.temperature, params.top_k, params.top_p, params.min_p, differ, never);
      CHECK(differ <= 2);  // sums are rounded differently: among 20,000 tokens a draw may fall beside its neighbour
      CHECK(never <= 1);   // and top-p's last token may be one further
    }
  }
}

TEST_CASE("a seed gives the same tokens at every level of the processor", "[sampler]") {
  const char* const before = std::getenv("TTT_ISA");
  const std::string saved = before != nullptr ? before : "";
  std::vector<std::vector<std::int32_t>> drawn;
  for (const ttt::kernels::Isa isa : ttt::kernels::all_isas) {
    if (!ttt::kernels::isa_supported(isa)) continue;
    setenv("TTT_ISA", std::string(name_of(isa)).c_str(), 1);
    std::vector<std::int32_t>& ids = drawn.emplace_back();
    for (const std::size_t vocab : {33, 1500, 50'000}) {
      const auto logits = random_logits(vocab, 2, 11);
      for (const SamplingParams& params :
           {SamplingParams{.temperature = 1, .seed = 5}, SamplingParams{.temperature = 0.7F, .top_k = 30, .seed = 6},
            SamplingParams{.temperature = 1.3F, .top_p = 0.9F, .repetition_penalty = 1.2F, .seed = 7},
            SamplingParams{.temperature = 2, .min_p = 0.1F, .seed = 8}}) {
        Sampler sampler = make(params, vocab);
        for (int i = 0; i < 200; ++i) ids.push_back(*sampler.sample(logits, std::vector<std::int32_t>{1, 2, 3}));
      }
    }
  }
  if (before != nullptr) {
    setenv("TTT_ISA", saved.c_str(), 1);
  } else {
    unsetenv("TTT_ISA");
  }
  for (std::size_t i = 1; i < drawn.size(); ++i) {
    CAPTURE(i);
    CHECK(drawn[i] == drawn[0]);
  }
}

TEST_CASE("draws follow the distribution (chi-square over seeds)", "[sampler]") {
  const std::vector<float> logits{0, 1, 2, -1, 0.5F, -infinity, 1.5F};
  const SamplingParams base{.temperature = 1.2F};
  const auto expected = probabilities(base, logits, {});
  constexpr int draws = 20'000;
  for (const bool one_seed : {true, false}) {
    std::vector<int> counts(logits.size());
    Sampler sampler = make(base, logits.size());
    for (int i = 0; i < draws; ++i) {
      if (!one_seed) sampler.reseed(static_cast<std::uint64_t>(i));  // neighbouring seeds must not be related
      ++counts[static_cast<std::size_t>(*sampler.sample(logits, {}))];
    }
    double chi_square = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double want = expected[i] * draws;
      if (want > 0) chi_square += (counts[i] - want) * (counts[i] - want) / want;
    }
    CAPTURE(one_seed, chi_square);
    CHECK(counts[5] == 0);
    CHECK(chi_square < 20.5);  // 5 degrees of freedom: exceeded by chance once in 1000
  }
}

TEST_CASE("equal seeds give equal tokens, and the random numbers never change", "[sampler]") {
  const auto logits = random_logits(500, 2, 1);
  const SamplingParams params{.temperature = 1, .top_k = 100, .seed = 77};
  Sampler a = make(params, 500);
  Sampler b = make(params, 500);
  std::vector<std::int32_t> first, second, third;
  for (int i = 0; i < 50; ++i) {
    first.push_back(*a.sample(logits, {}));
    second.push_back(*b.sample(logits, {}));
  }
  a.reseed(77);
  for (int i = 0; i < 50; ++i) third.push_back(*a.sample(logits, {}));
  CHECK(first == second);
  CHECK(first == third);
  CHECK(std::count(first.begin(), first.end(), first[0]) < 50);
  ttt::CounterRandom zero(0);
  CHECK(zero.next() == 0.6524484863740322);  // SplitMix64 in Python's integers
  CHECK(zero.next() == 0.7012121095215252);
}

TEST_CASE("top-k keeps tokens equal to the last one kept", "[sampler]") {
  std::vector<float> logits(2000, 1.0F);
  logits[7] = 2;
  Sampler sampler = make({.temperature = 1, .top_k = 3}, logits.size());
  std::vector<bool> seen(logits.size());
  for (int i = 0; i < 5000; ++i) seen[static_cast<std::size_t>(*sampler.sample(logits, {}))] = true;
  CHECK(std::count(seen.begin(), seen.end(), true) > 1000);
}

TEST_CASE("a penalty counts a token once, however often it was seen", "[sampler]") {
  std::vector<float> logits{4, 3, -1};
  Sampler sampler = make({.repetition_penalty = 2}, 3);
  CHECK(*sampler.sample(logits, std::vector<std::int32_t>{0}) == 1);        // 4 / 2 < 3
  CHECK(*sampler.sample(logits, std::vector<std::int32_t>{0, 0, 1}) == 0);  // 2, 1.5
  CHECK(*sampler.sample(logits, {}) == 0);
}

TEST_CASE("logits that are no numbers are an error, wherever they are", "[sampler]") {
  for (const std::size_t n : {1, 5, 1024, 3001}) {
    for (const SamplingParams& params : {SamplingParams{}, SamplingParams{.temperature = 1},
                                         SamplingParams{.temperature = 1, .top_k = 4, .top_p = 0.5F}}) {
      Sampler sampler = make(params, n);
      for (const float bad : {not_a_number, -not_a_number, infinity}) {
        for (const std::size_t at : {std::size_t{0}, n / 3, n - 1}) {
          auto logits = random_logits(n, 1, 9);
          logits[at] = bad;
          const auto id = sampler.sample(logits, {});
          REQUIRE_FALSE(id);
          CHECK(anchor(id.error()) == "logits_not_finite");
          CHECK(id.error().issue.find("logit " + std::to_string(at) + " ") == 0);
        }
      }
      const auto none = sampler.sample(std::vector<float>(n, -infinity), {});
      REQUIRE_FALSE(none);
      CHECK(anchor(none.error()) == "logits_not_finite");
    }
  }
}

TEST_CASE("extreme but finite logits and temperatures give a token", "[sampler]") {
  const float most = std::numeric_limits<float>::max();
  for (const float temperature : {1e-45F, 1e-38F, 1e-6F, 1.0F, 100.0F}) {
    for (const SamplingParams& p :
         {SamplingParams{.temperature = temperature},
          SamplingParams{.temperature = temperature, .top_k = 2, .top_p = 0.5F, .min_p = 0.1F},
          SamplingParams{.temperature = temperature, .top_p = 0.999999F}}) {
      for (const std::vector<float>& logits : {std::vector<float>{most, -most, 0},
                                               {-most, -most, -most},
                                               {1e-45F, 0, -0.0F},
                                               {-infinity, -infinity, 5}}) {
        Sampler sampler = make(p, logits.size());
        for (int i = 0; i < 20; ++i) {
          const auto id = sampler.sample(logits, {});
          REQUIRE(id);
          CHECK(*id >= 0);
          CHECK(logits[static_cast<std::size_t>(*id)] != -infinity);
        }
      }
    }
  }
}

TEST_CASE("parameters out of range are named with their range", "[sampler]") {
  const auto refused = [](const SamplingParams& params, const std::string& field) {
    const auto result = ttt::check(params);
    CAPTURE(field);
    REQUIRE_FALSE(result);
    CHECK(result.error().module == field);
    CHECK(anchor(result.error()) == "sampling_out_of_range");
    CHECK_FALSE(Sampler::create(params, 10));
  };
  for (const float bad : {-1.0F, 1e9F, not_a_number, infinity, -infinity}) {
    refused({.temperature = bad}, "temperature");
    refused({.top_p = bad}, "top_p");
    refused({.min_p = bad}, "min_p");
    refused({.repetition_penalty = bad}, "repetition_penalty");
  }
  refused({.repetition_penalty = 0}, "repetition_penalty");
  refused({.top_k = -1}, "top_k");
  CHECK(ttt::check(
      {.temperature = 100, .top_k = 2147483647, .top_p = 0, .min_p = 1, .repetition_penalty = 100}));
  CHECK_FALSE(Sampler::create({}, 0));
  Sampler sampler = make({.repetition_penalty = 2}, 4);
  const std::vector<float> logits(4, 1.0F);
  for (const std::int32_t id : {-1, 4}) {
    const auto result = sampler.sample(logits, std::vector<std::int32_t>{0, id});
    REQUIRE_FALSE(result);
    CHECK(anchor(result.error()) == "token_out_of_range");
  }
  CHECK(anchor(sampler.sample({}, {}).error()) == "logits_out_of_range");
  CHECK(anchor(sampler.sample(std::vector<float>(5), {}).error()) == "logits_out_of_range");
}

TEST_CASE("a large vocabulary is sampled without sorting it", "[sampler]") {
  const auto logits = random_logits(128'256, 3, 5);
  const struct {
    const char* name;
    SamplingParams params;
  } cases[] = {
      {"greedy", {}},
      {"temperature", {.temperature = 1}},
      {"top_k 50", {.temperature = 1, .top_k = 50}},
      {"top_p 0.9", {.temperature = 1, .top_p = 0.9F}},
      {"min_p 0.05", {.temperature = 1, .min_p = 0.05F}},
      {"all", {.temperature = 0.8F, .top_k = 50, .top_p = 0.9F, .min_p = 0.02F, .repetition_penalty = 1.1F}},
      {"flat top_p 0.9", {.temperature = 100, .top_p = 0.9F}}};
  const std::vector<std::int32_t> history(1000, 7);
  for (const auto& c : cases) {
    Sampler sampler = make(c.params, logits.size());
    double best = 1e9;
    for (int i = 0; i < 30; ++i) {
      const auto start = std::chrono::steady_clock::now();
      REQUIRE(sampler.sample(logits, history));
      best = std::min(
          best, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
    std::printf("%-16s %8.1f us\n", c.name, best);
    CHECK(best < 20'000);  // a hang or a sort of everything by mistake, not a race with the clock
  }
}

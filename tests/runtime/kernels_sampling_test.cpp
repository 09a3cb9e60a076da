// What samplers are made of: every level gives the scalar twin's bits, so that a seed gives the same tokens everywhere.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <ttt/kernels/table.hpp>

#include "../catch.hpp"

using namespace ttt;
using kernels::LogitMeasure;
using kernels::LogitScale;
using kernels::SamplingKernels;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Logits at an odd address.
std::vector<float> logits_of(int n, float spread, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> out(static_cast<std::size_t>(n) + 1);
  for (float& x : out) x = normal(random);
  for (std::size_t i = 3; i < out.size(); i += 97) out[i] = -infinity;
  for (std::size_t i = 5; i < out.size(); i += 31) out[i] = out[i / 2];  // equal ones
  return out;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// All that the functions give for one block, in numbers that are compared bit by bit.
struct Outcome {
  bool finite = false;
  std::vector<float> columns, weights;
  std::vector<std::int32_t> ids;
  std::vector<std::uint32_t> sums;
  std::vector<std::int32_t> counts;
};

Outcome outcome_of(const SamplingKernels& k, const float* x, int n, LogitScale scale) {
  Outcome out;
  const auto size = static_cast<std::size_t>(n);
  out.columns.assign(kernels::logit_lanes, 7);
  out.finite = k.highest(x, n, out.columns.data());
  const auto add = [&](LogitMeasure m) {
    out.counts.push_back(m.count);
    out.sums.push_back(std::bit_cast<std::uint32_t>(m.mass));
  };
  std::vector<float> weights(size);
  for (const float least : {-infinity, x[0], 0.5F, scale.top, infinity}) {
    add({0, k.weigh(x, n, scale, least, nullptr)});
    add({0, k.weigh(x, n, scale, least, weights.data())});
    out.weights.insert(out.weights.end(), weights.begin(), weights.end());
  }
  (void)k.weigh(x, n, scale, -infinity, weights.data());
  for (const float least : {-infinity, x[0], -1.0F, scale.top, infinity}) {
    add(k.measure(x, weights.data(), n, least));
    add(k.measure(x, nullptr, n, least));
    for (const float high : {-infinity, 0.0F, scale.top, infinity}) {
      std::vector<std::int32_t> ids(size + kernels::logit_lanes);
      for (const float* w : {static_cast<const float*>(nullptr), static_cast<const float*>(weights.data())}) {
        const LogitMeasure m = k.pick(x, w, n, least, high, 1000, ids.data());
        add(m);
        out.ids.insert(out.ids.end(), ids.begin(), ids.begin() + m.count);
      }
    }
  }
  return out;
}

}  // namespace

TEST_CASE("every level chooses among logits to the bit as the scalar twin does", "[kernels]") {
  const SamplingKernels& reference = kernels::kernel_table(kernels::Isa::scalar)->sampling;
  for (const kernels::Isa isa : kernels::all_isas) {
    if (!kernels::isa_supported(isa)) continue;
    const SamplingKernels& level = kernels::kernel_table(isa)->sampling;
    for (const int n : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 100, 513, 1023, 1024})
      for (const float spread : {0.01F, 1.0F, 30.0F})
        for (const float scale : {1e-3F, 1.0F, 1.4426950F, 40.0F}) {
          const std::vector<float> x = logits_of(n, spread, static_cast<unsigned>(n));
          const float top = *std::max_element(x.begin(), x.end());
          const LogitScale s{top, scale, top - 124 / scale};
          const Outcome got = outcome_of(level, x.data() + 1, n, s), want = outcome_of(reference, x.data() + 1, n, s);
          CAPTURE(name_of(isa), n, spread, scale);
          CHECK(got.finite);
          CHECK(same_bits(got.columns, want.columns));
          CHECK(same_bits(got.weights, want.weights));
          CHECK(got.ids == want.ids);
          CHECK(got.sums == want.sums);
          CHECK(got.counts == want.counts);
        }
  }
}

TEST_CASE("weights are powers of two within 3e-7, and 1 at the top", "[kernels]") {
  const SamplingKernels& reference = kernels::kernel_table(kernels::Isa::scalar)->sampling;
  std::vector<float> x(1024), w(1024);
  double worst = 0;
  for (int block = 0; block < 120; ++block) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = -static_cast<float>(block) - static_cast<float>(i) / 1024;
    (void)reference.weigh(x.data(), 1024, {0, 1, -125}, -infinity, w.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = std::exp2(static_cast<double>(x[i]));
      worst = std::max(worst, std::abs(static_cast<double>(w[i]) - exact) / exact);
    }
    if (block == 0) CHECK(w[0] == 1);
  }
  CAPTURE(worst);
  CHECK(worst < 3e-7);
  x.assign(1024, -126);
  CHECK(reference.weigh(x.data(), 1024, {0, 1, -125}, -infinity, w.data()) == 0);
}

TEST_CASE("a logit that is no number is seen wherever it stands", "[kernels]") {
  for (const kernels::Isa isa : kernels::all_isas) {
    if (!kernels::isa_supported(isa)) continue;
    const SamplingKernels& level = kernels::kernel_table(isa)->sampling;
    for (const int n : {1, 5, 16, 70, 1024})
      for (const float bad : {infinity, std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::quiet_NaN()})
        for (int at = 0; at < n; at += n < 100 ? 1 : 37) {
          std::vector<float> x(static_cast<std::size_t>(n), -1);
          float columns[kernels::logit_lanes];
          REQUIRE(level.highest(x.data(), n, columns));
          x[static_cast<std::size_t>(at)] = bad;
          CAPTURE(name_of(isa), n, at, bad);
          CHECK_FALSE(level.highest(x.data(), n, columns));
        }
  }
}

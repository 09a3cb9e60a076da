// Models spread over chips in emulation: sums over the chips in TTNN's order, every chip's share as if it were alone, and one
// chip's numbers within what the roundings between the chips explain.
#include <bit>
#include <cstdio>
#include <random>

#include <ttt/kernels/ttnn/collectives.hpp>
#include <ttt/kernels/ttnn/engine.hpp>
#include <ttt/policy/devices/ttnn.hpp>

#include "engine_fixture.hpp"
#include "model_distance.hpp"

using namespace ttt;
using namespace ttt::test;
namespace tt = ttt::kernels::ttnn;
using kernels::DeviceMode;

namespace {

constexpr auto spread = Embedding<512, 256> >> Repeat<2, TransformerLayer<256, Attention<8, 4, 32>, SwiGlu<512>>>
    >> RmsNorm<256> >> Linear<256, 512>;

LoadOptions on(const DeviceTraits& device, int threads = 2) {
  LoadOptions o;
  o.preset = Preset::accuracy;
  o.threads = threads;
  o.split_all = true;
  o.workload = {.context = 128, .chunk = 96, .logits_rows = 96};
  o.engine = &tt::tensix_engine();
  o.device = device;
  return o;
}

std::vector<float> some_numbers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> any(-1.F, 1.F);
  std::vector<float> out(count);
  for (float& x : out) x = tt::on_host(any(random));
  return out;
}
/// a + b in a bf16 Dst.
float plus(float a, float b) { return tt::element_sum(a, b, false); }

/// A matrix of random weights as the engine packs some of its columns.
struct Matrix {
  int n, k;
  std::vector<float> rows = some_numbers(static_cast<std::size_t>(n) * static_cast<std::size_t>(k), 7);

  [[nodiscard]] std::vector<std::byte> packed(int first, int count) const {
    const kernels::DeviceEngine& e = tt::tensix_engine();
    std::vector<float> part;
    for (int r = 0; r < n; ++r)
      for (int i = 0; i < count; ++i) part.push_back(rows[static_cast<std::size_t>(r * k + first + i)]);
    std::vector<std::byte> out(static_cast<std::size_t>((n + 31) / 32 * e.panel_bytes(count, DType::bfloat8_b)));
    e.pack_rows(DType::bfloat8_b, DType::fp32, part.data(), 0, n, count, out.data(), {});
    return out;
  }
};

/// x w of some inputs, or y += x w over chips.
std::vector<float> product(const Matrix& w, int first, int count, const std::vector<float>& x, int rows, DeviceMode mode,
                           std::vector<float> y, bool residual) {
  const std::vector<std::byte> weights = w.packed(first, count);
  std::vector<float> scratch(static_cast<std::size_t>(catalog::matmul_scratch_floats(count, rows)));
  kernels::MatmulArgs a{};
  a.x = x.data() + first;
  a.ldx = w.k;
  a.row_count = rows;
  a.w = {weights.data(), nullptr, w.n, count};
  a.y = y.data();
  a.ldy = a.out = w.n;
  a.scratch = scratch.data();
  a.scratch_stride = static_cast<std::int64_t>(scratch.size());
  a.weight_format = DType::bfloat8_b;
  const kernels::DeviceEngine& e = tt::tensix_engine();
  (residual ? e.residual : e.store)(a, mode, {0, 1});
  return y;
}

}  // namespace

TEST_CASE("chips add up in the order of TTNN's reduce-scatter") {
  const tt::RowKernels& rows = tt::row_kernels(kernels::Isa::scalar);
  const std::vector<float> x = some_numbers(8 * 32, 1);
  const float* of_chip[8];
  for (int c = 0; c < 8; ++c) of_chip[c] = x.data() + c * 32;
  const auto reduced = [&](int chips, bool ring, int chip, std::int64_t tile) {
    std::vector<float> y(32);
    tt::reduce_scatter(of_chip, {.chips = chips, .ring = ring}, {chip, tile}, rows, y.data());
    return y;
  };
  const std::vector<float> pair = reduced(2, false, 1, 0), line = reduced(4, false, 1, 0), end = reduced(4, false, 3, 0),
                           even = reduced(8, true, 3, 7), odd = reduced(8, true, 3, 8), straight = reduced(8, false, 3, 0);
  int other_order = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const auto at = [&](int c) { return of_chip[c][i]; };
    CHECK(pair[i] == plus(at(0), at(1)));
    CHECK(line[i] == plus(plus(at(0), at(1)), plus(at(3), at(2))));
    CHECK(end[i] == plus(plus(plus(at(0), at(1)), at(2)), at(3)));
    const float up = plus(plus(plus(at(7), at(0)), at(1)), at(2)), down = plus(plus(at(6), at(5)), at(4));
    CHECK(even[i] == plus(down, tt::element_sum(up, at(3), true)));
    const float from_above = plus(plus(plus(at(7), at(6)), at(5)), at(4)), from_below = plus(plus(at(0), at(1)), at(2));
    CHECK(odd[i] == plus(from_below, tt::element_sum(from_above, at(3), true)));
    other_order += even[i] != straight[i] || even[i] != odd[i] ? 1 : 0;
  }
  CHECK(other_order > 4);  // the orders are told apart
}

TEST_CASE("a product over chips is each chip's own product on its share, and near one chip's") {
  const Matrix w{256, 512};
  constexpr int rows = 40;
  const std::vector<float> x = some_numbers(rows * 512, 3), before = some_numbers(rows * 256, 4);
  const tt::RowKernels& row_kernels = tt::row_kernels(kernels::Isa::scalar);
  const DeviceMode alone{.isa = kernels::Isa::scalar, .phases = 2};
  const std::vector<float> zeros(rows * 256), one = product(w, 0, 512, x, rows, alone, zeros, false);
  for (const int chips : {2, 8}) {
    DeviceMode mode = alone;
    mode.chips = chips;
    mode.ring = chips == 8;
    std::vector<std::vector<float>> shares;
    for (int c = 0; c < chips; ++c) shares.push_back(product(w, c * 512 / chips, 512 / chips, x, rows, alone, zeros, false));
    const std::vector<float> got = product(w, 0, 512, x, rows, mode, before, true);
    std::size_t different = 0;
    double worst_share = 0;
    for (int r = 0; r < rows; ++r)
      for (int tile = 0; tile < 8; ++tile) {
        const float* of_chip[8];
        const auto at = static_cast<std::size_t>(r * 256 + tile * 32);
        for (int c = 0; c < chips; ++c) of_chip[c] = shares[static_cast<std::size_t>(c)].data() + at;
        const int slice = 8 / chips;
        float sum[32];
        tt::reduce_scatter(of_chip, mode, {tile / slice, r / 32 * slice + tile % slice}, row_kernels, sum);
        for (std::size_t i = 0; i < 32; ++i) {
          different += got[at + i] != plus(before[at + i], sum[i]) ? 1 : 0;
          // Each rounding leaves half a unit of 8 bits: of every share and of every sum on its way, and of the one chip's result.
          double size = std::fabs(one[at + i]);
          for (int c = 0; c < chips; ++c) size += 2.0 * std::fabs(of_chip[c][i]) * (chips == 2 ? 1 : 2);
          worst_share = std::max(worst_share, std::fabs(double{sum[i]} - one[at + i]) / (0x1p-8 * size));
        }
      }
    INFO(chips << " chips: " << different << " numbers are not the sum of the shares; the difference is at most " << worst_share
               << " of what rounding explains");
    CHECK(different == 0);
    CHECK(worst_share > 0);
    CHECK(worst_share < 1);
  }
}

TEST_CASE("a model on two and on eight chips says what it says on one") {
  Engine whole = random_engine<spread>(exact({}, 2)), one = random_engine<spread>(on(ttnn::wormhole_n150::traits));
  const std::vector<std::int32_t> ids = some_ids(64, whole.vocab());
  const auto words = [&](Engine& e) {
    Session s = e.session();
    std::vector<float> all = e.step(s, std::span(ids).first(40));
    for (std::size_t i = 40; i < ids.size(); ++i) {
      const std::vector<float> row = e.step(s, {&ids[i], 1});
      all.insert(all.end(), row.begin(), row.end());
    }
    return all;
  };
  const std::vector<float> fp32 = words(whole), alone = words(one);
  const double error = distance(fp32, alone, whole.vocab()).kl;
  for (const DeviceTraits& device : {ttnn::wormhole_n300::traits, ttnn::wormhole_t3000::traits}) {
    Engine e = random_engine<spread>(on(device));
    const std::vector<float> got = words(e);
    const double apart = distance(alone, got, e.vocab()).kl, from_fp32 = distance(fp32, got, e.vocab()).kl;
    std::printf("%s: KL to one chip %.2e nats, to fp32 %.2e (one chip: %.2e)\n", std::string(device.name).c_str(), apart, from_fp32, error);
    INFO(device.name << ": KL to one chip " << apart << ", to fp32 " << from_fp32 << ", of one chip to fp32 " << error);
    CHECK(got != alone);
    CHECK(apart < 2 * error);  // no more than the numbers themselves cost
    CHECK(from_fp32 < 3 * error);
    Engine three = random_engine<spread>(on(device, 3));
    CHECK(words(three) == got);
  }
}

TEST_CASE("heads that do not divide over the chips never get as far as the emulation, and grids are refused") {
  constexpr auto odd = Embedding<512, 192> >> Repeat<1, TransformerLayer<192, Attention<6, 2, 32>, SwiGlu<512>>> >> RmsNorm<192> >> Linear<192, 512>;
  const auto refused = [&](const ModelView& view, const DeviceTraits& device) {
    const auto weights = random_weights(view);
    const auto made = make_state({.model = view}, MemorySource(weights), on(device));
    return made ? std::string() : anchor(made.error());
  };
  const ModelView six = view_of<type_of<odd>>(), eight = view_of<type_of<spread>>();
  CHECK(refused(six, on_mesh(ttnn::wormhole_n150::traits, 1, 8)) == "heads_do_not_divide");
  CHECK(refused(six, ttnn::wormhole_t3000::traits).empty());  // a product has its attention whole on each chip
  CHECK(refused(six, ttnn::wormhole_n300::traits).empty());
  CHECK(refused(eight, on_mesh(ttnn::wormhole_n150::traits, 2, 2)) == "not_emulated");
}

// The models of a Tensix core's vector unit keep the precision that docs/ttnn-numerics.md states.
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <ttt/kernels/ttnn/row_kernels.hpp>

#include "../catch.hpp"

namespace tt = ttt::kernels::ttnn;
using tt::MathMode;

namespace {

constexpr MathMode accurate{false, true}, accurate_bf16{false, false}, approximate{true, true};
constexpr float infinity = std::numeric_limits<float>::infinity();

struct Worst {
  double relative = 0, absolute = 0;
  float at_relative = 0, at_absolute = 0;
};
Worst worst(float (*model)(float, MathMode), MathMode mode, double (*exact)(double), double low, double high) {
  Worst w;
  constexpr int steps = 400000;
  for (int i = 0; i <= steps; ++i) {
    const auto x = static_cast<float>(low + (high - low) * i / steps);
    const double y = exact(double{x});
    const double off = std::fabs(double{model(x, mode)} - y);
    if (!(off <= w.absolute)) {
      w.absolute = off;
      w.at_absolute = x;
    }
    if (!(off / std::fabs(y) <= w.relative) && y != 0) {
      w.relative = off / std::fabs(y);
      w.at_relative = x;
    }
  }
  return w;
}

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }
double silu_of(double x) { return x * sigmoid_of(x); }
double gelu_of(double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.)); }
double exponential_of(double x) { return std::exp(x); }
double rsqrt_of(double x) { return 1 / std::sqrt(x); }
double reciprocal_of(double x) { return 1 / x; }

}  // namespace

TEST_CASE("accurate functions are within a few roundings of fp32") {
  struct Case {
    const char* name;
    float (*model)(float, MathMode);
    double (*exact)(double);
    double low, high, steps;
  };
  for (const Case& c : {Case{"exponential", tt::exponential, exponential_of, -87, 88.7, 1}, {"reciprocal", tt::reciprocal, reciprocal_of, -9e3, 1e4, 1},
                        {"rsqrt", tt::rsqrt, rsqrt_of, 1e-6, 1e6, 1}, {"sigmoid", tt::sigmoid, sigmoid_of, -30, 30, 3},
                        {"silu", tt::silu, silu_of, -30, 30, 4}, {"gelu", tt::gelu, gelu_of, -6, 6, 1}}) {
    const Worst fp32 = worst(c.model, accurate, c.exact, c.low, c.high);
    INFO(c.name << " in an fp32 Dst: relative error " << fp32.relative << " at " << fp32.at_relative);
    CHECK(fp32.relative < c.steps * 0x1p-24 * 1.001);
    const Worst bf16 = worst(c.model, accurate_bf16, c.exact, c.low, c.high);
    INFO(c.name << " in a bf16 Dst: relative error " << bf16.relative << " at " << bf16.at_relative);
    CHECK(bf16.relative < (c.model == tt::exponential ? 0x1p-7 : 0x1p-8 * 1.001));
    CHECK(bf16.relative > fp32.relative);
  }
}

TEST_CASE("approximate functions are as far off as their formulas, and no nearer") {
  const Worst line = worst(tt::exponential, approximate, exponential_of, -87, 88);
  INFO("exponential: relative error " << line.relative << " at " << line.at_relative);
  CHECK(line.relative < 0.032);
  CHECK(line.relative > 0.02);
  const Worst newton = worst(tt::reciprocal, approximate, reciprocal_of, 1e-3, 1e3);
  INFO("reciprocal: relative error " << newton.relative << " at " << newton.at_relative);
  CHECK(newton.relative < 0.04);
  CHECK(newton.relative > 0.02);
  const Worst root = worst(tt::rsqrt, approximate, rsqrt_of, 1e-3, 1e3);
  INFO("rsqrt: relative error " << root.relative << " at " << root.at_relative);
  CHECK(root.relative < 0.002);
  CHECK(root.relative > 0.001);
  const Worst pieces = worst(tt::sigmoid, approximate, sigmoid_of, -20, 20);
  INFO("sigmoid: absolute error " << pieces.absolute << " at " << pieces.at_absolute);
  CHECK(pieces.absolute < 0.009);
  CHECK(pieces.absolute > 0.004);
  const Worst table = worst(tt::gelu, approximate, gelu_of, -10, 10);
  INFO("gelu: absolute error " << table.absolute << " at " << table.at_absolute);
  CHECK(table.absolute < 0.024);
  CHECK(table.absolute > 0.01);
  const Worst gate = worst(tt::silu, approximate, silu_of, -20, 20);
  INFO("silu: absolute error " << gate.absolute << " at " << gate.at_absolute);
  CHECK(gate.absolute < 0.044);
  CHECK(gate.absolute > 0.01);
}

TEST_CASE("functions keep to their ends: zeros, infinities, NaN, denormals and what overflows") {
  for (const MathMode mode : {accurate, accurate_bf16, approximate, MathMode{true, false}}) {
    INFO("approximate " << mode.approximate << ", fp32 Dst " << mode.fp32_dst);
    CHECK(tt::exponential(infinity, mode) == infinity);
    CHECK(tt::exponential(1000.f, mode) == infinity);
    CHECK(tt::exponential(-infinity, mode) == 0);
    CHECK(tt::exponential(-1000.f, mode) == 0);
    CHECK(tt::exponential(0.f, mode) == Approx(1).epsilon(0.03));
    CHECK(tt::reciprocal(0.f, mode) == infinity);
    CHECK(tt::reciprocal(-0.f, mode) == -infinity);
    CHECK(tt::reciprocal(1e-40f, mode) == infinity);
    CHECK(tt::reciprocal(infinity, mode) == 0);
    CHECK(tt::reciprocal(3e38f, mode) == 0);  // a denormal
    CHECK(tt::rsqrt(0.f, mode) == infinity);
    CHECK(tt::rsqrt(infinity, mode) == 0);
    CHECK(std::isnan(tt::rsqrt(-1.f, mode)));
    CHECK(tt::sigmoid(100.f, mode) == 1);
    CHECK(tt::sigmoid(-200.f, mode) == 0);
    CHECK(tt::silu(-infinity, mode) == 0);
    CHECK(tt::silu(infinity, mode) == infinity);
    CHECK(tt::gelu(-infinity, mode) == 0);
    CHECK(tt::gelu(50.f, mode) == 50);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (float (*const f)(float, MathMode) : {tt::exponential, tt::reciprocal, tt::rsqrt, tt::sigmoid, tt::silu, tt::gelu})
      CHECK(std::isnan(f(nan, mode)));
  }
}

TEST_CASE("element-wise products keep what their fidelity keeps, and sums round halves away from zero in a bf16 Dst") {
  const float ones = 1.9921875f;  // eight bits of mantissa
  CHECK(tt::element_product(ones, ones, 4, true) == ones * ones);
  CHECK(tt::element_product(ones, 1.f, 1, true) == 1.9375f);
  CHECK(tt::element_product(1.f, ones, 1, true) == 1.984375f);
  CHECK(tt::element_product(ones, ones, 4, false) == 3.96875f);
  CHECK(tt::element_sum(1.f, 0x1p-8f, true) == 1.00390625f);
  CHECK(tt::element_sum(1.f, 0x1p-8f, false) == 1.0078125f);
  CHECK(tt::element_sum(-1.f, -0x1p-8f, false) == -1.0078125f);
  CHECK(tt::element_sum(1e-39f, 1e-39f, true) == 0);
}

TEST_CASE("an element-wise product is a step of the matrix engine with one product in it") {
  std::uint32_t state = 7;
  for (int i = 0; i < 2000; ++i) {
    float numbers[2];
    for (float& v : numbers) {
      state = state * 1664525u + 1013904223u;
      v = std::bit_cast<float>(i % 2 == 0 ? state : (state & 0x83ffffffu) + 0x3c000000u);
    }
    tt::Source a[tt::engine_depth] = {}, b[tt::engine_depth] = {};
    a[0] = tt::source_of(std::bit_cast<std::uint32_t>(numbers[0]));
    b[0] = tt::source_of(std::bit_cast<std::uint32_t>(numbers[1]));
    for (const bool fp32_dst : {false, true}) {
      std::uint32_t dst = 0;
      for (int phase = 0; phase < 4; ++phase) {
        dst = tt::mvmul(a, b, phase, dst, fp32_dst);
        INFO(numbers[0] << " * " << numbers[1] << ", " << phase + 1 << " phases, fp32 Dst " << fp32_dst);
        REQUIRE(std::bit_cast<std::uint32_t>(tt::element_product(numbers[0], numbers[1], phase + 1, fp32_dst)) == dst);
      }
    }
  }
}

TEST_CASE("softmax sums to one within its format, whatever its length, and masks vanish") {
  for (const MathMode mode : {accurate, accurate_bf16}) {
    for (const int count : {1, 2, 15, 16, 17, 100, 1000}) {
      std::vector<float> row(static_cast<std::size_t>(count));
      std::vector<double> exact(row.size());
      double sum = 0;
      for (int i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        row[at] = tt::in_dst(3 * std::sin(static_cast<float>(i) * 1.7f), false);
        sum += exact[at] = std::exp(double{row[at]});
      }
      tt::softmax(row.data(), count, mode);
      for (std::size_t i = 0; i < row.size(); ++i) {
        INFO(count << " numbers, fp32 Dst " << mode.fp32_dst << ", number " << i << ": " << row[i] << " for " << exact[i] / sum);
        CHECK(std::fabs(row[i] - exact[i] / sum) < exact[i] / sum * (mode.fp32_dst ? 2e-3 : 0.05));
      }
    }
    float masked[] = {1.f, -infinity, 1.f, -1e9f};
    tt::softmax(masked, 4, mode);
    CHECK(masked[0] == 0.5f);
    CHECK(masked[1] == 0);
    CHECK(masked[3] == 0);
  }
}

namespace {

std::vector<float> mixed_numbers(int count) {
  std::vector<float> out;
  std::uint32_t state = 1;
  const float special[] = {0.f, -0.f, infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 1e-40f, -1e-40f, 1.f, -1.f,
                           std::numeric_limits<float>::max(), std::numeric_limits<float>::min(), 88.7f, -88.5f, 0.5f, 3.f, 5.f};
  for (int i = 0; i < count; ++i) {
    state = state * 1664525u + 1013904223u;
    if (i % 3 == 0)
      out.push_back(std::bit_cast<float>(state));
    else if (i % 3 == 1)
      out.push_back(static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-27f);
    else
      out.push_back(special[state >> 28]);
  }
  return out;
}
std::uint32_t bits_of(float v) { return std::isnan(v) ? 0x7fc00000u : std::bit_cast<std::uint32_t>(v); }

}  // namespace

TEST_CASE("products of rows are the multiplier's, phase by phase, on every level and to the ends of the exponents") {
  std::vector<float> a, b;
  std::uint32_t state = 5;
  const auto next = [&] { return state = state * 1664525u + 1013904223u; };
  const auto number = [&](int least, int most) {
    const auto exponent = static_cast<std::uint32_t>(least + static_cast<int>(next() >> 8) % (most - least + 1));
    return std::bit_cast<float>((next() & 0x80000000u) | exponent << 23 | (next() >> 9));
  };
  // Blocks of 64 go one way or the other: some all of plain numbers, some whose products leave them.
  constexpr int ranges[][2] = {{100, 150}, {127, 127}, {60, 80}, {180, 195}, {1, 254}, {0, 2}, {200, 255}, {64, 77}};
  for (int block = 0; block < 512; ++block)
    for (int i = 0; i < 64; ++i) {
      const auto& range = ranges[block % 8];
      a.push_back(number(range[0], range[1]));
      b.push_back(number(range[0], range[1]));
    }
  const auto count = static_cast<std::int64_t>(a.size());
  for (const ttt::kernels::Isa isa : ttt::kernels::all_isas) {
    if (!ttt::kernels::isa_supported(isa)) continue;
    for (const int phases : {1, 4})
      for (const bool fp32_dst : {false, true}) {
        std::vector<float> y(a.size());
        tt::row_kernels(isa).multiply(a.data(), b.data(), count, phases, fp32_dst, y.data());
        std::size_t different = 0, first = 0;
        for (std::size_t i = a.size(); i-- > 0;)
          if (std::bit_cast<std::uint32_t>(y[i]) != std::bit_cast<std::uint32_t>(tt::element_product(a[i], b[i], phases, fp32_dst))) {
            ++different;
            first = i;
          }
        INFO(ttt::kernels::name_of(isa) << ", " << phases << " phases: " << different << " differ, the first " << a[first] << " * " << b[first] << ", "
                                        << y[first] << " instead of " << tt::element_product(a[first], b[first], phases, fp32_dst));
        CHECK(different == 0);
      }
  }
}

TEST_CASE("rows give the same bits on every level: functions, products, packing and accumulation") {
  const int count = 1009;
  const std::vector<float> a = mixed_numbers(count), b = mixed_numbers(count + 7);
  std::vector<std::uint32_t> words;
  std::vector<std::uint16_t> halves;
  for (const float v : a) {
    words.push_back(std::bit_cast<std::uint32_t>(v));
    halves.push_back(static_cast<std::uint16_t>(words.back() >> 16));
  }
  const tt::RowKernels& scalar = tt::row_kernels(ttt::kernels::Isa::scalar);
  for (const ttt::kernels::Isa isa : ttt::kernels::all_isas) {
    if (!ttt::kernels::isa_supported(isa)) continue;
    const tt::RowKernels& level = tt::row_kernels(isa);
    INFO(ttt::kernels::name_of(isa));
    const auto same = [&](const char* what, const std::vector<float>& x, const std::vector<float>& y) {
      for (std::size_t i = 0; i < x.size(); ++i)
        if (bits_of(x[i]) != bits_of(y[i])) {
          FAIL_CHECK(what << " of number " << i << " (" << a[i % a.size()] << "): " << x[i] << " instead of " << y[i]);
          return;
        }
    };
    std::vector<float> x(a.size()), y(a.size());
    for (const bool fp32_dst : {false, true}) {
      for (const bool approximate_mode : {false, true})
        for (int f = 0; f < 6; ++f) {
          const MathMode mode{approximate_mode, fp32_dst};
          level.apply(static_cast<tt::VectorFunction>(f), a.data(), count, mode, x.data());
          scalar.apply(static_cast<tt::VectorFunction>(f), a.data(), count, mode, y.data());
          same(("function " + std::to_string(f)).c_str(), x, y);
        }
      for (int phases = 1; phases <= 4; ++phases) {
        level.multiply(a.data(), b.data(), count, phases, fp32_dst, x.data());
        scalar.multiply(a.data(), b.data(), count, phases, fp32_dst, y.data());
        same("product", x, y);
      }
      level.add(a.data(), b.data(), count, fp32_dst, x.data());
      scalar.add(a.data(), b.data(), count, fp32_dst, y.data());
      same("sum", x, y);
      std::vector<std::uint16_t> packed(a.size()), expected(a.size());
      level.pack_bf16(words.data(), count, fp32_dst, packed.data());
      for (std::size_t i = 0; i < words.size(); ++i) expected[i] = tt::packed_dst(words[i], fp32_dst);
      CHECK(packed == expected);
    }
    for (const bool fp32_dst : {false, true}) {
      std::vector<std::uint32_t> held(words.rbegin(), words.rend());
      level.accumulate(held.data(), words.data(), count, fp32_dst);
      for (std::size_t i = 0; i < held.size(); ++i) {
        const std::uint32_t before = words[words.size() - 1 - i], added = words[i];
        const std::uint32_t wanted =
            fp32_dst ? tt::l1_accumulated(before, added)
                     : std::uint32_t{tt::l1_accumulated_bf16(static_cast<std::uint16_t>(before >> 16), static_cast<std::uint16_t>(added >> 16))} << 16;
        INFO("accumulation, fp32 Dst " << fp32_dst << ", " << std::hex << before << " and " << added << ": " << held[i] << " instead of " << wanted);
        REQUIRE(bits_of(std::bit_cast<float>(held[i])) == bits_of(std::bit_cast<float>(wanted)));
      }
    }
    for (const tt::BlockFloat format : {tt::BlockFloat::bfloat2_b, tt::BlockFloat::bfloat4_b, tt::BlockFloat::bfloat8_b}) {
      const int blocks = count / 16;
      std::vector<std::uint8_t> exponents(static_cast<std::size_t>(blocks)), codes(static_cast<std::size_t>(blocks * 16));
      level.pack_blocks(format, halves.data(), blocks, exponents.data(), codes.data());
      std::vector<std::uint16_t> back(static_cast<std::size_t>(blocks * 16));
      level.unpack_blocks(format, exponents.data(), codes.data(), blocks, back.data());
      for (int i = 0; i < blocks; ++i) {
        const tt::Block block = tt::packed_block(format, halves.data() + i * 16);
        REQUIRE(int{exponents[static_cast<std::size_t>(i)]} == int{block.exponent});
        for (int j = 0; j < 16; ++j) {
          INFO("block " << i << ", number " << j << " of " << tt::code_bits(format) << " bits");
          REQUIRE(back[static_cast<std::size_t>(i * 16 + j)] == tt::unpacked(format, block.exponent, block.codes[j]));
        }
      }
    }
  }
}

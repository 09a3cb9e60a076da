// Weights in groups with scales: how well they are coded, that chunks do not matter, and what strange numbers become.
#include <algorithm>
#include <limits>

#include <ttt/kernels/groups.hpp>

#include "kernels_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

constexpr DType group_formats[] = {DType::int8, DType::int4, DType::int4m};

/// Rows [n, k] packed in chunks of `chunk` rows.
std::vector<char> packed(DType format, const std::vector<float>& source, int n, int k, int chunk) {
  Aligned bytes(catalog::packed_bytes(catalog::padded_outputs(n), k, format));
  for (int row = 0; row < n; row += chunk)
    pack_rows(format, DType::fp32, source.data() + std::int64_t{row} * k, row, std::min(chunk, n - row), k, bytes.data());
  const char* const data = static_cast<const char*>(bytes.data());
  return {data, data + catalog::packed_bytes(catalog::padded_outputs(n), k, format)};
}

std::vector<float> fetched(DType format, const std::vector<float>& source, int n, int k) {
  Aligned bytes(catalog::packed_bytes(catalog::padded_outputs(n), k, format));
  pack_rows(format, DType::fp32, source.data(), 0, n, k, bytes.data());
  std::vector<float> all(source.size());
  for (int row = 0; row < n; ++row)
    fetch_row(format, {bytes.data(), nullptr, n, k}, row, all.data() + std::int64_t{row} * k);
  return all;
}

std::vector<float> normal(std::int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> distribution(0, 0.02f);
  std::vector<float> v(static_cast<std::size_t>(count));
  for (float& x : v) x = distribution(engine);
  return v;
}

double squared_error(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  return sum;
}
double squares(const std::vector<float>& a) { return squared_error(a, std::vector<float>(a.size())); }

/// The squared error of the simplest coding: `steps` between the extreme and zero, or between least and largest.
double plain_error(const std::vector<float>& w, int steps, bool with_minimum) {
  double sum = 0;
  for (std::size_t begin = 0; begin < w.size(); begin += 32) {
    const auto [low, high] = std::minmax_element(w.begin() + static_cast<std::ptrdiff_t>(begin),
                                                 w.begin() + static_cast<std::ptrdiff_t>(begin + 32));
    const double extreme = -*low > *high ? *low : *high;
    const double base = with_minimum ? *low : 0;
    const double scale = with_minimum ? (double{*high} - *low) / steps : extreme / -steps;
    for (std::size_t i = begin; i < begin + 32; ++i) {
      double q = std::nearbyint((w[i] - base) / scale);
      if (!with_minimum) q = std::clamp(q, -double(steps), steps - 1.0);
      sum += (w[i] - base - q * scale) * (w[i] - base - q * scale);
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("the search over scales leaves less error than the simplest scale", "[kernels]") {
  const std::vector<float> w = normal(64 * 512, 1);
  const double size = squares(w);
  const double int8 = squared_error(w, fetched(DType::int8, w, 64, 512)) / size;
  const double int4 = squared_error(w, fetched(DType::int4, w, 64, 512)) / size;
  const double int4m = squared_error(w, fetched(DType::int4m, w, 64, 512)) / size;
  INFO("squared error relative to the weights': int8 " << int8 << ", int4 " << int4 << " (one scale "
       << plain_error(w, 8, false) / size << "), int4m " << int4m << " (least to largest "
       << plain_error(w, 15, true) / size << ")");
  CHECK(int8 < 0.85 * plain_error(w, 127, false) / size);
  CHECK(int4 < 0.9 * plain_error(w, 8, false) / size);
  CHECK(int4m < 0.9 * plain_error(w, 15, true) / size);
  CHECK(int4m < int4);
}

TEST_CASE("every instruction set codes to the same bits", "[kernels]") {
  for (const DType format : group_formats)
    for (const float size : {1.f, 1e-4f, 1e5f})
      for (const bool weighed : {false, true}) {
        const int n = 37, k = 300;
        std::vector<float> w = normal(std::int64_t{n} * k, 6);
        for (float& x : w) x *= size;
        w[40] = std::numeric_limits<float>::infinity();
        std::vector<float> importance = normal(k, 7);
        importance[5] = 0;
        importance[6] = std::numeric_limits<float>::quiet_NaN();
        importance_of(importance.data(), k, importance.data());
        std::vector<char> wanted;
        for (const Isa isa : all_isas) {
          if (!isa_supported(isa)) continue;
          Aligned bytes(catalog::packed_bytes(48, k, format));
          pack_rows(format, DType::fp32, w.data(), 0, n, k, bytes.data(), {},
                    {kernel_table(isa)->code(format), weighed ? importance.data() : nullptr});
          const char* const data = static_cast<const char*>(bytes.data());
          const std::vector<char> got(data, data + catalog::packed_bytes(48, k, format));
          if (wanted.empty()) wanted = got;
          INFO(name_of(isa) << " " << name_of(format) << ", weights of " << size << (weighed ? ", weighed" : ""));
          CHECK(got == wanted);
        }
      }
}

TEST_CASE("inputs that weigh more are coded better", "[kernels]") {
  constexpr int n = 32, k = 256;
  const std::vector<float> w = normal(n * k, 8);
  std::vector<float> importance(k);
  for (int i = 0; i < k; ++i) importance[static_cast<std::size_t>(i)] = i % 4 == 0 ? 3.f : 0.3f;
  importance_of(importance.data(), k, importance.data());
  const auto error = [&](DType format, bool weighed) {
    Aligned bytes(catalog::packed_bytes(n, k, format));
    pack_rows(format, DType::fp32, w.data(), 0, n, k, bytes.data(), {}, {nullptr, weighed ? importance.data() : nullptr});
    double sum = 0;
    std::vector<float> row(k);
    for (int r = 0; r < n; ++r) {
      fetch_row(format, {bytes.data(), nullptr, n, k}, r, row.data());
      for (std::size_t i = 0; i < k; ++i) {
        const double d = row[i] - w[static_cast<std::size_t>(r) * k + i];
        sum += double{importance[i]} * d * d;
      }
    }
    return sum;
  };
  for (const DType format : group_formats) {
    const double plain = error(format, false), weighed = error(format, true);
    INFO(name_of(format) << ": weighed error " << weighed << ", without weighing " << plain);
    CHECK(weighed < (format == DType::int8 ? 0.9 : 0.8) * plain);
  }
}

TEST_CASE("an int8 weight is off by half a step at most, an extreme by less than one", "[kernels]") {
  for (const float size : {1e-3f, 1.f, 3e5f}) {
    std::vector<float> w = normal(32 * 96, 2);
    for (float& x : w) x *= size;
    const std::vector<float> coded = fetched(DType::int8, w, 32, 96);
    for (std::size_t begin = 0; begin < w.size(); begin += 32) {
      float most = 0;
      for (std::size_t i = begin; i < begin + 32; ++i) most = std::max(most, std::abs(w[i]));
      // the extreme is 119 steps at least; the scale itself is rounded to 11 bits, or to a multiple of 2^-24
      const double step = most / 119. * (1 + 0x1p-10) + 0x1p-24;
      for (std::size_t i = begin; i < begin + 32; ++i)
        if (!(std::abs(w[i] - coded[i]) <= (std::abs(w[i]) > 0.98f * most ? 0.9 : 0.5) * step * 1.01))
          FAIL("weight " << w[i] << " of a group up to " << most << " is coded as " << coded[i]);
    }
  }
}

TEST_CASE("groups are coded alike whatever chunks the rows come in", "[kernels]") {
  for (const DType format : group_formats)
    for (const int k : {32, 75, 300}) {
      const std::vector<float> w = normal(41 * std::int64_t{k}, 3);
      const std::vector<char> whole = packed(format, w, 41, k, 41);
      for (const int chunk : {1, 5, 16, 23})
        CHECK(packed(format, w, 41, k, chunk) == whole);
    }
}

TEST_CASE("packed bytes are what bits_of says, for whole groups", "[kernels]") {
  for (const DType format : group_formats)
    CHECK(catalog::packed_bytes(48, 96, format) * 8 == static_cast<std::int64_t>(bits_of(format) * 48 * 96));
  CHECK(catalog::packed_bytes(16, 33, DType::int8) == catalog::packed_bytes(16, 64, DType::int8));
}

TEST_CASE("zeros stay zeros, and a number that is none takes its group along and no other", "[kernels]") {
  constexpr int k = 96;
  std::vector<float> w = normal(16 * k, 4);
  std::fill(w.begin(), w.begin() + k, 0.f);
  w[3 * k + 40] = std::numeric_limits<float>::quiet_NaN();
  w[5 * k + 70] = -std::numeric_limits<float>::infinity();
  w[7 * k + 1] = std::numeric_limits<float>::max();
  for (int i = 0; i < 32; ++i) w[static_cast<std::size_t>(9 * k + i)] = 1e-30f;
  for (const DType format : group_formats) {
    const std::vector<float> coded = fetched(format, w, 16, k);
    for (int row = 0; row < 16; ++row)
      for (int i = 0; i < k; ++i) {
        const float x = coded[static_cast<std::size_t>(row * k + i)];
        const bool lost = (row == 3 && i / 32 == 1) || (row == 5 && i / 32 == 2);
        if (std::isnan(x) != lost || std::isinf(x)) FAIL(name_of(format) << " row " << row << " input " << i << " is " << x);
        if (row == 0 && x != 0) FAIL(name_of(format) << ": a zero became " << x);
      }
  }
}

TEST_CASE("rows that hold no number give none at LoFi, the others are untouched", "[kernels]") {
  constexpr int n = 32, k = 64, rows = 3;
  for (const DType format : group_formats) {
    Random random(5);
    const Matrix matrix(random, format, {n}, k);
    std::vector<float> x = random.uniform(rows * k);
    x[k + 7] = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> scratch(static_cast<std::size_t>(catalog::matmul_scratch_floats(k, rows)));
    for (const Isa isa : all_isas) {
      if (!isa_supported(isa)) continue;
      std::vector<float> y(rows * n);
      MatmulArgs m{};
      m.x = x.data();
      m.ldx = k;
      m.row_count = rows;
      m.w = matrix.packed;
      m.y = y.data();
      m.ldy = m.out = n;
      m.scratch = scratch.data();
      m.operand_format = DType::int8;
      kernel_table(isa)->store(format, DType::int8)(m, {0, 1});
      for (int r = 0; r < rows; ++r)
        for (int o = 0; o < n; ++o)
          if (std::isnan(y[static_cast<std::size_t>(r * n + o)]) != (r == 1))
            FAIL(name_of(isa) << " " << name_of(format) << " row " << r << ": " << y[static_cast<std::size_t>(r * n + o)]);
    }
  }
}

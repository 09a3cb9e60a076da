// Packing puts every number where the layout says, from every dtype, in chunks of any size.
#include <algorithm>
#include <bit>
#include <limits>

#include <ttt/kernels/reference/weights.hpp>

#include "kernels_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

template <DType S>
std::vector<typename Number<S>::Stored> stored(const std::vector<float>& values) {
  std::vector<typename Number<S>::Stored> out;
  for (const float v : values) out.push_back(Number<S>::store(v));
  return out;
}

/// Packs [n, k] of source dtype S as format F in chunks of `chunk` rows and compares every number.
template <DType F, DType S>
void check(int n, int k, int chunk, PanelPlacement placement) {
  Random random(static_cast<unsigned>(n * 1000 + k));
  const std::vector<float> values = random.uniform(std::int64_t{n} * k, -3, 3);
  const auto source = stored<S>(values);
  const std::int64_t panels = placement.first + (n + 15) / 16 * placement.step;
  Aligned bytes(catalog::packed_bytes(panels * panel_rows, k, F));
  for (int row = 0; row < n; row += chunk)
    pack_rows(F, name_of(S) == "fp32" ? DType::fp32 : S, source.data() + std::int64_t{row} * k, row,
              std::min(chunk, n - row), k, bytes.data(), placement);
  const Packed packed{bytes.data(), nullptr, static_cast<int>(panels * panel_rows), k};
  std::vector<float> fetched(static_cast<std::size_t>(k));
  for (int row = 0; row < n; ++row) {
    const std::int64_t at = (placement.first + row / 16 * placement.step) * 16 + row % 16;
    fetch_row(F, packed, at, fetched.data());
    for (int i = 0; i < k; ++i) {
      const std::size_t index =
          static_cast<std::size_t>(row) * static_cast<std::size_t>(k) + static_cast<std::size_t>(i);
      const float wanted = Number<F>::load(Number<F>::store(Number<S>::load(source[index])));
      if (fetched[static_cast<std::size_t>(i)] != wanted)
        FAIL(name_of(S) << " to " << name_of(F) << " [" << n << ", " << k << "] row " << row << " input " << i
                        << ": " << fetched[static_cast<std::size_t>(i)] << " instead of " << wanted);
    }
  }
  SUCCEED();
}

template <DType F, DType S>
void check_shapes() {
  for (const int chunk : {1, 5, 16, 48, 100}) {
    check<F, S>(48, 64, chunk, {});
    check<F, S>(37, 33, chunk, {});
    check<F, S>(20, 131, chunk, {1, 2});
    check<F, S>(16, 300, chunk, {3, 1});
  }
}

template <DType F>
void check_sources() {
  check_shapes<F, DType::fp32>();
  check_shapes<F, DType::fp16>();
  check_shapes<F, DType::bf16>();
}

}  // namespace

TEST_CASE("packed weights hold every number of the checkpoint", "[kernels]") {
  check_sources<DType::fp32>();
  check_sources<DType::fp16>();
  check_sources<DType::bf16>();
}

TEST_CASE("16-bit numbers convert to nearest even, both ways", "[kernels]") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float from_fp16 = float_from_fp16(half);
    const float from_bf16 = float_from_bf16(half);
    if (std::isnan(from_fp16)) {
      CHECK(std::isnan(float_from_fp16(fp16_from_float(from_fp16))));
    } else if (fp16_from_float(from_fp16) != half) {
      FAIL("fp16 " << bits << " comes back as " << fp16_from_float(from_fp16));
    }
    if (std::isnan(from_bf16)) {
      if (!std::isnan(float_from_bf16(bf16_from_float(from_bf16)))) FAIL("bf16 NaN " << bits << " is lost");
    } else if (bf16_from_float(from_bf16) != half) {
      FAIL("bf16 " << bits << " comes back as " << bf16_from_float(from_bf16));
    }
  }
  CHECK(fp16_from_float(65520.f) == 0x7c00);
  CHECK(fp16_from_float(65519.9f) == 0x7bff);
  CHECK(fp16_from_float(1.f + 0x1p-11f) == 0x3c00);    // a tie falls to even
  CHECK(fp16_from_float(1.f + 0x1.8p-10f) == 0x3c02);  // and here rises to even
  CHECK(fp16_from_float(0x1p-25f) == 0);
  CHECK(fp16_from_float(0x1.8p-25f) == 1);
  CHECK(bf16_from_float(1.f + 0x1p-8f) == 0x3f80);
  CHECK(bf16_from_float(std::numeric_limits<float>::infinity()) == 0x7f80);
}

TEST_CASE("every 16-bit pattern widens alike, alone and four at once", "[kernels]") {
  std::vector<std::uint16_t> all(0x10000);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  std::vector<float> wide(all.size());
  std::vector<std::uint16_t> back(all.size());
  for (const DType type : {DType::fp16, DType::bf16}) {
    widen(type, all.data(), static_cast<std::int64_t>(all.size()), wide.data());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const float one = type == DType::fp16 ? float_from_fp16(all[i]) : float_from_bf16(all[i]);
      if (std::isnan(one) ? !std::isnan(wide[i]) : std::memcmp(&one, &wide[i], sizeof one) != 0)
        FAIL(name_of(type) << " pattern " << i << " is " << wide[i] << " and not " << one);
    }
  }
  // fp32 to bf16 through a panel: 16 rows whose numbers are just beside a bf16, NaN and infinity among them
  std::vector<float> source(all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    source[i] = std::bit_cast<float>(static_cast<std::uint32_t>(i << 16 | (i * 40503u & 0xffffu)));
  constexpr int k = 0x1000;
  Aligned bytes(catalog::packed_bytes(16, k, DType::bf16));
  pack_rows(DType::bf16, DType::fp32, source.data(), 0, 16, k, bytes.data());
  std::vector<float> row(k);
  for (int r = 0; r < 16; ++r) {
    fetch_row(DType::bf16, {bytes.data(), nullptr, 16, k}, r, row.data());
    for (int i = 0; i < k; ++i) {
      const float wanted = round_to_bf16(source[static_cast<std::size_t>(r * k + i)]);
      const float got = row[static_cast<std::size_t>(i)];
      if (std::isnan(wanted) ? !std::isnan(got) : got != wanted)
        FAIL(r << ", " << i << ": " << got << " and not " << wanted);
    }
  }
}

// What the emulated Tensix core costs beside plain fp32 products: nanoseconds of one multiply-accumulate, by level, format,
// fidelity and rows. Both products take turns; the ratio is that of one fidelity phase to the fp32 tile kernel of the same
// level, median and quartiles of the samples.
//
//     tensix_bench [LEVEL]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include <ttt/kernels/pack.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/kernels/ttnn/tile_product_kernel.hpp>
#include <ttt/runtime/memory.hpp>

namespace {

using namespace ttt;
namespace tt = kernels::ttnn;

constexpr int side = 384;  // inputs and outputs: fp32 weights of 576 KiB stay in the second-level cache
constexpr int samples = 15;

double seconds_of(const auto& run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The fp32 product of the engine, one part.
class PlainProduct {
 public:
  PlainProduct(kernels::Isa isa, int rows)
      : run_(kernels::kernel_table(isa)->store(DType::fp32, DType::fp32)),
        x_(static_cast<std::size_t>(rows * side), 0.5f),
        y_(static_cast<std::size_t>(rows * side)),
        weights_(Buffer::create(static_cast<std::size_t>(catalog::packed_bytes(side, side, DType::fp32)), MemoryClass::weights,
                                "weights")
                     .value()),
        scratch_(Buffer::create(static_cast<std::size_t>(catalog::matmul_scratch_floats(side, rows)) * 4 + 64, MemoryClass::arena,
                                "scratch")
                     .value()) {
    const std::vector<float> source(static_cast<std::size_t>(side) * side, 0.25f);
    kernels::pack_rows(DType::fp32, DType::fp32, source.data(), 0, side, side, weights_.data());
    args_.x = x_.data();
    args_.ldx = side;
    args_.row_count = rows;
    args_.w = {weights_.data(), nullptr, side, side};
    args_.weight_format = DType::fp32;
    args_.operand_format = DType::fp32;
    args_.y = y_.data();
    args_.ldy = side;
    args_.out = side;
    args_.scratch = scratch_.as<float>();
    args_.scratch_stride = catalog::matmul_scratch_floats(side, rows);
  }
  void operator()() const { run_(args_, {0, 1}); }

 private:
  kernels::MatmulFn run_;
  std::vector<float> x_, y_;
  Buffer weights_, scratch_;
  kernels::MatmulArgs args_{};
};

/// The emulated one.
class TileProducts {
 public:
  TileProducts(kernels::Isa isa, int rows, tt::TileFormat format, int phases, bool fp32_dst)
      : run_(tt::tile_product_kernel(isa)),
        in0_(static_cast<std::size_t>(rows * side)),
        in1_(static_cast<std::size_t>(side / tt::tile_side * (side / tt::tile_side) * tt::tile_bytes(format))),
        dst_(static_cast<std::size_t>(rows * side)) {
    std::mt19937 engine(1);
    const auto number = [&] { return static_cast<std::uint16_t>((engine() & 0x807fu) | (120 + engine() % 8) << 7); };
    for (std::uint16_t& v : in0_) v = number();
    constexpr int tiles = side / tt::tile_side;
    const int bytes = tt::tile_bytes(format);
    for (int t = 0; t < tiles * tiles; ++t) {
      std::uint16_t tile[tt::tile_numbers];
      for (std::uint16_t& v : tile) v = number();
      tt::pack_tile(format, tile, in1_.data() + t * bytes);
    }
    product_ = {in0_.data(), side, rows, in1_.data(), format, std::int64_t{tiles} * bytes, bytes, tiles, tiles, phases, fp32_dst,
                dst_.data(), side};
  }
  void operator()() {
    std::fill(dst_.begin(), dst_.end(), 0u);
    run_(product_);
  }

 private:
  tt::TileProductFn run_;
  std::vector<std::uint16_t> in0_;
  std::vector<std::uint8_t> in1_;
  std::vector<std::uint32_t> dst_;
  tt::TileProduct product_{};
};

void compare(kernels::Isa isa, int rows, tt::TileFormat format, int phases, bool fp32_dst) {
  const PlainProduct plain(isa, rows);
  TileProducts emulated(isa, rows, format, phases, fp32_dst);
  const int repeats = rows == 1 ? 8 : 1;
  std::vector<double> plain_ns, emulated_ns, ratios;
  const double macs = double{side} * side * rows;
  for (int i = 0; i < samples + 1; ++i) {
    const double p = seconds_of([&] {
      for (int r = 0; r < 8 * repeats; ++r) plain();
    }) / (8 * repeats);
    const double e = seconds_of([&] {
      for (int r = 0; r < repeats; ++r) emulated();
    }) / repeats;
    if (i == 0) continue;  // what warms the caches
    plain_ns.push_back(p / macs * 1e9);
    emulated_ns.push_back(e / macs * 1e9);
    ratios.push_back(e / phases / p);
  }
  const auto at = [](std::vector<double>& v, double share) {
    std::sort(v.begin(), v.end());
    return v[static_cast<std::size_t>(share * static_cast<double>(v.size() - 1))];
  };
  constexpr const char* fidelities[] = {"LoFi", "HiFi2", "HiFi3", "HiFi4"};
  constexpr const char* formats[] = {"fp32", "bf16", "bfloat8_b", "bfloat4_b", "bfloat2_b"};
  std::printf("%-17s%-11s%4d rows  %-5s  %s Dst  %7.4f ns/mac  fp32 %7.4f  a phase %5.1f [%.1f, %.1f] products\n",
              std::string(kernels::name_of(isa)).c_str(), formats[static_cast<int>(format)], rows, fidelities[phases - 1],
              fp32_dst ? "fp32" : "bf16", at(emulated_ns, 0.5), at(plain_ns, 0.5), at(ratios, 0.5), at(ratios, 0.25), at(ratios, 0.75));
}

}  // namespace

int main(int argc, char** argv) {
  for (const kernels::Isa isa : kernels::all_isas) {
    if (isa == kernels::Isa::scalar || !kernels::isa_supported(isa) || (argc > 1 && kernels::name_of(isa) != argv[1])) continue;
    for (const tt::TileFormat format : {tt::TileFormat::bf16, tt::TileFormat::bfloat8_b, tt::TileFormat::bfloat4_b})
      for (const int rows : {1, 32})
        for (const int phases : {1, 2, 4})
          for (const bool fp32_dst : {false, true}) compare(isa, rows, format, phases, fp32_dst);
  }
  return 0;
}

// What the kernel tests share: random numbers, packed matrices, and the comparison with its report.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <ttt/kernels/float16.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/kernels/table.hpp>

#include "../catch.hpp"

namespace ttt::test {

using namespace ttt::kernels;

/// The levels this machine can run, the reference left out.
inline std::vector<const KernelTable*> tables() {
  std::vector<const KernelTable*> found;
  for (const Isa isa : all_isas)
    if (isa != Isa::scalar && isa_supported(isa) && kernel_table(isa) != nullptr)
      found.push_back(kernel_table(isa));
  return found;
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::vector<float> uniform(std::int64_t count, float low = -1, float high = 1) {
    std::uniform_real_distribution<float> distribution(low, high);
    std::vector<float> v(static_cast<std::size_t>(count));
    for (float& x : v) x = distribution(engine_);
    return v;
  }

 private:
  std::mt19937 engine_;
};

/// Bytes at an address that is a multiple of 64.
class Aligned {
 public:
  explicit Aligned(std::int64_t bytes) : storage_(static_cast<std::size_t>(bytes) + 64) {}
  void* data() {
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
    return storage_.data() + (64 - address % 64) % 64;
  }

 private:
  std::vector<char> storage_;
};

/// A packed random matrix of several segments (each [n, k], padded on its own), or of alternating gate and
/// up.
class Matrix {
 public:
  Matrix(Random& random, DType format, std::vector<int> segments, int k, bool alternate = false,
         bool with_bias = true)
      : bytes_(catalog::packed_bytes(padded(segments), k, format)),
        bias_(static_cast<std::size_t>(padded(segments))) {
    std::int64_t panel = 0;
    for (std::size_t s = 0; s < segments.size(); ++s) {
      const std::vector<float> source = random.uniform(std::int64_t{segments[s]} * k);
      const std::vector<float> bias = random.uniform(segments[s]);
      const auto count = static_cast<std::int64_t>(segments.size());
      const PanelPlacement placement =
          alternate ? PanelPlacement{static_cast<std::int64_t>(s), count} : PanelPlacement{panel, 1};
      pack_rows(format, DType::fp32, source.data(), 0, segments[s], k, bytes_.data(), placement);
      for (int r = 0; r < segments[s]; ++r)
        bias_[static_cast<std::size_t>((placement.first + r / panel_rows * placement.step) * panel_rows +
                                       r % panel_rows)] = bias[static_cast<std::size_t>(r)];
      panel += catalog::padded_outputs(segments[s]) / panel_rows;
    }
    packed = {bytes_.data(), with_bias ? bias_.data() : nullptr, static_cast<int>(padded(segments)), k};
  }
  Packed packed{};

 private:
  static std::int64_t padded(const std::vector<int>& segments) {
    std::int64_t n = 0;
    for (const int s : segments) n += catalog::padded_outputs(s);
    return n;
  }
  Aligned bytes_;
  std::vector<float> bias_;
};

/// Runs all parts of an op, last part first: no order may matter.
template <class Fn, class Args>
void run_parts(Fn fn, const Args& args, int parts) {
  for (int p = parts - 1; p >= 0; --p) fn(args, Part{p, parts});
}

inline const std::vector<int> part_counts = {1, 2, 3, 5, 7};
inline constexpr int most_parts = 7;

/// Fails with the worst element when any |got - wanted| > tolerance, or when a NaN differs.
inline void require_close(const std::vector<float>& got, const std::vector<float>& wanted, double tolerance,
                          const std::string& what) {
  REQUIRE(got.size() == wanted.size());
  double worst = -1;
  std::size_t at = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error =
        std::isnan(got[i]) != std::isnan(wanted[i]) ? INFINITY : std::abs(double{got[i]} - double{wanted[i]});
    if (error > worst) {
      worst = error;
      at = i;
    }
  }
  if (worst > tolerance)
    FAIL(what << ": element " << at << " of " << got.size() << " is " << got[at] << ", the reference has "
              << wanted[at] << ", off by " << worst << ", allowed " << tolerance);
}

inline void require_same_bits(const std::vector<float>& got, const std::vector<float>& wanted,
                              const std::string& what) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    if (std::memcmp(&got[i], &wanted[i], sizeof(float)) != 0)
      FAIL(what << ": element " << i << " is " << got[i] << " and not " << wanted[i]
                << ", a difference in bits");
}

/// The error a product may have: `terms` products of size <= `scale` each, summed in fp32 in some order:
/// about what the worst case allows.
inline double sum_tolerance(int terms, double scale) { return 0x1p-24 * scale * (32 + terms); }

}  // namespace ttt::test

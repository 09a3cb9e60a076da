// Memory facts of one Tenstorrent chip as TTNN 0.81.1 sees it, and the verdict on an op's L1 need.
#pragma once

#include <cstdint>

namespace ttt::catalog::ttnn {

/// What TTNN's allocators have to deal out. Bytes are per core for L1 and per bank for DRAM. Source: the mock
/// devices of TTNN 0.81.1 (its memory views and its messages); the grids are those the products show by
/// default.
struct ChipFacts {
  int grid_x;                  ///< columns of worker cores
  int grid_y;                  ///< rows of worker cores
  std::int64_t l1_bytes;       ///< "max L1 size" of TTNN's messages: where circular buffers must end
  std::int64_t l1_bank_bytes;  ///< of it free for circular buffers and L1 tensors together
  int dram_banks;
  std::int64_t dram_bank_bytes;  ///< free for tensors in each bank
  int dram_align;                ///< pages of a DRAM buffer begin at multiples of it
  int prefill_rows;  ///< rows of one prefill matmul in the reference modules: longer prompts are cut
};

/// One chip of an n150, n300, T3000 or Galaxy.
inline constexpr ChipFacts wormhole{8, 8, 1'499'136, 1'393'312, 12, 1'072'693'184, 32, 1024};
/// A p150 (13 by 10 cores; firmware may hide some, which no formula here but the interleaved L1 tensors'
/// depends on).
inline constexpr ChipFacts blackhole{13, 10, 1'572'864, 1'461'120, 8, 4'277'141'376, 64, 512};

/// Seconds until the first byte that a chip sends has reached its neighbour: tt-metal's report on collectives
/// (tech_reports/CCLs/CCL_bandwidth.md), 1D fabric.
[[nodiscard]] constexpr double hop_seconds(const ChipFacts& chip) {
  return chip.dram_banks == wormhole.dram_banks ? 711e-9 : 515e-9;
}

/// What was measured of such chips where a data sheet has a limit; from tt-metal's repository. Reading: its report on DRAM (239
/// to 260 of 288 GB/s in DRAM-sharded products of decoders on Wormhole) and pull request 54242 (90 % on a p150). Interleaved
/// weights: pull request 13340 (some 160 GB/s in a head on Wormhole) and issue 55898 (400 of 512 GB/s on Blackhole). Sums
/// over chips: its report on collectives, all_reduce over a line of two and a ring of eight, of 128 KiB to 1 MiB in bf16.
struct MeasuredRates {
  double read_share, interleaved_share;  ///< of the nominal bandwidth: sharded over the banks, interleaved
  double link_bytes_per_s;               ///< each way
  double sum_s;                          ///< of a sum, besides its bytes and hops
};
[[nodiscard]] constexpr MeasuredRates measured_rates(const ChipFacts& chip, bool ring) {
  if (chip.dram_banks == wormhole.dram_banks)
    return ring ? MeasuredRates{0.87, 0.56, 4.5e9, 24.6e-6} : MeasuredRates{0.87, 0.56, 7.1e9, 14e-6};
  return ring ? MeasuredRates{0.9, 0.78, 28e9, 18e-6} : MeasuredRates{0.9, 0.78, 30e9, 11e-6};
}

/// L1 bytes one core needs while an op runs. Circular buffers grow from the bottom of L1, tensors from its
/// top; the op is refused when they meet ("Statically allocated ... clash with L1 buffers"), or when circular
/// buffers alone pass the top ("... grow to N B which is beyond max L1 size"). Both are one inequality.
struct OpL1 {
  std::int64_t circular_buffers = 0;
  std::int64_t tensors =
      0;  ///< inputs, output and everything else that lives in L1 meanwhile, on the fullest core

  [[nodiscard]] constexpr std::int64_t total() const { return circular_buffers + tensors; }
};
[[nodiscard]] constexpr bool fits(const ChipFacts& chip, const OpL1& use) {
  return use.total() <= chip.l1_bank_bytes;
}

}  // namespace ttt::catalog::ttnn

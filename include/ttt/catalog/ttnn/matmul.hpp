// TTNN's three matmul programs: the reference modules' defaults, and the L1 they need.
#pragma once

#include <cstdint>

#include <ttt/catalog/ttnn/tile.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt::catalog::ttnn {

/// out[m, n] = in0[m, k] * in1[k, n]: activations times weights; `pieces` times, where a long prompt is cut.
struct MatmulShape {
  int m = 32, k = 0, n = 0, pieces = 1;
  DType in0 = DType::bf16, in1 = DType::bfloat8_b, out = DType::bf16;
  bool fp32_dst = false;
  bool packer_l1_acc = true;
  bool bias = false;  ///< a row of bf16 tiles, added before the output is packed
};

enum class MatmulKind : std::uint8_t {
  dram_sharded,  ///< decode: in1 width-sharded over DRAM; in0 and the output width-sharded over the L1 of
                 ///< `cores`
  mcast_1d,      ///< few rows: in0 multicast to all cores, each core has per_core_n columns
  mcast_2d       ///< prefill: all in DRAM; blocks of per_core_m x per_core_n tiles on a grid of cores
};

/// A TTNN matmul program config; sizes in tiles. Names as TTNN's.
struct MatmulProgram {
  MatmulKind kind = MatmulKind::dram_sharded;
  int grid_x = 1, grid_y = 1;
  int in0_block_w = 1;
  int per_core_m = 1, per_core_n = 1;
  int out_subblock_h = 1, out_subblock_w = 1;  ///< unused by dram_sharded, which finds its own
  bool in0_in_l1 = false, out_in_l1 = false;   ///< width-sharded over the grid; mcast_1d alone has a choice

  [[nodiscard]] constexpr int cores() const { return grid_x * grid_y; }
};

/// The largest divisor of n that is at most `most`.
[[nodiscard]] constexpr int largest_divisor(int n, int most) {
  for (int d = most; d > 1; --d)
    if (n % d == 0) return d;
  return 1;
}

struct Grid {
  int x = 1, y = 1;
  [[nodiscard]] constexpr int cores() const { return x * y; }
};
/// The flattest rectangle of `cores` cores within 8 by 8; {0, 0} where there is none (11 cores, for one).
[[nodiscard]] constexpr Grid rectangle(int cores) {
  for (int y = 1; y <= 8; ++y)
    if (cores % y == 0 && cores / y <= 8) return {cores / y, y};
  return {0, 0};
}
/// The largest rectangle within 8 by 8 whose count of cores divides both numbers of tiles.
[[nodiscard]] constexpr Grid common_grid(int k_tiles, int n_tiles) {
  for (int c = 64; c > 1; --c)
    if (k_tiles % c == 0 && n_tiles % c == 0 && rectangle(c).x > 0) return rectangle(c);
  return {1, 1};
}
/// The rectangle nearest to 32 cores whose count divides the tiles: where the residual stream lives in
/// decode.
[[nodiscard]] constexpr Grid residual_grid(int n_tiles) {
  for (int off = 0; off < 32; ++off)
    for (int c : {32 - off, 32 + off})
      if (c > 0 && n_tiles % c == 0 && rectangle(c).x > 0) return rectangle(c);
  return {1, 1};
}

/// The reference modules' DRAM-sharded program. TTNN has it for one row of tiles alone: m is at most 32.
[[nodiscard]] constexpr MatmulProgram decode_program(const MatmulShape& s) {
  const Grid g = common_grid(tiles(s.k), tiles(s.n));
  MatmulProgram p;
  p.grid_x = g.x, p.grid_y = g.y;
  p.in0_block_w = largest_divisor(tiles(s.k) / g.cores(), 8);
  p.per_core_m = tiles(s.m);
  p.per_core_n = static_cast<int>(ceil_div(tiles(s.n), g.cores()));
  p.in0_in_l1 = p.out_in_l1 = true;
  return p;
}
/// The same for the head: its cores divide k alone (8 by 8 down to fewer rows), since n is cut at will.
[[nodiscard]] constexpr MatmulProgram head_program(const MatmulShape& s) {
  const Grid g = common_grid(tiles(s.k), 0);
  MatmulProgram p = decode_program(s);
  p.grid_x = g.x, p.grid_y = g.y;
  p.in0_block_w = largest_divisor(tiles(s.k) / g.cores(), 8);
  p.per_core_n = static_cast<int>(ceil_div(tiles(s.n), g.cores()));
  return p;
}
/// The reference modules' 2D multicast program for at most ChipFacts::prefill_rows rows: 8 columns of cores,
/// and as many rows of cores (at most 8) as divide k.
[[nodiscard]] constexpr MatmulProgram prefill_program(const MatmulShape& s) {
  MatmulProgram p;
  p.kind = MatmulKind::mcast_2d;
  p.grid_x = 8, p.grid_y = largest_divisor(tiles(s.k), 8);
  p.in0_block_w = largest_divisor(tiles(s.k) / p.grid_y, 8);
  p.per_core_m = static_cast<int>(ceil_div(tiles(s.m), p.grid_y));
  p.per_core_n = static_cast<int>(ceil_div(tiles(s.n), p.grid_x));
  p.out_subblock_w = largest_divisor(p.per_core_n, 4);
  return p;
}
/// 1D multicast over `g`: each core takes all rows and an equal share of the columns. `in_l1`: in0 and the
/// output are width-sharded over the grid, else interleaved in DRAM.
[[nodiscard]] constexpr MatmulProgram mcast_1d_program(const MatmulShape& s, Grid g, bool in_l1) {
  MatmulProgram p;
  p.kind = MatmulKind::mcast_1d;
  p.grid_x = g.x, p.grid_y = g.y;
  p.in0_block_w = largest_divisor(tiles(s.k) % g.cores() == 0 ? tiles(s.k) / g.cores() : tiles(s.k), 8);
  p.per_core_m = tiles(s.m);
  p.per_core_n = static_cast<int>(ceil_div(tiles(s.n), g.cores()));
  p.out_subblock_w = largest_divisor(p.per_core_n, s.fp32_dst ? 4 : 8);
  p.in0_in_l1 = p.out_in_l1 = in_l1;
  return p;
}

/// Columns that the DRAM-sharded kernel computes on each reader core: its share of n, widened so that fewer
/// subblocks of at most Dst's width cover it. Source: the program factory of tt-metal, confirmed by the
/// mock's buffer sizes.
[[nodiscard]] constexpr int dram_sharded_columns(const ChipFacts& chip, const MatmulShape& s) {
  const int n = tiles(s.n), shard = static_cast<int>(ceil_div(n, chip.dram_banks));
  const int readers =
      chip.dram_banks - (shard * chip.dram_banks - n) / shard;  // banks of padding alone read nothing
  const int columns = static_cast<int>(ceil_div(n, readers));
  const int most = s.fp32_dst ? 4 : 8;  // tiles that Dst holds
  int width = largest_divisor(columns, most), blocks = columns / width;
  for (int wider = width + 1; wider <= most; ++wider)
    if (const int b = static_cast<int>(ceil_div(columns, wider)); b < blocks) blocks = b, width = wider;
  return blocks * width;
}

/// L1 of one core: circular buffers, and the shards of in0 and of the output where they are in L1. All
/// programs buffer in0 twice, in1 twice (thrice when DRAM-sharded), and keep partial sums apart from the
/// output where their formats differ: partial sums have Dst's width when packed into L1 between k-blocks, or
/// when Dst is fp32. Sources: the program factories of tt-metal; every buffer confirmed one by one on the
/// mock.
[[nodiscard]] constexpr OpL1 matmul_l1(const ChipFacts& chip, const MatmulShape& s, const MatmulProgram& p) {
  const std::int64_t blocks = ceil_div(tiles(s.k), p.in0_block_w);
  const bool dram_sharded = p.kind == MatmulKind::dram_sharded;
  const std::int64_t in0_block = std::int64_t{p.per_core_m} * p.in0_block_w * tile_bytes(s.in0);
  const std::int64_t in1_columns = dram_sharded ? ceil_div(tiles(s.n), chip.dram_banks) : p.per_core_n;
  const std::int64_t in1_block = in1_columns * p.in0_block_w * tile_bytes(s.in1);
  const std::int64_t out_tiles =
      std::int64_t{p.per_core_m} * (dram_sharded ? dram_sharded_columns(chip, s) : p.per_core_n);
  const int partial =
      (s.packer_l1_acc && blocks > 1) || s.fp32_dst ? partial_tile_bytes(s.fp32_dst) : tile_bytes(s.out);

  OpL1 use;
  use.circular_buffers =
      blocks * s.pieces > 1 ? 2 * in0_block + (dram_sharded ? 3 : 2) * in1_block : in0_block + in1_block;
  // A multicast program that writes its output into L1 shards packs straight into them.
  const bool output_borrowed = p.kind == MatmulKind::mcast_1d && p.out_in_l1;
  if (!output_borrowed) use.circular_buffers += out_tiles * tile_bytes(s.out);
  if (partial != tile_bytes(s.out)) use.circular_buffers += out_tiles * partial;
  if (s.bias) use.circular_buffers += out_tiles / p.per_core_m * tile_bytes(DType::bf16);
  if (p.in0_in_l1)
    use.tensors += std::int64_t{tiles(s.m)} * ceil_div(tiles(s.k), p.cores()) * tile_bytes(s.in0);
  if (p.out_in_l1) use.tensors += std::int64_t{tiles(s.m)} * p.per_core_n * tile_bytes(s.out);
  return use;
}

/// The program with the widest in0 blocks, not wider than the given one's, that fits above L1 tensors of
/// `tensors` bytes in all; with blocks of one tile where none fits.
[[nodiscard]] constexpr MatmulProgram fitted(const ChipFacts& chip, const MatmulShape& s, MatmulProgram p,
                                             std::int64_t tensors) {
  const int parts = p.kind == MatmulKind::mcast_2d ? p.grid_y : p.cores();
  const int along_k = p.kind == MatmulKind::mcast_1d && tiles(s.k) % parts != 0 ? tiles(s.k) : tiles(s.k) / parts;
  while (p.in0_block_w > 1 && !fits(chip, OpL1{matmul_l1(chip, s, p).circular_buffers, tensors}))
    p.in0_block_w = largest_divisor(along_k, p.in0_block_w - 1);
  return p;
}

}  // namespace ttt::catalog::ttnn

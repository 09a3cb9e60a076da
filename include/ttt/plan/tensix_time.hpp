// Expected times on Tensix devices: the larger of a product's reading and its arithmetic on the cores its program takes, at
// its fidelity and by whole tiles; the TTNN ops that a fused op is, each with what it takes to begin; sums over chips.
// docs/ttnn-time.md holds them against published rates.
#pragma once

#include <ttt/plan/rates.hpp>
#include <ttt/plan/step_work.hpp>

namespace ttt {

/// What bounds an op, in tt-perf-report's words: a limit is named that takes 65 % of its time or more, the gap in front
/// included; SLOW: neither does; HOST: it is not on the device at all.
enum class TensixBound : std::uint8_t { dram, flop, both, slow, host };
[[nodiscard]] constexpr std::string_view name_of(TensixBound b) noexcept {
  constexpr std::string_view names[] = {"DRAM", "FLOP", "BOTH", "SLOW", "HOST"};
  return names[static_cast<std::size_t>(b)];
}

namespace tensix {

using namespace catalog::ttnn;

[[nodiscard]] constexpr bool is_product(const PlanOp& op) {
  switch (op.kind) {
    case OpKind::qkv:
    case OpKind::gated:
    case OpKind::activated:
    case OpKind::projection:
    case OpKind::linear: return op.chip_n > 0;
    default: return false;
  }
}

/// The step as an op sees it: of a prompt the head takes the last row alone.
[[nodiscard]] constexpr StepShape step_of(const PlanOp& op, StepShape step) {
  if (step.decode || op.out != Role::logits) return step;
  step.rows = step.whole ? step.sessions : 1;
  step.reads = step.sessions = 1;
  step.whole = false;
  return step;
}
/// Tokens of one sequence of an encoder's step, in whole tiles.
[[nodiscard]] constexpr int sequence_of(const StepShape& step) { return tile_side * tiles(static_cast<std::int64_t>(step.keys)); }
/// Rows of one pass over the weights: of a chunk of a prompt, the sessions of a decoding step, or an encoder's sequences.
[[nodiscard]] constexpr int rows_of_pass(const StepShape& step) {
  const double tokens = step.whole ? step.sessions * sequence_of(step) : step.rows;
  const double rows = step.reads > 0 ? tokens / step.reads : tokens;
  const auto whole = static_cast<int>(rows);
  return whole < rows ? whole + 1 : whole < 1 ? 1 : whole;
}
/// Whether a product of so many rows runs as decoding does: DRAM-sharded, which TTNN has for one row of tiles.
[[nodiscard]] constexpr bool runs_as_decoding(const PlanOp& op, const StepShape& step) {
  return step.decode || op.out == Role::logits;
}

/// How a fused op's products run.
struct Product {
  MatmulShape shape{};
  MatmulProgram program{};
  double count = 1;       ///< products of that shape: gate and up, pieces of the head
  int pieces = 1;         ///< linears that count comes in, where the last is narrower
  int cores = 1;          ///< that multiply
  int tiles_of_core = 1;  ///< output tiles of the busiest
  bool dram_sharded = false;
};

/// The program of an op's products. `kernel=naive` is a product that is given none: weights and rows interleaved in DRAM,
/// 1D multicast; else the reference modules'.
[[nodiscard]] constexpr Product product_of(const PlanOp& op, const ChipFacts& chip, const StepShape& step) {
  Product p;
  const int rows = rows_of_pass(step);
  const bool head = op.kind == OpKind::linear && op.out == Role::logits;
  MatmulShape& s = p.shape;
  s.k = op.chip_k;
  s.n = op.kind == OpKind::gated ? op.chip_n / 2 : op.chip_n;
  s.in0 = s.out = op.activations;
  s.in1 = op.weights;
  s.fp32_dst = op.accumulate == DType::fp32;
  if (op.kind == OpKind::gated) p.count = p.pieces = 2;
  if (head) {
    const int whole = tiles(s.n), piece = head_columns(chip, s.k, s.n);
    if (piece > 0) s.n = piece;
    p.count = static_cast<double>(whole) / tiles(s.n);
    p.pieces = static_cast<int>(ceil_div(whole, tiles(s.n)));
  }
  if (runs_as_decoding(op, step)) {
    s.m = tile_side * tiles(rows);
    p.dram_sharded = op.variant != KernelVariant::naive;
    p.program = !p.dram_sharded ? mcast_1d_program(s, {8, 8}, false) : head ? head_program(s) : decode_program(s);
  } else {
    s.m = piece_rows(rows, chip.prefill_rows, step.whole);
    s.pieces = static_cast<int>(ceil_div(rows, s.m));
    p.program = prefill_program(s);
  }
  const int n = tiles(s.n);
  if (p.dram_sharded) {  // the cores next to the banks multiply what they read
    p.cores = static_cast<int>(ceil_div(n, ceil_div(n, chip.dram_banks)));
    p.tiles_of_core = tiles(s.m) * dram_sharded_columns(chip, s);
  } else {
    p.cores = static_cast<int>(ceil_div(n, p.program.per_core_n) * ceil_div(tiles(s.m), p.program.per_core_m));
    p.tiles_of_core = p.program.per_core_m * p.program.per_core_n;
  }
  return p;
}

/// Chips that an embedding's columns are divided over, whose parts of a row are gathered.
[[nodiscard]] constexpr int gather_chips(const PlanOp& op) {
  return op.kind == OpKind::embed && op.chip_n > 0 ? static_cast<int>(ceil_div(op.k, op.chip_n)) : 1;
}

/// TTNN ops that a fused op is, as `ttt emit` writes them, those that bring rows from one grid of cores to another included.
[[nodiscard]] constexpr int device_ops(const PlanOp& op, const Product& p, const StepShape& step) {
  const bool sharded = p.dram_sharded && runs_as_decoding(op, step), decode = step.decode;
  const Grid at{p.program.grid_x, p.program.grid_y};
  auto move = [&](Grid from) { return sharded && (from.x != at.x || from.y != at.y) ? 1 : 0; };
  // A sum is scattered and gathered, off the product's cores; what comes of it is brought to the residual stream's.
  const int norm = op.norm ? 1 : 0, sum = op.sum_chips > 1 ? 2 + (sharded ? 1 : 0) : 0;
  const int back = sum > 0 && sharded ? 1 : move(residual_grid(tiles(op.n)));
  switch (op.kind) {
    case OpKind::embed: {  // the row, brought to its cores; of cosines and sines the rows, turned, cut and brought to theirs
      const int row = 1 + (decode ? 1 : 0) + (gather_chips(op) > 1 ? 1 : 0);
      const int tables = decode ? 2 * (step.sessions < tile_side ? 4 : 3) + 1 : 2;
      return row + (op.angles > 0 ? tables : 0);
    }
    case OpKind::rotary: return 2;
    case OpKind::qkv: {  // the product; heads; rotation of q and k, cache of keys and values, where there is any; decode: off
                         // its grid; prompt: two typecasts more, where the cache is narrower
      const int apart = 1 + (op.rope >= 0 ? 2 : 0) + (step.whole ? 0 : 2);
      return norm + move(residual_grid(tiles(op.k))) + 1 + apart + (decode ? (sharded ? 1 : 0) : op.kv != DType::bf16 ? 2 : 0);
    }
    case OpKind::attention: return 3;  // to its cores, or into the cache's format; attention; joining of heads
    case OpKind::gated: return norm + 3 + 2 * move(residual_grid(tiles(op.k)));
    case OpKind::activated: return norm + 2 + move(residual_grid(tiles(op.k)));
    case OpKind::projection: {  // o comes from the heads' cores, down from those of gate and up
      const Grid from = op.name == OpName::mlp_down ? common_grid(tiles(op.n), tiles(op.chip_k)) : Grid{0, 0};
      return move(from) + 1 + sum + back + 1;
    }
    case OpKind::linear:  // of a prompt the head's row of tiles is cut out and brought to its cores
      return norm + p.pieces * (2 + move(residual_grid(tiles(op.k)))) + sum + (!decode && op.out == Role::logits ? 2 : 0);
    case OpKind::norm: return 1;
    case OpKind::own: break;
  }
  return 0;
}

/// Bytes of one row of a prompt that a fused op's TTNN ops read from DRAM and write there: a product's own rows, and those of
/// the ops around it.
struct RowBytes {
  double product = 0;
  double around = 0;
};
[[nodiscard]] constexpr RowBytes row_bytes(const PlanOp& op) {
  const double a = bits_of(op.activations) / 8, narrow = bits_of(product_format) / 8, k = op.chip_k, n = op.chip_n;
  const double hidden = op.k, norm = op.norm ? 2 * hidden * a : 0;
  switch (op.kind) {
    case OpKind::embed: return {0, 2.0 * op.n + op.n * a};
    case OpKind::qkv: {
      const double kv = static_cast<double>(op.kv_heads) * op.head_dim, cached = bits_of(op.kv) / 8;
      // heads apart; q and k turned; k and v narrowed, then filled into the cache
      return {(k + n) * a, norm + 2 * n * a + 2 * (n - kv) * a + 2 * kv * (a + cached) + 4 * kv * cached};
    }
    case OpKind::attention: {
      const double q = op.head_dim > 0 ? op.flops_per_row_and_key / 4 : 0;
      return {2 * q * narrow, q * (a + narrow) + 2 * q * narrow};
    }
    case OpKind::gated: return {2 * k * a + n * a, norm + n * a + n / 2 * narrow};
    case OpKind::activated: return {(k + n) * a, norm + 2 * n * a};
    case OpKind::projection: return {k * narrow + n * a, 3 * n * a};
    case OpKind::linear: return {(k + n) * a, norm};
    case OpKind::norm: return {0, 2 * hidden * a};
    case OpKind::rotary:
    case OpKind::own: break;
  }
  return {};
}

/// Query heads of one chip.
[[nodiscard]] constexpr int query_heads(const PlanOp& op) {
  return op.head_dim > 0 ? static_cast<int>(op.flops_per_row_and_key / 4) / op.head_dim : 1;
}
/// Equal items that attention's work is dealt out in over the 8 by 8 cores it is given: decoding shares the keys of a
/// session's head among at most 16; of a prompt each item is a block of a head's queries.
[[nodiscard]] constexpr int attention_items(const PlanOp& op, const StepShape& step) {
  std::int64_t items = 0;
  if (step.decode) {
    const auto kv = static_cast<std::int64_t>(step.sessions) * op.kv_heads;
    const std::int64_t share = kv > 0 ? 64 / kv : 1;
    items = kv * (share < 1 ? 1 : share > 16 ? 16 : share);
  } else {
    const int rows = rows_of_pass(step);
    const int tokens = step.whole ? sequence_of(step) : rows;
    items = query_heads(op) * (rows / tokens) * ceil_div(tokens, attention_chunk(tokens));
  }
  return items < 1 ? 1 : static_cast<int>(items);
}
[[nodiscard]] constexpr int attention_cores(const PlanOp& op, const StepShape& step) {
  const int items = attention_items(op, step);
  return items > 64 ? 64 : items;
}
/// FLOPs of attention by whole tiles: decoding multiplies all rows of the tiles that hold a chip's heads with each of its
/// kv heads; a prompt whole blocks of keys up to the diagonal.
[[nodiscard]] constexpr double attention_flops(const PlanOp& op, const StepShape& step) {
  const double width = tile_side * tiles(op.head_dim), heads = query_heads(op), keys = step.keys;
  if (step.whole) return rows_of_pass(step) * 4 * heads * width * sequence_of(step);
  if (!step.decode) return step.rows * 4 * heads * width * (keys + attention_chunk(rows_of_pass(step)) / 2.0);
  const double rows = tile_side * tiles(query_heads(op));
  return step.rows * op.kv_heads * 4 * rows * width * keys;
}

/// Bytes of an op's weights as one pass reads them: the shards of the banks, or tile by tile where they are interleaved.
[[nodiscard]] constexpr double weight_bytes(const PlanOp& op, const Product& product) {
  if (product.program.kind != MatmulKind::mcast_1d) return static_cast<double>(op.weight_bytes);
  return product.count * tiles(product.shape.k) * tiles(product.shape.n) * tile_bytes(op.weights);
}

/// Seconds of sending `bytes` in a sum over chips or a gather: `passes` times along the row of chips,
/// both ways at once where it closes into a ring. Source of the bytes: tt-metal, tech_reports/CCLs/CCL_bandwidth.md.
[[nodiscard]] constexpr double sending_seconds(const DeviceRates& rates, int chips, double bytes, double reads, int passes) {
  if (chips <= 1 || rates.link_bytes_per_s <= 0) return 0;
  const TensixRates& t = rates.tensix;
  const int hops = t.ring ? chips / 2 : chips - 1;
  return bytes / (t.ring ? 2 : 1) / rates.link_bytes_per_s + reads * passes * (hops * t.hop_s + t.sum_s / 2);
}

/// The time of one op in one step.
[[nodiscard]] constexpr ExpectedTime expected_time(const PlanOp& op, const DeviceRates& rates, const StepShape& whole) {
  const ChipFacts& chip = rates.tensix.chip;
  const StepShape step = step_of(op, whole);
  const Fidelity f = fidelity_of(op, step.decode);
  const double core = rates.tensix.core_flop_per_s[static_cast<std::size_t>(f) - 1];
  const double read = rates.readings > 0 ? rates.reading[0].bytes_per_s : 0;
  const Product product = is_product(op) ? product_of(op, chip, step) : Product{};
  const double padded = step.reads * tile_side * tiles(rows_of_pass(step));  // rows in whole tiles
  const RowBytes rows = step.decode ? RowBytes{} : row_bytes(op);

  ExpectedTime t;
  double bytes = padded * rows.product;
  double flops_of_core = 0;
  if (op.kind == OpKind::attention) {
    bytes += work_of(op, step).bytes;
    const int items = attention_items(op, step);
    flops_of_core = attention_flops(op, step) / items * static_cast<double>(ceil_div(items, 64));
  } else if (is_product(op)) {
    constexpr double tile_flops = 2.0 * tile_side * tile_side * tile_side;
    bytes += step.reads * product.shape.pieces * weight_bytes(op, product);
    flops_of_core = step.reads * product.shape.pieces * product.count * product.tiles_of_core *
                    tiles(product.shape.k) * tile_flops;
  }
  const bool interleaved = is_product(op) && product.program.kind == MatmulKind::mcast_1d;
  t.reading = read > 0 ? bytes / (interleaved ? read * rates.tensix.interleaved_share : read) : 0;
  t.moving = read > 0 ? padded * rows.around / read : 0;
  t.computing = core > 0 ? flops_of_core / core : 0;
  if (const int chips = gather_chips(op); chips > 1)
    t.sending = sending_seconds(rates, chips, padded * op.n * bits_of(op.activations) / 8 * (chips - 1) / chips, step.reads, 1);
  else  // scattered and gathered
    t.sending = sending_seconds(rates, op.sum_chips, padded * op.link_bytes_per_row, step.reads, 2);
  t.overhead = step.reads * device_ops(op, product, step) * rates.op_s;
  return t;
}

/// What bounds a fused op's products, or its attention; of another op the op. Those around them are left out.
[[nodiscard]] constexpr TensixBound bound_of(const PlanOp& op, const DeviceRates& rates, const StepShape& whole) {
  if (op.kind == OpKind::own) return TensixBound::host;
  const StepShape step = step_of(op, whole);
  const ExpectedTime t = expected_time(op, rates, whole);
  const bool product = is_product(op);
  const double around = product || op.kind == OpKind::attention ? 0 : t.moving;
  const int ops = product ? product_of(op, rates.tensix.chip, step).pieces : 1;
  const double dram = t.reading + around;
  const double enough = 0.65 * ((dram > t.computing ? dram : t.computing) + step.reads * ops * rates.op_s);
  if (dram >= enough) return t.computing >= enough ? TensixBound::both : TensixBound::dram;
  return t.computing >= enough ? TensixBound::flop : TensixBound::slow;
}

}  // namespace tensix
}  // namespace ttt

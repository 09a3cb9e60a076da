// Definitions of kernel_rates.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <ttt/io/linkage.hpp>
#include <ttt/catalog/cpu.hpp>
#include <ttt/profile/kernel_case.hpp>
#include <ttt/profile/kernel_rates.hpp>
#include <ttt/profile/probe.hpp>

namespace ttt {

namespace kernel_rates {

inline constexpr double budget = 0.003;  ///< seconds of one probe

/// Runs one shape of the table's kernels; keeps what the case needs.
class Bench {
 public:
  Bench(const kernels::KernelTable& table, const Buffer& filled, ThreadTeam& alone)
      : table_(table), filled_(filled), alone_(alone) {}

  /// Seconds of the shape on one thread.
  [[nodiscard]] double seconds(const OpShape& shape) const { return seconds(shape, alone_, budget); }
  [[nodiscard]] double seconds(const OpShape& shape, ThreadTeam& team, double time) const {
    OwnKernelEntry entry{.name = table_.name, .op = shape.op};
    switch (shape.op) {
      case OpKind::attention: entry.attention = table_.attention(shape.kv); break;
      case OpKind::qkv: entry.qkv = table_.qkv(shape.weights, shape.operands); break;
      case OpKind::gated: entry.matmul = table_.gated(shape.weights, shape.operands, shape.activation); break;
      default: entry.matmul = table_.store(shape.weights, shape.operands); break;
    }
    if (entry.attention == nullptr && entry.qkv == nullptr && entry.matmul == nullptr) return 0;
    KernelCase work(shape, 0, false, filled_.data());
    work.append_by(table_.append(shape.kv));
    const std::int64_t floats = std::max(catalog::attention_scratch_floats(shape.head_dim),
                                         catalog::matmul_scratch_floats(shape.k, shape.rows));
    work.prepare(catalog::round_up(4 * floats, 64), team.size());
    return probing::seconds_of(time, [&] { work.run(entry, team, team.size()); });
  }
  [[nodiscard]] const kernels::KernelTable& table() const { return table_; }

 private:
  const kernels::KernelTable& table_;
  const Buffer& filled_;
  ThreadTeam& alone_;
};

inline constexpr int product_n = 384, product_k = 512;  ///< fp32 too fits into a megabyte
/// Outputs where many rows share what is read of a weight: as in a model, weights come from beyond a core's own caches.
inline constexpr int product_wide_n = 3072;
inline ProductRate product_rate(const Bench& bench, DType weights, DType operands) {
  ProductRate rate;
  OpShape s{.op = OpKind::linear, .n = product_n, .k = product_k, .weights = weights, .operands = operands};
  for (std::size_t i = 0; i < measured_rows.size(); ++i) {
    s.rows = measured_rows[i];
    s.n = s.rows > 4 ? product_wide_n : product_n;
    rate.weight_s[i] = bench.seconds(s) / (static_cast<double>(s.n) * s.k);
  }
  return rate;
}

/// The share of reading that weights streaming past one row reach. Where arithmetic is the slower, that shows too, and
/// does no harm: expected times take the larger of both.
inline double stream_share(const Bench& bench, const Buffer& filled, ThreadTeam& team,
                           const std::function<double(std::size_t, double)>& read_rate, DType weights, DType operands) {
  OpShape s{.op = OpKind::linear, .k = 2048, .weights = weights, .operands = operands};
  const double row = static_cast<double>(s.k) * bits_of(weights) / 8;
  s.n = static_cast<int>(std::min(static_cast<double>(filled.size()), 96e6) / row) / 32 * 32;
  if (s.n == 0) return 1;
  const double seconds = bench.seconds(s, team, 3 * budget);
  const double read = read_rate(static_cast<std::size_t>(s.n * row), 3 * budget);
  return seconds > 0 && read > 0 ? std::clamp(s.n * row / seconds / read, 0.05, 1.0) : 1;
}

/// Dimensions as attention computes them: keys as they are, values in pairs of panels.
inline double dims_of(int head_dim) { return (head_dim + static_cast<double>(catalog::round_up(head_dim, 32))) / 2; }

inline AttentionRate decode_attention(const Bench& bench, DType kv, DType operands) {
  constexpr int narrow = 32, wide = 96, few = 2, many = 8, keys = 512;
  const auto seconds = [&](int heads, int head_dim) {
    return bench.seconds({.op = OpKind::attention, .keys = keys, .heads = heads, .kv_heads = 2, .head_dim = head_dim,
                          .kv = kv, .operands = operands}) / (keys + catalog::kv_lanes / 2);
  };
  const double few_narrow = seconds(few, narrow), many_narrow = seconds(many, narrow);
  const double few_wide = seconds(few, wide), many_wide = seconds(many, wide);
  // seconds of a key = heads (key_s + dims * key_dimension_s) + kv_heads * dims * load_dimension_s
  const double head_narrow = (many_narrow - few_narrow) / (many - few), head_wide = (many_wide - few_wide) / (many - few);
  AttentionRate r;
  r.key_dimension_s = std::max(0.0, (head_wide - head_narrow) / (dims_of(wide) - dims_of(narrow)));
  r.key_s = std::max(0.0, head_narrow - dims_of(narrow) * r.key_dimension_s);
  const double rest_wide = few_wide - few * head_wide, rest_narrow = few_narrow - few * head_narrow;
  r.load_dimension_s = std::max(0.0, (rest_wide + rest_narrow) / (2.0 * (dims_of(wide) + dims_of(narrow))));
  return r;
}
inline AttentionRate prompt_attention(const Bench& bench, DType kv, DType operands) {
  constexpr int rows = 48, keys = 304, heads = 4, narrow = 32, wide = 96;
  const auto seconds = [&](int head_dim) {
    const double pairs = static_cast<double>(rows) * heads * (keys - rows / 2.0 + catalog::kv_lanes);
    return bench.seconds({.op = OpKind::attention, .rows = rows, .keys = keys, .heads = heads, .kv_heads = 2,
                          .head_dim = head_dim, .kv = kv, .operands = operands}) / pairs;
  };
  const double a = seconds(narrow), b = seconds(wide);
  AttentionRate r;
  r.key_dimension_s = std::max(0.0, (b - a) / (dims_of(wide) - dims_of(narrow)));
  r.key_s = std::max(0.0, a - dims_of(narrow) * r.key_dimension_s);
  return r;
}

/// The share of reading that attention reaches whose keys and values come from memory: many sessions, none of them long.
inline double kv_share(const Bench& bench, ThreadTeam& team,
                       const std::function<double(std::size_t, double)>& read_rate) {
  OpShape s{.op = OpKind::attention, .keys = 512, .heads = 8, .kv_heads = 4, .head_dim = 64, .kv = DType::fp16};
  const double session = 2.0 * s.keys * s.kv_heads * s.head_dim * 2;
  s.rows = s.sessions = 160;
  const double seconds = bench.seconds(s, team, 4 * budget);
  const double read = read_rate(static_cast<std::size_t>(s.sessions * session), 3 * budget);
  return seconds > 0 && read > 0 ? std::clamp(s.sessions * session / seconds / read, 0.05, 1.0) : 1;
}

/// What products do besides multiplying: shapes with many inputs and few outputs, and the other way round.
inline void around_products(const Bench& bench, KernelRates& r) {
  const DType usual = bench.table().has_bf16_dot ? DType::bf16 : DType::fp32;
  const auto products = [&](const OpShape& s) {
    const ProductRate p = r.product(s.weights, s.operands);
    const double at = (s.rows - 16) / 80.0;  // between the measured 16 and 96
    return static_cast<double>(s.n) * s.k * (p.weight_s[2] + at * (p.weight_s[3] - p.weight_s[2]));
  };
  for (const DType operands : kernels::activation_formats) {
    OpShape s{.op = OpKind::linear, .rows = 24, .n = 32, .k = 2048,
              .weights = operands == DType::int8 ? DType::int8 : DType::bf16, .operands = operands};
    const auto each = [&](bool norm) {
      s.norm = norm;
      return std::max(0.0, bench.seconds(s) - products(s)) / (static_cast<double>(s.rows) * s.k);
    };
    const std::size_t at = KernelRates::operand_index(operands);
    r.input_s[at] = each(false);
    r.norm_s[at] = each(true);
  }
  const auto finish = [&](const OpShape& s) {
    const double inputs = static_cast<double>(s.rows) * s.k * r.input_s[KernelRates::operand_index(s.operands)];
    return std::max(0.0, bench.seconds(s) - products(s) - inputs) / s.rows;
  };
  OpShape s{.op = OpKind::linear, .rows = 96, .n = 1024, .k = 32, .weights = DType::bf16, .operands = usual};
  r.output_s = finish(s) / s.n;
  s.op = OpKind::gated;
  r.gated_s = finish(s) / s.n;
  s.op = OpKind::qkv;
  s.keys = s.rows;
  const auto qkv = [&](int heads, int kv_heads, int head_dim) {
    s.heads = heads;
    s.kv_heads = kv_heads;
    s.head_dim = head_dim;
    s.n = (heads + 2 * kv_heads) * head_dim;
    return finish(s);
  };
  // seconds of a row = queries * rotate_s + keys and values * append_s + heads * head_s
  const double many_queries = qkv(14, 1, 64), many_keys = qkv(2, 7, 64), narrow_heads = qkv(14 * 4, 4, 16);
  const double each = (many_keys - many_queries) / (12.0 * 64);  // of a key or value in place of a query
  r.head_s = std::max(0.0, (narrow_heads - many_queries - 6.0 * 16 * each) / (64 - 16));
  r.rotate_s = std::max(0.0, (many_queries - 16 * r.head_s - 2.0 * 64 * each) / (16.0 * 64));
  r.append_s = std::max(0.0, r.rotate_s + each);
}

/// Takes out of the products what their rows' preparation and finish had cost in them.
inline void take_out_around(KernelRates& r) {
  for (std::size_t w = 0; w < KernelRates::formats; ++w)
    for (std::size_t a = 0; a < KernelRates::operand_formats; ++a)
      for (std::size_t i = 0; i < measured_rows.size(); ++i) {
        double& s = r.products[w][a].weight_s[i];
        const double outputs = measured_rows[i] > 4 ? product_wide_n : product_n;
        const double around = measured_rows[i] * (r.input_s[a] / outputs + r.output_s / product_k);
        s = std::max(s / 2, s - around);
      }
}

/// Rows of a table, out of a cache and out of memory, and angles.
inline void embedding(const kernels::KernelTable& table, const Buffer& filled, KernelRates& r) {
  constexpr int rows = 32, hidden = 1024, angles = 64;
  const kernels::EmbedFn run = table.embed(DType::bf16) != nullptr ? table.embed(DType::bf16) : table.any_embed();
  if (run == nullptr) return;
  const int vocab = static_cast<int>(std::min<std::size_t>(filled.size() / (4 * hidden), 1 << 20)) / 16 * 16;
  std::vector<kernels::Row> step;
  for (int i = 0; i < rows; ++i) step.push_back({i % 4, 100 + i, 0});
  std::vector<float> y(static_cast<std::size_t>(rows) * hidden), cos_sin(static_cast<std::size_t>(rows) * 2 * angles);
  const std::vector<float> frequencies(angles, 0.37F);
  const float* const of_session[] = {frequencies.data()};
  kernels::EmbedArgs a{};
  a.rows = step.data();
  a.row_count = rows;
  a.table = {filled.data(), nullptr, vocab, hidden};
  a.scale = 1;
  a.y = y.data();
  const double near = probing::seconds_of(budget, [&] { run(a, {0, 1}); });
  // Other rows each time, none of which is at hand: all calls count, not the luckiest.
  constexpr int calls = 40;
  std::uint32_t seed = 1;
  const double start = probing::now();
  for (int i = 0; i < calls; ++i) {
    for (kernels::Row& row : step) {
      seed = seed * 1664525U + 1013904223U;
      row.token = static_cast<std::int32_t>((seed >> 8) % static_cast<std::uint32_t>(vocab));
    }
    run(a, {0, 1});
  }
  const double far = (probing::now() - start) / calls;
  for (kernels::Row& row : step) row.token %= 4;
  a.inv_freq = of_session;
  a.rotary_dim = 2 * angles;
  a.cos_sin = cos_sin.data();
  const double both = probing::seconds_of(budget, [&] { run(a, {0, 1}); });
  r.fetch_s = near / (rows * hidden);
  r.fetch_memory_s = std::max(r.fetch_s, far / (rows * hidden));
  r.angle_s = std::max(0.0, both - near) / (rows * angles);
}

}  // namespace kernel_rates

TTT_INLINE Result<double> measure_slowdown(const kernels::KernelTable& table, const Buffer& filled, ThreadTeam& team) {
  using namespace kernel_rates;
  if (team.size() == 1) return 1.0;
  TTT_TRY(const std::unique_ptr<ThreadTeam> alone, ThreadTeam::create(1));
  const Bench bench(table, filled, *alone);
  OpShape s{.op = OpKind::linear, .rows = 96, .n = product_wide_n, .k = product_k, .weights = DType::bf16};
  s.operands = table.has_bf16_dot ? DType::bf16 : DType::fp32;
  double one = 1e9, all = 1e9;
  for (int round = 0; round < 4; ++round) {  // in turns: both meet the machine at its best
    s.n = product_wide_n;
    one = std::min(one, bench.seconds(s, *alone, budget));
    s.n = product_wide_n * team.size();
    all = std::min(all, bench.seconds(s, team, budget));
  }
  return one > 0 ? std::clamp(all / one, 1.0, 100.0) : 1.0;
}

TTT_INLINE Result<KernelRates> measure_kernel_rates(const kernels::KernelTable& table, const Buffer& filled,
                                                    ThreadTeam& team,
                                                    const std::function<double(std::size_t, double)>& read_rate) {
  TTT_TRY(const std::unique_ptr<ThreadTeam> alone, ThreadTeam::create(1));
  const kernel_rates::Bench bench(table, filled, *alone);
  KernelRates r;
  for (const DType weights : kernels::weight_formats)
    for (const DType operands : kernels::activation_formats) {
      if (!catalog::is_product(weights, operands)) continue;
      ProductRate& rate = r.products[static_cast<std::size_t>(weights)][KernelRates::operand_index(operands)];
      rate = kernel_rates::product_rate(bench, weights, operands);
      rate.stream_share = kernel_rates::stream_share(bench, filled, team, read_rate, weights, operands);
    }
  for (const DType kv : kernels::kv_formats)
    for (const Fidelity f : {Fidelity::hifi4, Fidelity::hifi2, Fidelity::lofi}) {
      if (!catalog::cpu_supports_scores(kv, f)) continue;
      const DType operands = catalog::operands_of(f);
      const auto at = static_cast<std::size_t>(kv);
      const std::size_t by = KernelRates::operand_index(operands);
      r.decode_attention[at][by] = kernel_rates::decode_attention(bench, kv, operands);
      r.prompt_attention[at][by] = kernel_rates::prompt_attention(bench, kv, operands);
    }
  r.kv_share = kernel_rates::kv_share(bench, team, read_rate);
  kernel_rates::around_products(bench, r);
  kernel_rates::take_out_around(r);
  kernel_rates::embedding(table, filled, r);
  return r;
}

}  // namespace ttt

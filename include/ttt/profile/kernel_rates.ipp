// Definitions of kernel_rates.hpp.
#pragma once

#include <algorithm>
#include <vector>

#include <ttt/io/linkage.hpp>
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
      case OpKind::qkv: entry.qkv = table_.qkv(shape.weights, shape.operands, shape.kv); break;
      case OpKind::gated: entry.matmul = table_.gated(shape.weights, shape.operands, shape.activation); break;
      default: entry.matmul = table_.store(shape.weights, shape.operands); break;
    }
    if (entry.attention == nullptr && entry.qkv == nullptr && entry.matmul == nullptr) return 0;
    KernelCase work(shape, 0, false, filled_.data());
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

inline ProductRate product_rate(const Bench& bench, DType weights, DType operands) {
  ProductRate rate;
  OpShape s{.op = OpKind::linear, .n = 128, .k = 512, .weights = weights, .operands = operands};
  for (std::size_t i = 0; i < measured_rows.size(); ++i) {
    s.rows = measured_rows[i];
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
  s.n = static_cast<int>(std::min(static_cast<double>(filled.size()), 128e6) / row) / 32 * 32;
  if (s.n == 0) return 1;
  const double seconds = bench.seconds(s, team, 3 * budget);
  const double read = read_rate(static_cast<std::size_t>(s.n * row), 3 * budget);
  return seconds > 0 && read > 0 ? std::clamp(s.n * row / seconds / read, 0.05, 1.0) : 1;
}

inline AttentionRate decode_attention(const Bench& bench, DType kv) {
  const auto seconds = [&](int heads, int head_dim) {
    return bench.seconds({.op = OpKind::attention, .keys = 512, .heads = heads, .kv_heads = 2, .head_dim = head_dim,
                          .kv = kv}) / 512;
  };
  constexpr int narrow = 32, wide = 96, few = 2, many = 8;
  const double few_narrow = seconds(few, narrow), many_narrow = seconds(many, narrow);
  const double few_wide = seconds(few, wide), many_wide = seconds(many, wide);
  // seconds of a key = heads (key_s + head_dim * key_dimension_s) + kv_heads * head_dim * load_dimension_s
  const double head_narrow = (many_narrow - few_narrow) / (many - few), head_wide = (many_wide - few_wide) / (many - few);
  AttentionRate r;
  r.key_dimension_s = std::max(0.0, (head_wide - head_narrow) / (wide - narrow));
  r.key_s = std::max(0.0, head_narrow - narrow * r.key_dimension_s);
  const double rest_wide = few_wide - few * head_wide, rest_narrow = few_narrow - few * head_narrow;
  r.load_dimension_s = std::max(0.0, (rest_wide + rest_narrow) / (2.0 * (wide + narrow)));
  return r;
}
inline AttentionRate prompt_attention(const Bench& bench, DType kv) {
  constexpr int rows = 48, keys = 304, heads = 4, narrow = 32, wide = 96;
  const auto seconds = [&](int head_dim) {
    const double pairs = static_cast<double>(rows) * heads * (keys - rows / 2.0);
    return bench.seconds({.op = OpKind::attention, .rows = rows, .keys = keys, .heads = heads, .kv_heads = 2,
                          .head_dim = head_dim, .kv = kv}) / pairs;
  };
  const double a = seconds(narrow), b = seconds(wide);
  AttentionRate r;
  r.key_dimension_s = std::max(0.0, (b - a) / (wide - narrow));
  r.key_s = std::max(0.0, a - narrow * r.key_dimension_s);
  return r;
}

/// What products do besides multiplying: shapes with many inputs and few outputs, and the other way round.
inline void around_products(const Bench& bench, KernelRates& r) {
  const DType usual = bench.table().has_bf16_dot ? DType::bf16 : DType::fp32;
  const int rows = measured_rows.back();
  const auto all_rows = [&](DType w, DType a) { return r.product(w, a).weight_s.back(); };
  for (const DType operands : kernels::activation_formats) {
    const DType weights = operands == DType::int8 ? DType::int8 : DType::bf16;
    OpShape s{.op = OpKind::linear, .rows = 24, .n = 32, .k = 2048, .weights = weights, .operands = operands};
    const auto each = [&](bool norm) {
      s.norm = norm;
      const ProductRate& p = r.product(weights, operands);
      const double products = static_cast<double>(s.n) * s.k * (p.weight_s[2] + (s.rows - 16) / 80.0 * (p.weight_s[3] - p.weight_s[2]));
      return std::max(0.0, bench.seconds(s) - products) / (static_cast<double>(s.rows) * s.k);
    };
    const std::size_t at = KernelRates::operand_index(operands);
    r.input_s[at] = each(false);
    r.norm_s[at] = each(true);
  }
  const auto finish = [&](OpShape s) {
    const double products = static_cast<double>(s.n) * s.k * all_rows(s.weights, s.operands);
    const double inputs = static_cast<double>(s.rows) * s.k * r.input_s[KernelRates::operand_index(s.operands)];
    return std::max(0.0, bench.seconds(s) - products - inputs) / (static_cast<double>(s.rows) * s.n);
  };
  OpShape s{.op = OpKind::linear, .rows = rows, .n = 1024, .k = 32, .weights = DType::bf16, .operands = usual};
  r.output_s = finish(s);
  s.op = OpKind::gated;
  r.gated_s = finish(s);
  s.op = OpKind::qkv;
  s.heads = 12;
  s.kv_heads = 2;
  s.head_dim = 64;
  s.keys = rows;
  r.append_s = finish(s);
}

inline void embedding(const kernels::KernelTable& table, const Buffer& filled, KernelRates& r) {
  constexpr int rows = 32, hidden = 1024, angles = 64;
  const kernels::EmbedFn run = table.any_embed();
  if (run == nullptr) return;
  std::vector<kernels::Row> step;
  for (int i = 0; i < rows; ++i) step.push_back({i * 37 % 512, 100 + i, 0});
  std::vector<float> y(static_cast<std::size_t>(rows) * hidden), cos_sin(static_cast<std::size_t>(rows) * 2 * angles);
  const std::vector<float> frequencies(angles, 0.37F);
  const float* const of_session[] = {frequencies.data()};
  kernels::EmbedArgs a{};
  a.rows = step.data();
  a.row_count = rows;
  a.table = {filled.data(), nullptr, 512, hidden};
  a.scale = 1;
  a.y = y.data();
  const double rows_alone = probing::seconds_of(budget, [&] { run(a, {0, 1}); });
  a.inv_freq = of_session;
  a.rotary_dim = 2 * angles;
  a.cos_sin = cos_sin.data();
  const double both = probing::seconds_of(budget, [&] { run(a, {0, 1}); });
  r.fetch_s = rows_alone / (rows * hidden);
  r.angle_s = std::max(0.0, both - rows_alone) / (rows * angles);
}

}  // namespace kernel_rates

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
  for (const DType kv : kernels::kv_formats) {
    if (table.attention(kv) == nullptr) continue;
    r.decode_attention[static_cast<std::size_t>(kv)] = kernel_rates::decode_attention(bench, kv);
    r.prompt_attention[static_cast<std::size_t>(kv)] = kernel_rates::prompt_attention(bench, kv);
  }
  kernel_rates::around_products(bench, r);
  kernel_rates::embedding(table, filled, r);
  return r;
}

}  // namespace ttt

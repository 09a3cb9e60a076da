// Expected times: the larger of what must be read and what must be computed, at a device's rates, and what it takes to begin.
#pragma once

#include <ttt/plan/tensix_time.hpp>

namespace ttt {

/// As much longer as an op takes because `items` of equal size cannot be dealt out evenly to the parts.
[[nodiscard]] constexpr double unevenness(double items, int parts) {
  if (parts <= 1 || items <= 0) return 1;
  const auto each = static_cast<std::int64_t>((items + parts - 1) / parts);
  return static_cast<double>(each < 1 ? 1 : each) * parts / items;
}

/// Seconds of `rows` rows times one weight, as measured.
[[nodiscard]] constexpr double weight_seconds(const ProductRate& rate, double rows) {
  if (rows <= 0) return 0;
  if (rows <= measured_rows[0]) return rate.weight_s[0];
  for (std::size_t i = 1; i < measured_rows.size(); ++i) {
    if (rows > measured_rows[i]) continue;
    const double at = (rows - measured_rows[i - 1]) / (measured_rows[i] - measured_rows[i - 1]);
    return rate.weight_s[i - 1] + at * (rate.weight_s[i] - rate.weight_s[i - 1]);
  }
  return rate.weight_s.back() * rows / measured_rows.back();
}

/// As much longer as attention takes because its items, or the blocks of a short step's contexts, are not of one size for
/// every part (kernels/cpu/body/attention.inc deals them out).
[[nodiscard]] constexpr double attention_unevenness(const PlanOp& op, int parts, const StepShape& step) {
  const double items = step.rows * op.kv_heads;
  if (parts <= 1 || items <= 0) return 1;
  const bool few = items < static_cast<double>(catalog::split_items_a_part) * parts;
  if (!step.decode || !few || step.keys <= catalog::context_block) return unevenness(items, parts);
  const double block = catalog::context_block, keys = step.keys > 1 ? step.keys : 1, all = items * keys;
  double before = 0, longest = 0, mine = 0;
  int part = 0;
  for (double from = 0; from < keys; from += block) {
    const double length = keys - from < block ? keys - from : block;
    for (int i = 0; i < static_cast<int>(items); ++i, before += length) {
      const int of = static_cast<int>((before + length / 2) * parts / all);
      mine = of == part ? mine + length : length;
      part = of;
      longest = mine > longest ? mine : longest;
    }
  }
  return longest * parts / all;
}

/// Seconds of a product's arithmetic as its kernels were measured: rows in blocks as the kernels take them.
[[nodiscard]] constexpr double product_seconds(const PlanOp& op, const DeviceRates& rates, const StepShape& step) {
  const KernelRates& k = rates.kernels;
  const ProductRate rate = k.product(op.weights, op.operands);
  const double block = catalog::row_block(op.k);
  const double rows = step.reads > 0 ? step.rows / step.reads : step.rows;
  const auto whole = static_cast<double>(static_cast<std::int64_t>(rows / block));
  double once = whole * weight_seconds(rate, block);
  if (rows > whole * block) once += weight_seconds(rate, rows - whole * block);
  const double outputs = op.n;
  double finish = outputs * (op.kind == OpKind::gated ? k.gated_s : k.output_s);
  double units = outputs / 32;
  if (op.kind == OpKind::qkv && op.head_dim > 0) {
    const double kv = 2.0 * op.kv_heads * op.head_dim;
    finish = (outputs - kv) * k.rotate_s + kv * k.append_s + outputs / op.head_dim * k.head_s;
    units = op.head_dim % 16 == 0 ? outputs / op.head_dim : outputs / 16;
  }
  const double shared = step.reads * outputs * op.k * once + step.rows * finish;
  const double prepare = (op.norm ? k.norm_s : k.input_s)[KernelRates::operand_index(op.operands)];
  return shared * unevenness(units < 1 ? 1 : units, rates.threads) / rates.threads + step.rows * op.k * prepare;
}

/// The same of attention. Values are summed up in pairs of panels of 16 dimensions.
[[nodiscard]] constexpr double attention_seconds(const PlanOp& op, const DeviceRates& rates, const StepShape& step) {
  const double head_dim = op.k > 0 ? op.k : 1;
  const double dims = (head_dim + static_cast<double>(catalog::round_up(op.k, 32))) / 2;
  const DType operands = catalog::operands_of(fidelity_of(op, step.decode));
  const AttentionRate rate = rates.kernels.attention(op.kv, operands, step.decode);
  // A tile of queries computes all that its last one sees, and whole tiles of keys.
  const double keys = step.keys + (step.decode ? catalog::kv_lanes / 2 : catalog::kv_lanes);
  const double each = op.n / head_dim * (rate.key_s + rate.key_dimension_s * dims);
  const double load = step.decode ? op.kv_heads * dims * rate.load_dimension_s : 0;
  return step.rows * keys * (each + load) * attention_unevenness(op, rates.threads, step) / rates.threads;
}

/// Seconds of an op's arithmetic.
[[nodiscard]] constexpr double computing_seconds(const PlanOp& op, const DeviceRates& rates, const StepShape& step) {
  const double peak = rates.peak(fidelity_of(op, step.decode));
  const double nominal = peak > 0 ? work_of(op, step).flops / peak : 0;
  const KernelRates& k = rates.kernels;
  if (!rates.kernels_measured) return nominal;
  switch (op.kind) {
    case OpKind::qkv:
    case OpKind::gated:
    case OpKind::activated:
    case OpKind::projection:
    case OpKind::linear:
      if (k.product(op.weights, op.operands).weight_s[0] <= 0) return nominal;
      return product_seconds(op, rates, step) * rates.thread_slowdown;
    case OpKind::attention:
      if (k.attention(op.kv, catalog::operands_of(fidelity_of(op, step.decode)), step.decode).key_s <= 0) return nominal;
      return attention_seconds(op, rates, step) * rates.thread_slowdown;
    case OpKind::norm: return step.rows * op.n * k.norm_s[0] / rates.threads;
    case OpKind::embed:
    case OpKind::rotary: {
      // Rows and their angles are dealt out one after the other, so that from two parts on one kind is the slower.
      const double far = rates.from_memory(step.set);
      const double fetch = op.kind == OpKind::embed ? op.n * (k.fetch_s + far * (k.fetch_memory_s - k.fetch_s)) : 0;
      const double angles = op.angles * k.angle_s;
      const double slower = fetch > angles ? fetch : angles;
      return rates.threads < 2 ? step.rows * (fetch + angles) : step.rows * slower * 2 / rates.threads;
    }
    case OpKind::own: break;
  }
  return nominal;
}

/// Seconds of reading an op's weights, keys and values.
[[nodiscard]] constexpr double reading_seconds(const PlanOp& op, const DeviceRates& rates, const StepShape& step) {
  const double bytes = work_of(op, step).bytes;
  const DeviceRates::Reading read = rates.reading_of(step.set);
  if (read.bytes_per_s <= 0 || bytes <= 0) return 0;
  if (!rates.kernels_measured) return bytes / read.bytes_per_s;
  if (op.kind != OpKind::attention) {
    const bool streams = step.rows <= step.reads * step.sessions;  // else arithmetic hides it
    return bytes / read.bytes_per_s / (streams ? rates.kernels.product(op.weights, op.operands).stream_share : 1);
  }
  const double part = bytes * attention_unevenness(op, rates.threads, step) / rates.threads / read.alone_bytes_per_s;
  const double all = bytes / read.bytes_per_s;
  return (part > all ? part : all) / rates.kernels.kv_share;
}

/// The time of one op in one step.
[[nodiscard]] constexpr ExpectedTime expected_time(const PlanOp& op, const DeviceRates& rates, const StepShape& step) {
  if (rates.tensix.cores > 0) return tensix::expected_time(op, rates, step);
  ExpectedTime t;
  t.reading = reading_seconds(op, rates, step);
  t.computing = computing_seconds(op, rates, step);
  t.sending = rates.link_bytes_per_s > 0 ? work_of(op, step).link_bytes / rates.link_bytes_per_s : 0;
  // Rows that another thread has written come from its cache.
  const double width = op.kind == OpKind::embed || op.kind == OpKind::rotary ? 0 : op.kind == OpKind::attention ? op.n : op.k;
  t.overhead = step.reads * rates.op_s + step.rows * width * 4 * rates.exchange_s * (rates.threads - 1) / rates.threads;
  return t;
}

/// Seconds of one op at a device's nominal rates, once. Requires a device whose rates are known.
[[nodiscard]] constexpr double op_seconds(const PlanOp& op, const DeviceTraits& device, const StepShape& step) {
  return expected_time(op, rates_of(device), step).seconds();
}

/// What a request's step adds up to, on one chip.
struct StepCost {
  double flops = 0;
  double bytes = 0;
  double seconds = 0;
};
[[nodiscard]] constexpr StepCost step_cost(const PlanRequest& request) {
  StepCost cost;
  const StepShape step = step_shape(request);
  const DeviceRates rates = rates_of(request.device);
  emit_ops(request, false, [&](const PlanOp& op) {
    const OpWork work = work_of(op, step);
    cost.flops += op.repeat * work.flops;
    cost.bytes += op.repeat * work.bytes;
    cost.seconds += op.repeat * expected_time(op, rates, step).seconds();
  });
  return cost;
}

}  // namespace ttt

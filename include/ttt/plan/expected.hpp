// Expected times: the larger of what must be read and what must be computed, at a device's rates, and what it takes to begin.
#pragma once

#include <ttt/plan/emit.hpp>
#include <ttt/plan/rates.hpp>

namespace ttt {

/// What one op does in one step on one chip.
struct OpWork {
  double flops = 0;
  double bytes = 0;
  double link_bytes = 0;
};

/// The rows of one step and the positions behind each of them. Decoding: a row a session, each with half of the context
/// behind it. A prompt of n tokens: its chunks together read the weights once a chunk, and each row sees half of n.
struct StepShape {
  double rows = 1;      ///< tokens
  double sessions = 1;  ///< that read their own keys and values
  double keys = 0;      ///< behind a row, on average
  double reads = 1;     ///< times the weights are read
  bool decode = true;
  double set = 1e18;    ///< bytes that a step reads in all: they come from the cache they fit into
};
[[nodiscard]] constexpr StepShape step_shape(const PlanRequest& request) {
  const Workload& w = request.workload;
  if (w.prompt == 0)
    return {static_cast<double>(w.batch), static_cast<double>(w.batch), w.context / 2.0, 1, true};
  const int rows = request.rows();
  const double chunks = (w.prompt + rows - 1) / rows;
  return {static_cast<double>(w.prompt), chunks, w.prompt / 2.0, chunks, false};
}

[[nodiscard]] constexpr OpWork work_of(const PlanOp& op, const StepShape& step) {
  return {step.rows * (op.flops_per_row + op.flops_per_row_and_key * step.keys),
          step.reads * static_cast<double>(op.weight_bytes) + step.sessions * op.bytes_per_key * step.keys,
          step.rows * op.link_bytes_per_row};
}

/// The precision whose instructions an op computes with.
[[nodiscard]] constexpr Fidelity fidelity_of(const PlanOp& op, bool decode) {
  const Fidelity f = op.kind == OpKind::attention && decode ? op.decode_fidelity : op.fidelity;
  return f == Fidelity::automatic ? Fidelity::hifi4 : f;
}

/// Where an op's time goes, in seconds. Reading and computing overlap; the rest does not.
struct ExpectedTime {
  double reading = 0;
  double computing = 0;
  double sending = 0;
  double overhead = 0;
  [[nodiscard]] constexpr double seconds() const {
    return (reading > computing ? reading : computing) + sending + overhead;
  }
};

/// As much longer as an op takes because `items` of equal size cannot be dealt out evenly to the parts.
[[nodiscard]] constexpr double unevenness(double items, int parts) {
  if (parts <= 1 || items <= 0) return 1;
  const auto each = static_cast<std::int64_t>((items + parts - 1) / parts);
  return static_cast<double>(each < 1 ? 1 : each) * parts / items;
}

/// Seconds of `rows` rows times one weight, as measured.
[[nodiscard]] constexpr double weight_seconds(const ProductRate& rate, double rows) {
  if (rows <= measured_rows[0]) return rate.weight_s[0];
  for (std::size_t i = 1; i < measured_rows.size(); ++i) {
    if (rows > measured_rows[i]) continue;
    const double at = (rows - measured_rows[i - 1]) / (measured_rows[i] - measured_rows[i - 1]);
    return rate.weight_s[i - 1] + at * (rate.weight_s[i] - rate.weight_s[i - 1]);
  }
  return rate.weight_s.back() * rows / measured_rows.back();
}

/// Seconds of a product's arithmetic as its kernels were measured: rows in blocks as the kernels take them.
[[nodiscard]] constexpr double product_seconds(const PlanOp& op, const DeviceRates& rates, const StepShape& step) {
  const KernelRates& k = rates.kernels;
  const ProductRate& rate = k.product(op.weights, op.operands);
  const double block = catalog::row_block(op.k);
  const double rows = step.reads > 0 ? step.rows / step.reads : step.rows;
  const auto whole = static_cast<double>(static_cast<std::int64_t>(rows / block));
  double once = whole * weight_seconds(rate, block);
  if (rows > whole * block) once += weight_seconds(rate, rows - whole * block);
  const double finish = op.kind == OpKind::qkv ? k.append_s : op.kind == OpKind::gated ? k.gated_s : k.output_s;
  const double outputs = op.n;
  const double shared = step.reads * outputs * op.k * once + step.rows * outputs * finish;
  const double units = op.kind == OpKind::qkv ? outputs / 16 : outputs / 32;
  const double even = unevenness(units < 1 ? 1 : units, rates.threads);
  const double prepare = (op.norm ? k.norm_s : k.input_s)[KernelRates::operand_index(op.operands)];
  return shared * even / rates.threads + step.rows * op.k * prepare;
}

/// The same of attention. A group of query heads reads its keys once; steps of few queries cut the context instead.
[[nodiscard]] constexpr double attention_seconds(const PlanOp& op, const DeviceRates& rates, const StepShape& step) {
  const KernelRates& k = rates.kernels;
  const double head_dim = op.k > 0 ? op.k : 1;
  const double heads = op.n / head_dim;
  const double kv_heads = bits_of(op.kv) > 0 ? op.bytes_per_key / (2 * head_dim * bits_of(op.kv) / 8) : heads;
  const AttentionRate& rate = (step.decode ? k.decode_attention : k.prompt_attention)[static_cast<std::size_t>(op.kv)];
  const double each = rate.key_s + rate.key_dimension_s * head_dim;
  const double load = step.decode ? step.rows * kv_heads * step.keys * head_dim * rate.load_dimension_s : 0;
  double items = step.rows * kv_heads;
  if (items < 8 * rates.threads && rates.threads > 1) {
    const auto blocks = static_cast<double>(static_cast<std::int64_t>(step.keys / catalog::context_block) + 1);
    items *= blocks;
  }
  return (step.rows * heads * step.keys * each + load) * unevenness(items, rates.threads) / rates.threads;
}

/// Seconds of an op's arithmetic.
[[nodiscard]] constexpr double computing_seconds(const PlanOp& op, const DeviceRates& rates, const StepShape& step) {
  const double peak = rates.peak(fidelity_of(op, step.decode));
  const double nominal = peak > 0 ? work_of(op, step).flops / peak : 0;
  const KernelRates& k = rates.kernels;
  const bool product = op.weights != DType::automatic && op.kind != OpKind::embed;
  if (!rates.kernels_measured || (product && k.product(op.weights, op.operands).weight_s[0] <= 0)) return nominal;
  switch (op.kind) {
    case OpKind::qkv:
    case OpKind::gated:
    case OpKind::activated:
    case OpKind::projection:
    case OpKind::linear: return product_seconds(op, rates, step) * rates.thread_slowdown;
    case OpKind::attention: return attention_seconds(op, rates, step) * rates.thread_slowdown;
    case OpKind::norm: return step.rows * op.n * k.norm_s[0] / rates.threads;
    case OpKind::embed:
    case OpKind::rotary: {
      // Rows and their angles are dealt out one after the other, so that from two parts on one kind is the slower.
      const double fetch = op.kind == OpKind::embed ? op.n * k.fetch_s : 0, angles = op.angles * k.angle_s;
      const double slower = fetch > angles ? fetch : angles;
      return rates.threads < 2 ? step.rows * (fetch + angles) : step.rows * slower * 2 / rates.threads;
    }
    case OpKind::own: break;
  }
  return nominal;
}

/// The time of one op in one step.
[[nodiscard]] constexpr ExpectedTime expected_time(const PlanOp& op, const DeviceRates& rates, const StepShape& step) {
  const OpWork work = work_of(op, step);
  const double read = rates.read_bytes_per_s(step.set);
  const bool streams = rates.kernels_measured && op.weights != DType::automatic && step.rows <= step.reads * step.sessions;
  const double share = streams ? rates.kernels.product(op.weights, op.operands).stream_share : 1;
  ExpectedTime t;
  t.reading = read > 0 ? work.bytes / (read * share) : 0;
  t.computing = computing_seconds(op, rates, step);
  t.sending = rates.link_bytes_per_s > 0 ? work.link_bytes / rates.link_bytes_per_s : 0;
  t.overhead = step.reads * rates.op_s;
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

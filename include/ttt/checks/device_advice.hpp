// What to change on a Tensix device, known from the plan before anything runs: tt-perf-report's categories as constexpr rules.
#pragma once

#include <ttt/checks/notes.hpp>
#include <ttt/plan/expected.hpp>

namespace ttt {

enum class DeviceAdviceName : std::uint8_t {
#define TTT_DEVICE_ADVICE(name, category, sentence, knobs) name,
#include <ttt/checks/device_advices.def>
#undef TTT_DEVICE_ADVICE
};

/// One piece of advice with its numbers, for an op of every repetition of its layer.
struct DeviceAdvice {
  DeviceAdviceName name{};
  bool prompt = false;  ///< of the prompt asked about, not of decoding
  std::array<std::int64_t, 5> numbers{};
  int module = -1;      ///< of the first repetition; -1: the whole model
  int repeat = 1;
  OpName op = OpName::none;
  constexpr bool operator==(const DeviceAdvice&) const = default;
};

struct DeviceAdvices {
  static constexpr std::size_t limit = 64;
  std::array<DeviceAdvice, limit> found{};
  std::size_t count = 0;

  /// What holds for decoding is not said again of the prompt.
  constexpr void add(const DeviceAdvice& a) {
    for (std::size_t i = 0; i < count; ++i)
      if (found[i].name == a.name && found[i].numbers == a.numbers && found[i].module == a.module && found[i].op == a.op) return;
    if (count < limit) found[count++] = a;
  }
  [[nodiscard]] constexpr bool has(DeviceAdviceName name) const {
    for (std::size_t i = 0; i < count; ++i)
      if (found[i].name == name) return true;
    return false;
  }
  [[nodiscard]] constexpr const DeviceAdvice* begin() const { return found.data(); }
  [[nodiscard]] constexpr const DeviceAdvice* end() const { return found.data() + count; }
};

/// A gap between two ops that tracing is there for; from it on tt-perf-report advises a trace.
inline constexpr double traced_gap_s = 6.5e-6;

namespace checks {

/// The fidelity that weights deserve: where they are multiplied whole, but where the hardware's fault is HiFi3, because with
/// fp32 sums HiFi4 can lose more there than HiFi3 leaves out.
[[nodiscard]] constexpr Fidelity deserved_by(DType weights, DType accumulate, const DeviceTraits& device) {
  const Fidelity whole = whole_at(weights);
  return device.hifi4_fp32_defect && accumulate == DType::fp32 && whole == Fidelity::hifi4 ? Fidelity::hifi3 : whole;
}

/// Rules over the ops of one phase of a request.
class DeviceAdviser {
 public:
  constexpr DeviceAdviser(const PlanRequest& request, DeviceAdvices& out)
      : request_(request), out_(out), rates_(rates_of(request.device)), measured_(rates_of(as_measured(request.device))),
        step_(step_shape(request)) {}

  constexpr void op(const PlanOp& op) {
    if (op.module != part_.module || part_of(op.name) != part_.name) finish_part(), part_ = {op.module, part_of(op.name)};
    if (op.kind == OpKind::own) return say(op, DeviceAdviceName::host_fallback, {});
    if (op.kind == OpKind::attention) return scores(op);
    if (!tensix::is_product(op)) return;
    const StepShape step = tensix::step_of(op, step_);
    const tensix::Product product = tensix::product_of(op, rates_.tensix.chip, step);
    const TensixBound bound = tensix::bound_of(op, rates_, step_);
    if (!step_.decode && tensix::runs_as_decoding(op, step)) return;  // the head runs as in decoding
    if (step_.decode) {
      fidelity(op);
      decoding(op, product, bound);
    } else {
      prompt(op, product, bound);
    }
    if (step_.decode && !product.dram_sharded) return;  // no program config, whose blocks one could look at
    const int along_k = catalog::ttnn::tiles(product.shape.k);
    const int cores = product.dram_sharded ? product.program.cores()
                      : product.program.kind == catalog::ttnn::MatmulKind::mcast_2d ? product.program.grid_y : 1;
    if (const int width = product.program.in0_block_w; width < 2 && along_k > 1) {
      const int fewer = fewer_cores(along_k, cores);
      say(op, fewer > 0 ? DeviceAdviceName::wider_in0_block : DeviceAdviceName::even_inputs,
          {width, along_k, cores, fewer > 0 ? fewer : along_k + along_k % 2});
    }
    const int n = product.program.per_core_n;
    if (!product.dram_sharded && product.program.out_subblock_h * product.program.out_subblock_w < 2 && n > 1)
      say(op, DeviceAdviceName::larger_subblock,
          {product.program.out_subblock_h, product.program.out_subblock_w, n, n + n % 2});
  }
  /// To be called behind the last op.
  constexpr void finish_part() {
    for (std::size_t i = 0; i < part_.count; ++i)
      if ((part_.held[i].name == DeviceAdviceName::multiply_on_the_grid ? part_.to_grid : part_.to_shards) > 0)
        out_.add(part_.held[i]);
    part_.count = 0;
  }
  [[nodiscard]] constexpr int device_ops(const PlanOp& op) const {
    const StepShape step = tensix::step_of(op, step_);
    const auto product = tensix::is_product(op) ? tensix::product_of(op, rates_.tensix.chip, step) : tensix::Product{};
    return tensix::device_ops(op, product, step);
  }

 private:
  /// `kernel` is a knob of a whole attention or feed-forward network: advice to turn it waits until all products of one are
  /// seen, and is given where they gain together.
  struct Part {
    int module = -1;
    PartName name = PartName::whole;
    double to_shards = 0, to_grid = 0;  ///< seconds that the other kernel saves
    std::array<DeviceAdvice, 4> held{};
    std::size_t count = 0;
  };
  constexpr void say(const PlanOp& op, DeviceAdviceName name, std::array<std::int64_t, 5> numbers) {
    out_.add({name, !step_.decode, numbers, op.module, op.repeat, op.name});
  }
  constexpr void hold(const PlanOp& op, DeviceAdviceName name, std::array<std::int64_t, 5> numbers) {
    if (part_.count < part_.held.size()) part_.held[part_.count++] = {name, !step_.decode, numbers, op.module, op.repeat, op.name};
  }
  /// The most cores, fewer than these, whose shares of k divide into blocks of two tiles and more; 0: none do.
  [[nodiscard]] static constexpr int fewer_cores(int along_k, int cores) {
    for (int c = cores - 1; c > 0; --c)
      if (along_k % c == 0 && catalog::ttnn::largest_divisor(along_k / c, 8) > 1) return c;
    return 0;
  }
  [[nodiscard]] static constexpr KernelVariant usual_kernel(const PlanOp& op) {
    return op.group == WeightGroup::qkv || op.group == WeightGroup::o ? KernelVariant::flash : KernelVariant::fused;
  }
  /// What tells two programs apart is not in a data sheet: at the rates measured of such chips.
  [[nodiscard]] constexpr double seconds(const PlanOp& op) const { return expected_time(op, measured_, step_).seconds(); }

  [[nodiscard]] constexpr bool computes_longer(const PlanOp& op) const {
    const ExpectedTime t = expected_time(op, rates_, step_);
    return t.computing > t.reading;
  }

  constexpr void scores(const PlanOp& op) {
    const Fidelity f = step_.decode ? op.decode_fidelity : op.fidelity;
    if (!request_.device.hifi4_fp32_defect || f != Fidelity::hifi4 || op.accumulate != DType::fp32) return;
    say(op, step_.decode ? DeviceAdviceName::hifi3_decode_scores : DeviceAdviceName::hifi3_prompt_scores, {});
  }
  constexpr void fidelity(const PlanOp& op) {
    const Fidelity whole = deserved_by(op.weights, op.accumulate, request_.device);
    const std::array<std::int64_t, 5> numbers{static_cast<int>(op.weights), static_cast<int>(op.fidelity),
                                              static_cast<int>(op.group), static_cast<int>(whole)};
    if (request_.device.hifi4_fp32_defect && op.fidelity == Fidelity::hifi4 && op.accumulate == DType::fp32 &&
        whole == Fidelity::hifi3)
      return say(op, DeviceAdviceName::hifi3_with_fp32_sums, {static_cast<int>(op.group)});
    if (op.fidelity > whole) say(op, DeviceAdviceName::fewer_phases, numbers);
    if (op.fidelity >= whole) return;
    PlanOp exact = op;
    exact.fidelity = whole;
    const double more = expected_time(exact, rates_, step_).seconds() - expected_time(op, rates_, step_).seconds();
    say(op, DeviceAdviceName::more_phases,
        {numbers[0], numbers[1], numbers[2], numbers[3], static_cast<std::int64_t>(more * 1e9 + 0.5)});
  }
  constexpr void decoding(const PlanOp& op, const tensix::Product& product, TensixBound bound) {
    const bool dram = bound == TensixBound::dram || bound == TensixBound::both;
    PlanOp other = op;
    other.variant = product.dram_sharded ? KernelVariant::naive : KernelVariant::fused;
    const double gain = seconds(op) - seconds(other);
    (product.dram_sharded ? part_.to_grid : part_.to_shards) += gain;
    if (!product.dram_sharded && dram && !computes_longer(other) && gain > 0)
      hold(op, DeviceAdviceName::shard_weights_in_dram, {static_cast<int>(usual_kernel(op))});
    if (!product.dram_sharded && bound == TensixBound::slow && gain > 0)
      hold(op, DeviceAdviceName::in0_into_l1, {static_cast<int>(usual_kernel(op))});
    if (bound == TensixBound::slow || !computes_longer(op) || product.cores >= 64) return;
    const Fidelity whole = deserved_by(op.weights, op.accumulate, request_.device);
    if (op.fidelity > whole)
      return say(op, DeviceAdviceName::fewer_phases_on_few_cores,
                 {product.cores, static_cast<int>(op.fidelity), static_cast<int>(op.fidelity), static_cast<int>(whole),
                  static_cast<int>(op.group)});
    if (product.dram_sharded && gain > 0)
      return hold(op, DeviceAdviceName::multiply_on_the_grid,
                  {product.cores, tensix::product_of(other, rates_.tensix.chip, step_).cores});
    say(op, DeviceAdviceName::larger_grid,
        {product.cores, catalog::ttnn::tiles(product.shape.k), catalog::ttnn::tiles(product.shape.n)});
  }
  constexpr void prompt(const PlanOp& op, const tensix::Product& product, TensixBound bound) {
    const int rows = tensix::rows_of_pass(step_);
    if (bound == TensixBound::slow) return say(op, DeviceAdviceName::in0_stays_in_dram, {rows});
    const int along_m = catalog::ttnn::tiles(product.shape.m), longer = longer_chunk(op, rows);
    if (bound != TensixBound::flop)
      return longer > 0 ? say(op, DeviceAdviceName::longer_chunks, {rows, longer})
             : along_m < product.program.grid_y ? say(op, DeviceAdviceName::longer_prompt, {rows}) : void();
    if (product.cores >= 64) return;
    if (along_m >= product.program.grid_y)
      return say(op, DeviceAdviceName::larger_grid,
                 {product.cores, catalog::ttnn::tiles(product.shape.k), catalog::ttnn::tiles(product.shape.n)});
    say(op, longer > 0 ? DeviceAdviceName::chunks_for_the_grid : DeviceAdviceName::prompt_for_the_grid,
        {product.cores, rows, along_m, longer});
  }
  /// The chunk to which doubling saves a tenth of the prompt's time each time; 0: it saves none.
  [[nodiscard]] constexpr int longer_chunk(const PlanOp& op, int rows) const {
    const int prompt = request_.workload.prompt;
    int best = 0;
    double before = seconds(op);
    for (int chunk = 2 * rows; chunk / 2 < prompt; chunk *= 2) {
      StepShape step = step_;
      step.reads = step.sessions = static_cast<double>(catalog::ttnn::ceil_div(prompt, chunk));
      const auto whole = static_cast<int>(catalog::round_up(chunk, catalog::ttnn::tile_side));
      const double then = expected_time(op, rates_, step).seconds();
      if (whole > request_.workload.context || then > 0.9 * before) break;
      best = whole;
      before = then;
    }
    return best;
  }

  const PlanRequest& request_;
  DeviceAdvices& out_;
  DeviceRates rates_, measured_;
  StepShape step_;
  Part part_{};
};

}  // namespace checks

/// Advice on decoding, and, where the workload has a prompt, on that prompt. Empty for other devices than Tensix ones.
[[nodiscard]] constexpr DeviceAdvices find_device_advice(const PlanRequest& request) {
  DeviceAdvices out;
  if (request.device.kind != DeviceKind::ttnn) return out;
  PlanRequest decode = request;
  decode.workload.prompt = 0;
  checks::DeviceAdviser adviser(decode, out);
  std::int64_t ops = 0;
  emit_ops(decode, false, [&](const PlanOp& op) {
    adviser.op(op);
    ops += op.repeat * adviser.device_ops(op);
  });
  adviser.finish_part();
  const double over = request.device.op_overhead_s - traced_gap_s;
  if (over > 1e-12) {
    const auto ns = [](double s) { return static_cast<std::int64_t>(s * 1e9 + 0.5); };
    DeviceAdvice trace{DeviceAdviceName::trace_the_step};
    trace.numbers = {ops, ns(request.device.op_overhead_s), ns(traced_gap_s), ns(over) * ops / 1000};
    out.add(trace);
  }
  if (request.workload.prompt <= 0) return out;
  checks::DeviceAdviser prompts(request, out);
  emit_ops(request, false, [&](const PlanOp& op) { prompts.op(op); });
  return out;
}

}  // namespace ttt

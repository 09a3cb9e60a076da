// Definitions of op_overhead.hpp.
#pragma once

#include <algorithm>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/model.hpp>
#include <ttt/profile/op_overhead.hpp>
#include <ttt/profile/phase_cost.hpp>
#include <ttt/runtime/runner.hpp>
#include <ttt/runtime/thread_recorder.hpp>

namespace ttt {

namespace op_overheads {

inline constexpr int vocab = 512, context = 64, rounds = 6;
inline constexpr auto model =
    Embedding<vocab, 64>
    >> Repeat<4, TransformerLayer<64, Attention<8, 4, 8>, SwiGlu<160>>>
    >> RmsNorm<64>
    >> Linear<64, vocab, TiedTo<"embedding">>;

/// Every number of every tensor is 0.01: times do not depend on them.
class SameNumbers final : public TensorSource {
 public:
  explicit SameNumbers(const ModelView& view) : tensors_(tensors_of(view)) {}
  [[nodiscard]] std::optional<TensorInfo> find(std::string_view name) const override {
    for (const TensorSpec& t : tensors_)
      if (t.name == name)
        return TensorInfo{DType::fp32, "F32",
                          is_matrix(t.role) ? std::vector<std::int64_t>{t.rows, t.columns} : std::vector<std::int64_t>{t.columns}, {}};
    return std::nullopt;
  }
  [[nodiscard]] Result<void> read(std::string_view, std::uint64_t, std::span<std::byte> into) const override {
    constexpr float number = 0.01F;
    for (std::size_t i = 0; i + sizeof number <= into.size(); i += sizeof number) std::memcpy(into.data() + i, &number, sizeof number);
    return {};
  }
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> out;
    for (const TensorSpec& t : tensors_) out.push_back(t.name);
    return out;
  }
  [[nodiscard]] std::string where() const override { return "a model to measure with"; }

 private:
  std::vector<TensorSpec> tensors_;
};

}  // namespace op_overheads

TTT_INLINE Result<double> measure_op_overhead(const kernels::KernelTable& table, const DeviceRates& rates, int threads) {
  using namespace op_overheads;
  const ModelView view = view_of<type_of<model>>();
  LoadOptions options;
  options.policy.set_weights(DType::bf16);
  options.workload = {.context = context};
  options.threads = threads;
  options.isa = std::string(table.name);
  options.packed_cache = "off";
  TTT_TRY(const std::shared_ptr<const ModelState> state, make_state({.model = view, .max_position = context}, SameNumbers(view), options));
  TTT_TRY(const std::unique_ptr<Runner> runner, Runner::create(state));
  TTT_TRY(Session session, Session::create(state));
  TTT_TRY(ThreadRecorder recorder, ThreadRecorder::create(rounds * context, static_cast<int>(state->ops.size()),
                                                          std::max(1, state->request.parts), threads));
  const std::int32_t token = 1;
  const BatchItem item{.session = &session, .tokens = {&token, 1}};
  for (int round = 0; round <= rounds; ++round) {  // the first makes warm
    session.reset();
    for (int i = 0; i < context; ++i) TTT_CHECK(runner->step({&item, 1}, nullptr, {}, round > 0 ? &recorder : nullptr));
  }
  DeviceRates bare = rates;
  bare.op_s = 0;
  PhaseSamples steps;
  steps.phase = Phase::decode;
  steps.depth = 0;
  steps.steps = {1};
  const std::vector<OpCostOfPass> costs = cost_of_pass(state->ops, bare, steps, context);
  const double tick = recorder.seconds_per_tick();
  std::vector<double> rest;
  for (std::size_t o = 0; o < costs.size(); ++o) {
    std::vector<double> took;
    for (int run = 0; run < recorder.runs(); ++run) {
      const auto end_of = [&](int op) {
        std::uint64_t last = recorder.begin(run);
        for (int p = 0; op >= 0 && p < recorder.parts(run, op); ++p) last = std::max(last, recorder.part(run, op, p).end);
        return last;
      };
      const std::uint64_t from = end_of(static_cast<int>(o) - 1), to = end_of(static_cast<int>(o));
      took.push_back(static_cast<double>(to - std::min(from, to)) * tick);
    }
    rest.push_back(Spread::of(took).quarter - costs[o].seconds);  // what disturbs only ever adds
  }
  return std::clamp(Spread::of(rest).median, 0.0, 1e-4);
}

}  // namespace ttt

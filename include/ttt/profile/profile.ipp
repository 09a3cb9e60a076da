// Definitions of profile.hpp, of LoadedModel::profile and of ProfileReport.
#pragma once

#include <algorithm>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/profile/calibration.hpp>
#include <ttt/profile/processor.hpp>
#include <ttt/profile/profile.hpp>
#include <ttt/profile/suggest.hpp>
#include <ttt/runtime/cores.hpp>

namespace ttt {

namespace profiling {

inline ProfileTotals totals_of(const ModelState& state, const Measurement& m, const DeviceRates& rates, int cores) {
  ProfileTotals t;
  t.prompt = Spread::of(m.prompt.pass).scaled(1e3);
  t.decode = Spread::of(m.decode.pass).scaled(1e3);
  t.prompt_ms = t.prompt.median;
  t.decode_ms = t.decode.median;
  t.prompt_tokens = m.prompt.tokens;
  t.decode_tokens = m.decode_tokens;
  t.repeat = m.repeat;
  t.prompt_passes = static_cast<int>(m.prompt.pass.size());
  t.decode_passes = static_cast<int>(m.decode.pass.size());
  t.threads = m.threads;
  t.cores = cores;
  const double with = Spread::of(m.decode.recorded).median, without = Spread::of(m.decode.unrecorded).median;
  t.recording_cost = without > 0 && with > 0 ? with / without - 1 : 0;
  for (const MemoryClass c : {MemoryClass::weights, MemoryClass::kv, MemoryClass::arena})
    t.peak_bytes += static_cast<std::int64_t>(m.memory[c].peak);
  t.planned_peak_bytes = state.totals.peak;
  t.weights = state.totals.weights;
  t.kv = state.totals.kv;
  t.arena = state.totals.arena;
  if (m.allocations >= 0 && m.decode_steps > 0)
    t.allocations_per_step = static_cast<double>(m.allocations) / static_cast<double>(m.decode_steps);
  t.read_bytes_per_s = rates.readings > 0 ? rates.reading[rates.readings - 1].bytes_per_s : 0;
  t.fp32_flop_per_s = rates.peak(Fidelity::hifi4);
  t.bf16_flop_per_s = rates.peak(Fidelity::hifi2);
  t.int8_flop_per_s = rates.peak(Fidelity::lofi);
  return t;
}

/// Which ops of a layer an activation's buffer lives from and to, as the arena has it.
inline std::vector<PlannedBuffer> buffers_of(const ModelState& state) {
  std::vector<PlannedBuffer> out;
  for (std::size_t i = 0; i < role_count; ++i) {
    if (state.arena.bytes[i] == 0) continue;
    const Lifetime life = lifetime_of(static_cast<Role>(i));
    const bool always = life.first == 0;
    out.push_back({std::string(name_of(static_cast<Role>(i))), state.arena.offset[i], state.arena.bytes[i],
                   always ? -1 : life.first - 1, always ? -1 : life.last - 1});
  }
  return out;
}

/// Which of a layer's ops this is, in the phases that lifetimes count.
inline int phase_of(const PlanOp& op) {
  switch (op.name) {
    case OpName::attention_qkv: return 0;
    case OpName::attention_scores: return 1;
    case OpName::attention_o:
    case OpName::attention_norm: return 2;
    case OpName::mlp_gate_up:
    case OpName::mlp_up: return 3;
    case OpName::mlp_down:
    case OpName::mlp_norm: return 4;
    case OpName::none: break;
  }
  return -1;
}

}  // namespace profiling

TTT_INLINE std::vector<Bottleneck> ProfileReport::bottlenecks(double multiple) const {
  std::vector<Bottleneck> found;
  double pass = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ProfileRow& r = rows[i];
    if (r.path == "model") pass = r.judged_ms;
    const bool module = r.op.empty() && r.path != "model";
    const bool crowded = r.path == "model" && r.flaggable;
    const bool slow = r.flaggable && r.judged_ms >= multiple * r.should_ms;
    if (module || (!slow && !crowded && r.fault != Fault::accuracy)) continue;
    found.push_back({i, r.path, r.layer, r.module, r.phase, r.actual_ms.median, r.should_ms,
                     (r.judged_ms - r.should_ms) / std::max(pass, 1e-12), r.fault == Fault::accuracy ? r.fault : Fault::time,
                     r.suggestions});
  }
  // Milliseconds of a prompt and of a step cannot be compared; shares of their passes can.
  std::sort(found.begin(), found.end(), [](const Bottleneck& a, const Bottleneck& b) {
    return a.fault != b.fault ? a.fault > b.fault : a.saves > b.saves;
  });
  return found;
}

TTT_INLINE Result<ProfileReport> profile(const TunedModel& model, const ProfileOptions& options,
                                         std::span<const std::int32_t> ids) {
  const std::shared_ptr<Runner>& runner = model.runner();
  const std::shared_ptr<const ModelState> state = runner->shared_state();
  if (state->encoder)
    return make_error(ErrorKind::request, "profile_impossible", "model",
                      "it is an encoder, and passes are measured as a prompt and the decoding steps behind it",
                      "time run_encoder; `ttt plan` says what its ops are expected to take");
  if (state->vocab == 0 || state->context() < 2)
    return make_error(ErrorKind::request, "profile_impossible", "model",
                      state->vocab == 0 ? "it does not begin with an embedding, so that there are no tokens to run"
                                        : "its context holds one position: there is no room to decode behind a prompt",
                      state->vocab == 0 ? "profile the model that the module belongs to" : "load it with a longer context");
  TTT_TRY(const Calibration calibration, calibrated(*state->kernels, options.calibration));
  TTT_TRY(MachineWatch watch, MachineWatch::create(calibration, runner->team(), state->kernels->isa,
                                                   set_of(state->ops, options.prompt)));
  TTT_TRY(const Measurement measured, measure(*runner, options, ids, &watch));
  const MachineNow now = watch.now();
  const DeviceRates rates = rates_of(calibration, measured.threads, now);
  const int cores = available_cores();

  ProfileReport report;
  report.factor = options.factor;
  report.device = std::string(state->request.device.name);
  report.isa = std::string(state->kernels->name);
  report.processor = processor_name();
  report.noise = noise_of(measured, cores);
  report.totals = profiling::totals_of(*state, measured, rates, cores);
  const RowSource source{*state, measured, rates, report.noise, options.factor, measured.decode_tokens, cores};
  const PhaseRows prompt = add_rows(source, measured.prompt, report.rows);
  const PhaseRows decode = add_rows(source, measured.decode, report.rows);
  report.totals.prompt_expected_ms = report.rows[prompt.model].expected_ms;
  report.totals.decode_expected_ms = report.rows[decode.model].expected_ms;
  if (options.suggest)
    report.suggestions = suggest({model, source, calibration, now, options.command}, prompt, decode, report.rows);
  report.buffers = profiling::buffers_of(*state);
  for (const PlanOp& op : state->ops) {
    report.ops.push_back(state->path(op));
    report.op_phases.push_back(profiling::phase_of(op));
  }
  for (std::size_t i = 0; i < rates.readings; ++i)
    report.readings.push_back({rates.reading[i].bytes, rates.reading[i].bytes_per_s});
  report.prompt_timeline = measured.prompt.timeline;
  report.decode_timeline = measured.decode.timeline;
  return report;
}

TTT_INLINE Result<ProfileReport> LoadedModel::profile(const ProfileOptions& options) const {
  if (options.text.empty()) return ttt::profile(*tuned_, options, options.ids);
  TTT_TRY(const std::vector<std::int32_t> ids, encode(options.text));
  return ttt::profile(*tuned_, options, ids);
}

TTT_INLINE Result<ProfileReport> LoadedModel::profile(std::string_view prompt) const {
  ProfileOptions options;
  options.text = std::string(prompt);
  return profile(options);
}

}  // namespace ttt

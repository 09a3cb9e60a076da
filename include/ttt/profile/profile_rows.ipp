// Definitions of profile_rows.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/kernel_name.hpp>
#include <ttt/profile/op_path.hpp>
#include <ttt/profile/phase_cost.hpp>
#include <ttt/profile/profile_rows.hpp>
#include <ttt/profile/twins.hpp>

namespace ttt {

TTT_INLINE bool less_precise(const PlanOp& op, const PlanOp& than, Phase phase) {
  if (op.kind != OpKind::attention) return false;
  const bool decode = phase == Phase::decode;
  return bits_of(op.kv) < bits_of(than.kv) || fidelity_of(op, decode) < fidelity_of(than, decode);
}

namespace rowing {

/// A saving below this share of a pass is worth nobody's time. Where no twin can be asked, the model of expected times alone
/// says that there is one, and has to say it louder.
inline constexpr double least_saving = 0.005, least_saving_alone = 0.02;

/// The times that stand for an op: all of them, or, where something disturbed the passes, the calmest.
inline double judged(const Spread& s, bool noisy, Phase phase) {
  if (!noisy) return s.median;
  return phase == Phase::decode ? (s.min + s.quarter) / 2 : s.min;
}

inline Bound bound_of(const ExpectedTime& t, double busy_share) {
  if (busy_share < 0.5) return Bound::wait;
  const double work = std::max(t.reading, t.computing);
  if (t.overhead > work) return Bound::overhead;
  return t.reading >= t.computing ? Bound::memory : Bound::compute;
}

/// Sums of rows.
struct Total {
  std::vector<double> wall;
  ExpectedTime time{};
  double expected = 0, should = 0, limit = 0, busy = 0, judged = 0, peak_s = 0;
  bool flagged = false, imprecise = false;
  OpWork work{};

  void add(const OpSamples& samples, const OpCostOfPass& cost, const ProfileRow& row, double flop_s) {
    wall.resize(std::max(wall.size(), samples.wall.size()));
    for (std::size_t i = 0; i < samples.wall.size(); ++i) wall[i] += samples.wall[i] * 1e3;
    time.reading += cost.time.reading;
    time.computing += cost.time.computing;
    time.overhead += cost.time.overhead;
    expected += row.expected_ms;
    should += row.should_ms;
    flagged = flagged || row.fault == Fault::time;
    imprecise = imprecise || row.fault == Fault::accuracy;
    limit += row.limit_ms;
    busy += row.busy_ms;
    judged += row.judged_ms;
    work.flops += cost.work.flops;
    work.bytes += cost.work.bytes;
    peak_s += flop_s;
  }
};

class Builder {
 public:
  Builder(const RowSource& source, const PhaseSamples& samples)
      : s_(source),
        samples_(samples),
        costs_(cost_of_pass(source.state.ops, source.rates, samples, source.decoded)),
        crowded_(source.measurement.threads > source.cores) {
    const bool decode = samples.phase == Phase::decode;
    const double keys = decode ? samples.depth + source.decoded / 2.0 : samples.tokens / 2.0;
    read_ = source.rates.reading_of(set_of(source.state.ops, keys)).bytes_per_s;
    for (const OpSamples& op : samples.ops) {
      const Spread wall = Spread::of(op.wall);
      judged_.push_back(judged(wall, source.noise.competing, samples.phase));
      pass_ += judged_.back();
    }
    std::vector<double> ratios;
    for (std::size_t o = 0; o < judged_.size(); ++o)
      if (costs_[o].seconds > 0) ratios.push_back(judged_[o] / costs_[o].seconds);
    slowdown_ = std::max(1.0, Spread::of(ratios).median);
  }

  PhaseRows add_to(std::vector<ProfileRow>& rows) {
    PhaseRows out;
    out.model = rows.size();
    rows.emplace_back();
    const std::vector<PlanOp>& ops = s_.state.ops;
    out.op.resize(ops.size());
    Total all;
    for (std::size_t begin = 0; begin < ops.size();) {
      const std::string path = module_path(s_.state, ops[begin]);
      std::size_t end = begin + 1;
      while (end < ops.size() && ops[end].module == ops[begin].module && module_path(s_.state, ops[end]) == path) ++end;
      const std::size_t module = rows.size();
      rows.emplace_back();
      Total sum;
      for (std::size_t o = begin; o < end; ++o) {
        out.op[o] = rows.size();
        rows.push_back(op_row(o, path));
        const double peak = s_.rates.peak(fidelity_of(ops[o], samples_.phase == Phase::decode));
        const double flop_s = peak > 0 ? costs_[o].work.flops / peak : 0;
        sum.add(samples_.ops[o], costs_[o], rows.back(), flop_s);
        all.add(samples_.ops[o], costs_[o], rows.back(), flop_s);
      }
      rows[module] = total_row(sum, path);
      begin = end;
    }
    rows[out.model] = total_row(all, "model");
    ProfileRow& model = rows[out.model];
    // Its ops are to blame, but where threads take each other's cores: that is worth a word even where it costs little now.
    model.flaggable = model.flagged = crowded_;
    model.fault = crowded_ ? Fault::time : Fault::none;
    return out;
  }

 private:
  [[nodiscard]] ProfileRow op_row(std::size_t o, const std::string& module) const {
    const PlanOp& op = s_.state.ops[o];
    const OpSamples& samples = samples_.ops[o];
    const OpCostOfPass& cost = costs_[o];
    ProfileRow row;
    row.phase = samples_.phase;
    row.path = s_.state.path(op);
    row.layer = layer_in(row.path);
    row.module = last_word(module);
    row.op = op.name == OpName::none ? std::string(name_of(op.kind)) : last_word(row.path);
    row.kernel = kernel_name(s_.state, op);
    row.actual_ms = Spread::of(samples.wall).scaled(1e3);
    row.busy_ms = Spread::of(samples.busy).median * 1e3 / s_.measurement.threads;
    row.judged_ms = judged_[o] * 1e3;
    row.expected_ms = cost.seconds * 1e3;
    row.limit_ms = cost.limit_s * 1e3;
    row.flops = cost.work.flops;
    row.bytes = cost.work.bytes;
    const double peak = s_.rates.peak(fidelity_of(op, samples_.phase == Phase::decode));
    uses(row, peak > 0 ? cost.work.flops / peak : 0);
    row.bound = bound_of(cost.time, row.actual_ms.median > 0 ? row.busy_ms / row.actual_ms.median : 1);
    compare(row, o);
    return row;
  }

  /// Beside the same op of other layers. One configured otherwise than most of them should take what they take. One of the
  /// library's own kernels that is as slow as its like is no layer's fault: there the model of expected times errs, or the
  /// whole machine is slower than it was; kernels of a user's own and plain loops are told what a device's would take.
  void compare(ProfileRow& row, std::size_t o) const {
    const std::vector<PlanOp>& ops = s_.state.ops;
    std::vector<double> twins, alike, others;
    for (std::size_t i = 0; i < ops.size(); ++i) {
      if (i == o || !are_twins(ops[i], ops[o])) continue;
      twins.push_back(judged_[i] * 1e3);
      (same_policy(ops[i], ops[o]) ? alike : others).push_back(twins.back());
    }
    row.twins_ms = Spread::of(twins).median;
    const bool odd = twins.size() >= 2 && 2 * others.size() > twins.size();
    const bool librarys = ops[o].variant != KernelVariant::own && ops[o].variant != KernelVariant::naive;
    row.should_ms = row.expected_ms;
    if (odd) row.should_ms = Spread::of(others).median;
    else if (librarys && alike.size() >= 2) row.should_ms = std::max(row.expected_ms, Spread::of(alike).median);
    else if (s_.noise.competing) row.should_ms *= slowdown_;
    const double least = twins.empty() ? least_saving_alone : least_saving;
    const bool worth = row.judged_ms - row.should_ms >= least * pass_ * 1e3;
    // While others are at work time alone is no evidence: something has to be different about the op.
    const bool disturbed = s_.noise.competing && librarys && !odd;
    const bool fetched = librarys && ops[o].kind == OpKind::embed;  // rows of a table, which nothing would fetch faster
    row.flaggable = !crowded_ && worth && !disturbed && !fetched;
    row.flagged = row.flaggable && row.judged_ms >= s_.factor * row.should_ms;
    row.fault = row.flagged ? Fault::time : Fault::none;
    const PlanOp* const usual = odd ? usual_twin(ops, ops[o]) : nullptr;
    if (usual == nullptr || !less_precise(ops[o], *usual, samples_.phase)) return;
    row.flagged = true;
    row.fault = Fault::accuracy;
  }

  [[nodiscard]] ProfileRow total_row(const Total& t, const std::string& path) const {
    ProfileRow row;
    row.phase = samples_.phase;
    row.path = path;
    row.layer = layer_in(path);
    row.module = last_word(path);
    row.actual_ms = Spread::of(t.wall);
    row.expected_ms = t.expected;
    row.should_ms = t.should;
    const bool slow = t.flagged && t.judged >= s_.factor * t.should;
    row.flagged = slow || (t.imprecise && path != "model");
    row.fault = !row.flagged ? Fault::none : t.imprecise ? Fault::accuracy : Fault::time;
    row.limit_ms = t.limit;
    row.busy_ms = t.busy;
    row.judged_ms = t.judged;
    row.flops = t.work.flops;
    row.bytes = t.work.bytes;
    uses(row, t.peak_s);
    row.bound = bound_of(t.time, row.actual_ms.median > 0 ? row.busy_ms / row.actual_ms.median : 1);
    return row;
  }
  void uses(ProfileRow& row, double flop_s) const {
    const double seconds = row.actual_ms.median * 1e-3;
    if (seconds <= 0) return;
    row.memory_use = read_ > 0 ? row.bytes / seconds / read_ : 0;
    row.compute_use = flop_s / seconds;
  }

  const RowSource& s_;
  const PhaseSamples& samples_;
  std::vector<OpCostOfPass> costs_;
  bool crowded_ = false;
  double read_ = 0, pass_ = 0;
  double slowdown_ = 1;  ///< of most ops beside what is expected: what others on the machine take
  std::vector<double> judged_;
};

}  // namespace rowing

TTT_INLINE PhaseRows add_rows(const RowSource& source, const PhaseSamples& samples, std::vector<ProfileRow>& rows) {
  return rowing::Builder(source, samples).add_to(rows);
}

}  // namespace ttt

// Definitions of verify_cures.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <ttt/io/linkage.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/profile/twins.hpp>
#include <ttt/profile/verify_cures.hpp>
#include <ttt/profile/verify_judge.hpp>

namespace ttt {

namespace curing {

inline constexpr std::size_t most_modules = 3;  ///< whose cures are looked for
inline constexpr const char* at_once = "all of it at full precision";

struct Candidate {
  std::vector<PathPolicy> policies;
  std::string what;
};

inline bool is_product(const PlanOp& op) {
  return op.kind != OpKind::attention && op.weights != DType::automatic && op.kind != OpKind::rotary;
}

/// What the same module of most other layers runs with, where that differs.
inline HardwareConfig like_twins(const ModelState& state, const std::vector<const PlanOp*>& ops) {
  HardwareConfig c;
  for (const PlanOp* op : ops) {
    const PlanOp* const usual = twins_of(state.ops, *op).usual;
    if (usual == nullptr || same_policy(*usual, *op)) continue;
    if (usual->variant != op->variant && usual->variant != KernelVariant::own) c.kernel = usual->variant;
    c = merged(c, formats_of_twin(*op, *usual));
  }
  return c;
}

/// What makes the ops of a module more accurate: one knob each, the least change first, and all of them at once last.
inline std::vector<Candidate> candidates_for(const ModelState& state, const std::string& path,
                                             const std::vector<const PlanOp*>& ops) {
  std::vector<Candidate> out;
  const auto put = [&](const HardwareConfig& c, std::string what) {
    if (c == HardwareConfig{}) return;
    const auto same = [&](const Candidate& o) { return o.policies.front().config == c; };
    if (std::none_of(out.begin(), out.end(), same)) out.push_back({{{path, c}}, std::move(what)});
  };
  HardwareConfig all;
  bool own = false, attention = false;
  for (const PlanOp* op : ops) {
    own = own || op->variant == KernelVariant::own || op->variant == KernelVariant::naive;
    attention = attention || op->kind == OpKind::attention;
  }
  if (own) {
    HardwareConfig c;
    c.kernel = all.kernel = attention ? KernelVariant::flash : KernelVariant::fused;
    put(c, fmt::format("the {} kernel in place of its own", name_of(c.kernel)));
  }
  // On Wormhole an fp32 Dst makes HiFi4 no more accurate than HiFi3, and the vendor warns that it may be less: it is not advised,
  // whatever other layers run with.
  const DeviceTraits& device = state.request.device;
  const bool no_hifi4 = device.kind == DeviceKind::ttnn && device.hifi4_fp32_defect && state.config(*ops.front()).accumulate == DType::fp32;
  HardwareConfig twins = like_twins(state, ops);
  const auto leave_out = [&](Fidelity& f) {
    if (no_hifi4 && f == Fidelity::hifi4) f = Fidelity::automatic;
  };
  leave_out(twins.scores_prompt);
  leave_out(twins.scores_decode);
  for (Fidelity& f : twins.fidelity) leave_out(f);
  put(twins, "what most other layers run with");
  std::vector<Fidelity> fidelities{Fidelity::hifi2, Fidelity::hifi4};
  if (device.kind == DeviceKind::ttnn) {
    fidelities = {Fidelity::hifi2, Fidelity::hifi3};
    if (!no_hifi4) fidelities.push_back(Fidelity::hifi4);
  }
  for (const Fidelity f : fidelities) {
    HardwareConfig scores, products;
    for (const PlanOp* op : ops) {
      if (op->kind == OpKind::attention) {
        if (op->fidelity < f) scores.scores_prompt = f;
        if (op->decode_fidelity < f) scores.scores_decode = f;
      } else if (is_product(*op) && op->kind != OpKind::embed && op->fidelity < f) {
        products.fidelity[static_cast<std::size_t>(op->group)] = f;
      }
    }
    put(scores, fmt::format("scores at {}", name_of(f)));
    put(products, fmt::format("products at {}", name_of(f)));
    all = merged(merged(all, scores), products);
  }
  const DType stored = state.request.stored;
  for (const DType t : {DType::int8, DType::bf16, DType::stored}) {
    if (t == stored) continue;
    HardwareConfig c;
    bool every = true;
    for (const PlanOp* op : ops) {
      if (!is_product(*op)) continue;
      const double now = bits_of(op->weights), then = bits_of(state.request.format(t));
      // Of formats with as many bits the checkpoint's own is the exact one.
      const bool wider = (then > now || (t == DType::stored && then == now && op->weights != stored)) && then <= bits_of(stored);
      if (wider) c.weights[static_cast<std::size_t>(op->group)] = t;
      every = every && wider;
    }
    if (every && c != HardwareConfig{}) c.set_weights(t);  // in one word
    put(c, fmt::format("{} weights", t == DType::stored ? "the checkpoint's own" : name_of(t)));
    if (t == DType::stored) all = merged(all, c);
  }
  const DType widest = device.kind == DeviceKind::ttnn ? DType::bf16 : DType::fp32;
  for (const DType t : {DType::fp16, widest}) {
    HardwareConfig c;
    for (const PlanOp* op : ops)
      if (op->kind == OpKind::attention && bits_of(op->kv) < bits_of(t)) c.kv = t;
    put(c, fmt::format("keys and values in {}", name_of(t)));
    if (t == widest) all = merged(all, c);
  }
  if (attention) {
    HardwareConfig c;
    c.kv = all.kv;
    c.scores_prompt = all.scores_prompt;
    c.scores_decode = all.scores_decode;
    put(c, fmt::format("scores, keys and values in {}", name_of(widest)));
  }
  put(all, at_once);
  return out;
}

/// One wrong module, and what was run to cure it.
class Patient {
 public:
  /// `before`: the error to take away; `enough`: what a cure may leave of it.
  Patient(const TunedModel& model, const Recording& inputs, const Recording& against, double rounding, VerifyRow& row,
          double before, double enough, const std::string& command)
      : model_(model), inputs_(inputs), against_(against), rounding_(rounding), row_(row), before_(before), enough_(enough), command_(command) {}

  Result<void> cure() {
    const std::shared_ptr<const ModelState> now = model_.runner()->shared_state();
    std::vector<Candidate> candidates, together;
    only_.assign(now->ops.size(), 0);
    for (const ModuleOps& m : modules_of(*now)) {
      if (m.path != row_.path && !(row_.level == VerifyRow::Level::layer && m.layer == row_.layer)) continue;
      std::vector<const PlanOp*> ops;
      for (std::size_t o = m.first; o <= m.last; ++o) {
        only_[o] = 1;
        ops.push_back(&now->ops[o]);
      }
      for (Candidate& c : candidates_for(*now, m.path, ops)) {
        // Of a layer that is wrong as a whole: the same of both modules.
        const auto other = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& o) { return o.what == c.what; });
        if (other != candidates.end()) together.push_back({{other->policies.front(), c.policies.front()}, c.what});
        candidates.push_back(std::move(c));
      }
    }
    candidates.insert(candidates.end(), together.begin(), together.end());
    for (const Candidate& c : candidates) {
      // Everything at once only where nothing less does.
      if (c.what == at_once && !row_.cures.empty()) continue;
      TTT_CHECK(attempt(*now, c));
    }
    std::sort(row_.cures.begin(), row_.cures.end(),
                     [](const Cure& a, const Cure& b) { return std::pair(a.delta_bytes, a.error_after) < std::pair(b.delta_bytes, b.error_after); });
    return {};
  }

 private:
  Result<void> attempt(const ModelState& now, const Candidate& candidate) {
    const auto planned = model_.plan_with(candidate.policies);
    if (!planned || (*planned)->ops.size() != now.ops.size()) return {};  // refused by the checks
    if (runs_alike((*planned)->ops, now.ops, only_)) return {};
    TTT_TRY(const std::unique_ptr<Runner> runner, runner_beside(model_, model_.options_with(candidate.policies), inputs_.tokens()));
    Recording alone;
    alone.ids = inputs_.ids;
    alone.decode = inputs_.decode;
    TTT_CHECK(record(*runner, alone, {.inner = !row_.op_at_fault.empty(), .inputs = &inputs_, .only = only_}));
    const double before = before_;
    const std::string& wanted = row_.op_at_fault.empty() ? row_.path : row_.op_at_fault;
    for (const VerifyRow& row : verify_rows({runner->state(), against_, nullptr, alone, rounding_, only_, &inputs_})) {
      if (!row.own || row.path != wanted) continue;
      const double after = judged_error(row);
      if (!std::isfinite(after) || after > enough_ || !(after <= before / 2 || !std::isfinite(before))) continue;
      const std::string text = text_of(PolicySet{std::nullopt, {}, candidate.policies});
      row_.cures.push_back({text, command_ + " --policy '" + text + "'",
                            fmt::format("with {} {} own error is {:.2g} % in place of {:.2g} %", candidate.what,
                                        row_.op_at_fault.empty() ? "its" : "that op's",
                                        100 * after, 100 * before),
                            before, after, (*planned)->totals.peak - now.totals.peak});
    }
    return {};
  }

  const TunedModel& model_;
  const Recording& inputs_;
  const Recording& against_;
  double rounding_;
  VerifyRow& row_;
  double before_, enough_;
  const std::string& command_;
  std::vector<char> only_;
};

}  // namespace curing

TTT_INLINE Result<void> find_cures(const TunedModel& model, const Recording& inputs, const VerifyOptions& options,
                                   double rounding, VerifyReport& report, const Recording* against) {
  std::size_t looked_at = 0;
  for (VerifyRow& row : report.rows) {
    if (!row.wrong || !row.from.empty() || row.module == "norm") continue;
    if (++looked_at > curing::most_modules) break;
    const VerifyRow* const op = row.op_at_fault.empty() ? nullptr : report.row(row.op_at_fault);
    TTT_CHECK(curing::Patient(model, inputs, against != nullptr ? *against : inputs, rounding, row,
                              judged_error(op != nullptr ? *op : row), cured_error(report.rows, row, options), options.command).cure());
    if (row.cures.empty())
      report.notes.push_back(row.path + ": no policy takes its error away; look for it in the kernels of this level, or in what it "
                                        "is compared with (--against scalar, --device cpu:scalar)");
  }
  return {};
}

}  // namespace ttt

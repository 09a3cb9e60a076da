// Definitions of suggest.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <ttt/io/linkage.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/profile/change_effect.hpp>
#include <ttt/profile/suggest.hpp>
#include <ttt/profile/twins.hpp>

namespace ttt {

namespace suggesting {

/// Something to try, before anybody has looked whether it can be done and helps.
struct Candidate {
  std::vector<PathPolicy> policies;
  int threads = 0;
  std::string why;
  bool cures = false;  ///< takes away what the row was flagged for
  bool restores = false;  ///< accuracy, whatever that costs
};

inline PathPolicy turned(std::string path, auto&& turn) {
  PathPolicy p{std::move(path), {}};
  turn(p.config);
  return p;
}
inline std::string module_of(const ProfileRow& row) {
  return row.op.empty() || row.path.rfind('.') == std::string::npos || row.path.ends_with("." + row.module)
             ? row.path
             : row.path.substr(0, row.path.rfind('.'));
}

/// Formats of weights that take fewer bytes, nearest first.
inline std::vector<DType> narrower(DType weights) {
  std::vector<DType> out;
  for (const DType t : {DType::bf16, DType::int8, DType::int4})
    if (bits_of(t) < bits_of(weights)) out.push_back(t);
  return out;
}
inline std::vector<Fidelity> faster(Fidelity f) {
  std::vector<Fidelity> out;
  for (const Fidelity t : {Fidelity::hifi2, Fidelity::lofi})
    if (t < f) out.push_back(t);
  return out;
}

class Suggester {
 public:
  Suggester(const SuggestSource& source, const PhaseRows& prompt, const PhaseRows& decode, std::vector<ProfileRow>& rows)
      : s_(source), ops_(source.rows.state.ops), prompt_(prompt), decode_(decode), rows_(rows),
        effects_(source, prompt, decode, rows) {}

  void flagged_rows() {
    for (const PhaseRows* phase : {&prompt_, &decode_})
      for (std::size_t o = 0; o < ops_.size(); ++o) {
        ProfileRow& row = rows_[phase->op[o]];
        if (row.flagged) row.suggestions = accepted(for_op(row, o), row.phase);
      }
  }
  [[nodiscard]] std::vector<Suggestion> whole() {
    for (const PhaseRows* phase : {&prompt_, &decode_}) {
      ProfileRow& row = rows_[phase->model];
      row.suggestions = accepted(for_model(row), row.phase);
    }
    const double prompt = rows_[prompt_.model].actual_ms.median, decode = rows_[decode_.model].actual_ms.median;
    // Of both phases, each once: by the larger share of a pass that it saves.
    std::vector<Suggestion> all = rows_[decode_.model].suggestions;
    for (const Suggestion& s : rows_[prompt_.model].suggestions)
      if (std::none_of(all.begin(), all.end(),
                       [&](const Suggestion& t) { return t.policy == s.policy && t.threads == s.threads; }))
        all.push_back(s);
    const auto gain = [&](const Suggestion& s) { return std::min(s.delta_prompt_ms / prompt, s.delta_decode_ms / decode); };
    std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return gain(a) < gain(b); });
    return all;
  }

 private:
  /// What takes the place of kernels other than the device's own.
  void kernels(const ProfileRow& row, const PlanOp& op, std::vector<Candidate>& to) const {
    if (op.variant != KernelVariant::own && op.variant != KernelVariant::naive) return;
    const KernelVariant better = row.module == "attention" ? KernelVariant::flash : KernelVariant::fused;  // of its module
    const auto turn = [&](HardwareConfig& c) { c.kernel = better; };
    const std::string why = fmt::format("{} takes {:.3g} ms; {} should take {:.3g}", row.kernel, row.judged_ms,
                                        name_of(better), row.expected_ms);
    for (const std::string& path : wide_and_narrow(row, op)) to.push_back({{turned(path, turn)}, 0, why, true});
  }
  /// The layers at once where their twins run alike, and the row's own module.
  [[nodiscard]] std::vector<std::string> wide_and_narrow(const ProfileRow& row, const PlanOp& op) const {
    std::vector<std::string> paths;
    std::size_t twins = 0, alike = 0;
    for (const PlanOp& other : ops_) {
      twins += are_twins(other, op) ? 1 : 0;
      alike += are_twins(other, op) && same_policy(other, op) ? 1 : 0;
    }
    if (alike > 1 && alike == twins) paths.push_back("layers.*." + row.module);
    paths.push_back(module_of(row));
    return paths;
  }

  /// What its twins run with, for every op of the layer that is odd among its own.
  void like_twins(const ProfileRow& row, const PlanOp& op, std::vector<Candidate>& to) const {
    Candidate c;
    for (const PlanOp& mine : ops_) {
      if (s_.rows.state.path(mine.module) != s_.rows.state.path(op.module)) continue;
      const PlanOp* const usual = usual_twin(ops_, mine);
      if (usual == nullptr || same_policy(mine, *usual)) continue;
      const HardwareConfig formats = formats_of_twin(mine, *usual);
      if (formats != HardwareConfig{}) c.policies.push_back({rowing::module_path(s_.rows.state, mine), formats});
    }
    if (c.policies.empty()) return;
    c.policies = joined(std::move(c.policies));
    c.restores = row.fault == Fault::accuracy;
    c.why = c.restores ? fmt::format("it computes in {} with {} keys and values, less precisely than its like in the other layers",
                                     name_of(fidelity_of(op, row.phase == Phase::decode)), name_of(op.kv))
                       : fmt::format("it runs otherwise than its like in the other layers, which take {:.3g} ms", row.should_ms);
    c.cures = true;
    to.push_back(std::move(c));
  }
  /// One policy a path; in one word what all groups of a module are given alike, or both modules of a layer.
  [[nodiscard]] static std::vector<PathPolicy> joined(std::vector<PathPolicy> all) {
    std::vector<PathPolicy> out;
    for (PathPolicy& p : all) {
      const auto same = std::find_if(out.begin(), out.end(), [&](const PathPolicy& q) { return q.path == p.path; });
      if (same == out.end()) out.push_back(std::move(p));
      else same->config = merged(same->config, p.config);
    }
    const auto at = [](WeightGroup g) { return static_cast<std::size_t>(g); };
    for (PathPolicy& p : out) {
      const bool attention = p.path.ends_with("attention");
      const std::size_t a = at(attention ? WeightGroup::qkv : WeightGroup::gate_up), b = at(attention ? WeightGroup::o : WeightGroup::down);
      if (p.config.weights[a] != DType::automatic && p.config.weights[a] == p.config.weights[b]) p.config.weights.fill(p.config.weights[a]);
      if (p.config.fidelity[a] != Fidelity::automatic && p.config.fidelity[a] == p.config.fidelity[b]) p.config.fidelity.fill(p.config.fidelity[a]);
    }
    if (out.size() == 2 && out[0].config == out[1].config) {
      out.pop_back();
      out[0].path = out[0].path.substr(0, out[0].path.rfind('.'));
    }
    return out;
  }
  void fewer_bytes(const std::string& path, const PlanOp& op, const std::string& where, std::vector<Candidate>& to) const {
    if (op.kind == OpKind::attention) {
      for (const DType t : {DType::fp16, DType::int8})
        if (bits_of(t) < bits_of(op.kv))
          to.push_back({{turned(path, [&](HardwareConfig& c) { c.kv = t; })}, 0,
                        fmt::format("{} waits for memory: {} keys and values are {:.0f} % of its bytes", where, name_of(t),
                                    100 * bits_of(t) / bits_of(op.kv)), false});
      return;
    }
    for (const DType t : narrower(op.weights))
      to.push_back({{turned(path, [&](HardwareConfig& c) { c.weights[static_cast<std::size_t>(op.group)] = t; })}, 0,
                    fmt::format("{} waits for memory: {} weights are {:.0f} % of its bytes", where, name_of(t),
                                100 * bits_of(t) / bits_of(op.weights)), false});
  }
  void faster_instructions(const std::string& path, const PlanOp& op, const std::string& where, bool decode,
                           std::vector<Candidate>& to) const {
    if (op.kind == OpKind::embed || op.kind == OpKind::rotary || op.kind == OpKind::norm) return;  // always in fp32
    for (const Fidelity f : faster(fidelity_of(op, decode)))
      to.push_back({{turned(path, [&](HardwareConfig& c) {
                      if (op.kind != OpKind::attention) c.fidelity[static_cast<std::size_t>(op.group)] = f;
                      else (decode ? c.scores_decode : c.scores_prompt) = f;
                    })}, 0, fmt::format("{} computes: {} has faster instructions", where, name_of(f)), false});
  }

  [[nodiscard]] std::vector<Candidate> for_op(const ProfileRow& row, std::size_t o) const {
    const PlanOp& op = ops_[o];
    std::vector<Candidate> out;
    kernels(row, op, out);
    like_twins(row, op, out);
    if (row.fault == Fault::accuracy) return out;
    const std::string path = module_of(row);
    if (row.bound == Bound::memory && op.weights != DType::automatic) fewer_bytes(path, op, row.path, out);
    if (row.bound == Bound::memory && op.kind == OpKind::attention) fewer_bytes(path, op, row.path, out);
    if (row.bound == Bound::compute) faster_instructions(path, op, row.path, row.phase == Phase::decode, out);
    return out;
  }

  /// Each kind of op on all layers at once, all weights, and fewer threads.
  [[nodiscard]] std::vector<Candidate> for_model(const ProfileRow& model) const {
    std::vector<Candidate> out;
    const bool decode = model.phase == Phase::decode;
    const std::vector<std::size_t>& row_of = (decode ? decode_ : prompt_).op;
    const int threads = s_.rows.measurement.threads, cores = s_.rows.cores;
    const bool crowded = threads > cores;
    // What others take away shows as waiting too, and fewer threads are no remedy for it.
    for (int t = s_.rows.noise.competing && !crowded ? 0 : std::min(threads - 1, cores); t >= 1; t /= 2) {
      out.push_back({{}, t, crowded ? fmt::format("{} threads wait for each other on {} cores", threads, cores)
                                    : fmt::format("ops are so short that waiting for {} threads costs more than they save", threads),
                     crowded && t == cores});
    }
    std::vector<const PlanOp*> seen;
    double waits = 0;
    for (std::size_t o = 0; o < ops_.size(); ++o) {
      const PlanOp& op = ops_[o];
      const ProfileRow& row = rows_[row_of[o]];
      if (row.bound == Bound::memory) waits += row.expected_ms;
      const auto alike = [&](const PlanOp* p) { return are_twins(*p, op) && same_policy(*p, op); };
      if (op.kind == OpKind::embed || op.kind == OpKind::rotary || std::any_of(seen.begin(), seen.end(), alike)) continue;
      seen.push_back(&op);
      const std::string where = row.layer >= 0 ? "layers.*." + row.module : row.path;
      const std::string what = row.layer >= 0 ? fmt::format("{} of all layers", row.op) : row.path;
      if (row.bound == Bound::memory) fewer_bytes(where, op, what, out);
      if (row.bound == Bound::compute) faster_instructions(where, op, what, decode, out);
    }
    if (waits > 0.5 * model.expected_ms)
      for (const DType t : {DType::bf16, DType::int8, DType::int4})
        out.push_back({{turned("model", [&](HardwareConfig& c) { c.set_weights(t); })}, 0,
                       fmt::format("{:.0f} % of the pass waits for memory", 100 * waits / model.expected_ms), false});
    return out;
  }

  /// Those that the checks accept and that help, best first.
  [[nodiscard]] std::vector<Suggestion> accepted(const std::vector<Candidate>& candidates, Phase phase) {
    std::vector<std::pair<bool, Suggestion>> found;
    for (const Candidate& c : candidates) {
      const std::optional<ChangeEffect> effect = effects_.of(c.policies, c.threads);
      if (!effect) continue;
      Suggestion s;
      PolicySet set;
      for (const PathPolicy& p : c.policies) (p.path == "model" ? set.whole = p.config : set.tuning.emplace_back(p).config);
      s.policy = text_of(set);
      s.threads = c.threads;
      s.delta_prompt_ms = effect->prompt_ms;
      s.delta_decode_ms = effect->decode_ms;
      s.delta_ms = phase == Phase::prompt ? effect->prompt_ms : effect->decode_ms;
      s.delta_bytes = effect->bytes;
      s.accuracy = effect->accuracy;
      s.why = c.why;
      const ProfileRow& model = rows_[(phase == Phase::prompt ? prompt_ : decode_).model];
      if (c.cures && c.threads > 0)  // no worse, whatever the model of expected times makes of threads without a core
        for (double* const delta : {&s.delta_ms, &s.delta_prompt_ms, &s.delta_decode_ms}) *delta = std::min(*delta, 0.0);
      const bool helps = s.delta_ms <= -rowing::least_saving * model.judged_ms;
      if (c.restores ? s.accuracy != AccuracyChange::better : !helps && !(c.cures && c.threads > 0)) continue;
      const bool quoted = s.policy.find_first_of("*:") != std::string::npos;
      s.command = s_.command + (c.threads > 0 ? fmt::format(" --threads {}", c.threads)
                                              : fmt::format(" --policy {}{}{}", quoted ? "'" : "", s.policy, quoted ? "'" : ""));
      if (std::none_of(found.begin(), found.end(), [&](const auto& f) { return f.second.command == s.command; }))
        found.emplace_back(c.cures, std::move(s));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first : a.second.delta_ms < b.second.delta_ms;
    });
    std::vector<Suggestion> out;
    for (auto& f : found)
      if (out.size() < 6) out.push_back(std::move(f.second));
    return out;
  }

  const SuggestSource& s_;
  const std::vector<PlanOp>& ops_;
  const PhaseRows& prompt_;
  const PhaseRows& decode_;
  std::vector<ProfileRow>& rows_;
  ChangeEffects effects_;
};

}  // namespace suggesting

TTT_INLINE std::vector<Suggestion> suggest(const SuggestSource& source, const PhaseRows& prompt, const PhaseRows& decode,
                                           std::vector<ProfileRow>& rows) {
  suggesting::Suggester suggester(source, prompt, decode, rows);
  suggester.flagged_rows();
  return suggester.whole();
}

}  // namespace ttt

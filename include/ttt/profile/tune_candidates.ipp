// Definitions of tune_candidates.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include <ttt/checks/paths.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/profile/tune_candidates.hpp>
#include <ttt/profile/twins.hpp>

namespace ttt {

namespace tune_lists {

/// One kind of op: `qkv` of all layers, or the head.
struct Kind {
  std::string path;  ///< of its module: `layers.*.attention`, `head`
  std::string word;  ///< what people call it
  int first = -1, last = -1;
  const PlanOp* op = nullptr;
};

inline std::vector<Kind> kinds_of(const ModelState& state) {
  std::vector<Kind> out;
  const int layers = layer_count(state.model.view());
  for (const PlanOp& op : state.ops) {
    if (op.kind == OpKind::rotary || op.kind == OpKind::norm || op.kind == OpKind::own) continue;
    Kind k;
    k.path = state.path(op.module);
    const bool layer = k.path.starts_with("layers.");
    if (layer) {
      k.path = std::string("layers.*").append(suffix_of(part_of(op.name)));
      k.first = 0;
      k.last = layers - 1;
    }
    k.word = op.kind == OpKind::attention ? "attention" : std::string(name_of(op.group));
    k.op = &op;
    const bool known = std::any_of(out.begin(), out.end(), [&](const Kind& o) { return o.path == k.path && o.word == k.word; });
    if (!known) out.push_back(std::move(k));
  }
  return out;
}

class Lister {
 public:
  Lister(const ModelState& state, TuneGoal goal) : state_(state), goal_(goal), kinds_(kinds_of(state)) {}

  std::vector<TuneCandidate> all() {
    everywhere();
    tables();
    for (const Kind& k : kinds_) {
      if (k.op->kind == OpKind::attention) attention(k);
      else product(k);
    }
    if (goal_ != TuneGoal::accuracy) chunks();
    return std::move(out_);
  }

 private:
  /// Of formats or fidelities, more bits than there are, or fewer, whatever the goal asks for.
  [[nodiscard]] bool wanted(double bits, double now) const {
    if (bits == now) return false;
    if (goal_ == TuneGoal::memory) return bits < now;
    return goal_ != TuneGoal::accuracy || bits > now;
  }
  void put(const std::string& path, const HardwareConfig& config, std::string why, int first = -1, int last = -1) {
    PolicySet set;
    if (path == "model") set.whole = config;
    else set.tuning.push_back({path, config});
    TuneCandidate c;
    c.policy = text_of(set);
    c.why = std::move(why);
    c.first = first;
    c.last = last;
    if (std::none_of(out_.begin(), out_.end(), [&](const TuneCandidate& o) { return o.policy == c.policy; })) out_.push_back(std::move(c));
  }
  [[nodiscard]] std::vector<DType> formats() const {
    std::vector<DType> out{DType::fp16, DType::bf16, DType::int8, DType::int4, DType::int4m};
    if (goal_ == TuneGoal::accuracy) out = {DType::stored, DType::fp16, DType::bf16, DType::int8};
    return out;
  }
  static constexpr Fidelity fidelities[] = {Fidelity::lofi, Fidelity::hifi2, Fidelity::hifi3, Fidelity::hifi4};

  void everywhere() {
    const auto widest = std::max_element(kinds_.begin(), kinds_.end(), [](const Kind& a, const Kind& b) { return bits_of(a.op->weights) < bits_of(b.op->weights); });
    if (widest == kinds_.end()) return;
    const double now = bits_of(widest->op->weights);
    for (const DType t : formats()) {
      if (goal_ != TuneGoal::accuracy && bits_of(state_.request.format(t)) > now) continue;
      HardwareConfig c;
      c.set_weights(t);
      const std::string what = fmt::format("{} weights", name_of(t));
      put("model", c, what + " everywhere");
      put("layers.*", c, what + " in all layers", 0, layer_count(state_.model.view()) - 1);
      if (goal_ == TuneGoal::accuracy || goal_ == TuneGoal::memory || bits_of(t) > 8) continue;
      c.set_fidelity(Fidelity::lofi);
      put("model", c, what + " and 8-bit activations everywhere");
      put("layers.*", c, what + " and 8-bit activations in all layers", 0, layer_count(state_.model.view()) - 1);
    }
  }
  /// A head that is tied to the embedding shares its table: one format for both.
  void tables() {
    const auto is = [](OpKind kind, WeightGroup g) {
      return [=](const Kind& k) { return k.op->kind == kind || (kind != OpKind::embed && k.op->group == g && k.first < 0); };
    };
    const auto head = std::find_if(kinds_.begin(), kinds_.end(), is(OpKind::linear, WeightGroup::head));
    if (head == kinds_.end() || std::none_of(kinds_.begin(), kinds_.end(), is(OpKind::embed, WeightGroup::embedding))) return;
    for (const DType t : formats()) {
      if (!wanted(bits_of(state_.request.format(t)), bits_of(head->op->weights))) continue;
      HardwareConfig c;
      c.weights[static_cast<std::size_t>(WeightGroup::embedding)] = c.weights[static_cast<std::size_t>(WeightGroup::head)] = t;
      put("model", c, fmt::format("{} weights in embedding and head", name_of(t)));
      if (goal_ == TuneGoal::memory || goal_ == TuneGoal::accuracy || bits_of(t) > 8) continue;
      c.fidelity[static_cast<std::size_t>(WeightGroup::head)] = Fidelity::lofi;
      put("model", c, fmt::format("{} weights in embedding and head, 8-bit activations", name_of(t)));
    }
  }
  void product(const Kind& k) {
    const auto group = static_cast<std::size_t>(k.op->group);
    for (const DType t : formats()) {
      const DType real = state_.request.format(t);
      if (real == k.op->weights || (bits_of(real) != bits_of(k.op->weights) && !wanted(bits_of(real), bits_of(k.op->weights)))) continue;
      if (goal_ == TuneGoal::accuracy && bits_of(real) <= bits_of(k.op->weights) && t != DType::stored) continue;
      HardwareConfig c;
      c.weights[group] = t;
      put(k.path, c, fmt::format("{} weights in {}", name_of(t), k.word), k.first, k.last);
      if (goal_ == TuneGoal::memory || goal_ == TuneGoal::accuracy || bits_of(t) > 8 || k.op->kind == OpKind::embed) continue;
      c.fidelity[group] = Fidelity::lofi;
      put(k.path, c, fmt::format("{} weights and 8-bit activations in {}", name_of(t), k.word), k.first, k.last);
    }
    if (k.op->kind == OpKind::embed || goal_ == TuneGoal::memory) return;
    for (const Fidelity f : fidelities) {
      if (!wanted(static_cast<double>(f), static_cast<double>(k.op->fidelity))) continue;
      HardwareConfig c;
      c.fidelity[group] = f;
      put(k.path, c, fmt::format("{} of {}", name_of(f), k.word), k.first, k.last);
    }
    kernel(k, KernelVariant::fused);
  }
  void attention(const Kind& k) {
    for (const DType t : {DType::fp32, DType::fp16, DType::bf16, DType::int8}) {
      if (t == k.op->kv || !(bits_of(t) == bits_of(k.op->kv) ? goal_ != TuneGoal::memory : wanted(bits_of(t), bits_of(k.op->kv)))) continue;
      HardwareConfig c;
      c.kv = t;
      put(k.path, c, fmt::format("{} keys and values", name_of(t)), k.first, k.last);
    }
    if (goal_ == TuneGoal::memory) return;
    const bool prompt = goal_ != TuneGoal::latency, decode = goal_ != TuneGoal::throughput;
    for (const Fidelity f : fidelities) {
      HardwareConfig c;
      if (prompt && wanted(static_cast<double>(f), static_cast<double>(k.op->fidelity))) c.scores_prompt = f;
      if (decode && wanted(static_cast<double>(f), static_cast<double>(k.op->decode_fidelity))) c.scores_decode = f;
      if (c != HardwareConfig{}) put(k.path, c, fmt::format("scores at {}", name_of(f)), k.first, k.last);
    }
    kernel(k, KernelVariant::flash);
  }
  /// What takes the place of kernels other than the device's own.
  void kernel(const Kind& k, KernelVariant better) {
    const bool slow = std::any_of(state_.ops.begin(), state_.ops.end(), [&](const PlanOp& o) {
      return are_twins(o, *k.op) && (o.variant == KernelVariant::naive || o.variant == KernelVariant::own);
    });
    if (!slow || goal_ == TuneGoal::memory) return;
    HardwareConfig c;
    c.kernel = better;
    put(k.path, c, fmt::format("the {} kernel in {}", name_of(better), k.word), k.first, k.last);
  }
  /// Tokens of a step of a prompt: more of them read the weights less often, fewer need less room.
  void chunks() {
    if (goal_ == TuneGoal::latency) return;
    for (const int n : {16, 32, 64, 128, 256, 512}) {
      if (n == state_.arena.rows || (goal_ == TuneGoal::memory && n > state_.arena.rows) || n > state_.context()) continue;
      HardwareConfig c;
      c.chunk = n;
      put("model", c, fmt::format("prompts {} tokens at a time", n));
    }
  }

  const ModelState& state_;
  TuneGoal goal_;
  std::vector<Kind> kinds_;
  std::vector<TuneCandidate> out_;
};

}  // namespace tune_lists

TTT_INLINE std::vector<TuneCandidate> tune_candidates(const ModelState& state, TuneGoal goal) {
  return tune_lists::Lister(state, goal).all();
}

TTT_INLINE std::vector<TuneCandidate> tune_candidates(const ProfileReport& report, bool decode) {
  std::vector<TuneCandidate> out;
  const double pass = std::max(1e-9, decode ? report.totals.decode_ms : report.totals.prompt_ms);
  const auto put = [&](const Suggestion& s) {
    if (s.policy.empty()) return;  // threads are no policy
    TuneCandidate c;
    c.policy = s.policy;
    c.why = s.why;
    c.gain = -(decode ? s.delta_decode_ms : s.delta_prompt_ms) / pass;
    c.advised = true;
    c.truer = s.accuracy == AccuracyChange::better && c.gain <= 0;
    if (std::none_of(out.begin(), out.end(), [&](const TuneCandidate& o) { return o.policy == c.policy; })) out.push_back(std::move(c));
  };
  for (const Bottleneck& b : report.bottlenecks())
    for (const Suggestion& s : b.suggestions) put(s);
  for (const Suggestion& s : report.suggestions) put(s);
  return out;
}

}  // namespace ttt

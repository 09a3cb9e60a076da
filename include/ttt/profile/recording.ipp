// Definitions of recording.hpp.
#pragma once

#include <algorithm>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/op_path.hpp>
#include <ttt/profile/recording.hpp>
#include <ttt/runtime/available_memory.hpp>

namespace ttt {

namespace recording {

/// What an op writes: roles and widths, as OpTap shows them.
inline std::vector<OpValue> values_of(const ModelState& state, const PlanOp& op) {
  if (op.kind == OpKind::rotary) return {};
  if (op.kind != OpKind::qkv) return {{op.out, nullptr, 0, op.kind == OpKind::gated ? op.n / 2 : op.n}};
  const AttentionSpec& a = state.model.view().module(op.module).attention;
  return {{Role::q, nullptr, 0, a.heads * a.head_dim}, {Role::kv, nullptr, 0, 2 * a.kv_heads * a.head_dim}};
}
inline bool is_stream(Role r) { return r == Role::x || r == Role::spare || r == Role::logits; }

/// Copies what ops write into a recording, and what another holds into what modules read.
class Recorder final : public OpTap {
 public:
  Recorder(const ModelState& state, Recording& out, const RecordHow& how) : out_(out), how_(how) {
    inputs_.resize(state.ops.size());
    if (how.inputs == nullptr) return;
    for (const ModuleOps& m : modules_of(state)) inputs_[m.first] = how.inputs->before(state, m.first);
  }
  std::int64_t first_row = 0;

  [[nodiscard]] bool before(std::size_t op, const OpValue& in) override {
    const bool always = in.rows == nullptr;
    if (!always && !how_.only.empty() && how_.only[op] == 0) return false;
    if (inputs_[op] != nullptr)
      std::memcpy(in.rows, inputs_[op] + first_row * in.width, bytes_of(in));
    return true;
  }
  void after(std::size_t op, std::span<const OpValue> out) override {
    for (const OpValue& v : out)
      if (float* const to = out_.find(op, v.role)) std::memcpy(to + first_row * v.width, v.rows, bytes_of(v));
  }

 private:
  static std::size_t bytes_of(const OpValue& v) {
    return static_cast<std::size_t>(v.row_count) * static_cast<std::size_t>(v.width) * sizeof(float);
  }
  Recording& out_;
  const RecordHow& how_;
  std::vector<const float*> inputs_;  // by op
};

}  // namespace recording

TTT_INLINE std::vector<ModuleOps> modules_of(const ModelState& state) {
  std::vector<ModuleOps> out;
  for (std::size_t o = 0; o < state.ops.size(); ++o) {
    const PlanOp& op = state.ops[o];
    if (op.kind == OpKind::rotary) continue;
    const std::string path = rowing::module_path(state, op);
    if (out.empty() || out.back().path != path)
      out.push_back({path, rowing::layer_in(path), rowing::last_word(path), o, o, 0, false});
    ModuleOps& m = out.back();
    m.last = o;
    m.width = recording::values_of(state, op).front().width;
    m.adds = op.kind == OpKind::projection;
  }
  return out;
}

TTT_INLINE Result<float*> Recording::add(Kind kind, std::size_t op, Role role, int width) {
  const std::size_t bytes = ids.size() * static_cast<std::size_t>(width) * sizeof(float);
  TTT_TRY(Buffer rows, Buffer::create(bytes, MemoryClass::staging, "recorded values"));
  entries_.push_back({kind, op, role, width, std::move(rows)});
  return entries_.back().rows.as<float>();
}

TTT_INLINE const float* Recording::find(std::size_t op, Role role, Kind kind) const {
  for (const Entry& e : entries_)
    if (e.op == op && e.role == role && e.kind == kind) return e.rows.as<float>();
  return nullptr;
}
TTT_INLINE float* Recording::find(std::size_t op, Role role, Kind kind) {
  return const_cast<float*>(std::as_const(*this).find(op, role, kind));
}

TTT_INLINE const float* Recording::before(const ModelState& state, std::size_t op) const {
  for (std::size_t o = op; o-- > 0;)
    if (state.ops[o].kind != OpKind::rotary && state.ops[o].out == state.ops[op].in) return find(o, state.ops[op].in);
  return nullptr;
}

TTT_INLINE Result<void> record(Runner& runner, Recording& out, const RecordHow& how) {
  const ModelState& state = runner.state();
  const std::vector<std::int32_t>& ids = out.ids;
  const auto wanted = [&](std::size_t op, Role role) {
    return (how.inner || recording::is_stream(role)) && (how.only.empty() || how.only[op] != 0);
  };
  double bytes = 0;
  bool head = false;
  for (std::size_t o = 0; o < state.ops.size(); ++o)
    for (const OpValue& v : recording::values_of(state, state.ops[o])) {
      if (!wanted(o, v.role)) continue;
      bytes += 4.0 * static_cast<double>(ids.size()) * v.width;
      head = head || v.role == Role::logits;
    }
  if (const auto there = static_cast<double>(available_memory()); there > 0 && bytes > there)
    return make_error(ErrorKind::memory, "does_not_fit", "verify",
                      "what the ops make of " + std::to_string(ids.size()) + " tokens is " +
                          std::to_string(static_cast<std::int64_t>(bytes)) + " bytes, and the machine has " +
                          std::to_string(static_cast<std::int64_t>(there)) + " left",
                      "give fewer tokens");
  for (std::size_t o = 0; o < state.ops.size(); ++o)
    for (const OpValue& v : recording::values_of(state, state.ops[o]))
      if (wanted(o, v.role)) TTT_CHECK(out.add(Recording::Kind::value, o, v.role, v.width));

  recording::Recorder recorder(state, out, how);
  TTT_TRY(Session session, Session::create(runner.shared_state()));
  const auto chunk = state.encoder ? ids.size() : static_cast<std::size_t>(std::max(1, std::min(state.arena.rows, state.arena.logits_rows)));
  const std::size_t prompt = ids.size() - static_cast<std::size_t>(out.decode);
  const std::lock_guard turn(runner.turn());
  for (std::size_t row = 0; row < ids.size();) {
    const std::size_t count = row < prompt ? std::min(chunk, prompt - row) : 1;
    const BatchItem item{.session = &session,
                         .tokens = {ids.data() + row, count},
                         .logits = head ? BatchItem::Logits::all : BatchItem::Logits::none,
                         .sequence_length = static_cast<int>(ids.size())};
    recorder.first_row = static_cast<std::int64_t>(row);
    TTT_CHECK(runner.step({&item, 1}, nullptr, {}, nullptr, &recorder));
    row += count;
    if (how.progress) how.progress(row, ids.size());
  }
  return {};
}

TTT_INLINE Result<std::unique_ptr<Runner>> runner_beside(const TunedModel& model, LoadOptions options,
                                                         std::int64_t tokens, bool written) {
  const int count = static_cast<int>(tokens);
  Workload& w = options.workload;
  w.batch = 1;
  w.kv_tokens = 0;
  w.context = count;
  w.logits_rows = std::min(count, 256);
  TTT_TRY(std::shared_ptr<const ModelState> state, model.beside(options, written));
  return Runner::create(std::move(state));
}

}  // namespace ttt

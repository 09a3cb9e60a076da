#include "bench_sessions.hpp"

#include <algorithm>

#include <ttt/runtime/random_ids.hpp>

namespace ttt::tool {

Result<BenchSessions> BenchSessions::create(Runner& runner, const BenchSizes& sizes, std::uint64_t seed) {
  BenchSessions b(runner, sizes);
  TTT_TRY(Session first, Session::create(runner.shared_state()));
  b.sessions_.reserve(static_cast<std::size_t>(sizes.batch));
  b.sessions_.push_back(std::move(first));
  b.items_.resize(static_cast<std::size_t>(sizes.batch));
  b.ids_ = random_ids(seed, static_cast<std::size_t>(sizes.depth + std::max(sizes.prompt, sizes.decode)), runner.state().vocab);
  return b;
}

Result<void> BenchSessions::step_to(int length, std::span<double> seconds) {
  Session& session = sessions_.front();
  const int begin = session.length(), count = std::min(runner_->state().arena.rows, length - begin);
  const BatchItem item{.session = &session,
                       .tokens = {ids_.data() + begin, static_cast<std::size_t>(count)},
                       .logits = begin + count == length ? BatchItem::Logits::last : BatchItem::Logits::none,
                       .sequence_length = length};
  return runner_->step({&item, 1}, nullptr, seconds);
}

Result<void> BenchSessions::to_depth() {
  for (Session& s : sessions_) s.truncate(std::min(s.length(), sizes_.depth));
  while (sessions_.front().length() < sizes_.depth) TTT_CHECK(step_to(sizes_.depth, {}));
  while (sessions_.size() < items_.size()) {
    TTT_TRY(Session twin, sessions_.front().copy());
    sessions_.push_back(std::move(twin));
  }
  return {};
}

Result<bool> BenchSessions::read_chunk(std::span<double> seconds) {
  if (sessions_.front().length() >= sizes_.depth + sizes_.prompt) return false;
  TTT_CHECK(step_to(sizes_.depth + sizes_.prompt, seconds));
  return true;
}

Result<void> BenchSessions::decode(int t, std::span<double> seconds) {
  const std::int32_t* const id = ids_.data() + sizes_.depth + t;
  for (std::size_t i = 0; i < items_.size(); ++i) items_[i] = {.session = &sessions_[i], .tokens = {id, 1}};
  return runner_->step(items_, nullptr, seconds);
}

double bits_per_weight(const ModelState& state) {
  double bits = 0, weights = 0;
  const bool tied = head_is_tied(state.model.view());
  for (const PlanOp& op : state.ops) {
    if (op.weights == DType::automatic || (op.kind == OpKind::embed && tied)) continue;
    const bool table = op.kind == OpKind::embed;
    const std::int64_t packed =
        table ? catalog::packed_bytes(catalog::padded_outputs(op.k), op.n, op.weights) : op.weight_bytes;
    bits += 8.0 * static_cast<double>(packed);
    weights += static_cast<double>(op.n) * op.k;
  }
  return weights > 0 ? bits / weights : 0;
}

}  // namespace ttt::tool

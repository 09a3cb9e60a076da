// Definitions of logits_reference.hpp.
#pragma once

#include <algorithm>
#include <mutex>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/logits_reference.hpp>
#include <ttt/profile/preset_alone.hpp>
#include <ttt/runtime/random_ids.hpp>
#include <ttt/runtime/token_ids.hpp>

namespace ttt {

TTT_INLINE Result<LogitsReference> LogitsReference::create(const TunedModel& model, std::vector<std::int32_t> ids, std::uint64_t seed) {
  const std::shared_ptr<const ModelState> state = model.runner()->shared_state();
  if (state->vocab == 0 || state->output != Role::logits)
    return make_error(ErrorKind::request, "verify_impossible", "model", "it makes no logits of tokens, so that its numbers cannot be verified",
                      "verify the model that the module belongs to");
  constexpr std::size_t usual = 128;
  const std::size_t longest = state->max_position > 0 ? static_cast<std::size_t>(std::min(state->max_position, 4096)) : 4096;
  LogitsReference r;
  r.ids_ = std::move(ids);
  TTT_CHECK(check_token_ids(r.ids_, state->vocab));
  if (r.ids_.empty()) r.ids_ = random_ids(seed, usual, state->vocab);
  r.ids_.resize(std::min(r.ids_.size(), longest));
  TTT_TRY(std::shared_ptr<const ModelState> reference, model.beside(r.with_room(in_fp32(model.options())), false));
  TTT_TRY(const std::unique_ptr<Runner> runner, Runner::create(std::move(reference)));
  TTT_TRY(r.logits_, r.logits_of(*runner));
  return r;
}

/// For one session of the text, and rows of logits a chunk at a time.
TTT_INLINE LoadOptions LogitsReference::with_room(LoadOptions options) const {
  const int context = std::max(static_cast<int>(ids_.size()), options.workload.context);
  options.workload = {.batch = 1, .context = context, .logits_rows = 32};
  return options;
}

TTT_INLINE Result<std::vector<float>> LogitsReference::logits_of(Runner& runner) const {
  const std::shared_ptr<const ModelState> state = runner.shared_state();
  TTT_TRY(Session session, Session::create(state));
  const auto width = static_cast<std::size_t>(state->output_width);
  const auto chunk = static_cast<std::size_t>(std::max(1, std::min(state->arena.rows, state->arena.logits_rows)));
  const std::size_t prompt = ids_.size() - ids_.size() / 8;
  std::vector<float> out;
  out.reserve(ids_.size() * width);
  for (std::size_t row = 0; row < ids_.size();) {
    const std::size_t count = row < prompt ? std::min(chunk, prompt - row) : 1;
    const BatchItem item{.session = &session, .tokens = {ids_.data() + row, count}, .logits = BatchItem::Logits::all,
                         .sequence_length = static_cast<int>(ids_.size())};
    const std::lock_guard turn(runner.turn());
    TTT_CHECK(runner.step({&item, 1}));
    out.insert(out.end(), runner.output(), runner.output() + count * width);
    row += count;
  }
  return out;
}

TTT_INLINE Result<LogitsDistance> LogitsReference::distance(Runner& runner) const {
  TTT_TRY(const std::vector<float> now, logits_of(runner));
  return logits_distance(now.data(), logits_.data(), static_cast<std::int64_t>(ids_.size()), runner.state().output_width);
}

TTT_INLINE Result<LogitsDistance> LogitsReference::distance(const TunedModel& model, const LoadOptions& options) const {
  TTT_TRY(std::shared_ptr<const ModelState> state, model.beside(with_room(options)));
  TTT_TRY(const std::unique_ptr<Runner> runner, Runner::create(std::move(state)));
  return distance(*runner);
}

}  // namespace ttt

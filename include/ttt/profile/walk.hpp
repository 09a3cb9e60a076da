// Walk: a prompt and decoding steps behind it, timed by the clock as they always run.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <ttt/profile/probe.hpp>
#include <ttt/profile/profile_options.hpp>
#include <ttt/runtime/random_ids.hpp>
#include <ttt/runtime/runner.hpp>
#include <ttt/runtime/thread_recorder.hpp>

namespace ttt::measuring {

/// One session of random ids, or of the user's prompt. Requires: the runner stays, and nobody else steps it meanwhile.
class Walk {
 public:
  [[nodiscard]] static Result<Walk> create(Runner& runner, const ProfileOptions& options,
                                           std::span<const std::int32_t> ids) {
    const std::shared_ptr<const ModelState> state = runner.shared_state();
    TTT_TRY(Session session, Session::create(state));
    Walk w(runner, std::move(session));
    const int context = state->context();
    const int asked = ids.empty() ? options.prompt : static_cast<int>(ids.size());
    w.prompt_ = std::clamp(asked, 1, std::max(1, context - 1));
    w.decode_ = std::clamp(options.decode, 1, std::max(1, context - w.prompt_));
    w.ids_ = random_ids(options.seed, static_cast<std::size_t>(w.prompt_ + w.decode_), state->vocab);
    for (std::size_t i = 0; i < ids.size() && i < static_cast<std::size_t>(w.prompt_); ++i) w.ids_[i] = ids[i];
    const int chunk = std::max(1, state->arena.rows);
    for (int at = 0; at < w.prompt_; at += chunk) w.steps_.push_back(std::min(chunk, w.prompt_ - at));
    return w;
  }

  /// Seconds of the whole prompt, from the start; with a recorder, which may be null.
  [[nodiscard]] Result<double> prompt(ThreadRecorder* recorder) {
    session_.reset();
    const double start = probing::now();
    for (std::size_t i = 0; i < steps_.size(); ++i)
      TTT_CHECK(step(steps_[i], i + 1 == steps_.size() ? BatchItem::Logits::last : BatchItem::Logits::none, recorder));
    return probing::now() - start;
  }
  /// Seconds of one step behind what the session holds.
  [[nodiscard]] Result<double> decode(ThreadRecorder* recorder) {
    const double start = probing::now();
    TTT_CHECK(step(1, BatchItem::Logits::last, recorder));
    return probing::now() - start;
  }

  [[nodiscard]] int prompt_tokens() const { return prompt_; }
  [[nodiscard]] int decode_tokens() const { return decode_; }
  [[nodiscard]] const std::vector<int>& steps() const { return steps_; }

 private:
  Walk(Runner& runner, Session session) : runner_(&runner), session_(std::move(session)) {}
  [[nodiscard]] Result<void> step(int count, BatchItem::Logits logits, ThreadRecorder* recorder) {
    const BatchItem item{.session = &session_,
                         .tokens = {ids_.data() + session_.length(), static_cast<std::size_t>(count)},
                         .logits = logits,
                         .sequence_length = std::max(prompt_, session_.length() + count)};
    return runner_->step({&item, 1}, nullptr, {}, recorder);
  }

  Runner* runner_;
  Session session_;
  std::vector<std::int32_t> ids_;
  std::vector<int> steps_;
  int prompt_ = 1, decode_ = 1;
};

}  // namespace ttt::measuring

// Definitions of scheduler.hpp.
#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/scheduler_rounds.hpp>

namespace ttt {

TTT_INLINE Scheduler::Scheduler() = default;
TTT_INLINE Scheduler::~Scheduler() = default;

TTT_INLINE Result<std::shared_ptr<Scheduler>> Scheduler::create(std::shared_ptr<Runner> runner,
                                                                std::optional<Tokenizer> tokenizer,
                                                                SchedulerOptions options) {
  constexpr int limit = 1 << 24;
  const struct {
    const char* name;
    int value, least;
  } fields[] = {{"step_tokens", options.step_tokens, 0},
                {"prompt_tokens", options.prompt_tokens, 0},
                {"most_waiting", options.most_waiting, 1}};
  for (const auto& f : fields)
    if (f.value < f.least || f.value > limit)
      return make_error(ErrorKind::request, "scheduler_out_of_range", f.name,
                        std::to_string(f.value) + " is not in [" + std::to_string(f.least) + ", " +
                            std::to_string(limit) + "]",
                        "give a number in that range");
  std::shared_ptr<Scheduler> made(new Scheduler);
  made->rounds_ = std::make_unique<Rounds>(std::move(runner), std::move(tokenizer), std::move(options));
  return made;
}

TTT_INLINE Result<ScheduledText> Scheduler::submit_ids(std::vector<std::int32_t> prompt, GenerateOptions options,
                                                       PieceCallback piece) {
  TTT_TRY(std::shared_ptr<Text> text, rounds_->submit(std::move(prompt), std::move(options), std::move(piece)));
  return ScheduledText(shared_from_this(), std::move(text));
}

TTT_INLINE Result<ScheduledText> Scheduler::submit(std::string_view prompt, GenerateOptions options, PieceCallback piece) {
  if (!rounds_->tokenizer)
    return make_error(ErrorKind::tokenizer, "tokenizer_missing", "prompt",
                      "the scheduler was made without a tokenizer, so text cannot be read",
                      "add the checkpoint's tokenizer.json, or give token ids");
  TTT_TRY(std::vector<std::int32_t> ids, rounds_->tokenizer->encode(prompt, options.add_special_tokens));
  if (ids.empty() && rounds_->options.bos) ids.push_back(*rounds_->options.bos);
  return submit_ids(std::move(ids), std::move(options), std::move(piece));
}

TTT_INLINE void Scheduler::run() {
  while (step()) {
  }
}
TTT_INLINE bool Scheduler::step() { return rounds_->step(); }

TTT_INLINE SchedulerStats Scheduler::stats() const {
  const std::lock_guard lock(rounds_->mutex);
  SchedulerStats out = rounds_->stats;
  out.running = static_cast<int>(rounds_->running.size());
  out.waiting = static_cast<int>(rounds_->waiting.size());
  return out;
}

TTT_INLINE std::optional<std::string> ScheduledText::next() {
  for (;;) {
    {
      const std::lock_guard lock(scheduler_->rounds_->mutex);
      if (!text_->ready.empty()) return std::exchange(text_->ready, {});
      if (text_->over) return std::nullopt;
    }
    if (!scheduler_->step() && !ended()) return std::nullopt;  // from a callback
  }
}
TTT_INLINE void ScheduledText::wait() {
  while (!ended() && (scheduler_->step() || ended())) {
  }
}
TTT_INLINE void ScheduledText::cancel() { scheduler_->rounds_->cancel(*text_); }
TTT_INLINE bool ScheduledText::ended() const {
  const std::lock_guard lock(scheduler_->rounds_->mutex);
  return text_->over;
}
TTT_INLINE const Error* ScheduledText::error() const { return ended() ? text_->course.error() : nullptr; }
TTT_INLINE GenerationStats ScheduledText::stats() const { return ended() ? text_->course.stats : GenerationStats{}; }
TTT_INLINE std::vector<std::int32_t> ScheduledText::new_ids() const {
  if (!ended()) return {};
  const std::span<const std::int32_t> ids = text_->course.new_ids();
  return {ids.begin(), ids.end()};
}

TTT_INLINE void ScheduledText::let_go() {
  if (text_ && !text_->piece && !ended()) cancel();
}
TTT_INLINE ScheduledText& ScheduledText::operator=(ScheduledText&& other) noexcept {
  if (this == &other) return *this;
  let_go();
  scheduler_ = std::move(other.scheduler_);
  text_ = std::move(other.text_);
  return *this;
}
TTT_INLINE ScheduledText::~ScheduledText() { let_go(); }

}  // namespace ttt

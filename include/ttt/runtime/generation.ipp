// Definitions of generation.hpp.
#pragma once

#include <algorithm>
#include <chrono>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/generation.hpp>
#include <ttt/runtime/runner.hpp>
#include <ttt/runtime/sampler.hpp>
#include <ttt/runtime/stop.hpp>
#include <ttt/runtime/tokenizer/stream_decoder.hpp>

namespace ttt {

namespace generation_parts {
TTT_INLINE double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
}  // namespace generation_parts

/// Where a generation stands.
class Generation::Course {
 public:
  [[nodiscard]] std::optional<std::int32_t> next_id();
  [[nodiscard]] std::optional<std::string_view> next();

  std::shared_ptr<Runner> runner_;
  std::optional<Session> session_;
  std::optional<Sampler> sampler_;
  std::optional<StreamDecoder> decoder_;
  StopMatcher stop_;
  GenerateOptions options_;
  std::vector<std::int32_t> history_;  // prompt, then what was generated
  std::string piece_;
  std::optional<Error> error_;
  GenerationStats stats_;
  bool flushed_ = false;

 private:
  [[nodiscard]] std::optional<std::int32_t> finish(GenerationEnd end);
  [[nodiscard]] bool step_prompt();
  [[nodiscard]] std::optional<std::int32_t> sample();
};

TTT_INLINE Generation::Generation(std::unique_ptr<Course> course) : course_(std::move(course)) {}
TTT_INLINE Generation::Generation(Generation&&) noexcept = default;
TTT_INLINE Generation& Generation::operator=(Generation&&) noexcept = default;
TTT_INLINE Generation::~Generation() = default;
TTT_INLINE const Error* Generation::error() const { return course_->error_ ? &*course_->error_ : nullptr; }
TTT_INLINE const GenerationStats& Generation::stats() const { return course_->stats_; }
TTT_INLINE std::span<const std::int32_t> Generation::new_ids() const {
  const auto begin = static_cast<std::size_t>(course_->stats_.prompt_tokens);
  return std::span<const std::int32_t>(course_->history_).subspan(std::min(begin, course_->history_.size()));
}
TTT_INLINE std::optional<std::int32_t> Generation::next_id() { return course_->next_id(); }
TTT_INLINE std::optional<std::string_view> Generation::next() { return course_->next(); }

TTT_INLINE Result<Generation> Generation::create(std::shared_ptr<Runner> runner, std::optional<Tokenizer> tokenizer,
                                                 std::vector<std::int32_t> prompt, GenerateOptions options) {
  const std::shared_ptr<const ModelState> state = runner->shared_state();
  const ModelState& s = *state;
  constexpr int limit = 1 << 24;
  if (options.max_new_tokens < 0 || options.max_new_tokens > limit)
    return make_error(ErrorKind::request, "generate_out_of_range", "max_new_tokens",
                      std::to_string(options.max_new_tokens) + " is not in [0, " + std::to_string(limit) + "]",
                      "give a number in that range; 0 means until the text ends");
  if (prompt.empty())
    return make_error(ErrorKind::request, "empty_prompt", "prompt",
                      "it has no tokens, and the tokenizer puts no beginning-of-sequence token in front",
                      "give a prompt of at least one token");
  if (static_cast<std::int64_t>(prompt.size()) > s.context())
    return make_error(ErrorKind::request, "context_full", "prompt",
                      "it has " + std::to_string(prompt.size()) + " tokens, but the context holds " +
                          std::to_string(s.context()),
                      "shorten the prompt, or load the model with a larger context (its maximum is " +
                          std::to_string(s.max_position) + ")");
  if (s.output != Role::logits)
    return make_error(ErrorKind::request, "no_logits", "model", "it does not end in a Linear that gives logits",
                      "end the model with Linear<hidden, vocab>");
  auto course = std::make_unique<Course>();
  Course& g = *course;
  TTT_TRY(Session session, Session::create(state));
  g.session_.emplace(std::move(session));
  TTT_TRY(Sampler sampler, Sampler::create(options.sampling.value_or(SamplingParams{}), s.output_width));
  g.sampler_.emplace(std::move(sampler));
  TTT_TRY(g.stop_, StopMatcher::create(options.stop));
  if (tokenizer) g.decoder_.emplace(std::move(*tokenizer));
  g.runner_ = std::move(runner);
  g.options_ = std::move(options);
  g.history_ = std::move(prompt);
  g.history_.reserve(static_cast<std::size_t>(s.context()) + 1);
  g.stats_.prompt_tokens = static_cast<int>(g.history_.size());
  return Generation(std::move(course));
}

TTT_INLINE Generation Generation::failed(Error error) {
  auto course = std::make_unique<Course>();
  Course& g = *course;
  g.error_ = std::move(error);
  g.stats_.end = GenerationEnd::error;
  g.flushed_ = true;
  return Generation(std::move(course));
}

TTT_INLINE std::optional<std::int32_t> Generation::Course::finish(GenerationEnd end) {
  stats_.end = end;
  return std::nullopt;
}

TTT_INLINE bool Generation::Course::step_prompt() {
  // From where the session stands to the end of the history: the whole prompt at first, one token afterwards.
  const int chunk = runner_->state_for(*session_).arena.rows;
  while (session_->length() < static_cast<int>(history_.size())) {
    const int begin = session_->length();
    const int count = std::min(chunk, static_cast<int>(history_.size()) - begin);
    const bool last = begin + count == static_cast<int>(history_.size());
    const BatchItem item{.session = &*session_,
                         .tokens = {history_.data() + begin, static_cast<std::size_t>(count)},
                         .logits = last ? BatchItem::Logits::last : BatchItem::Logits::none,
                         .sequence_length = static_cast<int>(history_.size())};
    if (auto stepped = runner_->step({&item, 1}); !stepped) {
      error_ = stepped.error();
      return false;
    }
    if (!last && options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed)) return true;
  }
  return true;
}

TTT_INLINE std::optional<std::int32_t> Generation::Course::sample() {
  const std::lock_guard turn(runner_->turn());
  if (!step_prompt()) return finish(GenerationEnd::error);
  if (session_->length() < static_cast<int>(history_.size())) return finish(GenerationEnd::cancelled);
  auto id = sampler_->sample({runner_->output(), static_cast<std::size_t>(session_->state().output_width)}, history_);
  if (!id) {
    error_ = id.error();
    return finish(GenerationEnd::error);
  }
  return *id;
}

TTT_INLINE std::optional<std::int32_t> Generation::Course::next_id() {
  if (stats_.end != GenerationEnd::running) return std::nullopt;
  if (options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed))
    return finish(GenerationEnd::cancelled);
  if (options_.max_new_tokens > 0 && stats_.new_tokens >= options_.max_new_tokens) return finish(GenerationEnd::length);
  if (static_cast<int>(history_.size()) > session_->state().context()) return finish(GenerationEnd::context);
  const auto start = std::chrono::steady_clock::now();
  const std::optional<std::int32_t> id = sample();
  (stats_.new_tokens == 0 ? stats_.prompt_s : stats_.decode_s) += generation_parts::seconds_since(start);
  if (!id) return std::nullopt;
  if (options_.eos && std::find(options_.eos->begin(), options_.eos->end(), *id) != options_.eos->end())
    return finish(GenerationEnd::eos);
  history_.push_back(*id);
  ++stats_.new_tokens;
  return id;
}

TTT_INLINE std::optional<std::string_view> Generation::Course::next() {
  while (!flushed_) {
    const std::optional<std::int32_t> id = next_id();
    if (!decoder_) {
      if (id) continue;
      flushed_ = true;
      break;
    }
    if (id) {
      piece_ = stop_.push(decoder_->push(*id));
      if (stop_.stopped()) {
        stats_.end = GenerationEnd::stop;
        flushed_ = true;
      }
    } else {
      flushed_ = true;
      if (stats_.end == GenerationEnd::error) break;
      piece_ = stop_.push(decoder_->finish());
      if (stop_.stopped()) {
        stats_.end = GenerationEnd::stop;
      } else {
        piece_ += stop_.finish();
      }
    }
    if (!piece_.empty()) return piece_;
  }
  return std::nullopt;
}

}  // namespace ttt

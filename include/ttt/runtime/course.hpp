// Course: one text under way, whoever steps it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/runtime/generation.hpp>
#include <ttt/runtime/sampler.hpp>
#include <ttt/runtime/state.hpp>
#include <ttt/runtime/stop.hpp>
#include <ttt/runtime/tokenizer/stream_decoder.hpp>

namespace ttt {

/// The ids so far, what chooses the next one, what makes pieces of them, and when and why it ends. It knows no session and
/// no clock.
class Course {
 public:
  /// `tokenizer` may be absent: then there are no pieces. Errors: empty_prompt, generate_out_of_range, context_full (no room
  /// for one token behind the prompt), no_logits, sampling_out_of_range, those of StopMatcher.
  [[nodiscard]] static Result<Course> create(const ModelState& state, std::optional<Tokenizer> tokenizer,
                                             std::vector<std::int32_t> prompt, GenerateOptions options);
  /// One that has already failed.
  [[nodiscard]] static Course failed(Error error);
  /// Memory for what generating needs, which a text that only waits has not; once. Errors: out_of_memory.
  [[nodiscard]] Result<void> start(const ModelState& state);

  /// Prompt, then what was generated.
  [[nodiscard]] std::span<const std::int32_t> ids() const { return ids_; }
  [[nodiscard]] std::span<const std::int32_t> new_ids() const;
  [[nodiscard]] const GenerateOptions& options() const { return options_; }
  [[nodiscard]] bool running() const { return stats.end == GenerationEnd::running; }
  [[nodiscard]] bool cancelled() const {
    return options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed);
  }
  [[nodiscard]] const Error* error() const { return error_ ? &*error_ : nullptr; }
  void end(GenerationEnd how) { stats.end = how; }
  void fail(Error error);

  /// Whether another id is wanted; if not, it has ended: cancelled, long enough, or at the context's end.
  [[nodiscard]] bool goes_on(int context);
  /// The next id, chosen from a row of logits; nullopt when the text has ended with it. Allocates only to fail.
  [[nodiscard]] std::optional<std::int32_t> choose(std::span<const float> logits);
  /// The text that an id brings, possibly none; it may end the text (a stop string). Valid until the next call.
  [[nodiscard]] std::string_view text_of(std::int32_t id);
  /// The text that was held back, when no id follows. Once.
  [[nodiscard]] std::string_view rest();

  GenerationStats stats;

 private:
  Course() = default;
  GenerateOptions options_;
  std::vector<std::int32_t> ids_;
  std::optional<Sampler> sampler_;
  std::optional<StreamDecoder> decoder_;
  StopMatcher stop_;
  std::string piece_;
  std::optional<Error> error_;
  bool rest_given_ = false;
};

}  // namespace ttt

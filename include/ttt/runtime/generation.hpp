// Generation: text as it comes, pulled by a range-for.
#pragma once

#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/runtime/sampling_params.hpp>
#include <ttt/runtime/tokenizer/tokenizer.hpp>

namespace ttt {

class Runner;

/// How to continue a prompt. What is left out is the model's own choice (generation_config.json); without one:
/// greedy, until the end of the context.
struct GenerateOptions {
  int max_new_tokens = 0;  ///< 0 = until the text ends; at most 2^24
  std::optional<SamplingParams> sampling{};
  std::vector<std::string> stop{};   ///< the text ends before the first of these
  std::optional<std::vector<std::int32_t>> eos{};  ///< ids that end the text and are not part of it
  const std::atomic<bool>* cancel = nullptr;  ///< looked at before every token; may be set from any thread
  bool add_special_tokens = true;    ///< BOS in front of a text prompt, where the tokenizer puts one
};

/// Why a generation ended.
enum class GenerationEnd { running, eos, stop, length, context, cancelled, error };
[[nodiscard]] constexpr std::string_view name_of(GenerationEnd end) noexcept {
  constexpr std::string_view names[] = {"running", "eos", "stop", "length", "context", "cancelled", "error"};
  return names[static_cast<std::size_t>(end)];
}

struct GenerationStats {
  int prompt_tokens = 0;
  int new_tokens = 0;
  double prompt_s = 0;  ///< reading the prompt, first token included
  double decode_s = 0;  ///< the tokens after it
  double waiting_s = 0;  ///< in a scheduler's queue, before the prompt was begun
  GenerationEnd end = GenerationEnd::running;
};

/// A lazily pulled sequence of text pieces (or of ids, through `next_id`). Owns its session; runs a step of the
/// model each time the loop asks for more. After the loop `error()` says whether something failed.
///
///     auto text = model->generate("Once upon a time");
///     for (std::string_view piece : text) fmt::print("{}", piece);
///     if (text.error()) ...
class Generation {
 public:
  /// `tokenizer` may be absent: then only ids come. Errors: empty_prompt, generate_out_of_range, those of Session,
  /// Sampler and StopMatcher; context_full when the prompt leaves no room for one token.
  [[nodiscard]] static Result<Generation> create(std::shared_ptr<Runner> runner, std::optional<Tokenizer> tokenizer,
                                                 std::vector<std::int32_t> prompt, GenerateOptions options);
  /// One that has already failed: a range without pieces, whose `error()` says why.
  [[nodiscard]] static Generation failed(Error error);

  /// The next token's id, or nullopt when the text has ended (an end-of-sequence id is not given).
  [[nodiscard]] std::optional<std::int32_t> next_id();
  /// The next piece of whole characters, or nullopt at the end. Never empty. Valid until the next call.
  [[nodiscard]] std::optional<std::string_view> next();

  /// Null unless something failed.
  [[nodiscard]] const Error* error() const;
  [[nodiscard]] const GenerationStats& stats() const;
  /// The ids generated so far; valid until the next call.
  [[nodiscard]] std::span<const std::int32_t> new_ids() const;

  class Iterator;
  [[nodiscard]] Iterator begin();
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  Generation(Generation&&) noexcept;
  Generation& operator=(Generation&&) noexcept;
  ~Generation();

 private:
  class Stand;  // the session, and the text so far
  explicit Generation(std::unique_ptr<Stand> stand);
  std::unique_ptr<Stand> stand_;
};

class Generation::Iterator {
 public:
  using value_type = std::string_view;
  using difference_type = std::ptrdiff_t;
  explicit Iterator(Generation& generation) : generation_(&generation) { ++*this; }
  [[nodiscard]] std::string_view operator*() const { return *piece_; }
  Iterator& operator++() {
    piece_ = generation_->next();
    return *this;
  }
  void operator++(int) { ++*this; }
  [[nodiscard]] bool operator==(std::default_sentinel_t) const { return !piece_.has_value(); }

 private:
  Generation* generation_;
  std::optional<std::string_view> piece_;
};

inline Generation::Iterator Generation::begin() { return Iterator(*this); }

}  // namespace ttt

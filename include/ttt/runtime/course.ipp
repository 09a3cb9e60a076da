// Definitions of course.hpp.
#pragma once

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/course.hpp>

namespace ttt {

TTT_INLINE Result<Course> Course::create(const ModelState& s, std::optional<Tokenizer> tokenizer,
                                         std::vector<std::int32_t> prompt, GenerateOptions options) {
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
  if (s.encoder)
    return make_error(ErrorKind::request, "encoder_does_not_generate", "model",
                      "it is an encoder: its tokens see whole sequences, and no next token follows from them",
                      "run a sequence with run_encoder (`ttt forward MODEL --inputs F.safetensors --out G.safetensors`)");
  if (s.output != Role::logits)
    return make_error(ErrorKind::request, "no_logits", "model", "it does not end in a Linear that gives logits",
                      "end the model with Linear<hidden, vocab>");
  TTT_CHECK(check(options.sampling.value_or(SamplingParams{})));
  Course c;
  TTT_TRY(c.stop_, StopMatcher::create(options.stop));
  if (tokenizer) c.decoder_.emplace(std::move(*tokenizer));
  c.options_ = std::move(options);
  c.ids_ = std::move(prompt);
  c.stats.prompt_tokens = static_cast<int>(c.ids_.size());
  return c;
}

TTT_INLINE Course Course::failed(Error error) {
  Course c;
  c.fail(std::move(error));
  c.rest_given_ = true;
  return c;
}

TTT_INLINE Result<void> Course::start(const ModelState& s) {
  if (sampler_) return {};  // a text that begins again goes on with its random numbers
  TTT_TRY(Sampler sampler, Sampler::create(options_.sampling.value_or(SamplingParams{}), s.output_width));
  sampler_.emplace(std::move(sampler));
  ids_.reserve(static_cast<std::size_t>(s.context()) + 1);
  return {};
}

TTT_INLINE std::span<const std::int32_t> Course::new_ids() const {
  const auto begin = static_cast<std::size_t>(stats.prompt_tokens);
  return std::span<const std::int32_t>(ids_).subspan(std::min(begin, ids_.size()));
}

TTT_INLINE void Course::fail(Error error) {
  error_ = std::move(error);
  end(GenerationEnd::error);
}

TTT_INLINE bool Course::goes_on(int context) {
  if (!running()) return false;
  if (cancelled()) {
    end(GenerationEnd::cancelled);
  } else if (options_.max_new_tokens > 0 && stats.new_tokens >= options_.max_new_tokens) {
    end(GenerationEnd::length);
  } else if (static_cast<int>(ids_.size()) > context) {
    end(GenerationEnd::context);
  }
  return running();
}

TTT_INLINE std::optional<std::int32_t> Course::choose(std::span<const float> logits) {
  const auto id = sampler_->sample(logits, ids_);
  if (!id) {
    fail(id.error());
    return std::nullopt;
  }
  if (options_.eos && std::find(options_.eos->begin(), options_.eos->end(), *id) != options_.eos->end()) {
    end(GenerationEnd::eos);
    return std::nullopt;
  }
  ids_.push_back(*id);
  ++stats.new_tokens;
  return *id;
}

TTT_INLINE std::string_view Course::text_of(std::int32_t id) {
  if (!decoder_ || rest_given_) return {};
  piece_ = stop_.push(decoder_->push(id));
  if (stop_.stopped()) {
    end(GenerationEnd::stop);
    rest_given_ = true;  // behind a stop string there is nothing
  }
  return piece_;
}

TTT_INLINE std::string_view Course::rest() {
  if (rest_given_) return {};
  rest_given_ = true;
  if (!decoder_ || stats.end == GenerationEnd::error) return {};
  piece_ = stop_.push(decoder_->finish());
  if (stop_.stopped()) {
    end(GenerationEnd::stop);
  } else {
    piece_ += stop_.finish();
  }
  return piece_;
}

}  // namespace ttt

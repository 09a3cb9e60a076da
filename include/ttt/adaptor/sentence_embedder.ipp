// Definitions of sentence_embedder.hpp.
#pragma once

#include <algorithm>
#include <string>

#include <ttt/adaptor/config.hpp>
#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/adaptor/sentence_embedder.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/utf8.hpp>
#include <ttt/runtime/encoder.hpp>
#include <ttt/runtime/hidden_rows.hpp>
#include <ttt/runtime/tokenizer/characters.hpp>

namespace ttt {

namespace sentences {

inline std::string lower_case(std::string_view text) {
  const std::string sound = well_formed_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < sound.size(); i += utf8_length(sound[i])) {
    tokenizer::each_lower_of(code_point_at(sound, i), [&](char32_t lower) { append_utf8(out, lower); });
  }
  return out;
}

}  // namespace sentences

TTT_INLINE SentenceEmbedder::SentenceEmbedder(Tokenizer tokenizer, SentenceConfig config, int positions)
    : tokenizer_(std::move(tokenizer)), config_(std::move(config)), most_tokens_(config_.max_tokens) {
  if (positions > 0 && (most_tokens_ == 0 || positions < most_tokens_)) most_tokens_ = positions;
  if (config_.lower_case) {
    const auto upper = tokenizer_.encode("A", false), lower = tokenizer_.encode("a", false);
    lowers_ = upper && lower && *upper != *lower;  // else the tokenizer does so itself, and leaves "[SEP]" as it is
  }
}

TTT_INLINE Result<SentenceEmbedder> SentenceEmbedder::load(const std::string& folder, int positions) {
  TTT_TRY(SentenceConfig config, read_sentence_config(folder));
  TTT_TRY(Tokenizer tokenizer, Tokenizer::load(folder));
  return SentenceEmbedder(std::move(tokenizer), std::move(config), positions);
}

TTT_INLINE Result<SentenceEmbedder> SentenceEmbedder::of(const LoadedModel& model) {
  return load(model.config().folder, model.state().longest());
}

TTT_INLINE Result<Encoding> SentenceEmbedder::encode(std::string_view text) const {
  std::string changed = config_.prompt;
  if (lowers_) changed = sentences::lower_case(changed += text);
  else if (!changed.empty()) changed += text;
  return tokenizer_.encode_at_most(lowers_ || !config_.prompt.empty() ? changed : text,
                                   most_tokens_ > 0 ? static_cast<std::size_t>(most_tokens_) : SIZE_MAX);
}

TTT_INLINE Result<void> SentenceEmbedder::check(const ModelView& model) const {
  if (config_.says_pooling || model.is_encoder()) return {};
  return make_error(ErrorKind::config, "pooling_undefined", "model",
                    "it is a decoder, and its folder does not say which of its rows stand for a text",
                    "use an encoder, or a folder of sentence-transformers with modules.json and 1_Pooling/config.json");
}

TTT_INLINE Result<std::vector<float>> SentenceEmbedder::embed(Runner& runner, const Encoding& encoding) const {
  TTT_CHECK(check(runner.state().model.view()));
  HiddenRows hidden;
  if (runner.state().encoder) {
    const bool one_segment = std::all_of(encoding.type_ids.begin(), encoding.type_ids.end(), [](auto t) { return t == 0; });
    EncoderInput input{.ids = encoding.ids};
    if (!one_segment) input.token_types = encoding.type_ids;
    TTT_TRY(EncoderOutput out, run_encoder(runner, input));
    hidden = {out.width, std::move(out.hidden)};
  } else {
    TTT_TRY(hidden, decoder_rows(runner, encoding.ids));
  }
  if (config_.width > 0 && config_.width != hidden.width)
    return make_error(ErrorKind::config, "sentence_config", "embedding_dimension",
                      "the folder's pooling is of rows of " + std::to_string(config_.width) + " numbers, the model's have " +
                          std::to_string(hidden.width),
                      "take modules.json and 1_Pooling from the model's own folder");
  const auto width = static_cast<std::size_t>(hidden.width);
  std::vector<float> out(width * config_.pooling.size());
  for (std::size_t i = 0; i < config_.pooling.size(); ++i)
    pool(config_.pooling[i], hidden.rows, std::span(out).subspan(i * width, width));
  if (config_.unit_length) to_unit_length(out);
  return out;
}

TTT_INLINE Result<std::vector<float>> SentenceEmbedder::embed(Runner& runner, std::string_view text) const {
  TTT_TRY(const Encoding encoding, encode(text));
  return embed(runner, encoding);
}

}  // namespace ttt

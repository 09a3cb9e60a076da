#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/io/utf8.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>
#include <ttt/runtime/tokenizer/word_piece.hpp>

namespace ttt::tokenizer {

namespace word_pieces {

inline std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += is_utf8_tail(c) ? 0 : 1;
  return count;
}

}  // namespace word_pieces

TTT_INLINE Result<std::unique_ptr<const SubwordModel>> WordPiece::read(const json::Value& model,
                                                                       const std::string& file) {
  TTT_TRY(Vocabulary vocabulary, Vocabulary::read(model["vocab"], file));
  auto pieces = std::unique_ptr<WordPiece>(new WordPiece(std::move(vocabulary)));
  const Vocabulary& v = pieces->vocabulary();
  const auto unknown = model["unk_token"].as_string();
  if (!unknown) return malformed("model.unk_token", "it is missing or not a string", file);
  pieces->unknown_ = v.id_of(*unknown);
  if (pieces->unknown_ < 0)
    return malformed("model.unk_token", in_quotes(*unknown) + " is not in the vocabulary", file);
  if (const json::Value most = model["max_input_chars_per_word"]; !most.is_null()) {
    if (most.as_int().value_or(-1) < 0)
      return malformed("model.max_input_chars_per_word", "it is no integer from 0 up", file);
    pieces->max_characters_ = static_cast<std::size_t>(*most.as_int());
  }
  const json::Value prefix_value = model["continuing_subword_prefix"];
  if (!prefix_value.is_null() && !prefix_value.as_string())
    return malformed("model.continuing_subword_prefix", "it is not a string", file);
  const std::string_view prefix = prefix_value.as_string().value_or("##");
  for (const auto& [token, value] : model["vocab"]) {
    const std::int32_t id = v.id_of(token);
    const auto add = [&](std::string_view spelled, LongestTokens::Place place) {
      // No word is that long, and the trie the smaller for it.
      if (word_pieces::characters(spelled) > pieces->max_characters_) return true;
      return pieces->tokens_.add(spelled, place, id);
    };
    const bool fits =
        add(token, LongestTokens::Place::first) &&
        (!token.starts_with(prefix) || add(token.substr(prefix.size()), LongestTokens::Place::later));
    if (!fits) {
      return malformed(
          "model.vocab",
          "its tokens have more than " + std::to_string(LongestTokens::kMaxNodes) + " different endings",
          file);
    }
  }
  pieces->tokens_.link();
  return std::unique_ptr<const SubwordModel>(std::move(pieces));
}

TTT_INLINE void WordPiece::tokenize(std::string_view word, std::vector<SubwordToken>& out) const {
  if (word.empty()) return;
  const auto size = static_cast<std::uint32_t>(word.size());
  if (size > max_characters_ && word_pieces::characters(word) > max_characters_) {
    out.push_back({unknown_, 0, size});
    return;
  }
  if (const std::int32_t id = vocabulary().id_of(word); id >= 0) {  // most words
    out.push_back({id, 0, size});
    return;
  }
  std::vector<std::uint32_t> states(word.size());
  std::uint32_t state = 0;
  for (std::size_t i = word.size(); i-- > 0;) states[i] = state = tokens_.before(state, word[i]);
  const std::size_t before = out.size();
  for (std::uint32_t at = 0; at < size;) {
    const auto token =
        tokens_.longest(states[at], at == 0 ? LongestTokens::Place::first : LongestTokens::Place::later);
    if (token.bytes == 0) {
      out.resize(before);
      out.push_back({unknown_, 0, size});
      return;
    }
    out.push_back({token.id, at, at + token.bytes});
    at += token.bytes;
  }
}

}  // namespace ttt::tokenizer

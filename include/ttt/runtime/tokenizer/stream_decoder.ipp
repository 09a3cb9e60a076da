#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/io/utf8.hpp>
#include <ttt/runtime/tokenizer/stream_decoder.hpp>

namespace ttt {

TTT_INLINE std::string StreamDecoder::push(std::int32_t id) {
  if ((skip_special_tokens_ && tokenizer_.is_special(id)) || !tokenizer_.token_of(id)) return {};
  window_.push_back(id);
  const std::string text = tokenizer_.decode(window_, skip_special_tokens_);
  std::string_view whole = text;
  // A character has at most four bytes and a token at least one: what is still open after that many stays so.
  const bool patient = window_.size() - context_ < 8;
  while (patient && whole.ends_with(kReplacementCharacter)) whole.remove_suffix(kReplacementCharacter.size());
  const bool pending = whole.size() != text.size();
  if (whole.size() <= given_) {
    if (patient) return {};
    whole = text;
  }
  std::string piece(whole.substr(std::min(given_, whole.size())));
  given_ = whole.size();
  if (pending) return piece;
  window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(context_));
  context_ = window_.size();
  given_ = tokenizer_.decode(window_, skip_special_tokens_).size();
  return piece;
}

TTT_INLINE std::string StreamDecoder::finish() {
  const std::string text = tokenizer_.decode(window_, skip_special_tokens_);
  std::string piece = text.substr(std::min(given_, text.size()));
  window_.clear();
  context_ = given_ = 0;
  return piece;
}

}  // namespace ttt

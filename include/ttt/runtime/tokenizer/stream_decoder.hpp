// Decoding ids as they come, in pieces of whole characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ttt/runtime/tokenizer/tokenizer.hpp>

namespace ttt {

/// The pieces, put together, are what `decode` gives for all ids so far, less the bytes at the end that do
/// not form a character yet; `finish` gives those. (Only where a byte token makes invalid what was a whole
/// character before — no text does — the stream keeps the character it has given.) Each push costs a few
/// tokens, however long the stream.
class StreamDecoder {
 public:
  explicit StreamDecoder(Tokenizer tokenizer, bool skip_special_tokens = true)
      : tokenizer_(std::move(tokenizer)), skip_special_tokens_(skip_special_tokens) {}

  /// What the id adds, possibly nothing.
  [[nodiscard]] std::string push(std::int32_t id);
  /// What is left (U+FFFD for an unfinished character). The decoder starts anew after it.
  [[nodiscard]] std::string finish();

 private:
  Tokenizer tokenizer_;
  std::vector<std::int32_t>
      window_;               // the last piece's ids, which tell how the next joins, and those pending
  std::size_t context_ = 0;  // how many of the window are the last piece's
  std::size_t given_ = 0;    // bytes of the window's text that are out
  bool skip_special_tokens_ = true;
};

}  // namespace ttt

// From tokens back to text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/io/result.hpp>
#include <ttt/runtime/tokenizer/pattern.hpp>

namespace ttt::tokenizer {

/// The `decoder` of tokenizer.json; sequences are flattened. Known: ByteLevel, ByteFallback, Fuse, Strip,
/// Replace, Metaspace, BPEDecoder, WordPiece, Sequence.
class Decoder {
 public:
  /// Null: tokens with spaces between. Errors: tokenizer_unsupported (by name), tokenizer_malformed.
  [[nodiscard]] static Result<Decoder> read(const json::Value& value, const std::string& file);

  /// The text of the tokens, always well-formed UTF-8: bytes that form no character become U+FFFD.
  [[nodiscard]] std::string decode(std::vector<std::string> tokens) const;

 private:
  enum class Kind { byte_level, byte_fallback, fuse, strip, replace, metaspace, bpe, word_piece };
  struct Step {
    Kind kind = Kind::fuse;
    Pattern pattern;
    std::string content;
    std::size_t start = 0;
    std::size_t stop = 0;
    bool drops_first = false;  // metaspace: the first token's mark is no space
    bool cleans = false;       // word_piece: no space before what English writes without one
  };
  [[nodiscard]] Result<void> add(const json::Value& value, const std::string& file, int depth);
  static void apply(const Step& step, std::vector<std::string>& tokens);
  std::vector<Step> steps_;
  bool present_ = false;
};

}  // namespace ttt::tokenizer

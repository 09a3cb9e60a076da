// A HuggingFace tokenizer.json, run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/result.hpp>

namespace ttt {

/// What becomes of special tokens ("<|eot_id|>") that a text spells out.
enum class SpecialTokensInText {
  parse,  ///< they become their ids (HuggingFace's default)
  plain   ///< they are text like any other: for text that a user wrote
};

/// One text or a pair, encoded.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;  ///< which of the two texts, as the template says
  std::size_t left_out = 0;            ///< tokens of the text that `encode_at_most` left out
  /// Only from `encode_detailed`: the tokens as the vocabulary spells them (added ones as
  /// the text does, with the white space they took), and for each the half-open range
  /// of characters (code points) of its text; {0, 0} for what the template put in.
  std::vector<std::string> tokens;
  std::vector<std::array<std::uint32_t, 2>> offsets;
};

/// Text to ids and back, exactly as HuggingFace's tokenizers does it (no padding, no truncation). A handle to
/// an immutable state: copies are cheap, any number of threads may use one.
///
/// Any bytes are accepted: what is not UTF-8 counts as U+FFFD, one per maximal ill-formed part.
/// Supported: byte-level and sentencepiece-style BPE, WordPiece; see Normalizer, PreTokenizer, PostProcessor
/// and Decoder for the components. Anything else is refused by name.
class Tokenizer {
 public:
  static constexpr std::size_t kMaxFileBytes = std::size_t{256} << 20;
  static constexpr std::size_t kMaxTextBytes = std::size_t{16} << 20;

  /// `path`: a folder that holds tokenizer.json, or such a file. tokenizer_config.json beside it names BOS
  /// and EOS. Errors: tokenizer_missing, tokenizer_malformed, tokenizer_unsupported, json_malformed, those of
  /// File.
  [[nodiscard]] static Result<Tokenizer> load(const std::string& path);
  /// From texts. `config` may be empty; the names stand in errors.
  [[nodiscard]] static Result<Tokenizer> parse(std::string_view tokenizer_json, std::string_view config = {},
                                               const std::string& file = "tokenizer.json",
                                               const std::string& config_file = "tokenizer_config.json");

  /// Errors: text_too_long, tokenizer_limit.
  [[nodiscard]] Result<std::vector<std::int32_t>> encode(
      std::string_view text, bool add_special_tokens = true,
      SpecialTokensInText in_text = SpecialTokensInText::parse) const;
  [[nodiscard]] Result<Encoding> encode_pair(std::string_view a, std::string_view b,
                                             bool add_special_tokens = true,
                                             SpecialTokensInText in_text = SpecialTokensInText::parse) const;
  /// One text in no more than `most` ids, special ones included: what is too long loses its last tokens, as by
  /// HuggingFace's truncation. Special ids alone may be more.
  [[nodiscard]] Result<Encoding> encode_at_most(std::string_view text, std::size_t most,
                                                SpecialTokensInText in_text = SpecialTokensInText::parse) const;
  /// With tokens and offsets.
  [[nodiscard]] Result<Encoding> encode_detailed(
      std::string_view text, bool add_special_tokens = true,
      SpecialTokensInText in_text = SpecialTokensInText::parse) const;

  /// Well-formed UTF-8. Ids that no token has are left out.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids, bool skip_special_tokens = true) const;

  /// Distinct tokens, added ones included. A model's vocab_size may be larger (padding).
  [[nodiscard]] std::size_t vocab_size() const;
  [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const;
  /// As the vocabulary spells it: "Ġthe", "▁the", "<0x0A>".
  [[nodiscard]] std::optional<std::string_view> token_of(std::int32_t id) const;
  [[nodiscard]] bool is_special(std::int32_t id) const;
  /// As tokenizer_config.json names them; nullopt where it does not.
  [[nodiscard]] std::optional<std::int32_t> bos() const;
  [[nodiscard]] std::optional<std::int32_t> eos() const;

 private:
  struct State;
  explicit Tokenizer(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace ttt

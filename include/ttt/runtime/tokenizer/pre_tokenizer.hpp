// Cutting text into words, each of which the model turns into tokens by itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/io/result.hpp>
#include <ttt/runtime/tokenizer/aligned_text.hpp>
#include <ttt/runtime/tokenizer/pattern.hpp>

namespace ttt::tokenizer {

/// A text and its words: ranges in order, which need not cover it.
struct Words {
  AlignedText text;
  std::vector<Span> words;
};

/// What becomes of the matches of a pattern that cuts.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

/// Where Metaspace puts a mark before a word that has none.
enum class PrependScheme { always, first, never };

/// The `pre_tokenizer` of tokenizer.json; sequences are flattened. Known: ByteLevel, Split, Metaspace,
/// Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit, BertPreTokenizer, Sequence.
class PreTokenizer {
 public:
  /// Null: the whole text is one word. Errors: tokenizer_unsupported (by name), tokenizer_malformed.
  [[nodiscard]] static Result<PreTokenizer> read(const json::Value& value, const std::string& file);

  /// `at_start`: whether the text is the start of the input (for PrependScheme::first). Errors:
  /// tokenizer_limit.
  [[nodiscard]] Result<Words> apply(AlignedText text, bool at_start) const;

 private:
  enum class Kind { split, byte_level, metaspace, bert };
  struct Step {
    Kind kind = Kind::split;
    Pattern pattern;  // split, byte_level
    SplitBehavior behavior = SplitBehavior::isolated;
    bool invert = false;                          // split: what does not match counts as the match
    bool cuts = true;                             // byte_level, metaspace: whether they split at all
    std::string replacement;                      // metaspace
    PrependScheme scheme = PrependScheme::never;  // metaspace, byte_level (always or never)
  };
  [[nodiscard]] Result<void> add(const json::Value& value, const std::string& file, int depth);
  [[nodiscard]] static Result<void> split(Words& words, const Step& step);
  static void split_as_bert(Words& words);
  static void prepend(Words& words, const Step& step, std::string_view mark, bool at_start);
  static void replace_spaces(Words& words, std::string_view replacement);
  static void to_byte_alphabet(Words& words);
  std::vector<Step> steps_;
};

/// Reads {"prepend_scheme": "always"|"first"|"never"} or the older {"add_prefix_space": bool}; anything else:
/// always.
[[nodiscard]] PrependScheme read_prepend_scheme(const json::Value& metaspace);

/// Adds the parts of [whole.begin, whole.end) that `behavior` makes of the matches (ordered, disjoint).
void split_span(Span whole, const std::vector<Span>& matches, SplitBehavior behavior, bool invert,
                std::vector<Span>& out);

}  // namespace ttt::tokenizer

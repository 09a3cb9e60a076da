// A literal or a regular expression, as normalisers, pre-tokenisers and decoders search for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/io/result.hpp>
#include <ttt/runtime/tokenizer/aligned_text.hpp>

namespace ttt::tokenizer {

/// Immutable and shared; searching is safe from any thread.
class Pattern {
 public:
  Pattern() = default;

  /// Matches `text` itself; an empty one matches nowhere.
  [[nodiscard]] static Pattern literal(std::string text);

  /// A regular expression in the dialect of tokenizer.json (Oniguruma's Ruby syntax), run by PCRE2. What the
  /// two read differently is translated (\s, \w, \h, anchors at lines) or refused (set operations inside [
  /// ]). Errors: tokenizer_unsupported for what does not compile.
  [[nodiscard]] static Result<Pattern> regex(std::string_view expression, const std::string& file);

  /// {"String": …}, {"Regex": …} or a plain string. Errors: tokenizer_malformed, tokenizer_unsupported.
  [[nodiscard]] static Result<Pattern> read(const json::Value& value, const std::string& file);

  class Search;

  /// One search by itself. Errors: as Search::find.
  [[nodiscard]] Result<void> find(std::string_view text, std::vector<Span>& out) const;

 private:
  struct Regex;
  std::string literal_;
  std::shared_ptr<const Regex> regex_;
};

/// Searches any number of texts for one pattern, which must outlive it; what an expression needs is made
/// once. For one thread.
class Pattern::Search {
 public:
  explicit Search(const Pattern& pattern) : pattern_(pattern) {}

  /// All matches from left to right, appended to `out`; empty ones only where no match has just ended.
  /// Requires: well-formed UTF-8. Errors: tokenizer_limit when the expression takes more than its steps for
  /// one match or more than 1 s of processor time and 4 s per MiB for all texts so far.
  [[nodiscard]] Result<void> find(std::string_view text, std::vector<Span>& out);

 private:
  struct Scratch;
  [[nodiscard]] Error over_limit(int code) const;
  [[nodiscard]] bool out_of_time();
  const Pattern& pattern_;
  std::shared_ptr<Scratch> scratch_;
  std::uint64_t bytes_ = 0;  // searched so far
  double started_ = -1;
  unsigned steps_ = 0;
};

}  // namespace ttt::tokenizer

// Ending a streamed text at a stop string.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ttt/io/result.hpp>

namespace ttt {

/// Passes text on as it comes, but holds back what may be the beginning of a stop string, and ends at the
/// first one. Where pieces are cut does not matter. "First" is the stop string that is complete first; of
/// several complete at the same byte the longest, so that the least text is passed on.
///
/// If stop strings and text are whole UTF-8 characters, so is what is passed on. Knuth, Morris and Pratt
/// (1977): the work is linear in the text for each stop string.
///
///     auto stop = StopMatcher::create({{"\nUser:"}});
///     for (...) { print(stop->push(piece)); if (stop->stopped()) break; }
///     print(stop->finish());
class StopMatcher {
 public:
  static constexpr std::size_t max_strings = 64;
  static constexpr std::size_t max_bytes = 4096;  ///< of one string

  /// Matches nothing; passes everything on.
  StopMatcher() = default;

  /// Errors: stop_out_of_range when a string is empty or too long, or there are too many.
  [[nodiscard]] static Result<StopMatcher> create(std::span<const std::string> strings) {
    if (strings.size() > max_strings) {
      return refused(std::to_string(strings.size()) + " stop strings; possible are up to " +
                     std::to_string(max_strings));
    }
    StopMatcher out;
    for (const std::string& s : strings) {
      if (s.empty()) return refused("a stop string is empty: it would stop at once");
      if (s.size() > max_bytes) {
        return refused("a stop string has " + std::to_string(s.size()) + " bytes; possible are up to " +
                       std::to_string(max_bytes));
      }
      out.patterns_.emplace_back(s);
    }
    return out;
  }

  /// The text that is safe to pass on now; valid until the next call. After a stop it is empty.
  [[nodiscard]] std::string_view push(std::string_view piece) {
    text_.erase(0, passed_);
    passed_ = 0;
    if (stopped_) return {};
    const std::size_t held = text_.size();
    text_ += piece;
    for (std::size_t i = held; i < text_.size(); ++i) {
      std::size_t matched = 0;
      for (Pattern& p : patterns_) {
        if (p.advance(text_[i])) matched = std::max(matched, p.text.size());
      }
      if (matched == 0) continue;
      stopped_ = true;
      text_.resize(i + 1 - matched);
      return pass(text_.size());
    }
    std::size_t keep = 0;
    for (const Pattern& p : patterns_) keep = std::max(keep, p.state);
    return pass(text_.size() - keep);
  }

  /// What was held back when the text ends without a stop; the matcher is then as new.
  [[nodiscard]] std::string_view finish() {
    text_.erase(0, passed_);
    for (Pattern& p : patterns_) p.state = 0;
    stopped_ = false;
    return pass(text_.size());
  }

  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  struct Pattern {
    std::string text;
    std::vector<std::size_t> border;  // [i]: longest proper border of the first i + 1 bytes
    std::size_t state = 0;            // bytes matched so far

    explicit Pattern(std::string_view t) : text(t), border(t.size(), 0) {
      for (std::size_t i = 1, k = 0; i < t.size(); ++i) {
        while (k > 0 && t[i] != t[k]) k = border[k - 1];
        if (t[i] == t[k]) ++k;
        border[i] = k;
      }
    }
    /// Takes one byte; true when the pattern is complete (it ends the text, so there is no state after it).
    bool advance(char c) {
      while (state > 0 && c != text[state]) state = border[state - 1];
      if (c == text[state]) ++state;
      return state == text.size();
    }
  };

  static Error refused(std::string issue) {
    return make_error(ErrorKind::request, "stop_out_of_range", "stop", std::move(issue),
                      "give up to 64 stop strings of 1 to 4096 bytes each");
  }
  std::string_view pass(std::size_t bytes) {
    passed_ = bytes;
    return std::string_view(text_).substr(0, bytes);
  }

  std::vector<Pattern> patterns_;
  std::string text_;  // passed on by the last call, then what is held back
  std::size_t passed_ = 0;
  bool stopped_ = false;
};

}  // namespace ttt

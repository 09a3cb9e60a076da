#pragma once

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>
#include <time.h>

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>
#include <ttt/runtime/tokenizer/pattern.hpp>

namespace ttt::tokenizer {

struct Pattern::Regex {
  pcre2_code* code = nullptr;
  std::string expression;
  Regex() = default;
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;
  ~Regex() { pcre2_code_free(code); }
};

namespace regexes {

// PCRE2's \s also holds U+180E, its \w (before 10.43) no marks, its \h is something else altogether.
inline constexpr std::string_view kSpace = "\\p{Z}\\x09-\\x0d\\x{85}";
inline constexpr std::string_view kWord =
    "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";  // and Latin-1's numbers
inline constexpr std::string_view kHex = "0-9a-fA-F";

/// Oniguruma's expression as PCRE2 reads it, or "" with the reason in `why`.
inline std::string translated(std::string_view in, std::string& why) {
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const char c = in[i];
    if (c == '\\' && i + 1 < in.size()) {
      const char e = in[++i];
      const char lower = static_cast<char>(e | 0x20);
      if (!in_class && lower == 'b') {  // a word's edge, by this \w
        const std::string word = "[" + std::string(kWord) + "]";
        out += e == 'b' ? "(?:(?<=" + word + ")(?!" + word + ")|(?<!" + word + ")(?=" + word + "))"
                        : "(?:(?<=" + word + ")(?=" + word + ")|(?<!" + word + ")(?!" + word + "))";
        continue;
      }
      const std::string_view set = lower == 's' ? kSpace : lower == 'w' ? kWord : lower == 'h' ? kHex : "";
      const bool negated = e == 'S' || e == 'W' || e == 'H';
      if (set.empty() || (in_class && e == 'S')) {  // PCRE2's own \S inside a class differs by U+180E alone
        out += c;
        out += e;
      } else if (in_class && negated) {
        return why = "a negated escape inside [ ]", std::string();
      } else if (in_class) {
        out += set;
      } else {
        out += negated ? "[^" : "[";
        (out += set) += ']';
      }
      continue;
    }
    if (!in_class && c == '[') {
      in_class = true;
      out += c;
      if (i + 1 < in.size() && in[i + 1] == '^') out += in[++i];
      if (i + 1 < in.size() && in[i + 1] == ']') (out += "\\]"), ++i;
      continue;
    }
    if (in_class) {
      if (c == ']') in_class = false;
      if (c == '&' && i + 1 < in.size() && in[i + 1] == '&')
        return why = "a set intersection (&&)", std::string();
      if (c == '[') {
        const std::size_t end = in.substr(i, 2) == "[:" ? in.find(":]", i) : std::string_view::npos;
        if (end == std::string_view::npos) return why = "a set inside a set", std::string();
        out += in.substr(i, end + 2 - i);
        i = end + 1;
        continue;
      }
    }
    out += c;
  }
  return out;
}

inline double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace regexes

TTT_INLINE Pattern Pattern::literal(std::string text) {
  Pattern pattern;
  pattern.literal_ = std::move(text);
  return pattern;
}

TTT_INLINE Result<Pattern> Pattern::regex(std::string_view expression, const std::string& file) {
  std::string why;
  const std::string translated = regexes::translated(expression, why);
  if (!why.empty()) return unsupported("a regular expression with " + why, file);
  pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
  if (context != nullptr) {
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, 100);
    pcre2_set_max_pattern_length(context, 64 << 10);
  }
  int code = 0;
  PCRE2_SIZE at = 0;
  auto regex = std::make_shared<Regex>();
  regex->expression = expression;
  // MULTILINE: ^ and $ match at lines in Ruby's syntax. NEVER_BACKSLASH_C: \C would split characters.
  regex->code = pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C, &code, &at,
      context);
  pcre2_compile_context_free(context);
  if (regex->code == nullptr) {
    char message[128] = "";
    pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(message), sizeof message);
    return unsupported("the regular expression " + in_quotes(expression) + " (" + message + ")", file);
  }
  pcre2_jit_compile(regex->code,
                    PCRE2_JIT_COMPLETE);  // without it matching is slower, and right all the same
  Pattern pattern;
  pattern.regex_ = std::move(regex);
  return pattern;
}

TTT_INLINE Result<Pattern> Pattern::read(const json::Value& value, const std::string& file) {
  if (const auto text = value.as_string()) return literal(std::string(*text));
  if (const auto text = value["String"].as_string()) return literal(std::string(*text));
  if (const auto text = value["Regex"].as_string()) return regex(*text, file);
  return malformed("pattern", "it is neither {\"String\": …} nor {\"Regex\": …}", file);
}

/// What searching needs besides the compiled expression.
struct Pattern::Search::Scratch {
  pcre2_match_data* data;
  pcre2_match_context* context;
  pcre2_jit_stack* stack;
  explicit Scratch(const pcre2_code* code)
      : data(pcre2_match_data_create_from_pattern(code, nullptr)),
        context(pcre2_match_context_create(nullptr)),
        stack(pcre2_jit_stack_create(32 << 10, 8 << 20, nullptr)) {
    if (context == nullptr) return;
    pcre2_set_heap_limit(context, 64 << 10);  // KiB
    pcre2_jit_stack_assign(context, nullptr, stack);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_jit_stack_free(stack);
  }
};

TTT_INLINE Error Pattern::Search::over_limit(int code) const {
  return make_error(ErrorKind::tokenizer, "tokenizer_limit", "tokenizer",
                    "the regular expression " + in_quotes(pattern_.regex_->expression) +
                        " passes its limit on " + std::to_string(bytes_) + " bytes of text" +
                        (code < 0 ? " (PCRE2 error " + std::to_string(code) + ")" : " (time)"),
                    "split the text into shorter parts, or use the tokenizer.json of the model's publisher");
}

/// PCRE2 bounds the steps of one match, not their sum: an expression may look through the rest of the text at
/// each place. Hence the clock, read now and then.
TTT_INLINE bool Pattern::Search::out_of_time() {
  if ((++steps_ & 63U) != 0) return false;
  const double now = regexes::processor_seconds();
  if (started_ < 0) started_ = now;
  return now - started_ > 1.0 + 4.0 * static_cast<double>(bytes_) / (1 << 20);
}

TTT_INLINE Result<void> Pattern::Search::find(std::string_view text, std::vector<Span>& out) {
  const auto add = [&](std::size_t begin, std::size_t end) {
    out.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  };
  if (!pattern_.regex_) {
    const std::string& literal = pattern_.literal_;
    if (literal.empty()) return {};
    for (std::size_t at = text.find(literal); at != std::string_view::npos; at = text.find(literal, at)) {
      add(at, at + literal.size());
      at += literal.size();
    }
    return {};
  }
  const pcre2_code* code = pattern_.regex_->code;
  if (!scratch_) scratch_ = std::make_shared<Scratch>(code);
  if (scratch_->data == nullptr || scratch_->context == nullptr) {
    return make_error(ErrorKind::memory, "out_of_memory", "tokenizer",
                      "no memory to match a regular expression", "free memory or raise the memory limit");
  }
  bytes_ += text.size();
  // One step back per character is what a sound expression may need.
  pcre2_set_match_limit(scratch_->context, static_cast<std::uint32_t>(std::min<std::size_t>(
                                               1'000'000 + 4 * text.size(), UINT32_MAX)));
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(scratch_->data);
  std::size_t at = 0;
  std::size_t last_end = std::string_view::npos;
  while (at <= text.size()) {
    if (out_of_time()) return over_limit(0);
    // Matches start within a window, so that the clock is read between windows too.
    std::size_t window = std::min(at + 256, text.size());
    while (window < text.size() && is_utf8_tail(text[window])) ++window;
    pcre2_set_offset_limit(scratch_->context, window);
    // The text is known to be UTF-8; checking it again at every match would make the whole quadratic.
    const int rc =
        pcre2_match(code, subject, text.size(), at, PCRE2_NO_UTF_CHECK, scratch_->data, scratch_->context);
    if (rc == PCRE2_ERROR_NOMATCH) {
      if (window >= text.size()) break;
      at = window + utf8_length(text[window]);
      continue;
    }
    if (rc < 0) return over_limit(rc);
    const std::size_t begin = bounds[0];
    const std::size_t end = bounds[1];
    if (begin >= end &&
        end == last_end) {  // an empty match where one has just ended: go on behind the next character
      if (at >= text.size()) break;
      at += utf8_length(text[at]);
      last_end = std::string_view::npos;
      continue;
    }
    if (begin > end || begin < at) break;  // \K in a lookaround can do this
    add(begin, end);
    last_end = at = end;
  }
  return {};
}

TTT_INLINE Result<void> Pattern::find(std::string_view text, std::vector<Span>& out) const {
  return Search(*this).find(text, out);
}

}  // namespace ttt::tokenizer

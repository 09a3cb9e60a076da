#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/bert_characters.hpp>
#include <ttt/runtime/tokenizer/byte_alphabet.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>
#include <ttt/runtime/tokenizer/pre_tokenizer.hpp>

namespace ttt::tokenizer {

TTT_INLINE PrependScheme read_prepend_scheme(const json::Value& metaspace) {
  const auto scheme = metaspace["prepend_scheme"].as_string();
  if (scheme == "never") return PrependScheme::never;
  if (scheme == "first") return PrependScheme::first;
  if (scheme == "always") return PrependScheme::always;
  return metaspace["add_prefix_space"].as_bool().value_or(true) ? PrependScheme::always
                                                                : PrependScheme::never;
}

TTT_INLINE void split_span(Span whole, const std::vector<Span>& matches, SplitBehavior behavior, bool invert,
                           std::vector<Span>& out) {
  struct Part {
    Span span;
    bool match;
  };
  std::vector<Part> parts;
  parts.reserve(matches.size() * 2 + 1);
  std::uint32_t at = whole.begin;
  for (const Span m : matches) {
    if (m.begin > at) parts.push_back({{at, m.begin}, invert});
    parts.push_back({m, !invert});
    at = m.end;
  }
  if (at < whole.end) parts.push_back({{at, whole.end}, invert});

  const std::size_t first = out.size();
  const auto add = [&](Span s) {
    if (s.end > s.begin) out.push_back(s);
  };
  switch (behavior) {
    case SplitBehavior::removed:
      for (const Part& p : parts) {
        if (!p.match) add(p.span);
      }
      break;
    case SplitBehavior::isolated:
      for (const Part& p : parts) add(p.span);
      break;
    case SplitBehavior::contiguous:
      for (std::size_t i = 0; i < parts.size(); ++i) {
        Span s = parts[i].span;
        while (i + 1 < parts.size() && parts[i + 1].match == parts[i].match) s.end = parts[++i].span.end;
        add(s);
      }
      break;
    case SplitBehavior::merged_with_previous: {
      bool was_match = false;
      for (const Part& p : parts) {
        if (p.match && !was_match && out.size() > first) {
          out.back().end = p.span.end;
        } else {
          add(p.span);
        }
        was_match = p.match;
      }
      break;
    }
    case SplitBehavior::merged_with_next:
      for (std::size_t i = 0; i < parts.size(); ++i) {
        // A match joins what follows unless that is a match too; the last match stands alone.
        Span s = parts[i].span;
        if (parts[i].match && i + 1 < parts.size() && !parts[i + 1].match) s.end = parts[++i].span.end;
        add(s);
      }
      break;
  }
}

TTT_INLINE Result<PreTokenizer> PreTokenizer::read(const json::Value& value, const std::string& file) {
  PreTokenizer pre;
  if (!value.is_null()) TTT_CHECK(pre.add(value, file, 0));
  return pre;
}

TTT_INLINE Result<void> PreTokenizer::add(const json::Value& value, const std::string& file, int depth) {
  const auto type = value["type"].as_string();
  if (!type) return malformed("pre_tokenizer", "it has no type", file);
  if (steps_.size() >= 256 || depth > 8) return malformed("pre_tokenizer", "it has too many steps", file);
  if (*type == "Sequence") {
    for (const auto& [key, member] : value["pretokenizers"]) TTT_CHECK(add(member, file, depth + 1));
    return {};
  }
  const auto behavior_of = [&](const json::Value& v, SplitBehavior& out) {
    const std::string_view name = v.as_string().value_or("");
    if (name == "Removed")
      out = SplitBehavior::removed;
    else if (name == "Isolated")
      out = SplitBehavior::isolated;
    else if (name == "MergedWithPrevious")
      out = SplitBehavior::merged_with_previous;
    else if (name == "MergedWithNext")
      out = SplitBehavior::merged_with_next;
    else if (name == "Contiguous")
      out = SplitBehavior::contiguous;
    else
      return false;
    return true;
  };
  Step step;
  std::string_view expression;
  if (*type == "ByteLevel") {
    step.kind = Kind::byte_level;
    step.cuts = value["use_regex"].as_bool().value_or(true);
    step.scheme =
        value["add_prefix_space"].as_bool().value_or(true) ? PrependScheme::always : PrependScheme::never;
    expression = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
  } else if (*type == "Metaspace") {
    step.kind = Kind::metaspace;
    step.behavior = SplitBehavior::merged_with_next;
    step.cuts = value["split"].as_bool().value_or(true);
    step.scheme = read_prepend_scheme(value);
    step.replacement = value["replacement"].as_string().value_or("\xE2\x96\x81");
    step.pattern = Pattern::literal(step.replacement);
  } else if (*type == "BertPreTokenizer") {
    step.kind = Kind::bert;
    step.cuts = false;
  } else if (*type == "Split") {
    step.invert = value["invert"].as_bool().value_or(false);
    if (!behavior_of(value["behavior"], step.behavior)) {
      return malformed("pre_tokenizer.Split", "its behavior is missing or unknown", file);
    }
    TTT_TRY(step.pattern, Pattern::read(value["pattern"], file));
  } else if (*type == "Digits") {
    const bool each = value["individual_digits"].as_bool().value_or(false);
    step.behavior = each ? SplitBehavior::isolated : SplitBehavior::contiguous;
    expression = R"(\p{N})";
  } else if (*type == "Punctuation") {
    if (!value["behavior"].is_null() && !behavior_of(value["behavior"], step.behavior)) {
      return malformed("pre_tokenizer.Punctuation", "its behavior is unknown", file);
    }
    expression = R"([\p{P}!-/:-@\x5B-`{-~])";
  } else if (*type == "Whitespace") {
    step.behavior = SplitBehavior::removed;
    step.invert = true;
    expression = R"(\w+|[^\w\s]+)";
  } else if (*type == "WhitespaceSplit") {
    step.behavior = SplitBehavior::removed;
    expression = R"(\s+)";
  } else if (*type == "CharDelimiterSplit") {
    step.behavior = SplitBehavior::removed;
    TTT_TRY(step.pattern, Pattern::read(value["delimiter"], file));
  } else {
    return unsupported("pre-tokenizer " + in_quotes(*type), file);
  }
  if (!expression.empty()) {
    TTT_TRY(step.pattern, Pattern::regex(expression, file));
  }
  steps_.push_back(std::move(step));
  return {};
}

TTT_INLINE Result<void> PreTokenizer::split(Words& words, const Step& step) {
  std::vector<Span> out;
  std::vector<Span> matches;
  Pattern::Search search(step.pattern);
  for (const Span word : words.words) {
    matches.clear();
    TTT_CHECK(search.find(words.text.text(word), matches));
    for (Span& m : matches) m = {m.begin + word.begin, m.end + word.begin};
    split_span(word, matches, step.behavior, step.invert, out);
  }
  words.words = std::move(out);
  return {};
}

/// At white space, which goes, and around every punctuation character.
TTT_INLINE void PreTokenizer::split_as_bert(Words& words) {
  std::vector<Span> out;
  const std::string_view text = words.text.text();
  for (const Span word : words.words) {
    std::uint32_t begin = word.begin;
    for (std::uint32_t at = word.begin; at < word.end;) {
      const char32_t c = code_point_at(text, at);
      const std::uint32_t next = at + static_cast<std::uint32_t>(utf8_length(text[at]));
      const bool space = is_space(c);
      if (space || is_bert_punctuation(c)) {
        if (at > begin) out.push_back({begin, at});
        if (!space) out.push_back({at, next});
        begin = next;
      }
      at = next;
    }
    if (word.end > begin) out.push_back({begin, word.end});
  }
  words.words = std::move(out);
}

TTT_INLINE void PreTokenizer::prepend(Words& words, const Step& step, std::string_view mark, bool at_start) {
  const auto needs = [&](Span w) {
    const bool here = step.scheme == PrependScheme::always ||
                      (step.scheme == PrependScheme::first && at_start && w.begin == 0);
    return here && !words.text.text(w).starts_with(mark);
  };
  if (step.scheme == PrependScheme::never) return;
  Words out{AlignedText(words.text.tracked()), {}};
  out.text.reserve(words.text.size() + words.words.size() * mark.size());
  for (const Span w : words.words) {
    const auto begin = static_cast<std::uint32_t>(out.text.size());
    if (needs(w)) out.text.append(mark, words.text.origin(w.begin));
    out.text.append(words.text, w);
    out.words.push_back({begin, static_cast<std::uint32_t>(out.text.size())});
  }
  words = std::move(out);
}

TTT_INLINE void PreTokenizer::replace_spaces(Words& words, std::string_view replacement) {
  Words out{AlignedText(words.text.tracked()), {}};
  out.text.reserve(words.text.size() + words.text.size() / 2);
  const std::string_view text = words.text.text();
  for (const Span w : words.words) {
    const auto begin = static_cast<std::uint32_t>(out.text.size());
    for (std::uint32_t at = w.begin; at < w.end;) {
      const std::uint32_t space =
          static_cast<std::uint32_t>(std::min<std::size_t>(text.substr(0, w.end).find(' ', at), w.end));
      out.text.append(words.text, {at, space});
      if (space < w.end) out.text.append(replacement, words.text.origin(space));
      at = space + 1;
    }
    out.words.push_back({begin, static_cast<std::uint32_t>(out.text.size())});
  }
  words = std::move(out);
}

TTT_INLINE void PreTokenizer::to_byte_alphabet(Words& words) {
  Words out{AlignedText(words.text.tracked()), {}};
  out.text.reserve(words.text.size() + words.text.size() / 2);
  const std::string_view text = words.text.text();
  for (const Span w : words.words) {
    const auto begin = static_cast<std::uint32_t>(out.text.size());
    for (std::uint32_t i = w.begin; i < w.end; ++i) {
      out.text.append(kByteAlphabet.character(static_cast<unsigned char>(text[i])), words.text.origin(i));
    }
    out.words.push_back({begin, static_cast<std::uint32_t>(out.text.size())});
  }
  words = std::move(out);
}

TTT_INLINE Result<Words> PreTokenizer::apply(AlignedText text, bool at_start) const {
  Words words{std::move(text), {}};
  words.words.push_back({0, static_cast<std::uint32_t>(words.text.size())});
  for (const Step& step : steps_) {
    if (step.kind == Kind::metaspace) {
      replace_spaces(words, step.replacement);
      prepend(words, step, step.replacement, at_start);
    } else if (step.kind == Kind::byte_level) {
      prepend(words, step, " ", at_start);
    }
    if (step.kind == Kind::bert) split_as_bert(words);
    if (step.cuts) TTT_CHECK(split(words, step));
    if (step.kind == Kind::byte_level) to_byte_alphabet(words);
    if (words.text.size() > std::size_t{1} << 30) {
      return make_error(ErrorKind::tokenizer, "tokenizer_limit", "pre_tokenizer",
                        "it makes more than 1 GiB of a text",
                        "use the tokenizer.json of the model's publisher, or a shorter text");
    }
  }
  return words;
}

}  // namespace ttt::tokenizer

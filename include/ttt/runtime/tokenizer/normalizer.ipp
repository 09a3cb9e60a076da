#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/bert_characters.hpp>
#include <ttt/runtime/tokenizer/characters.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>
#include <ttt/runtime/tokenizer/normalizer.hpp>

namespace ttt::tokenizer {

TTT_INLINE Result<Normalizer> Normalizer::read(const json::Value& value, const std::string& file) {
  Normalizer normalizer;
  if (!value.is_null()) TTT_CHECK(normalizer.add(value, file, 0));
  return normalizer;
}

TTT_INLINE Result<void> Normalizer::add(const json::Value& value, const std::string& file, int depth) {
  const auto type = value["type"].as_string();
  if (!type) return malformed("normalizer", "it has no type", file);
  if (steps_.size() >= 256 || depth > 8) return malformed("normalizer", "it has too many steps", file);
  Step step;
  if (*type == "Sequence") {
    for (const auto& [key, member] : value["normalizers"]) TTT_CHECK(add(member, file, depth + 1));
    return {};
  }
  if (*type == "BertNormalizer") return add_bert(value), Result<void>{};
  if (*type == "NFC" || *type == "NFD" || *type == "NFKC" || *type == "NFKD") {
    step.kind = Kind::form;
    step.form = *type == "NFC"    ? NormalForm::nfc
                : *type == "NFD"  ? NormalForm::nfd
                : *type == "NFKC" ? NormalForm::nfkc
                                  : NormalForm::nfkd;
  } else if (*type == "Lowercase") {
    step.kind = Kind::lowercase;
  } else if (*type == "Strip") {
    step.kind = Kind::strip;
    step.left = value["strip_left"].as_bool().value_or(true);
    step.right = value["strip_right"].as_bool().value_or(true);
  } else if (*type == "StripAccents") {
    step.kind = Kind::strip_accents;
  } else if (*type == "Prepend") {
    step.kind = Kind::prepend;
    const auto text = value["prepend"].as_string();
    if (!text) return malformed("normalizer.Prepend", "prepend is missing or not a string", file);
    step.content = *text;
  } else if (*type == "Replace") {
    step.kind = Kind::replace;
    const auto content = value["content"].as_string();
    if (!content) return malformed("normalizer.Replace", "content is missing or not a string", file);
    step.content = *content;
    TTT_TRY(step.pattern, Pattern::read(value["pattern"], file));
  } else {
    return unsupported("normalizer " + in_quotes(*type), file);
  }
  steps_.push_back(std::move(step));
  return {};
}

TTT_INLINE void Normalizer::add_bert(const json::Value& value) {
  const auto on = [&](std::string_view name, bool otherwise) {
    return value[name].as_bool().value_or(otherwise);
  };
  const auto add = [&](Kind kind) { steps_.emplace_back().kind = kind; };
  const bool lowercase = on("lowercase", true);
  if (on("clean_text", true)) add(Kind::bert_clean);
  if (on("handle_chinese_chars", true)) add(Kind::bert_ideographs);
  if (on("strip_accents", lowercase)) {
    add(Kind::form);
    steps_.back().form = NormalForm::nfd;
    add(Kind::bert_accents);
  }
  if (lowercase) add(Kind::lowercase);
}

/// What the steps that look at one character alone make of it.
TTT_INLINE void Normalizer::append(Kind kind, char32_t c, Origin origin, AlignedText& out) {
  switch (kind) {
    case Kind::strip_accents:
      if (is_mark(c)) return;
      break;
    case Kind::bert_accents:
      if (is_bert_accent(c)) return;
      break;
    case Kind::bert_clean:
      if (is_bert_control(c)) return;
      if (is_space(c)) c = U' ';
      break;
    case Kind::bert_ideographs:
      if (!is_bert_ideograph(c)) break;
      out.append(U' ', origin);
      out.append(c, origin);
      out.append(U' ', origin);
      return;
    default:  // lowercase
      return each_lower_of(c, [&](char32_t lower) { out.append(lower, origin); });
  }
  out.append(c, origin);
}

TTT_INLINE Result<AlignedText> Normalizer::apply(AlignedText text) const {
  for (const Step& step : steps_) {
    TTT_TRY(text, apply(step, std::move(text)));
    if (text.size() > std::size_t{1} << 30) {
      return make_error(ErrorKind::tokenizer, "tokenizer_limit", "normalizer",
                        "it makes more than 1 GiB of a text",
                        "use the tokenizer.json of the model's publisher, or a shorter text");
    }
  }
  return text;
}

TTT_INLINE Result<AlignedText> Normalizer::apply(const Step& step, AlignedText text) {
  const std::string_view bytes = text.text();
  const auto size = static_cast<std::uint32_t>(bytes.size());
  AlignedText out(text.tracked());
  switch (step.kind) {
    case Kind::form:
      return normalized(text, step.form);
    case Kind::lowercase:
    case Kind::strip_accents:
    case Kind::bert_clean:
    case Kind::bert_ideographs:
    case Kind::bert_accents:
      out.reserve(bytes.size());
      for (std::size_t i = 0; i < bytes.size(); i += utf8_length(bytes[i])) {
        append(step.kind, code_point_at(bytes, i), text.origin(i), out);
      }
      return out;
    case Kind::strip: {
      std::uint32_t begin = 0;
      std::uint32_t end = size;
      while (step.left && begin < end && is_space(code_point_at(bytes, begin))) {
        begin += static_cast<std::uint32_t>(utf8_length(bytes[begin]));
      }
      while (step.right && end > begin) {
        std::uint32_t last = end - 1;
        while (last > begin && is_utf8_tail(bytes[last])) --last;
        if (!is_space(code_point_at(bytes, last))) break;
        end = last;
      }
      out.append(text, {begin, end});
      return out;
    }
    case Kind::prepend: {
      if (bytes.empty()) return text;
      out.reserve(bytes.size() + step.content.size());
      out.append(step.content, text.origin(std::size_t{0}));
      out.append(text, {0, size});
      return out;
    }
    case Kind::replace:
      break;
  }
  std::vector<Span> matches;
  TTT_CHECK(step.pattern.find(bytes, matches));
  if (matches.empty()) return text;
  if (matches.size() > (std::size_t{1} << 30) / (step.content.size() + 1)) {
    return make_error(ErrorKind::tokenizer, "tokenizer_limit", "normalizer",
                      "it makes more than 1 GiB of a text",
                      "use the tokenizer.json of the model's publisher, or a shorter text");
  }
  out.reserve(bytes.size() + matches.size() * step.content.size());
  std::uint32_t at = 0;
  for (const Span match : matches) {
    out.append(text, {at, match.begin});
    out.append(step.content, match.end == 0 ? Origin{} : text.origin(match.end - 1));
    at = match.end;
  }
  out.append(text, {at, size});
  return out;
}

}  // namespace ttt::tokenizer

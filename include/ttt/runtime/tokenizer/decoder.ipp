#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/io/utf8.hpp>
#include <ttt/runtime/tokenizer/byte_alphabet.hpp>
#include <ttt/runtime/tokenizer/decoder.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>
#include <ttt/runtime/tokenizer/pre_tokenizer.hpp>

namespace ttt::tokenizer {

TTT_INLINE Result<Decoder> Decoder::read(const json::Value& value, const std::string& file) {
  Decoder decoder;
  if (value.is_null()) return decoder;
  decoder.present_ = true;
  TTT_CHECK(decoder.add(value, file, 0));
  return decoder;
}

TTT_INLINE Result<void> Decoder::add(const json::Value& value, const std::string& file, int depth) {
  const auto type = value["type"].as_string();
  if (!type) return malformed("decoder", "it has no type", file);
  if (steps_.size() >= 256 || depth > 8) return malformed("decoder", "it has too many steps", file);
  if (*type == "Sequence") {
    for (const auto& [key, member] : value["decoders"]) TTT_CHECK(add(member, file, depth + 1));
    return {};
  }
  Step step;
  if (*type == "ByteLevel") {
    step.kind = Kind::byte_level;
  } else if (*type == "ByteFallback") {
    step.kind = Kind::byte_fallback;
  } else if (*type == "Fuse") {
    step.kind = Kind::fuse;
  } else if (*type == "Strip") {
    step.kind = Kind::strip;
    const auto content = value["content"].as_string();
    const auto start = value["start"].as_int();
    const auto stop = value["stop"].as_int();
    if (!content || content->empty() || !start || *start < 0 || !stop || *stop < 0) {
      return malformed("decoder.Strip", "content, start or stop is missing or out of range", file);
    }
    step.content = *content;
    step.start = static_cast<std::size_t>(*start);
    step.stop = static_cast<std::size_t>(*stop);
  } else if (*type == "Replace") {
    step.kind = Kind::replace;
    const auto content = value["content"].as_string();
    if (!content) return malformed("decoder.Replace", "content is missing or not a string", file);
    step.content = *content;
    TTT_TRY(step.pattern, Pattern::read(value["pattern"], file));
  } else if (*type == "Metaspace") {
    step.kind = Kind::metaspace;
    step.pattern = Pattern::literal(std::string(value["replacement"].as_string().value_or("\xE2\x96\x81")));
    step.drops_first = read_prepend_scheme(value) != PrependScheme::never;
  } else if (*type == "BPEDecoder") {
    step.kind = Kind::bpe;
    step.pattern = Pattern::literal(std::string(value["suffix"].as_string().value_or("</w>")));
  } else if (*type == "WordPiece") {
    step.kind = Kind::word_piece;
    step.content = value["prefix"].as_string().value_or("##");
    step.cleans = value["cleanup"].as_bool().value_or(true);
  } else {
    return unsupported("decoder " + in_quotes(*type), file);
  }
  steps_.push_back(std::move(step));
  return {};
}

namespace decoding {

/// The byte of "<0xHH>", or −1.
inline int byte_of(std::string_view token) {
  if (token.size() != 6 || token.substr(0, 3) != "<0x" || token[5] != '>') return -1;
  int value = 0;
  for (const char c : token.substr(3, 2)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

inline bool is_well_formed(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Sequence s = utf8_sequence(text.substr(i));
    if (!s.valid) return false;
    i += s.bytes;
  }
  return true;
}

inline std::string from_byte_alphabet(const std::vector<std::string>& tokens) {
  std::string bytes;
  for (const std::string& token : tokens) {
    const std::size_t before = bytes.size();
    for (std::size_t i = 0; i < token.size(); i += utf8_length(token[i])) {
      const int byte = kByteAlphabet.byte(code_point_at(token, i));
      if (byte < 0) {  // a token with any other character (an added one) stands as it is
        bytes.resize(before);
        bytes += token;
        break;
      }
      bytes += static_cast<char>(byte);
    }
  }
  return well_formed_utf8(bytes);
}

/// Runs of byte tokens become their characters, or one U+FFFD per byte if the run as a whole is not UTF-8.
inline std::vector<std::string> without_byte_tokens(std::vector<std::string> tokens) {
  std::vector<std::string> out;
  std::string run;
  const auto flush = [&] {
    if (run.empty()) return;
    if (is_well_formed(run)) {
      out.push_back(run);
    } else {
      out.insert(out.end(), run.size(), std::string(kReplacementCharacter));
    }
    run.clear();
  };
  for (std::string& token : tokens) {
    const int byte = byte_of(token);
    if (byte >= 0) {
      run += static_cast<char>(byte);
    } else {
      flush();
      out.push_back(std::move(token));
    }
  }
  flush();
  return out;
}

inline void replace(std::string& token, const Pattern& pattern, std::string_view content) {
  std::vector<Span> matches;
  // A search that passes its limit leaves this token as it is: decoding has no error to give, and no model's
  // pattern does that to a token.
  if (!pattern.find(token, matches) || matches.empty()) return;
  std::string out;
  std::uint32_t at = 0;
  for (const Span m : matches) {
    out.append(token, at, m.begin - at);
    out += content;
    at = m.end;
  }
  token = out.append(token, at, std::string::npos);
}

/// As HuggingFace cleans each token by itself, one replacement after the other.
inline void clean(std::string& token) {
  static constexpr std::string_view replacements[][2] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : replacements) {
    if (token.find(from) != std::string::npos) replace(token, Pattern::literal(std::string(from)), to);
  }
}

}  // namespace decoding

TTT_INLINE void Decoder::apply(const Step& step, std::vector<std::string>& tokens) {
  const auto fused = [&] {
    std::string all;
    for (const std::string& token : tokens) all += token;
    return all;
  };
  switch (step.kind) {
    case Kind::byte_level:
      tokens = {decoding::from_byte_alphabet(tokens)};
      return;
    case Kind::byte_fallback:
      tokens = decoding::without_byte_tokens(std::move(tokens));
      return;
    case Kind::fuse:
      tokens = {fused()};
      return;
    case Kind::replace:
      for (std::string& token : tokens) decoding::replace(token, step.pattern, step.content);
      return;
    case Kind::metaspace:
    case Kind::bpe:
      for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool drop = step.kind == Kind::metaspace ? i == 0 && step.drops_first : i + 1 == tokens.size();
        decoding::replace(tokens[i], step.pattern, drop ? "" : " ");
      }
      return;
    case Kind::word_piece:
      for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool goes_on = tokens[i].starts_with(step.content);
        if (i > 0 && goes_on) tokens[i].erase(0, step.content.size());
        if (i > 0 && !goes_on) tokens[i].insert(0, 1, ' ');
        if (step.cleans) decoding::clean(tokens[i]);
      }
      return;
    case Kind::strip:
      break;
  }
  for (std::string& token : tokens) {
    std::string_view rest = token;
    for (std::size_t k = 0; k < step.start && rest.starts_with(step.content); ++k) {
      rest.remove_prefix(step.content.size());
    }
    for (std::size_t k = 0; k < step.stop && rest.ends_with(step.content); ++k)
      rest.remove_suffix(step.content.size());
    if (rest.size() != token.size()) token = std::string(rest);
  }
}

TTT_INLINE std::string Decoder::decode(std::vector<std::string> tokens) const {
  for (const Step& step : steps_) apply(step, tokens);
  std::string out;
  for (const std::string& token : tokens) {
    if (!present_ && !out.empty()) out += ' ';
    out += token;
  }
  return out;
}

}  // namespace ttt::tokenizer

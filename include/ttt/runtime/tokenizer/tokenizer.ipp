#pragma once

#include <algorithm>

#include <ttt/io/file.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/utf8.hpp>
#include <ttt/runtime/tokenizer/added_tokens.hpp>
#include <ttt/runtime/tokenizer/byte_alphabet.hpp>
#include <ttt/runtime/tokenizer/characters.hpp>
#include <ttt/runtime/tokenizer/decoder.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>
#include <ttt/runtime/tokenizer/normalizer.hpp>
#include <ttt/runtime/tokenizer/post_processor.hpp>
#include <ttt/runtime/tokenizer/pre_tokenizer.hpp>
#include <ttt/runtime/tokenizer/subword_model.hpp>
#include <ttt/runtime/tokenizer/tokenizer.hpp>

namespace ttt {

struct Tokenizer::State {
  std::unique_ptr<const tokenizer::SubwordModel> model;
  tokenizer::Normalizer normalizer;
  tokenizer::PreTokenizer pre;
  tokenizer::PostProcessor post;
  tokenizer::Decoder decoder;
  tokenizer::AddedTokens added;
  std::optional<std::int32_t> bos;
  std::optional<std::int32_t> eos;

  /// A token and where it came from (bytes of the sanitised text).
  struct Token {
    std::int32_t id;
    tokenizer::Origin origin;
  };
  /// The tokens of one text; `spelled` only when tracked: added tokens by their index, with the white space
  /// they took.
  struct Tokens {
    std::vector<Token> list;
    std::vector<std::pair<std::size_t, std::string>> spelled;
  };
  [[nodiscard]] std::optional<std::string_view> token_of(std::int32_t id) const {
    if (const auto* token = added.find_id(id)) return token->spelling;
    return model->vocabulary().token_of(id);
  }
  [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const {
    if (const auto* known = added.find_content(token)) return known->id;
    const std::int32_t id = model->vocabulary().id_of(token);
    return id < 0 ? std::nullopt : std::optional(id);
  }

  [[nodiscard]] Result<Tokens> tokens_of(std::string_view text, SpecialTokensInText in_text,
                                         bool tracked) const;
  [[nodiscard]] Result<void> add_words(tokenizer::AlignedText text, bool at_start,
                                       std::vector<Token>& out) const;
  [[nodiscard]] Result<Encoding> encode(std::span<const std::string_view> texts, bool add_special,
                                        SpecialTokensInText in_text, bool detailed,
                                        std::size_t most = SIZE_MAX) const;
  void add_details(const Tokens& tokens, std::string_view text, Encoding& out) const;
};

TTT_INLINE Result<void> Tokenizer::State::add_words(tokenizer::AlignedText text, bool at_start,
                                                    std::vector<Token>& out) const {
  TTT_TRY(const tokenizer::Words words, pre.apply(std::move(text), at_start));
  std::vector<tokenizer::SubwordToken> tokens;
  for (const tokenizer::Span word : words.words) {
    tokens.clear();
    model->tokenize(words.text.text(word), tokens);
    for (const auto& t : tokens) {
      out.push_back({t.id, words.text.origin({word.begin + t.begin, word.begin + t.end})});
    }
  }
  return {};
}

TTT_INLINE Result<Tokenizer::State::Tokens> Tokenizer::State::tokens_of(std::string_view text,
                                                                        SpecialTokensInText in_text,
                                                                        bool tracked) const {
  using tokenizer::AlignedText;
  const bool plain = in_text == SpecialTokensInText::plain;
  Tokens out;
  const auto add = [&](std::int32_t token, std::string_view spelled, tokenizer::Origin origin) {
    if (tracked) out.spelled.emplace_back(out.list.size(), spelled);
    out.list.push_back({added[token].id, origin});
  };
  for (const auto& raw : added.find(text, false, plain)) {
    if (raw.token >= 0) {
      add(raw.token, text.substr(raw.span.begin, raw.span.end - raw.span.begin),
          {raw.span.begin, raw.span.end});
      continue;
    }
    const std::string_view part = text.substr(raw.span.begin, raw.span.end - raw.span.begin);
    TTT_TRY(AlignedText normal, normalizer.apply(AlignedText(part, raw.span.begin, tracked)));
    const auto pieces = added.find(normal.text(), true, plain);
    if (pieces.size() == 1 && pieces[0].token < 0) {
      TTT_CHECK(add_words(std::move(normal), raw.span.begin == 0, out.list));
      continue;
    }
    for (const auto& piece : pieces) {
      if (piece.token >= 0) {
        add(piece.token, normal.text(piece.span), normal.origin(piece.span));
        continue;
      }
      AlignedText cut(tracked);
      cut.append(normal, piece.span);
      TTT_CHECK(add_words(std::move(cut), raw.span.begin == 0 && piece.span.begin == 0, out.list));
    }
  }
  return out;
}

TTT_INLINE void Tokenizer::State::add_details(const Tokens& all, std::string_view text, Encoding& out) const {
  const std::vector<Token>& tokens = all.list;
  auto spelled = all.spelled.begin();
  std::vector<std::uint32_t> characters(text.size() + 1);  // how many begin before each byte
  for (std::size_t i = 0; i < text.size(); ++i)
    characters[i + 1] = characters[i] + (is_utf8_tail(text[i]) ? 0 : 1);
  // A tail byte lies inside its character; ends never point there.
  for (std::size_t k = 0; k < tokens.size(); ++k) {
    std::string_view token = model->vocabulary().token_of(tokens[k].id).value_or("");
    if (spelled != all.spelled.end() && spelled->first == k) token = (spelled++)->second;
    std::uint32_t begin = characters[tokens[k].origin.begin];
    std::uint32_t end = characters[tokens[k].origin.end];
    if (post.trims_offsets()) {
      std::uint32_t leading = 0;
      std::uint32_t trailing = 0;
      std::uint32_t total = 0;
      for (std::size_t i = 0; i < token.size(); i += utf8_length(token[i])) {
        const char32_t c = code_point_at(token, i);
        const bool space = tokenizer::kByteAlphabet.byte(c) == ' ' || tokenizer::is_space(c);
        leading += space && leading == total ? 1 : 0;
        trailing = space ? trailing + 1 : 0;
        ++total;
      }
      if (leading == 1 && post.keeps_first_space() && (k == 0 || begin == 0)) leading = 0;
      begin = std::min(begin + leading, end);
      if (trailing > 0 && end >= trailing) end = std::max(end - trailing, begin);
    }
    out.tokens.emplace_back(token);
    out.offsets.push_back({begin, end});
  }
}

TTT_INLINE Result<Encoding> Tokenizer::State::encode(std::span<const std::string_view> texts,
                                                     bool add_special, SpecialTokensInText in_text,
                                                     bool detailed, std::size_t most) const {
  std::string sound[2];
  Tokens tokens[2];
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() > kMaxTextBytes) {
      return make_error(ErrorKind::request, "text_too_long", "text",
                        "the text has " + std::to_string(texts[i].size()) + " bytes, more than " +
                            std::to_string(kMaxTextBytes),
                        "split the text; no model's context holds that many tokens");
    }
    sound[i] = well_formed_utf8(texts[i]);
    TTT_TRY(tokens[i], tokens_of(sound[i], in_text, detailed));
  }
  Encoding out;
  if (most < SIZE_MAX && texts.size() == 1) {
    std::vector<Token>& list = tokens[0].list;
    for (const auto& item : post.single()) most -= std::min(most, item.ids.size());
    out.left_out = list.size() - std::min(list.size(), most);
    list.erase(list.end() - static_cast<std::ptrdiff_t>(out.left_out), list.end());
  }
  for (const auto& item : texts.size() == 2 ? post.pair() : post.single()) {
    if (item.text >= static_cast<std::int32_t>(texts.size())) continue;  // a single template that names B
    if (item.text >= 0) {
      for (const Token& t : tokens[item.text].list) out.ids.push_back(t.id);
      if (detailed) add_details(tokens[item.text], sound[item.text], out);
    } else if (add_special) {
      for (const std::int32_t id : item.ids) {
        out.ids.push_back(id);
        if (detailed) {
          out.tokens.emplace_back(token_of(id).value_or(""));
          out.offsets.push_back({0, 0});
        }
      }
    }
    out.type_ids.resize(out.ids.size(), item.type_id);
  }
  return out;
}

TTT_INLINE Result<Tokenizer> Tokenizer::parse(std::string_view tokenizer_json, std::string_view config,
                                              const std::string& file, const std::string& config_file) {
  TTT_TRY(const json::Document document, json::Document::parse(tokenizer_json, file));
  const json::Value root = document.root();
  if (!root.is(json::Type::object)) return tokenizer::malformed("tokenizer", "it is not a JSON object", file);
  auto state = std::make_shared<State>();
  TTT_TRY(state->model, tokenizer::read_subword_model(root["model"], file));
  TTT_TRY(state->normalizer, tokenizer::Normalizer::read(root["normalizer"], file));
  TTT_TRY(state->pre, tokenizer::PreTokenizer::read(root["pre_tokenizer"], file));
  TTT_TRY(state->post, tokenizer::PostProcessor::read(root["post_processor"], file));
  TTT_TRY(state->decoder, tokenizer::Decoder::read(root["decoder"], file));
  TTT_TRY(state->added, tokenizer::AddedTokens::read(root["added_tokens"], state->model->vocabulary(),
                                                     state->normalizer, file));
  if (!config.empty()) {
    TTT_TRY(const json::Document settings, json::Document::parse(config, config_file));
    // A name, or an object with a name; one that is no token is as good as none.
    const auto special = [&](std::string_view key) -> std::optional<std::int32_t> {
      const json::Value value = settings.root()[key];
      const auto name = value.as_string() ? value.as_string() : value["content"].as_string();
      return name ? state->id_of(*name) : std::nullopt;
    };
    state->bos = special("bos_token");
    state->eos = special("eos_token");
  }
  return Tokenizer(std::move(state));
}

TTT_INLINE Result<Tokenizer> Tokenizer::load(const std::string& path) {
  const bool folder = is_folder(path);
  const std::string file = folder ? path_in(path, "tokenizer.json") : path;
  if (folder && !is_regular_file(file)) {
    return make_error(ErrorKind::tokenizer, "tokenizer_missing", "tokenizer",
                      "the folder holds no tokenizer.json",
                      "download tokenizer.json, or save the tokenizer in fast form (save_pretrained)", path);
  }
  TTT_TRY(const std::string text, read_file(file, kMaxFileBytes));
  const std::size_t slash = file.rfind('/');
  const std::string config_file =
      (slash == std::string::npos ? std::string() : file.substr(0, slash + 1)) + "tokenizer_config.json";
  std::string config;
  if (is_regular_file(config_file)) {
    TTT_TRY(config, read_file(config_file, kMaxFileBytes));
  }
  return parse(text, config, file, config_file);
}

TTT_INLINE Result<std::vector<std::int32_t>> Tokenizer::encode(std::string_view text, bool add_special_tokens,
                                                               SpecialTokensInText in_text) const {
  TTT_TRY(Encoding encoding, state_->encode(std::span(&text, 1), add_special_tokens, in_text, false));
  return std::move(encoding.ids);
}

TTT_INLINE Result<Encoding> Tokenizer::encode_pair(std::string_view a, std::string_view b,
                                                   bool add_special_tokens,
                                                   SpecialTokensInText in_text) const {
  const std::string_view texts[] = {a, b};
  return state_->encode(texts, add_special_tokens, in_text, false);
}

TTT_INLINE Result<Encoding> Tokenizer::encode_at_most(std::string_view text, std::size_t most,
                                                      SpecialTokensInText in_text) const {
  return state_->encode(std::span(&text, 1), true, in_text, false, most);
}

TTT_INLINE Result<Encoding> Tokenizer::encode_detailed(std::string_view text, bool add_special_tokens,
                                                       SpecialTokensInText in_text) const {
  return state_->encode(std::span(&text, 1), add_special_tokens, in_text, true);
}

TTT_INLINE std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const std::int32_t id : ids) {
    if (skip_special_tokens && is_special(id)) continue;
    if (const auto token = state_->token_of(id)) tokens.emplace_back(*token);
  }
  return state_->decoder.decode(std::move(tokens));
}

TTT_INLINE std::size_t Tokenizer::vocab_size() const {
  return state_->model->vocabulary().size() + state_->added.beyond_vocabulary();
}
TTT_INLINE std::optional<std::int32_t> Tokenizer::id_of(std::string_view token) const {
  return state_->id_of(token);
}
TTT_INLINE std::optional<std::string_view> Tokenizer::token_of(std::int32_t id) const {
  return state_->token_of(id);
}
TTT_INLINE bool Tokenizer::is_special(std::int32_t id) const {
  const auto* token = state_->added.find_id(id);
  return token != nullptr && token->special;
}
TTT_INLINE std::optional<std::int32_t> Tokenizer::bos() const { return state_->bos; }
TTT_INLINE std::optional<std::int32_t> Tokenizer::eos() const { return state_->eos; }

}  // namespace ttt

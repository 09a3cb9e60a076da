#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>
#include <ttt/runtime/tokenizer/post_processor.hpp>
#include <ttt/runtime/tokenizer/vocabulary.hpp>

namespace ttt::tokenizer {

namespace templates {

inline bool is_id(const std::optional<std::int64_t>& id) {
  return id && *id >= 0 && *id <= Vocabulary::kMaxId;
}

/// One of "single" and "pair" of TemplateProcessing.
inline Result<PostProcessor::Template> read(const json::Value& pieces, const json::Value& specials,
                                            const std::string& file) {
  const auto wrong = [&](std::string issue) {
    return malformed("post_processor.TemplateProcessing", std::move(issue), file);
  };
  if (!pieces.is(json::Type::array) || pieces.size() > 256)
    return wrong("a template is not an array of few pieces");
  PostProcessor::Template items;
  for (const auto& [key, piece] : pieces) {
    PostProcessor::Item item;
    const json::Value special = piece["SpecialToken"];
    const json::Value sequence = piece["Sequence"];
    const json::Value body = special.exists() ? special : sequence;
    const auto type_id =
        body["type_id"].is_null() ? std::optional<std::int64_t>(0) : body["type_id"].as_int();
    const auto id = body["id"].as_string();
    if (!id || !type_id || *type_id < 0 || *type_id > 255)
      return wrong("a piece has no id or no type_id from 0 to 255");
    item.type_id = static_cast<std::int32_t>(*type_id);
    if (sequence.exists()) {
      if (*id != "A" && *id != "B") return wrong("sequence " + in_quotes(*id) + " is neither A nor B");
      item.text = *id == "A" ? 0 : 1;
    } else {
      const json::Value ids = specials[*id]["ids"];
      if (!ids.is(json::Type::array) || ids.size() > 256)
        return wrong("special token " + in_quotes(*id) + " has no ids");
      for (const auto& [k, value] : ids) {
        if (!is_id(value.as_int()))
          return wrong("an id of special token " + in_quotes(*id) + " is out of range");
        item.ids.push_back(static_cast<std::int32_t>(*value.as_int()));
      }
    }
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace templates

TTT_INLINE Result<PostProcessor> PostProcessor::read(const json::Value& value, const std::string& file) {
  PostProcessor post;
  if (!value.is_null()) TTT_CHECK(post.add(value, file, 0));
  return post;
}

TTT_INLINE Result<void> PostProcessor::add(const json::Value& value, const std::string& file, int depth) {
  const auto type = value["type"].as_string();
  if (!type) return malformed("post_processor", "it has no type", file);
  if (depth > 8) return malformed("post_processor", "it is nested too deep", file);
  if (*type == "Sequence") {
    for (const auto& [key, member] : value["processors"]) TTT_CHECK(add(member, file, depth + 1));
    return {};
  }
  if (*type == "ByteLevel") {
    trims_ = trims_ || value["trim_offsets"].as_bool().value_or(true);
    keeps_first_ = value["add_prefix_space"].as_bool().value_or(true);
    return {};
  }
  if (*type != "TemplateProcessing" && *type != "RobertaProcessing" && *type != "BertProcessing") {
    return unsupported("post-processor " + in_quotes(*type), file);
  }
  if (templated_) return unsupported("a sequence of post-processors with two templates", file);
  templated_ = true;
  if (*type == "TemplateProcessing") {
    TTT_TRY(single_, templates::read(value["single"], value["special_tokens"], file));
    TTT_TRY(pair_, templates::read(value["pair"], value["special_tokens"], file));
    return {};
  }
  const auto special = [&](std::string_view name, Item& item) {
    auto it = value[name].begin();
    if (!value[name].is(json::Type::array) || value[name].size() != 2) return false;
    const auto id = (*++it).value.as_int();
    if (!templates::is_id(id)) return false;
    item.ids = {static_cast<std::int32_t>(*id)};
    return true;
  };
  Item cls;
  Item sep;
  if (!special("cls", cls) || !special("sep", sep)) {
    return malformed("post_processor." + std::string(*type), "cls or sep is no pair of a token and its id",
                     file);
  }
  Item first;
  first.text = 0;
  Item second;
  second.text = 1;
  single_ = {cls, first, sep};
  if (*type == "RobertaProcessing") {
    trims_ = trims_ || value["trim_offsets"].as_bool().value_or(true);
    keeps_first_ = value["add_prefix_space"].as_bool().value_or(true);
    pair_ = {cls, first, sep, sep, second, sep};
  } else {
    pair_ = {cls, first, sep, second, sep};
    pair_[3].type_id = pair_[4].type_id = 1;
  }
  return {};
}

}  // namespace ttt::tokenizer

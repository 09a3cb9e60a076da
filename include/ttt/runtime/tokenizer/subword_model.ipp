#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/bpe.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>
#include <ttt/runtime/tokenizer/subword_model.hpp>
#include <ttt/runtime/tokenizer/word_piece.hpp>

namespace ttt::tokenizer {

TTT_INLINE Result<std::unique_ptr<const SubwordModel>> read_subword_model(const json::Value& model,
                                                                          const std::string& file) {
  if (!model.is(json::Type::object)) return malformed("model", "it is missing or not an object", file);
  std::string_view type = model["type"].as_string().value_or("");
  if (type.empty()) {
    type = model["merges"].exists()   ? "BPE"
           : model["unk_id"].exists() ? "Unigram"
           : model["vocab"].is_null() ? ""
                                      : "WordPiece";
  }
  if (type == "BPE") return Bpe::read(model, file);
  if (type == "WordPiece") return WordPiece::read(model, file);
  if (type.empty()) return malformed("model.type", "it is missing, and no other member tells it", file);
  return unsupported("model type " + in_quotes(type), file);
}

}  // namespace ttt::tokenizer

// The two ways a tokenizer.json is refused.
#pragma once

#include <string>
#include <string_view>

#include <ttt/io/error.hpp>
#include <ttt/io/in_quotes.hpp>

namespace ttt::tokenizer {

/// `module`: the member of tokenizer.json at fault.
[[nodiscard]] inline Error malformed(std::string module, std::string issue, const std::string& file) {
  return make_error(ErrorKind::tokenizer, "tokenizer_malformed", std::move(module), std::move(issue),
                    "download tokenizer.json again, or save it again with HuggingFace's tokenizers", file);
}

/// `what`: the component by its name in the file.
[[nodiscard]] inline Error unsupported(std::string what, const std::string& file) {
  return make_error(
      ErrorKind::tokenizer, "tokenizer_unsupported", "tokenizer", what + " is not supported",
      "use a model whose tokenizer is byte-level or sentencepiece-style BPE, or WordPiece; docs/errors.md "
      "lists what is",
      file);
}

}  // namespace ttt::tokenizer

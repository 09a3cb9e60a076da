// The two ways a tokenizer.json is refused.
#pragma once

#include <string>
#include <string_view>

#include <ttt/io/error.hpp>

namespace ttt::tokenizer {

/// A name from the file, cut to what an error line can hold.
[[nodiscard]] inline std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name.substr(0, 160)) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return out + (name.size() > 160 ? "…\"" : "\"");
}

/// `module`: the member of tokenizer.json at fault.
[[nodiscard]] inline Error malformed(std::string module, std::string issue, const std::string& file) {
  return make_error(ErrorKind::tokenizer, "tokenizer_malformed", std::move(module), std::move(issue),
                    "download tokenizer.json again, or save it again with HuggingFace's tokenizers", file);
}

/// `what`: the component by its name in the file.
[[nodiscard]] inline Error unsupported(std::string what, const std::string& file) {
  return make_error(
      ErrorKind::tokenizer, "tokenizer_unsupported", "tokenizer", what + " is not supported",
      "use a model whose tokenizer is byte-level or sentencepiece-style BPE; docs/errors.md lists what is",
      file);
}

}  // namespace ttt::tokenizer

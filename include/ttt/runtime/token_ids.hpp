// Whether token ids are a model's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <ttt/io/result.hpp>

namespace ttt {

/// Every id is in [0, vocab). `what`: where they were given, for the error. Errors: token_out_of_range.
[[nodiscard]] inline Result<void> check_token_ids(std::span<const std::int32_t> ids, int vocab,
                                                  std::string_view what = "ids") {
  for (const std::int32_t id : ids)
    if (id < 0 || id >= vocab)
      return make_error(ErrorKind::request, "token_out_of_range", std::string(what),
                        "token id " + std::to_string(id) + " is not in [0, " + std::to_string(vocab - 1) + "]",
                        "use ids of the model's own tokenizer");
  return {};
}

}  // namespace ttt

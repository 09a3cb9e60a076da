// Token ids from the command line or from a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/safetensors.hpp>

#include "loading.hpp"
#include "options.hpp"

namespace ttt::tool {

/// "1,2,3". Errors: option_value, option_out_of_range (beyond 31 bits).
[[nodiscard]] Result<std::vector<std::int32_t>> parse_ids(std::string_view text, std::string_view field);

/// The `input_ids` of a safetensors file: I64 or I32, [T] or [1, T]. Errors: those of SafetensorsFile,
/// input_unknown (a tensor of another name), input_missing, input_malformed.
[[nodiscard]] Result<std::vector<std::int32_t>> read_input_ids(const std::string& file);

/// Whole numbers that are not negative, of shape [T], [1, T] or, with `rank` 2, [B, T]. Errors: input_malformed, of reading.
[[nodiscard]] Result<std::vector<std::int32_t>> read_integers(const SafetensorsFile& file, const TensorEntry& tensor,
                                                              std::size_t rank);

/// --ids or --inputs, one of them. Errors: also command_incomplete, option_conflict.
[[nodiscard]] Result<std::vector<std::int32_t>> given_ids(const Arguments& arguments);

/// --ids, or the text of the option `text` as the model's tokenizer reads it; none where neither is given. Errors: those of
/// parse_ids, check_ids and the tokenizer; option_conflict, context_full (more than the model holds).
[[nodiscard]] Result<std::vector<std::int32_t>> ids_or_text(const Arguments& arguments, std::string_view text,
                                                            const Found& found);
/// The first tokens of a passage, at most `most`; none where the model has no tokenizer, or one for another vocabulary.
[[nodiscard]] std::vector<std::int32_t> passage_ids(std::string_view passage, int most, const Found& found);

/// Every id is below `vocab`. Errors: token_out_of_range.
[[nodiscard]] Result<void> check_ids(const std::vector<std::int32_t>& ids, int vocab);

}  // namespace ttt::tool

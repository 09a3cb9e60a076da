// What the commands that continue texts share: the prompt's ids, what the options say of sampling and the end, the figures.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <ttt/io/json_writer.hpp>
#include <ttt/runtime/generation.hpp>

#include "loading.hpp"

namespace ttt::tool {

/// Greedy, unless generation_config.json or an option says otherwise.
[[nodiscard]] SamplingParams sampling_of(const Arguments& arguments, const GenerationConfig& config);
/// -n, else what generation_config.json says.
[[nodiscard]] std::optional<int> new_tokens_of(const Arguments& arguments, const GenerationConfig& config);
/// Both, and --stop, the model's ends of sequence, and Ctrl-C.
[[nodiscard]] GenerateOptions generate_options_of(const Arguments& arguments, const GenerationConfig& config);

/// A prompt's ids. An empty text starts from the beginning-of-sequence token where there is one. `field` names the text in
/// errors: empty_prompt, token_out_of_range, those of Tokenizer::encode.
[[nodiscard]] Result<std::vector<std::int32_t>> encode_prompt(const Tokenizer& tokenizer, const Found& found,
                                                              std::string_view text, std::string_view field);

/// Tokens a second, 0 where nothing can be said.
[[nodiscard]] double rate(double tokens, double seconds);
/// The members that every text's "stats" have.
void write_stats(json::Writer& out, const GenerationStats& stats);

}  // namespace ttt::tool

// Encoders (BERT): a whole sequence in one pass, every token of which sees all others.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ttt/runtime/runner.hpp>

namespace ttt {

/// One sequence, special tokens included. Neither padding nor a mask: a sequence is as long as its ids.
struct EncoderInput {
  std::span<const std::int32_t> ids;
  std::span<const std::int32_t> token_types{};  ///< of each id; empty: all 0
};

/// What an encoder makes of a sequence, fp32 and row-major.
struct EncoderOutput {
  int tokens = 0;
  int width = 0;
  std::vector<float> hidden;  ///< [tokens, width]: the last layer's rows, HuggingFace's `last_hidden_state`
  std::vector<float> pooled;  ///< [width]: `pooler_output`; empty where the model has no pooler
};

/// One pass over a sequence; nothing is kept of it. `tap` sees the rows behind every module but the pooler, as in
/// Runner::step.
///
///     auto model = ttt::from_huggingface("path/to/all-MiniLM-L6-v2");
///     auto out = ttt::run_encoder(*model->runner(), {.ids = ids});
///
/// Errors: not_an_encoder, context_full (more tokens than positions, or than the model was loaded for),
/// token_out_of_range, token_type_out_of_range, token_types_differ, empty_step.
[[nodiscard]] Result<EncoderOutput> run_encoder(Runner& runner, const EncoderInput& input, const Tap* tap = nullptr);

}  // namespace ttt

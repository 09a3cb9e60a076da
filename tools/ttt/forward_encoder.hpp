// ttt forward on an encoder.
#pragma once

#include "loading.hpp"
#include "options.hpp"

namespace ttt::tool {

/// One pass over each sequence of --inputs: `input_ids` of shape [T] or [B, T], where wanted `attention_mask` (1 for tokens,
/// then 0 for padding) and `token_type_ids` of the same shape. Writes `last_hidden_state`, `pooler_output` where the model
/// has one, and with --hidden `hidden.0` (what the first layer is given) ... `hidden.L`; rows of padding are zero.
/// Errors: command_incomplete, input_unknown, input_missing, input_malformed, input_shapes_differ, mask_not_right_padded,
/// token_out_of_range, token_type_out_of_range, context_full, those of loading and of files.
[[nodiscard]] Result<int> forward_encoder(const Arguments& arguments, HowToRun how, const Found& found);

}  // namespace ttt::tool

// The angles rotary positions turn by, for every way of stretching them (RopeType).
//
// Source: transformers 5.23, modeling_rope_utils.py, whose float32 arithmetic is followed step by step, so
// that results agree to the rounding of float32 (its powers may differ by one unit in the last place).
#pragma once

#include <ttt/spec/rope.hpp>

namespace ttt {

/// Writes the `rope.rotary_dim(head_dim) / 2` inverse frequencies (radians per position) to `inv_freq` and
/// sets `attention_factor`, which multiplies cos and sin (1 except for yarn).
///
/// `max_position` is the model's max_position_embeddings: it stands in where `rope.original_max_position` is
/// 0. `sequence_length` (tokens in the sequence so far, the new ones included) matters to `dynamic` alone,
/// whose frequencies change with every token beyond that maximum. Requires: theta > 0, factor > 0,
/// max_position > 0 (the config reader checks these).
void rope_inverse_frequencies(const RopeSpec& rope, int head_dim, int max_position, int sequence_length,
                              float* inv_freq, float& attention_factor);

}  // namespace ttt

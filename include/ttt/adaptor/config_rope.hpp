// Rotary positions in config.json, in transformers 5's spelling and the older one.
#pragma once

#include <ttt/adaptor/config_reader.hpp>
#include <ttt/spec/rope.hpp>

namespace ttt {

/// transformers 5: `rope_parameters: {rope_type, rope_theta, ...}`; before: `rope_theta`,
/// `partial_rotary_factor` and `rope_scaling: null | {rope_type or type, ...}`. Of two that are there,
/// `rope_scaling` counts (as transformers 5 has it). `head_dim` is the width that turns, `max_position`
/// stands in for a missing `original_max_position_embeddings`, and is always what dynamic scaling starts
/// from. Faults: rope_type_unknown, config_field, config_fields_disagree.
[[nodiscard]] RopeSpec read_rope(const ConfigReader& config, double default_theta, int head_dim,
                                 int max_position);

}  // namespace ttt

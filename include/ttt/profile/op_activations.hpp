// What every op of a model made of some tokens, in a safetensors file: what a unit test of another framework feeds its ops
// with, and holds them against.
#pragma once

#include <string>

#include <ttt/profile/recording.hpp>

namespace ttt {

/// Writes `input_ids` [tokens] as I64 and, in F32, [tokens, width] behind each op by its path:
///
/// | name | what |
/// |---|---|
/// | `embedding`; `layers.i.attention.o`, `layers.i.mlp.down` | the residual stream behind it |
/// | `layers.i.attention.qkv` | queries behind their norm and rotary positions, head by head |
/// | `layers.i.attention.qkv.kv` | keys, likewise, and values behind them |
/// | `layers.i.attention.scores` | the heads' values side by side |
/// | `layers.i.mlp.gate_up` | the gated product |
/// | `head` | logits |
///
/// Requires: a recording with inner values of `state`'s model. Errors: those of AtomicFile.
[[nodiscard]] Result<void> write_op_activations(const std::string& file, const ModelState& state, const Recording& recording);

}  // namespace ttt

// Activations in a safetensors file: those of another framework, or those of an earlier run.
#pragma once

#include <string>
#include <vector>

#include <ttt/profile/recording.hpp>

namespace ttt {

/// What a file holds of a model. Tensors are [tokens, width] or [1, tokens, width], in F32, F16, BF16 or F64:
///
/// | name | what |
/// |---|---|
/// | `input_ids` | [tokens] or [1, tokens], I64 or I32 |
/// | `hidden.i` | the stream that layer i is given; `hidden.L`: what the last layer leaves, before the final norm |
/// | `hidden_states.i` | as transformers numbers them: the same, but the last one is behind the final norm |
/// | `last_hidden_state`, `final`, `norm`, `model.norm` | behind the final norm |
/// | `embedding`, `model.embed_tokens`; `layers.i`, `model.layers.i` | the stream behind them |
/// | `layers.i.attention`, `model.layers.i.self_attn`; `layers.i.mlp`, `model.layers.i.mlp` | what they add to it |
/// | `logits`, `head`, `lm_head` | |
///
/// All names may stand behind one prefix: `short.logits`. FILE#PREFIX says which; otherwise it is the one with hidden
/// states. Anything else in the file is left out and named in `unused`.
struct HeldActivations {
  Recording recording;
  double rounding = 0;  ///< of the coarsest type in the file: half a unit in the last place
  std::vector<std::string> unused;
};

/// `ids`: the tokens where the file holds none; both must be equal. Errors: activations_missing (nothing to compare, no
/// ids, several prefixes), activations_shape, activations_dtype, activations_not_finite, activations_disagree, those of
/// SafetensorsFile.
[[nodiscard]] Result<HeldActivations> read_activations(const std::string& file, const ModelState& state,
                                                   std::vector<std::int32_t> ids);

/// Writes ids, the streams behind embedding and layers, what attention and feed-forward networks add, and logits, by the
/// first names above. Errors: those of AtomicFile.
[[nodiscard]] Result<void> write_activations(const std::string& file, const ModelState& state, const Recording& recording);

}  // namespace ttt

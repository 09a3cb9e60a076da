// Which tensors a model needs, what shape they have, and what the checkpoint calls them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ttt/types/view.hpp>

namespace ttt {

/// What a tensor is to its module. Vectors are all but embedding, the projections and head (`is_matrix`).
enum class TensorRole : std::uint8_t {
  embedding, positions, token_types,
  q, k, v, o,
  q_bias, k_bias, v_bias, o_bias,
  q_norm, k_norm,
  gate, up, down,
  gate_bias, up_bias, down_bias,
  attn_norm, mlp_norm, norm,
  attn_norm_bias, mlp_norm_bias, norm_bias,
  head, head_bias,
  own
};

[[nodiscard]] constexpr bool is_matrix(TensorRole r) noexcept {
  switch (r) {
    case TensorRole::embedding:
    case TensorRole::positions:
    case TensorRole::token_types:
    case TensorRole::q:
    case TensorRole::k:
    case TensorRole::v:
    case TensorRole::o:
    case TensorRole::gate:
    case TensorRole::up:
    case TensorRole::down:
    case TensorRole::head: return true;
    default: return false;
  }
}

/// The checkpoint's names, the parts that differ between families only; defaults are Llama's. `.weight` and `.bias`
/// are added. Everything but `head` stands behind `prefix`, everything inside layer N behind `layer` + "N.".
struct NameMap {
  std::string_view prefix = "model.";  ///< base-model checkpoints lack it: see `lacks_prefix`
  std::string_view embedding = "embed_tokens";
  std::string_view positions = "embed_positions", token_types = "embed_token_types";
  std::string_view layer = "layers.";
  std::string_view attn_norm = "input_layernorm";
  std::string_view q = "self_attn.q_proj", k = "self_attn.k_proj", v = "self_attn.v_proj", o = "self_attn.o_proj";
  std::string_view q_norm = "self_attn.q_norm", k_norm = "self_attn.k_norm";
  std::string_view mlp_norm = "post_attention_layernorm";
  std::string_view gate = "mlp.gate_proj", up = "mlp.up_proj", down = "mlp.down_proj";
  std::string_view norm = "norm";
  std::string_view head = "lm_head";
  std::string_view pooler = "pooler.dense";  ///< behind `prefix`
  /// Where layers keep q, k and v in one tensor, its name: the source shows the three as `q`, `k` and `v` say.
  std::string_view fused_qkv{};
  std::string_view training{};  ///< tensors that begin so are of heads that only training needs: not read
  bool in_out = false;  ///< layers keep their matrices as [in, out] (transformers' Conv1D): the source shows [out, in]
};

/// One tensor of a model. Matrices are [rows, columns] as HuggingFace stores them (out, in); a vector has one row, and
/// its shape in the file is [columns].
struct TensorSpec {
  std::string path;  ///< ours: `layers.3.attention.q.weight`
  std::string name;  ///< the file's: `model.layers.3.self_attn.q_proj.weight`
  int rows = 1;
  int columns = 0;
  TensorRole role = TensorRole::own;
  int module = 0;  ///< number among all modules, repetitions counted
};

/// Every tensor the model needs, in the order of its modules. A tied head needs none of its own.
/// `with_prefix` false: named as in a base-model checkpoint.
[[nodiscard]] std::vector<TensorSpec> tensors_of(const ModelView& model, const NameMap& names = {},
                                                 bool with_prefix = true);

/// The file's name of the embedding table, which tells whether a checkpoint has the prefix.
[[nodiscard]] std::string embedding_name(const NameMap& names, bool with_prefix);

/// Whether a checkpoint is a base model's: `has(name)` says whether it holds a tensor of that name.
template <class Has>
[[nodiscard]] bool lacks_prefix(const NameMap& names, Has&& has) {
  return !has(embedding_name(names, true)) && has(embedding_name(names, false));
}

/// Names that a checkpoint may hold although no model needs them, and that mean nothing: rotary frequencies, which
/// old versions of transformers saved (`model.layers.0.self_attn.rotary_emb.inv_freq`), causal masks (`h.0.attn.bias`) and
/// the numbers of positions (`embeddings.position_ids`).
[[nodiscard]] bool is_ignorable(std::string_view name);

/// Whether `name` is a head's own table although the model's head is tied: tolerated with a note, not read.
[[nodiscard]] bool is_tied_copy(const ModelView& model, const NameMap& names, std::string_view name);

}  // namespace ttt

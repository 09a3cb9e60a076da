#include <algorithm>
#include <string>
#include <vector>

#include <ttt/model.hpp>
#include <ttt/runtime/names.hpp>
#include <ttt/types/spec_of.hpp>
#include "../catch.hpp"

using namespace ttt;

namespace {

// clang-format 14 would tear `> >>` apart.
// clang-format off
constexpr auto tiny =
    Embedding<293, 48>
    >> Repeat<2, TransformerLayer<48, Attention<6, 2, 12, QkvBias, QkNorm<>>, SwiGlu<104>>>
    >> RmsNorm<48>
    >> Linear<48, 293, TiedTo<"embedding">>;

constexpr auto unusual =
    Embedding<100, 32>
    >> LayerNorm<32>
    >> TransformerLayer<32, Attention<4, 4, 8, OutputBias>, Mlp<64, Gelu, Bias>, LayerNorms>
    >> LayerNorm<32, NoBias>
    >> Linear<32, 100, Bias>;

constexpr auto untied = Embedding<293, 48> >> RmsNorm<48> >> Linear<48, 293>;
// clang-format on

std::vector<TensorSpec> tensors(const auto& model, const NameMap& names = {}, bool with_prefix = true) {
  return tensors_of(view_of<std::remove_cvref_t<decltype(model)>>(), names, with_prefix);
}

const TensorSpec* named(const std::vector<TensorSpec>& all, std::string_view path) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const TensorSpec& t) { return t.path == path; });
  return found == all.end() ? nullptr : &*found;
}

std::string line(const TensorSpec* t) {
  if (t == nullptr) return "missing";
  return t->name + " " + std::to_string(t->rows) + "x" + std::to_string(t->columns) + " in module " +
         std::to_string(t->module);
}

}  // namespace

TEST_CASE("a model's tensors have our path, the file's name, shape, role and module", "[names]") {
  const auto all = tensors(tiny);
  CHECK(all.size() == 1 + 2 * 14 + 1);
  CHECK(line(named(all, "embedding.weight")) == "model.embed_tokens.weight 293x48 in module 0");
  CHECK(line(named(all, "layers.1.attn_norm.weight")) ==
        "model.layers.1.input_layernorm.weight 1x48 in module 2");
  CHECK(line(named(all, "layers.1.attention.q.weight")) ==
        "model.layers.1.self_attn.q_proj.weight 72x48 in module 2");
  CHECK(line(named(all, "layers.1.attention.k.bias")) ==
        "model.layers.1.self_attn.k_proj.bias 1x24 in module 2");
  CHECK(line(named(all, "layers.0.attention.o.weight")) ==
        "model.layers.0.self_attn.o_proj.weight 48x72 in module 1");
  CHECK(line(named(all, "layers.0.attention.o.bias")) == "missing");
  CHECK(line(named(all, "layers.0.attention.q_norm.weight")) ==
        "model.layers.0.self_attn.q_norm.weight 1x12 in module 1");
  CHECK(line(named(all, "layers.0.mlp_norm.weight")) ==
        "model.layers.0.post_attention_layernorm.weight 1x48 in module 1");
  CHECK(line(named(all, "layers.0.mlp.down.weight")) ==
        "model.layers.0.mlp.down_proj.weight 48x104 in module 1");
  CHECK(line(named(all, "norm.weight")) == "model.norm.weight 1x48 in module 3");
  CHECK(line(named(all, "head.weight")) == "missing");
  CHECK(named(all, "layers.0.attention.v.bias")->role == TensorRole::v_bias);
  CHECK(is_matrix(TensorRole::down));
  CHECK_FALSE(is_matrix(TensorRole::k_norm));
}

TEST_CASE("paths and names are unique and follow the modules' order", "[names]") {
  const auto all = tensors(tiny);
  std::vector<std::string> paths, names;
  int module = 0;
  for (const TensorSpec& t : all) {
    CHECK(t.module >= module);
    module = t.module;
    paths.push_back(t.path);
    names.push_back(t.name);
  }
  for (auto* list : {&paths, &names}) {
    std::sort(list->begin(), list->end());
    CHECK(std::adjacent_find(list->begin(), list->end()) == list->end());
  }
}

TEST_CASE("a base model's checkpoint is named without the prefix", "[names]") {
  const auto all = tensors(tiny, {}, false);
  CHECK(line(named(all, "embedding.weight")) == "embed_tokens.weight 293x48 in module 0");
  CHECK(line(named(all, "layers.0.mlp.up.weight")) == "layers.0.mlp.up_proj.weight 104x48 in module 1");
  CHECK(lacks_prefix({}, [](std::string_view n) { return n == "embed_tokens.weight"; }));
  CHECK_FALSE(lacks_prefix({}, [](std::string_view n) { return n == "model.embed_tokens.weight"; }));
  CHECK_FALSE(lacks_prefix({}, [](std::string_view) { return false; }));
}

TEST_CASE("a family's map changes only the names it gives", "[names]") {
  constexpr NameMap map{.prefix = "transformer.", .layer = "h.", .down = "mlp.c_proj"};
  const auto all = tensors(tiny, map);
  CHECK(line(named(all, "layers.1.mlp.down.weight")) ==
        "transformer.h.1.mlp.c_proj.weight 48x104 in module 2");
  CHECK(line(named(all, "layers.1.mlp.up.weight")) ==
        "transformer.h.1.mlp.up_proj.weight 104x48 in module 2");
}

TEST_CASE("LayerNorms, plain Mlps, heads with bias and second norms have their tensors", "[names]") {
  const auto all = tensors(unusual);
  CHECK(line(named(all, "norm.bias")) == "model.norm.bias 1x32 in module 1");
  CHECK(line(named(all, "norm_2.weight")) == "model.norm_2.weight 1x32 in module 3");
  CHECK(line(named(all, "norm_2.bias")) == "missing");
  CHECK(line(named(all, "layers.0.mlp.gate.weight")) == "missing");
  CHECK(line(named(all, "layers.0.mlp.up.bias")) == "model.layers.0.mlp.up_proj.bias 1x64 in module 2");
  CHECK(line(named(all, "layers.0.mlp_norm.bias")) ==
        "model.layers.0.post_attention_layernorm.bias 1x32 in module 2");
  CHECK(line(named(all, "layers.0.attention.o.bias")) ==
        "model.layers.0.self_attn.o_proj.bias 1x32 in module 2");
  CHECK(line(named(all, "layers.0.attention.q.bias")) == "missing");
  CHECK(line(named(all, "head.weight")) == "lm_head.weight 100x32 in module 4");
  CHECK(line(named(all, "head.bias")) == "lm_head.bias 1x100 in module 4");
}

TEST_CASE("modules alone take the width that reaches them", "[names]") {
  ArchitectureSpec spec;
  spec.layers = {{"embedding", EmbeddingSpec{50, 24}},
                 {"attention", AttentionSpec{.heads = 3, .kv_heads = 1, .head_dim = 8}},
                 {"mlp", MlpSpec{.intermediate = 40}},
                 {"head", LinearSpec{24, 50}}};
  const auto all = tensors_of(OwnedModel(spec).view());
  CHECK(line(named(all, "attention.q.weight")) == "model.self_attn.q_proj.weight 24x24 in module 1");
  CHECK(line(named(all, "mlp.down.weight")) == "model.mlp.down_proj.weight 24x40 in module 2");
}

TEST_CASE("what a checkpoint may hold beside the model's tensors is known", "[names]") {
  const ModelView model = view_of<type_of<tiny>>();
  CHECK(is_ignorable("model.layers.0.self_attn.rotary_emb.inv_freq"));
  CHECK_FALSE(is_ignorable("model.layers.0.self_attn.q_proj.weight"));
  CHECK(is_tied_copy(model, {}, "lm_head.weight"));
  CHECK_FALSE(is_tied_copy(model, {}, "lm_head.bias"));
  CHECK_FALSE(is_tied_copy(view_of<type_of<untied>>(), {}, "lm_head.weight"));
}

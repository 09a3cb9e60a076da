// The memory that `ttt check` counts for a model on TTNN's chips is the catalog's, which is held against TTNN's own
// allocator: byte for byte, for models of any sizes.
#include <algorithm>
#include <random>
#include <string>

#include <ttt/adaptor/compatibility.hpp>
#include <ttt/checks/fits_local_memory.hpp>
#include <ttt/engine.hpp>
#include <ttt/policy/device_registry.hpp>
#include <ttt/policy/devices.hpp>
#include "../catch.hpp"

using namespace ttt;
namespace tt = catalog::ttnn;

namespace {

/// A model, a policy and a workload, drawn; and the same as the catalog's decoder.
struct Drawn {
  std::string device;
  tt::DecoderShape shape{};
  LoadOptions how{};
};

template <class T>
T one_of(std::mt19937& dice, std::initializer_list<T> values) {
  return values.begin()[dice() % values.size()];
}

Drawn draw(std::mt19937& dice) {
  Drawn d;
  tt::DecoderShape& s = d.shape;
  d.device = one_of<std::string>(dice, {"ttnn:wormhole_n150", "ttnn:wormhole_n300", "ttnn:wormhole_t3000", "ttnn:blackhole_p150"});
  s.chips = d.device == "ttnn:wormhole_n300" ? 2 : d.device == "ttnn:wormhole_t3000" ? 8 : 1;
  const auto below = [&](unsigned n) { return static_cast<int>(dice() % n); };
  s.hidden = 32 * s.chips * (2 + below(200 / static_cast<unsigned>(s.chips)));
  s.kv_heads = s.chips * (1 + below(4));
  s.heads = s.kv_heads * (1 + below(6));
  s.head_dim = one_of(dice, {32, 64, 96, 128, 256});
  s.ffn = 32 * s.chips * (1 + below(900 / static_cast<unsigned>(s.chips)));
  s.vocab = 32 * s.chips * (1 + below(8192 / static_cast<unsigned>(s.chips)));
  s.layers = 1 + below(60);
  s.batch = 1 + below(32);
  s.page = one_of(dice, {32, 64, 96, 128, 256});
  s.context = s.page * (1 + below(200));
  const int chunk = 32 * (1 + below(80));
  s.chunk = std::max({std::min(chunk, s.context), s.batch, s.page});
  s.qkv_bias = below(2) != 0, s.qk_norm = below(2) != 0;
  if (below(2) != 0) {  // not as in a llama: a GPT-2's or a BERT's parts, in any mixture
    s.gated = below(3) == 0, s.o_bias = below(2) != 0, s.mlp_bias = below(2) != 0, s.head_bias = below(2) != 0;
    s.norm.layer = below(3) != 0, s.norm.bias = s.norm.layer && below(3) != 0;
    s.post_norm = below(2) != 0, s.rotary = below(3) == 0, s.embedding_norm = below(2) != 0;
    s.positions = below(2) * 512, s.token_types = below(2) * 2;
    s.encoder = below(2) != 0;
  }
  if (s.encoder) {  // any lengths, all sequences in one pass
    s.context = 1 + below(2048);
    s.chunk = s.sequence() * std::min(s.batch, longest_chunk / s.context);
  }
  if (s.positions > 0) s.positions = s.context;
  s.kv = one_of(dice, {DType::bf16, DType::bfloat8_b, DType::bfloat4_b});
  s.activations = one_of(dice, {DType::bf16, DType::bf16, DType::bfloat8_b});
  HardwareConfig& p = d.how.policy;
  for (const WeightGroup g : {WeightGroup::qkv, WeightGroup::o, WeightGroup::gate_up, WeightGroup::down, WeightGroup::head}) {
    const auto at = static_cast<std::size_t>(g);
    p.weights[at] = s.weights[at] = one_of(dice, {DType::bf16, DType::bfloat8_b, DType::bfloat4_b});
  }
  p.kv = s.kv, p.activations = s.activations, p.page = s.page, p.kv_form = KvForm::paged;
  p.accumulate = one_of(dice, {DType::bf16, DType::fp32});
  s.fp32_attention = s.fp32_mlp = s.fp32_head = p.accumulate == DType::fp32;
  d.how.workload.batch = s.batch, d.how.workload.context = s.context, d.how.workload.chunk = chunk;
  return d;
}

std::shared_ptr<ModelState> planned(const Drawn& d) {
  const tt::DecoderShape& s = d.shape;
  AttentionSpec a{.heads = s.heads, .kv_heads = s.kv_heads, .head_dim = s.head_dim};
  a.qkv_bias = s.qkv_bias, a.qk_norm = s.qk_norm, a.output_bias = s.o_bias, a.bidirectional = s.encoder;
  if (!s.rotary) a.rope.type = RopeType::none;
  const MlpSpec mlp{.intermediate = s.ffn, .gated = s.gated, .bias = s.mlp_bias};
  const NormSpec norm{.width = s.hidden, .layer = s.norm.layer, .bias = s.norm.bias};
  NormSpec of_layer = norm;
  of_layer.post = s.post_norm;
  ArchitectureSpec spec{"llama", s.vocab, s.context, {}, {}};
  spec.layers.push_back({"embedding", EmbeddingSpec{.vocab = s.vocab, .hidden = s.hidden, .positions = s.positions, .token_types = s.token_types}});
  if (s.embedding_norm) spec.layers.push_back({"embedding_norm", norm});
  for (int i = 0; i < s.layers; ++i)
    spec.layers.push_back({"layers." + std::to_string(i),
                           TransformerLayerSpec{.hidden = s.hidden, .attention = a, .mlp = mlp, .norm = of_layer}});
  if (!s.post_norm) spec.layers.push_back({"norm", norm});
  spec.layers.push_back({"head", LinearSpec{.in = s.hidden, .out = s.vocab, .bias = s.head_bias}});
  const OwnedModel model(spec);
  auto plan = plan_on_device({.model = model.view(), .max_position = s.context}, *find_device(d.device), DType::bf16, d.how);
  if (!plan) FAIL(plan.error().text());
  return *plan;
}

}  // namespace

TEST_CASE("a plan's bytes on TTNN's chips are the catalog's, for random models") {
  std::mt19937 dice(11);
  int near = 0;
  for (int i = 0; i < 400; ++i) {
    Drawn d = draw(dice);
    const tt::ChipFacts chip = catalog::chip_facts(*find_device(d.device));
    // Half of them with as many layers as bring DRAM to its limit.
    if (i % 2 == 0) {
      tt::DecoderUse use = tt::decoder_use(chip, d.shape);
      for (; use.fits_dram() && d.shape.layers < 200; use = tt::decoder_use(chip, d.shape)) ++d.shape.layers;
      for (; !use.fits_dram() && d.shape.layers > 1; use = tt::decoder_use(chip, d.shape)) --d.shape.layers;
      d.shape.layers += static_cast<int>(dice() % 2);
    }
    const tt::DecoderShape& s = d.shape;
    INFO(i << ": " << d.device << " hidden " << s.hidden << " heads " << s.heads << "/" << s.kv_heads << " of " << s.head_dim << " ffn " << s.ffn
           << " vocab " << s.vocab << " layers " << s.layers << " batch " << s.batch << " context " << s.context << " page " << s.page
           << " chunk " << s.chunk << " bias " << s.qkv_bias << s.o_bias << s.mlp_bias << s.head_bias << " head norms " << s.qk_norm
           << " gated " << s.gated << " layer norm " << s.norm.layer << s.norm.bias << " post " << s.post_norm << " rotary " << s.rotary
           << " encoder " << s.encoder << " tables " << s.positions << "/" << s.token_types << " norm in front " << s.embedding_norm);
    const tt::DecoderUse use = tt::decoder_use(chip, s);
    const std::shared_ptr<ModelState> plan = planned(d);
    CHECK(plan->totals.weights == chip.dram_banks * use.weights);
    CHECK(plan->totals.kv == chip.dram_banks * use.kv);
    CHECK(plan->totals.arena == chip.dram_banks * use.prompt);
    CHECK(checks::fits_memory(plan->request) == use.fits_dram());
    near += use.dram() > use.dram_limit * 9 / 10 && use.dram() < use.dram_limit * 11 / 10;
    std::int64_t most = 0;
    for (std::size_t run = 1; run < plan->request.model.model.runs.size(); ++run) {
      const ModuleSpec& m = plan->request.model.model.runs[run].modules[0];
      most = std::max(most, checks::local_need(plan->request, m, plan->request.model.resolved(plan->request.device, run, 0)).bytes);
    }
    CHECK(most == use.l1.total());
  }
  CHECK(near >= 60);  // most of the other half are too small for any number of layers up to 200
}

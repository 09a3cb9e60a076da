// TTNN programs as text: what stands in them is what the plan, its policies and the catalog say.
#include <string>
#include <vector>

#include <ttt/adaptor/compatibility.hpp>
#include <ttt/adaptor/emit/ttnn_program.hpp>
#include <ttt/catalog/ttnn/decode_step.hpp>
#include <ttt/engine.hpp>
#include <ttt/plan/ttnn_decoder.hpp>
#include <ttt/policy/device_registry.hpp>
#include <ttt/policy/devices.hpp>
#include "../catch.hpp"

using namespace ttt;

namespace {

/// Sizes of a small model, and what families add to it.
struct Shape {
  int layers = 4, hidden = 1024, heads = 16, kv_heads = 8, head_dim = 64, ffn = 3072, vocab = 32000;
  bool qkv_bias = false, qk_norm = false;
  Activation activation = Activation::silu;
  RopeSpec rope{};
};

ArchitectureSpec spec_of_shape(const Shape& s) {
  AttentionSpec a{.heads = s.heads, .kv_heads = s.kv_heads, .head_dim = s.head_dim};
  a.qkv_bias = s.qkv_bias;
  a.qk_norm = s.qk_norm;
  a.rope = s.rope;
  MlpSpec mlp{.intermediate = s.ffn};
  mlp.activation = s.activation;
  ArchitectureSpec spec{"llama", s.vocab, 4096, {}, {}};
  spec.layers.push_back({"embedding", EmbeddingSpec{s.vocab, s.hidden}});
  for (int i = 0; i < s.layers; ++i)
    spec.layers.push_back({"layers." + std::to_string(i), TransformerLayerSpec{.hidden = s.hidden, .attention = a, .mlp = mlp, .norm = {}}});
  spec.layers.push_back({"norm", NormSpec{.width = s.hidden}});
  spec.layers.push_back({"head", LinearSpec{.in = s.hidden, .out = s.vocab}});
  return spec;
}

struct Emitted {
  Result<std::string> text;
  std::shared_ptr<ModelState> plan;
};

Emitted emit(const Shape& shape, std::string_view device = "ttnn:wormhole_n150", LoadOptions how = {}, EmitOptions options = {},
             int mesh_rows = 0, int mesh_columns = 0) {
  const OwnedModel model(spec_of_shape(shape));
  DeviceTraits traits = *find_device(device);
  if (mesh_rows > 0) traits = on_mesh(traits, mesh_rows, mesh_columns);
  if (how.workload.context == 0) how.workload.context = 1024;
  auto plan = plan_on_device({.model = model.view(), .max_position = 4096}, traits, DType::bf16, how);
  if (!plan) FAIL(plan.error().text());
  return {ttnn_program(**plan, options), *plan};
}
std::string text_of(const Shape& shape, std::string_view device = "ttnn:wormhole_n150", const LoadOptions& how = {}) {
  const Emitted e = emit(shape, device, how);
  if (!e.text) FAIL(e.text.error().text());
  return *e.text;
}
LoadOptions turned(std::string path, HardwareConfig policy) {
  LoadOptions how;
  if (path.empty()) how.policy = policy;
  else how.tuning.push_back({std::move(path), policy});
  return how;
}
std::size_t count(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}
/// From where `from` stands to the next blank line.
std::string paragraph(const std::string& text, std::string_view from) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "" : text.substr(at, text.find("\n\n", at) - at);
}
/// The field of a Layer, from its comment to the end of its kernel.
std::string field(const std::string& layer, std::string_view name) {
  const std::size_t at = layer.find("\n    " + std::string(name) + "=");
  return at == std::string::npos ? "" : layer.substr(at, layer.find('\n', at + 1) - at);
}
std::string anchor(const Result<std::string>& r) { return r ? "accepted" : r.error().link.substr(r.error().link.find('#') + 1); }

}  // namespace

TEST_CASE("a layer with a policy of its own stands alone in the program, with its fidelities and formats", "[emit]") {
  HardwareConfig other;
  other.set_fidelity(Fidelity::lofi);
  other.set_weights(DType::bfloat4_b);
  const std::string text = text_of({}, "ttnn:wormhole_n150", turned("layers.2.mlp", other));
  const std::string all = paragraph(text, "LAYERS_0_TO_1 = Layer("), one = paragraph(text, "LAYER_2 = Layer(");
  CHECK(text.find("LAYERS = [LAYERS_0_TO_1] * 2 + [LAYER_2] + [LAYERS_0_TO_1]\n") != std::string::npos);
  for (const std::string_view name : {"gate_up", "down"}) {
    INFO(one);
    CHECK(field(one, name).find("kernel(ttnn.MathFidelity.LoFi, fp32_dst=False)") != std::string::npos);
    CHECK(field(one, name).find("weight=ttnn.bfloat4_b") != std::string::npos);
    CHECK(field(all, name).find("kernel(ttnn.MathFidelity.HiFi2, fp32_dst=False)") != std::string::npos);
    CHECK(field(all, name).find("weight=ttnn.bfloat8_b") != std::string::npos);
  }
  for (const std::string& layer : {all, one})  // attention's sums are in fp32 by default
    for (const std::string_view name : {"qkv", "o"}) {
      INFO(layer);
      CHECK(field(layer, name).find("kernel(ttnn.MathFidelity.HiFi2, fp32_dst=True)") != std::string::npos);
    }
  CHECK(one.find("# weights.gate_up=bfloat4_b (module), fidelity.gate_up=LoFi (module)") != std::string::npos);
  CHECK(all.find("# weights.gate_up=bfloat8_b (default)") != std::string::npos);
}

TEST_CASE("every resolved fidelity appears at its layer", "[emit]") {
  constexpr Fidelity fidelities[] = {Fidelity::lofi, Fidelity::hifi2, Fidelity::hifi3, Fidelity::hifi4};
  constexpr std::pair<WeightGroup, std::string_view> groups[] = {
      {WeightGroup::qkv, "qkv"}, {WeightGroup::o, "o"}, {WeightGroup::gate_up, "gate_up"}, {WeightGroup::down, "down"}};
  LoadOptions how;
  for (int layer = 0; layer < 4; ++layer) {
    HardwareConfig c;
    for (std::size_t g = 0; g < 4; ++g) c.fidelity[g] = fidelities[(g + static_cast<std::size_t>(layer)) % 4];
    c.scores_prompt = fidelities[layer];
    c.scores_decode = fidelities[(layer + 1) % 4];
    how.tuning.push_back({"layers." + std::to_string(layer), c});
  }
  const Emitted e = emit({}, "ttnn:wormhole_n150", how);
  REQUIRE(e.text.has_value());
  for (int layer = 0; layer < 4; ++layer) {
    const std::string text = paragraph(*e.text, "LAYER_" + std::to_string(layer) + " = Layer(");
    const ModuleConfig c = e.plan->config(layer + 1);
    INFO(text);
    for (const auto& [group, name] : groups) {
      const HardwareConfig& part = group == WeightGroup::gate_up || group == WeightGroup::down ? c.mlp : c.attention;
      CHECK(field(text, name).find("MathFidelity." + std::string(name_of(part.fidelity_of(group))) + ",") != std::string::npos);
    }
    CHECK(field(text, "prompt_scores").find(name_of(c.attention.scores_prompt)) != std::string::npos);
    CHECK(field(text, "decode_scores").find(name_of(c.attention.scores_decode)) != std::string::npos);
  }
}

TEST_CASE("program configs are those that the rules on L1 compute with", "[emit]") {
  for (const std::string_view device : {"ttnn:wormhole_n150", "ttnn:blackhole_p150", "ttnn:wormhole_n300"}) {
    LoadOptions how;
    how.workload.context = 2048;
    const Emitted e = emit({}, device, how);
    REQUIRE(e.text.has_value());
    const PlanRequest& request = e.plan->request;
    catalog::ttnn::DecoderShape shape = decoder_shape(request, e.plan->model.view().module(1), e.plan->config(1), 32000);
    shape.layers = 4;
    const auto chip = catalog::chip_facts(request.device);
    const auto decode = catalog::ttnn::decode_programs(chip, shape);
    const auto prompt = catalog::ttnn::prompt_programs(chip, shape, decode.pinned);
    INFO(device);
    for (const auto& [d, p] : {std::pair(&decode.qkv, &prompt.qkv), std::pair(&decode.o, &prompt.o),
                               std::pair(&decode.gate_up, &prompt.gate_up), std::pair(&decode.down, &prompt.down)}) {
      const auto number = [](int n) { return std::to_string(n); };
      CHECK(e.text->find("Product(k=" + number(d->shape.k) + ", n=" + number(d->shape.n) + ",") != std::string::npos);
      CHECK(e.text->find("decode=dram_sharded(grid=(" + number(d->program.grid_x) + ", " + number(d->program.grid_y) + "), in0_block_w=" +
                         number(d->program.in0_block_w) + ", per_core_N=" + number(d->program.per_core_n) + ")") != std::string::npos);
      CHECK(e.text->find("prompt=multicast_2d(grid=(" + number(p->program.grid_x) + ", " + number(p->program.grid_y) + "), rows=" +
                         number(p->shape.m) + ", in0_block_w=" + number(p->program.in0_block_w) + ", per_core_N=" +
                         number(p->program.per_core_n) + ", out_subblock_w=" + number(p->program.out_subblock_w) + ")") != std::string::npos);
    }
    CHECK(e.text->find("DRAM_BANKS = " + std::to_string(chip.dram_banks) + "\n") != std::string::npos);
  }
}

TEST_CASE("a program holds what its family needs, and nothing else", "[emit]") {
  const std::string llama = text_of({}), qwen2 = text_of({.qkv_bias = true}), qwen3 = text_of({.qk_norm = true});
  for (const std::string_view word : {"qkv_bias", "head_norm", "reduce_scatter", "all_gather", "set_fabric_config"})
    CHECK(count(llama, word) == 0);
  for (std::size_t at = llama.find('<'); at != std::string::npos; at = llama.find('<', at + 1)) {
    INFO(llama.substr(at, 20));  // no name was left to fill in
    CHECK((llama[at + 1] == ' ' || llama[at + 1] == '<'));
  }
  CHECK(count(qwen2, "ttnn.add(h, w.qkv_bias") == 2);
  CHECK(count(qwen2, "head_norm") == 0);
  CHECK(count(qwen3, "q, k = head_norm(q, w.q_norm), head_norm(k, w.k_norm)") == 2);
  CHECK(count(qwen3, "interleaved(w)") >= 1);  // their weights turn with the rows
  const std::string two = text_of({}, "ttnn:wormhole_n300");
  CHECK(count(two, "ttnn.reduce_scatter(") == 1);
  CHECK(count(two, "summed(o)") == 2);
  CHECK(count(two, "summed(y)") == 2 + 1);  // and its definition
  CHECK(two.find("CHIPS = 2\n") != std::string::npos);
  CHECK(two.find("HEADS, KV_HEADS, HEAD_DIM = 8, 4, 64") != std::string::npos);
  CHECK(two.find("shard.o=row (default)") != std::string::npos);
}

TEST_CASE("heads of no whole tiles are filled up with zeros, and products that fit no grid's L1 decode from DRAM", "[emit]") {
  const std::string whole = text_of({.qk_norm = true}), padded = text_of({.heads = 20, .kv_heads = 10, .head_dim = 48, .qk_norm = true});
  CHECK(count(whole, "HEAD_WIDTH") == 0);
  CHECK(count(whole, "whole_heads") == 0);
  CHECK(padded.find("HEADS, KV_HEADS, HEAD_DIM = 20, 10, 64") != std::string::npos);
  CHECK(padded.find("HEAD_WIDTH = 48 ") != std::string::npos);
  CHECK(padded.find(" * HEAD_WIDTH / HEAD_DIM\n") != std::string::npos);
  CHECK(padded.find("fused(whole_heads(interleaved(q)), whole_heads(interleaved(k)), whole_heads(v))") != std::string::npos);
  CHECK(padded.find("SCALE = 0.14433756470680237 ") != std::string::npos);  // 1 / sqrt(48), in fp32
  CHECK(padded.find("qkv=Product(k=1024, n=2560,") != std::string::npos);
  CHECK(padded.find("o=Product(k=1280, n=1024,") != std::string::npos);

  CHECK(count(whole, "multicast_1d") == 0);
  const std::string odd = text_of({.ffn = 433 * 32});
  CHECK(field(paragraph(odd, "LAYERS_0_TO_3 = Layer("), "qkv").find("n=2048") != std::string::npos);
  CHECK(count(odd, "decode=multicast_1d(in0_block_w=") == 2);  // gate_up, down
  CHECK(odd.find("decode=multicast_1d(in0_block_w=8, per_core_N=7, ") != std::string::npos);
  CHECK(count(odd, "over_banks(self.k, self.n) if self.grid else DRAM") == 1);
}

TEST_CASE("pages, chunk and formats of a program are the policy's", "[emit]") {
  HardwareConfig c;
  c.kv_form = KvForm::paged;
  c.page = 64;
  c.kv = DType::bf16;
  c.chunk = 384;
  const std::string text = text_of({}, "ttnn:wormhole_n150", turned("", c));
  CHECK(text.find("PAGE = 64  # positions of a page of keys and values: page=64 (model)\n") != std::string::npos);
  CHECK(text.find("CHUNK = 256  # tokens of a prompt's step, a power of two: chunk=384 (model)\n") != std::string::npos);
  CHECK(text.find("kv=ttnn.bfloat16,  # kv=bf16 (model)\n") != std::string::npos);
  CHECK(text.find("PAGES = 16 ") != std::string::npos);
  HardwareConfig narrow;
  narrow.activations = DType::bfloat8_b;
  const std::string rows = text_of({}, "ttnn:wormhole_n150", turned("", narrow));
  CHECK(rows.find("ACTIVATIONS = ttnn.bfloat8_b") != std::string::npos);
  CHECK(count(rows, "ttnn.typecast(x, ACTIVATIONS)") == 1);
}

TEST_CASE("a model's name cannot leave the program's heading", "[emit]") {
  EmitOptions options;
  options.title = "x\"\"\"\nimport os\n\\";
  const Emitted e = emit({}, "ttnn:wormhole_n150", {}, options);
  REQUIRE(e.text.has_value());
  CHECK(e.text->starts_with("\"\"\"x____import_os__ in TTNN"));
}

TEST_CASE("what no program is written for is refused with its name", "[emit]") {
  CHECK(anchor(emit({}, "cpu").text) == "emit_device_unsupported");
  CHECK(anchor(emit({}, "cuda:h100").text) == "emit_device_unsupported");
  CHECK(anchor(emit({}, "ttnn:wormhole_galaxy").text) == "emit_device_unsupported");
  CHECK(anchor(emit({.activation = Activation::quick_gelu}).text) == "emit_unsupported");
  RopeSpec partial;
  partial.partial = 0.5;
  CHECK(anchor(emit({.rope = partial}).text) == "emit_unsupported");
  HardwareConfig c;
  c.qkv = QkvForm::separate;
  CHECK(anchor(emit({}, "ttnn:wormhole_n150", turned("", c)).text) == "emit_unsupported");
  c = {};
  c.kernel = KernelVariant::naive;
  const Emitted e = emit({}, "ttnn:wormhole_n150", turned("layers.1.mlp", c));
  CHECK(anchor(e.text) == "emit_unsupported");
  CHECK(e.text.error().module == "layers.1.mlp");
  c = {};
  c.page = 96;
  CHECK(anchor(emit({}, "ttnn:wormhole_n150", turned("", c)).text) == "emit_unsupported");
  c = {};
  c.activations = DType::bfloat8_b;
  CHECK(anchor(emit({}, "ttnn:wormhole_n150", turned("layers.1.mlp", c)).text) == "emit_unsupported");
  c = {};
  c.set_sharding(Sharding::replicate);
  CHECK(emit({}, "ttnn:wormhole_n300", turned("", c)).text);
  CHECK(anchor(emit({}, "ttnn:wormhole_n300", turned("layers.1.attention", c)).text) == "emit_unsupported");
}

// The loader: a file may only agree with the model; what disagrees is named, with the nearest name there is.
#include <ttt/adaptor/config_writer.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/runtime/memory.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

constexpr auto model = Embedding<50, 16> >> Repeat<2, TransformerLayer<16, Attention<4, 2, 4, QkvBias>, SwiGlu<24>>> >> RmsNorm<16>
                       >> Linear<16, 50>;

Error refusal(const TensorSource& source, const ModelView& view = view_of<type_of<model>>()) {
  const auto before = memory_counters().total.current;
  const auto state = make_state({.model = view}, source, exact());
  if (state) FAIL("the weights were accepted");
  CHECK(memory_counters().total.current == before);
  return state.error();
}
Error refusal(const TensorMap& weights) { return refusal(MemorySource(weights)); }
TensorMap weights() { return random_weights(view_of<type_of<model>>()); }
void rename(TensorMap& all, const char* from, const char* to) {
  auto node = all.extract(from);
  REQUIRE(!node.empty());
  node.key() = to;
  all.insert(std::move(node));
}
bool has(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return true;
  WARN("\"" << text << "\" lacks \"" << part << "\"");
  return false;
}

}  // namespace

TEST_CASE("weights that agree are accepted", "[weights]") {
  const TensorMap all = weights();
  CHECK(make_state({.model = view_of<type_of<model>>()}, MemorySource(all), exact()).has_value());
}

TEST_CASE("a missing tensor is named by path and by name", "[weights]") {
  TensorMap all = weights();
  all.erase("model.layers.1.self_attn.k_proj.weight");
  const Error e = refusal(all);
  CHECK(e.kind == ErrorKind::file);
  CHECK(anchor(e) == "tensor_missing");
  CHECK(e.module == "layers.1.attention.k.weight");
  CHECK(has(e.issue, "\"model.layers.1.self_attn.k_proj.weight\" is missing"));
  CHECK(has(e.issue, "no similar name"));
}

TEST_CASE("a renamed tensor is missing, and its new name is the nearest", "[weights]") {
  TensorMap all = weights();
  rename(all, "model.layers.0.mlp.up_proj.weight", "model.layers.0.mlp.up_projection.weight");
  const Error e = refusal(all);
  CHECK(anchor(e) == "tensor_missing");
  CHECK(e.module == "layers.0.mlp.up.weight");
  CHECK(has(e.issue, "nearest name there is \"model.layers.0.mlp.up_projection.weight\""));
}

TEST_CASE("a tensor that no module needs is refused, with the nearest that one does", "[weights]") {
  TensorMap all = weights();
  all["model.layers.1.self_attn.o_proj.bias"] = Tensor{{16}, std::vector<float>(16)};
  all["model.layers.2.mlp.up_proj.weight"] = Tensor{{24, 16}, std::vector<float>(24 * 16)};
  const Error e = refusal(all);
  CHECK(anchor(e) == "tensor_unknown");
  CHECK(has(e.issue, "2 tensors"));
  CHECK(has(e.issue, "\"model.layers.1.self_attn.o_proj.bias\""));
  CHECK(has(e.issue, "nearest name there is \"model.layers.1.self_attn."));
}

TEST_CASE("a tensor of another shape is refused with both shapes", "[weights]") {
  for (const std::vector<std::int64_t>& shape : std::vector<std::vector<std::int64_t>>{
           {8, 17}, {16, 8}, {128}, {8, 16, 1}, {1, 8, 16}, {}, {0, 16}, {-8, -16}, {std::int64_t{1} << 62, 16}}) {
    TensorMap all = weights();
    all["model.layers.0.self_attn.k_proj.weight"].shape = shape;
    const Error e = refusal(all);
    CHECK(anchor(e) == "tensor_shape");
    CHECK(e.module == "layers.0.attention.k.weight");
    CHECK(has(e.issue, "model says [8, 16]"));
  }
  TensorMap all = weights();
  all["model.norm.weight"].shape = {1, 16};
  CHECK(has(refusal(all).issue, "has the shape [1, 16] but the model says [16]"));
}

TEST_CASE("a tensor in memory that holds fewer numbers than its shape says is refused", "[weights]") {
  for (const char* name : {"model.layers.1.mlp.down_proj.weight", "model.norm.weight", "model.embed_tokens.weight"}) {
    TensorMap all = weights();
    all[name].data.pop_back();
    const Error e = refusal(all);
    INFO(name);
    CHECK(anchor(e) == "tensor_range");
    CHECK(e.module == name);
  }
}

TEST_CASE("weights of a type that no weight has are refused by its name", "[weights]") {
  const TemporaryFolder folder;
  const TensorMap all = weights();
  for (const SafeDType dtype : {SafeDType::i8, SafeDType::f64, SafeDType::f8_e4m3, SafeDType::i64}) {
    std::vector<std::vector<std::byte>> bytes;
    std::vector<TensorToWrite> out;
    for (const auto& [name, tensor] : all) {
      const bool odd = name == "model.layers.0.self_attn.q_proj.bias";
      bytes.emplace_back(tensor.data.size() * (odd ? bytes_of(dtype) : 4));
      out.push_back({{name, odd ? dtype : SafeDType::f32, tensor.shape}, bytes.back()});
    }
    const std::string file = (folder.path / "model.safetensors").string();
    need(write_safetensors(file, out));
    const Error e = refusal(CheckpointSource(need(Checkpoint::open(folder.path.string()))));
    CHECK(e.kind == ErrorKind::file);
    CHECK(anchor(e) == "tensor_dtype");
    CHECK(has(e.issue, std::string(name_of(dtype))));
    CHECK(e.file == file);
  }
}

TEST_CASE("an untied model needs its head, and a tied one only tolerates it", "[weights]") {
  TensorMap all = weights();
  all.erase("lm_head.weight");
  CHECK(anchor(refusal(all)) == "tensor_missing");
  constexpr auto tied = Embedding<50, 16> >> RmsNorm<16> >> Linear<16, 50, TiedTo<"embedding">>;
  const ModelView view = view_of<type_of<tied>>();
  TensorMap few = random_weights(view);
  CHECK(!few.contains("lm_head.weight"));
  CHECK(make_state({.model = view}, MemorySource(few), exact()).has_value());
  few["lm_head.weight"] = few.at("model.embed_tokens.weight");
  CHECK(make_state({.model = view}, MemorySource(few), exact()).has_value());
}

TEST_CASE("rows wider than the loader's buffer are read whole", "[weights]") {
  constexpr int wide = 1'200'000;  // 4.8 MB a row
  constexpr auto model_of_wide_rows = Linear<wide, 3>;
  const ModelView view = view_of<type_of<model_of_wide_rows>>();
  TensorMap all;
  Tensor& w = all["lm_head.weight"];
  w.shape = {3, wide};
  w.data.resize(3UL * wide);
  for (std::size_t i = 0; i < w.data.size(); ++i) w.data[i] = static_cast<float>(i % 5) * 0.25F;
  LoadOptions o = exact();
  o.workload = {.context = 1};
  Engine e;
  e.state = need(make_state({.model = view}, MemorySource(all), o));
  e.runner = need(Runner::create(e.state));
  std::vector<float> x(wide, 0.0F);
  x[wide - 1] = 1;
  x[5] = 2;
  Session s = e.session();
  const BatchItem item{.session = &s, .rows = x.data(), .row_count = 1};
  need(e.runner->step({&item, 1}));
  for (std::size_t o_ = 0; o_ < 3; ++o_)
    CHECK(e.runner->output()[o_] == w.data[o_ * wide + wide - 1] + 2 * w.data[o_ * wide + 5]);
}

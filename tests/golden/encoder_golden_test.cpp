// Encoders against HuggingFace's own results, on every instruction-set level this machine has.
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/runtime/encoder.hpp>
#include <ttt/runtime/generation.hpp>
#include <ttt/runtime/lone_module.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

/// One of the golden prompts, its token types where it has any.
struct Sequence {
  std::vector<std::int32_t> ids, types;
  [[nodiscard]] EncoderInput input() const { return {.ids = ids, .token_types = types}; }
};
Sequence prompt_of(const SafetensorsFile& reference, const std::string& name) {
  Sequence p{ids(reference, name + ".input_ids"), {}};
  if (reference.find(name + ".token_type_ids") != nullptr) p.types = ids(reference, name + ".token_type_ids");
  return p;
}

/// The weights of bert under other names.
class Renamed final : public TensorSource {
 public:
  Renamed(const TensorSource& all, std::string prefix) : all_(all), prefix_(std::move(prefix)) {}
  [[nodiscard]] std::optional<TensorInfo> find(std::string_view name) const override {
    return name.starts_with(prefix_) ? all_.find(name.substr(prefix_.size())) : std::nullopt;
  }
  [[nodiscard]] Result<void> read(std::string_view name, std::uint64_t at, std::span<std::byte> into) const override {
    return all_.read(name.substr(prefix_.size()), at, into);
  }
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> out{"cls.predictions.bias"};  // of a head that only training needs
    for (const std::string& name : all_.names()) out.push_back(prefix_ + name);
    return out;
  }
  [[nodiscard]] std::string where() const override { return all_.where(); }

 private:
  const TensorSource& all_;
  std::string prefix_;
};

}  // namespace

TEST_CASE("an encoder's rows and pooled rows are HuggingFace's, on every level", "[encoder][golden]") {
  TTT_NEEDS_GOLDEN("bert");
  const SafetensorsFile reference = golden_tensors("bert");
  for (const std::string& isa : isas()) {
    const Engine e = engine(golden("bert"), exact(isa));
    for (const std::string name : {"short", "long"}) {
      const Sequence prompt = prompt_of(reference, name);
      const EncoderOutput out = need(run_encoder(*e.runner, prompt.input()));
      const auto rows = tensor<float>(reference, name + ".last_hidden_state");
      const auto pooled = tensor<float>(reference, name + ".pooler_output");
      INFO(isa << ", " << name << ": rows differ by at most " << worst(out.hidden, rows) << ", pooled ones by " << worst(out.pooled, pooled));
      CHECK(out.tokens == static_cast<int>(prompt.ids.size()));
      CHECK(out.width == 48);
      CHECK(worst(out.hidden, rows) <= tolerance(rows));
      CHECK(worst(out.pooled, pooled) <= tolerance(pooled));
    }
  }
}

TEST_CASE("the rows between an encoder's layers are HuggingFace's", "[encoder][golden]") {
  TTT_NEEDS_GOLDEN("bert");
  const SafetensorsFile reference = golden_tensors("bert");
  for (const std::string& isa : isas()) {
    const Engine e = engine(golden("bert"), exact(isa));
    int seen = 0;
    const Tap tap = [&](int module, const float* rows, int count, int width) {
      if (module == 0) return;  // the embedding, before its norm
      const std::string name = "short.hidden." + std::to_string(module - 1);
      const auto expected = tensor<float>(reference, name);
      const std::span<const float> mine(rows, static_cast<std::size_t>(count) * static_cast<std::size_t>(width));
      INFO(isa << ", " << name << ": differ by at most " << worst(mine, expected));
      CHECK(worst(mine, expected) <= tolerance(expected));
      ++seen;
    };
    (void)need(run_encoder(*e.runner, prompt_of(reference, "short").input(), &tap));
    CHECK(seen == 4);
  }
}

TEST_CASE("sequences of a batch are each what they are alone, in one step and one after the other", "[encoder][golden]") {
  TTT_NEEDS_GOLDEN("bert");
  const SafetensorsFile reference = golden_tensors("bert");
  const auto all = ids(reference, "batch.input_ids"), mask = ids(reference, "batch.attention_mask");
  const auto rows = tensor<float>(reference, "batch.last_hidden_state"), pooled = tensor<float>(reference, "batch.pooler_output");
  const std::size_t width = 48, padded = all.size() / 2;
  LoadOptions options = exact();
  options.workload.batch = 2;
  const Engine e = engine(golden("bert"), options);
  Session sessions[] = {e.session(), e.session()};
  std::vector<BatchItem> items;
  std::vector<EncoderOutput> alone;
  for (std::size_t b = 0; b < 2; ++b) {
    std::size_t length = 0;
    while (length < padded && mask[b * padded + length] == 1) ++length;
    const std::span<const std::int32_t> mine = std::span(all).subspan(b * padded, length);
    const EncoderOutput out = need(run_encoder(*e.runner, {.ids = mine}));
    const std::span<const float> expected = std::span(rows).subspan(b * padded * width, length * width);
    INFO("sequence " << b << " of " << length << " tokens: rows differ by at most " << worst(out.hidden, expected));
    CHECK(worst(out.hidden, expected) <= tolerance(expected));
    CHECK(worst(out.pooled, std::span(pooled).subspan(b * width, width)) <= tolerance(pooled));
    items.push_back({.session = &sessions[b], .tokens = mine});
    alone.push_back(out);
  }
  std::vector<float> stream;
  const Tap tap = [&](int, const float* r, int count, int w) { stream.assign(r, r + std::ptrdiff_t{count} * w); };
  for (int again = 0; again < 2; ++again) {  // a session holds nothing from step to step
    need(e.runner->step(items, &tap));
    REQUIRE(e.runner->output_rows() == 2);
    for (std::size_t b = 0; b < 2; ++b) {
      CHECK(worst({e.runner->output() + b * width, width}, alone[b].pooled) <= 1e-6);
      CHECK(sessions[b].length() == 0);
    }
    std::vector<float> both = alone[0].hidden;
    both.insert(both.end(), alone[1].hidden.begin(), alone[1].hidden.end());
    CHECK(worst(stream, both) <= 1e-5);
  }
}

TEST_CASE("an encoder's bits do not depend on its threads", "[encoder][golden]") {
  TTT_NEEDS_GOLDEN("bert");
  const Sequence prompt = prompt_of(golden_tensors("bert"), "long");
  const Engine one = engine(golden("bert"), exact());
  const EncoderOutput wanted = need(run_encoder(*one.runner, prompt.input()));
  for (const int threads : {2, 3, 5}) {
    const Engine e = engine(golden("bert"), exact({}, threads));
    const EncoderOutput out = need(run_encoder(*e.runner, prompt.input()));
    CHECK(out.hidden == wanted.hidden);
    CHECK(out.pooled == wanted.pooled);
  }
}

TEST_CASE("an encoder keeps no keys and values, whatever its policy says of them", "[encoder][golden]") {
  TTT_NEEDS_GOLDEN("bert");
  const SafetensorsFile reference = golden_tensors("bert");
  const auto rows = tensor<float>(reference, "long.last_hidden_state");
  for (const DType kv : {DType::fp32, DType::fp16, DType::bf16, DType::int8}) {
    LoadOptions options = exact();
    options.policy.kv = kv;
    options.policy.kv_form = KvForm::paged;
    options.policy.page = 256;
    const Engine e = engine(golden("bert"), options);
    CHECK(e.state->totals.kv == 0);
    CHECK(e.state->kv_block_bytes == 0);
    CHECK(e.state->arena.bytes_of(Role::keys_values) > 0);
    const EncoderOutput out = need(run_encoder(*e.runner, prompt_of(reference, "long").input()));
    INFO(name_of(kv) << " keys and values: PCC " << pcc(out.hidden, rows) << ", at most " << worst(out.hidden, rows));
    CHECK(pcc(out.hidden, rows) > (kv == DType::int8 ? 0.999 : 0.99999));
    if (kv == DType::fp32) CHECK(worst(out.hidden, rows) <= tolerance(rows));
  }
}

TEST_CASE("quantised and bf16 products keep an encoder near HuggingFace", "[encoder][golden]") {
  TTT_NEEDS_GOLDEN("bert");
  const SafetensorsFile reference = golden_tensors("bert");
  const auto rows = tensor<float>(reference, "long.last_hidden_state");
  for (const DType weights : {DType::bf16, DType::int8, DType::int4m}) {
    LoadOptions options = exact();
    options.preset = Preset::standard;
    options.policy.set_weights(weights);
    const Engine e = engine(golden("bert"), options);
    const EncoderOutput out = need(run_encoder(*e.runner, prompt_of(reference, "long").input()));
    INFO(name_of(weights) << " weights: PCC " << pcc(out.hidden, rows));
    CHECK(pcc(out.hidden, rows) > (weights == DType::bf16 ? 0.9999 : weights == DType::int8 ? 0.999 : 0.93));
  }
}

TEST_CASE("an encoder's weights are found with and without their prefix, and by the names of old files", "[encoder][golden]") {
  TTT_NEEDS_GOLDEN("bert");
  const ModelConfig config = need(read_config(golden("bert").string()));
  const SafetensorsFile reference = golden_tensors("bert");
  const auto rows = tensor<float>(reference, "short.last_hidden_state");
  const Sequence prompt = prompt_of(reference, "short");
  const CheckpointSource source(need(Checkpoint::open(golden("bert").string())), config.names);
  const Engine prefixed = need(try_engine(config, Renamed(source, "bert."), exact()));
  CHECK(worst(need(run_encoder(*prefixed.runner, prompt.input())).hidden, rows) <= tolerance(rows));

  const TemporaryFolder folder;
  const SafetensorsFile file = need(SafetensorsFile::open((golden("bert") / "model.safetensors").string()));
  std::vector<std::vector<std::byte>> data;
  std::vector<TensorToWrite> old;
  for (const TensorEntry& t : file.tensors()) {
    data.emplace_back(t.bytes());
    need(file.read(t, 0, data.back()));
    std::string name = t.name;
    if (name.ends_with("LayerNorm.weight")) name.replace(name.size() - 6, 6, "gamma");
    if (name.ends_with("LayerNorm.bias")) name.replace(name.size() - 4, 4, "beta");
    old.push_back({{name, t.dtype, t.shape}, {}});
  }
  for (std::size_t i = 0; i < old.size(); ++i) old[i].data = data[i];
  need(write_safetensors((folder.path / "model.safetensors").string(), old));
  std::filesystem::copy_file(golden("bert") / "config.json", folder.path / "config.json");
  const Engine e = engine(folder.path, exact());
  CHECK(worst(need(run_encoder(*e.runner, prompt.input())).hidden, rows) <= tolerance(rows));
}

TEST_CASE("what an encoder cannot take is refused by name", "[encoder][golden]") {
  TTT_NEEDS_GOLDEN("bert");
  const Engine e = engine(golden("bert"), exact());
  const std::vector<std::int32_t> three = {5, 6, 7};
  const auto refusal = [&](const EncoderInput& input) { return anchor(run_encoder(*e.runner, input).error()); };
  CHECK(refusal({}) == "empty_step");
  CHECK(refusal({.ids = std::vector<std::int32_t>{5, 293}}) == "token_out_of_range");
  CHECK(refusal({.ids = three, .token_types = std::vector<std::int32_t>{0, 1}}) == "token_types_differ");
  CHECK(refusal({.ids = three, .token_types = std::vector<std::int32_t>{0, 1, 2}}) == "token_type_out_of_range");
  CHECK(refusal({.ids = three, .token_types = std::vector<std::int32_t>{0, -1, 0}}) == "token_type_out_of_range");
  CHECK(refusal({.ids = std::vector<std::int32_t>(65, 1)}) == "context_full");
  CHECK(need(run_encoder(*e.runner, {.ids = std::vector<std::int32_t>(64, 1)})).tokens == 64);

  const auto generation = Generation::create(std::shared_ptr<Runner>(need(Runner::create(e.state))), std::nullopt, three, {});
  REQUIRE_FALSE(generation.has_value());
  CHECK(anchor(generation.error()) == "encoder_does_not_generate");
  TTT_NEEDS_GOLDEN("llama");
  const Engine decoder = engine(golden("llama"), exact());
  CHECK(anchor(run_encoder(*decoder.runner, {.ids = three}).error()) == "not_an_encoder");
  LoadOptions longer = exact();
  longer.workload.context = 65;
  const auto beyond = try_engine(golden("bert"), longer);
  REQUIRE_FALSE(beyond.has_value());
  CHECK(anchor(beyond.error()) == "workload_out_of_range");
}

TEST_CASE("an encoder without a pooler gives its rows", "[encoder]") {
  constexpr auto model = Embedding<100, 32, LearnedPositions<40>> >> Repeat<2, TransformerLayer<32, Attention<2, 2, 16, NoRope, Bidirectional>, Mlp<64, Gelu, Bias>, LayerNorms, PostNorm>>;
  const Engine e = random_engine<model>(exact());
  const EncoderOutput out = need(run_encoder(*e.runner, {.ids = some_ids(40, 100)}));
  CHECK(out.hidden.size() == 40 * 32);
  CHECK(out.pooled.empty());
  CHECK(anchor(run_encoder(*e.runner, {.ids = some_ids(41, 100)}).error()) == "context_full");
  // Every token sees all others: the last one changes the first one's row.
  std::vector<std::int32_t> other = some_ids(40, 100);
  other.back() = (other.back() + 1) % 100;
  const EncoderOutput changed = need(run_encoder(*e.runner, {.ids = other}));
  CHECK(worst(std::span(changed.hidden).first(32), std::span(out.hidden).first(32)) > 1e-6);
}

TEST_CASE("a bidirectional attention alone and a pooler alone take a sequence whole", "[encoder]") {
  constexpr auto attention = Attention<2, 2, 16, NoRope, Bidirectional>;
  TensorMap weights;
  for (const char* name : {"attention.q.weight", "attention.k.weight", "attention.v.weight", "attention.o.weight"}) {
    Tensor& t = weights[name];
    t.shape = {32, 32};
    for (int i = 0; i < 32 * 32; ++i) t.data.push_back(0.3F * std::sin(0.7F * static_cast<float>(i) + static_cast<float>(name[10])));
  }
  LoadOptions options = exact();
  options.workload.context = 300;
  const LoneModule alone = need(LoneModule::create({.model = view_of<type_of<attention>>()}, weights, options));
  Tensor x{{300, 32}, std::vector<float>(300 * 32)};
  for (std::size_t i = 0; i < x.data.size(); ++i) x.data[i] = std::cos(0.37F * static_cast<float>(i));
  const Tensor y = need(alone(x));
  for (std::size_t i = 0; i < 32; ++i) x.data[299 * 32 + i] = -x.data[299 * 32 + i];
  const Tensor changed = need(alone(x));  // the last row's change reaches the first
  CHECK(worst(std::span(y.data).first(32), std::span(changed.data).first(32)) > 1e-6);
  Tensor longer{{301, 32}, std::vector<float>(301 * 32)};
  CHECK(anchor(alone(longer).error()) == "context_full");

  constexpr auto pooler = Pooler<32>;
  TensorMap of_pooler;
  of_pooler["pooler.weight"] = weights["attention.q.weight"];
  of_pooler["pooler.bias"] = {{32}, std::vector<float>(32, 0.25F)};
  const LoneModule pools = need(LoneModule::create({.model = view_of<type_of<pooler>>()}, of_pooler, options));
  Tensor rows{{3, 32}, {x.data.begin(), x.data.begin() + 96}};
  const Tensor pooled = need(pools(rows));
  REQUIRE(pooled.shape == std::vector<std::int64_t>{1, 32});
  for (std::size_t o = 0; o < 32; ++o) {
    double sum = 0.25;
    for (std::size_t i = 0; i < 32; ++i) sum += static_cast<double>(of_pooler["pooler.weight"].data[o * 32 + i]) * rows.data[i];
    CHECK(std::fabs(std::tanh(sum) - pooled.data[o]) < 1e-5);
  }
}

// Verification: the numbers of every layer beside transformers' and beside the fp32 engine, whose fault an error is, what
// cures it, and what files of activations may hold.
#include <limits>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/kernels/own_kernel.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/runtime/own_kernels.hpp>
#include <ttt/verify.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

std::string at(std::string_view name) { return golden(name).string(); }
std::string golden_file(std::string_view name) { return (golden(name) / "golden.safetensors").string(); }

LoadOptions under(std::string_view policy, Preset preset = Preset::standard) {
  LoadOptions o{.preset = preset, .workload = {.context = 16}, .threads = 1};
  if (policy.empty()) return o;
  const PolicySet set = need(parse_policy(policy));
  o.policy = set.whole;
  o.tuning = set.tuning;
  return o;
}
const VerifyRow& row_of(const VerifyReport& report, std::string_view path) {
  const VerifyRow* const row = report.row(path);
  if (row == nullptr) FAIL("no row for " << path << " in\n" << text_of(report, true));
  return *row;
}
void apply(const LoadedModel& model, const std::string& policy) {
  const PolicySet set = need(parse_policy(policy));
  (void)need(model.apply_tuning(set.tuning));
}

/// A file of activations that a test may spoil.
struct Held {
  std::vector<TensorDeclaration> declared;
  std::vector<std::vector<std::byte>> data;

  template <class T>
  void put(const std::string& name, SafeDType type, std::vector<std::int64_t> shape, const std::vector<T>& values) {
    declared.push_back({name, type, std::move(shape)});
    const auto bytes = std::as_bytes(std::span(values));
    data.emplace_back(bytes.begin(), bytes.end());
  }
  void put(const std::string& name, std::int64_t rows, std::int64_t width, float value = 1) {
    put(name, SafeDType::f32, {rows, width}, std::vector<float>(static_cast<std::size_t>(rows * width), value));
  }
  std::string write(const TemporaryFolder& folder) const {
    std::vector<TensorToWrite> out;
    for (std::size_t i = 0; i < declared.size(); ++i) out.push_back({declared[i], data[i]});
    const std::string file = (folder.path / "held.safetensors").string();
    need(write_safetensors(file, out));
    return file;
  }
};

/// Attention that answers zeros: an own kernel with a fault.
struct Mute {
  static constexpr std::string_view name = "mute";
  static constexpr OpKind op = OpKind::attention;
  static constexpr bool supports(const OpShape&) { return true; }
  static constexpr std::int64_t scratch_bytes(const OpShape&, int) { return 0; }
  static constexpr OpCost cost(const OpShape&) { return {}; }
  static void run(const kernels::AttentionArgs& a, kernels::Part p) noexcept {
    const kernels::Range mine = kernels::share(std::int64_t{a.row_count} * a.heads * a.head_dim, p);
    for (std::int64_t i = mine.begin; i < mine.end; ++i) a.y[i] = 0;
  }
};

/// Counts what a tap is shown, and keeps the last logits.
struct Counting final : OpTap {
  std::size_t befores = 0, afters = 0;
  std::vector<OpValue> of_qkv;
  bool before(std::size_t, const OpValue&) override {
    ++befores;
    return true;
  }
  void after(std::size_t, std::span<const OpValue> out) override {
    ++afters;
    if (out.size() == 2) of_qkv.assign(out.begin(), out.end());
  }
};

}  // namespace

TEST_CASE("hidden states of every family are transformers' own, layer by layer") {
  for (const std::string_view family : decoder_folders) {
    TTT_NEEDS_GOLDEN(family);
    const LoadedModel model = need(from_huggingface(at(family), exact()));
    const VerifyReport report = need(model.verify({.against = golden_file(family)}));
    INFO(family << "\n" << text_of(report, true));
    CHECK(report.ok());
    CHECK(report.logits);
    CHECK(report.distance.kl < 1e-9);
    CHECK(report.distance.agreement == 1);
    for (int layer = 0; layer < model.layers.size(); ++layer) {
      const VerifyRow& row = row_of(report, "layers." + std::to_string(layer));
      REQUIRE(row.total);
      REQUIRE(row.own);
      CHECK(row.own->rel < 1e-5);
      CHECK(row.total->max_abs < 2e-4);
      CHECK(row.total->pcc > 0.9999999);
    }
    CHECK(row_of(report, "norm").own->rel < 1e-5);
    CHECK(row_of(report, "head").own->rel < 1e-5);
  }
}

TEST_CASE("the device's default policy is right by its formats, in every family") {
  for (const std::string_view family : decoder_folders) {
    TTT_NEEDS_GOLDEN(family);
    const LoadedModel model = need(from_huggingface(at(family), under("")));
    const VerifyReport report = need(model.verify({.tokens = 24}));
    INFO(family << "\n" << text_of(report, true));
    CHECK(report.ok());
    CHECK(report.distance.kl < 0.01);
  }
}

TEST_CASE("one layer in int4 is the first that goes wrong, others inherit, and the first suggestion cures it") {
  TTT_NEEDS_GOLDEN("llama");
  for (const std::string_view module : {"layers.1.mlp", "layers.0.attention"}) {
    const LoadedModel model = need(from_huggingface(at("llama"), under(std::string(module) + ":weights=int4")));
    const VerifyReport report = need(model.verify());
    INFO(text_of(report, true));
    CHECK(report.first_bad == module);
    const VerifyRow& bad = row_of(report, module);
    CHECK(bad.wrong);
    CHECK(bad.own->rel > 0.03);
    // What comes behind is right by itself and off by what it was given.
    const VerifyRow& behind = row_of(report, "layers.2.mlp");
    CHECK_FALSE(behind.wrong);
    CHECK(behind.total->rel > 5 * behind.own->rel);
    CHECK(behind.inherited() > 5 * behind.own->rel);
    REQUIRE_FALSE(bad.cures.empty());
    apply(model, bad.cures.front().policy);
    const VerifyReport cured = need(model.verify());
    INFO(text_of(cured, true));
    CHECK(cured.ok());
    CHECK(judged_error(row_of(cured, module)) == Approx(bad.cures.front().error_after));
    CHECK(cured.distance.kl < report.distance.kl);
  }
}

TEST_CASE("int4 on one layer is named from transformers' hidden states too") {
  TTT_NEEDS_GOLDEN("qwen3");
  const LoadedModel model = need(from_huggingface(at("qwen3"), under("layers.1.mlp:weights=int4", Preset::exact)));
  const VerifyReport report = need(model.verify({.against = golden_file("qwen3")}));
  INFO(text_of(report, true));
  CHECK(report.first_bad == "layers.1");
  const VerifyRow& bad = row_of(report, "layers.1");
  REQUIRE_FALSE(bad.cures.empty());
  apply(model, bad.cures.front().policy);
  CHECK(need(model.verify({.against = golden_file("qwen3")})).ok());
}

TEST_CASE("an own kernel that computes something else is named, whatever is allowed to formats") {
  TTT_NEEDS_GOLDEN("mistral");
  need(register_kernel<Mute>("cpu", "attention"));
  const LoadedModel model = need(from_huggingface(at("mistral"), under("layers.2.attention:kernel=own:mute")));
  const VerifyReport report = need(model.verify());
  INFO(text_of(report, true));
  CHECK(report.first_bad == "layers.2.attention");
  CHECK(row_of(report, "layers.2.attention").own->rel == Approx(1));
  CHECK_FALSE(row_of(report, "layers.2.mlp").wrong);
  const VerifyRow& bad = row_of(report, "layers.2.attention");
  REQUIRE_FALSE(bad.cures.empty());
  apply(model, bad.cures.front().policy);
  CHECK(need(model.verify()).ok());
}

TEST_CASE("scores at the lowest fidelity on one layer are named, and cured by higher ones") {
  const std::string demo = (source_root() / "tools" / "demo_model" / "demo").string();
  const LoadedModel model = need(from_huggingface(demo, under("layers.2.attention:kv=int8,scores=LoFi")));
  const VerifyReport report = need(model.verify({.text = "Once upon a time there was a little girl"}));
  INFO(text_of(report, true));
  CHECK(report.first_bad == "layers.2.attention");
  const VerifyRow& bad = row_of(report, "layers.2.attention");
  REQUIRE_FALSE(bad.cures.empty());
  CHECK(bad.cures.front().policy.find("scores=HiFi4") != std::string::npos);
  apply(model, bad.cures.front().policy);
  CHECK(need(model.verify({.text = "Once upon a time there was a little girl"})).ok());
}

TEST_CASE("a threshold replaces the other rules") {
  TTT_NEEDS_GOLDEN("llama");
  const LoadedModel model = need(from_huggingface(at("llama"), under("layers.1.mlp:weights=int4")));
  CHECK(need(model.verify({.threshold = 0.5, .suggest = false})).ok());
  const VerifyReport strict = need(model.verify({.threshold = 1e-6, .suggest = false}));
  INFO(text_of(strict, true));
  CHECK(strict.first_bad == "layers.0.attention");
}

TEST_CASE("one module alone, on what was recorded, is off by what it was in the whole model") {
  TTT_NEEDS_GOLDEN("llama");
  const LoadedModel model = need(from_huggingface(at("llama"), under("weights=int8")));
  const VerifyReport whole = need(model.verify());
  for (const auto* const name : {"layers.1.attention", "layers.2.mlp", "layers.0.attention", "head"}) {
    const VerifyReport alone = need(model.module(name).verify());
    INFO(text_of(whole, true) << text_of(alone, true));
    CHECK(alone.recording == whole.recording);
    const VerifyRow& row = row_of(alone, name);
    CHECK_FALSE(row.total);
    CHECK(row.own->max_abs == row_of(whole, name).own->max_abs);
    CHECK(row.own->rel == row_of(whole, name).own->rel);
    for (const VerifyRow& each : alone.rows) CHECK(each.path.starts_with(name));
  }
  // What is recorded belongs to the reference: another policy is looked at on the same inputs.
  apply(model, "layers.1.attention:weights=int4");
  const VerifyReport worse = need(model.layers[1].attention.verify());
  INFO(text_of(worse, true));
  CHECK(worse.recording == whole.recording);
  CHECK(worse.first_bad == "layers.1.attention");
  CHECK(row_of(worse, "layers.1.attention").own->rel > 5 * row_of(whole, "layers.1.attention").own->rel);
}

TEST_CASE("a module that is not there, and one that is fused away, are refused") {
  TTT_NEEDS_GOLDEN("llama");
  const LoadedModel model = need(from_huggingface(at("llama"), exact()));
  const auto missing = model.layers[7].attention.verify();
  REQUIRE_FALSE(missing);
  CHECK(anchor(missing.error()) == "layer_is_not_there");
  const auto fused = model.module("norm").verify();
  REQUIRE_FALSE(fused);
  CHECK(anchor(fused.error()) == "path_names_nothing");
}

TEST_CASE("the scalar kernels are a reference too") {
  TTT_NEEDS_GOLDEN("qwen2");
  const LoadedModel model = need(from_huggingface(at("qwen2"), exact()));
  const VerifyReport report = need(model.verify({.against = "scalar", .tokens = 12}));
  INFO(text_of(report, true));
  CHECK(report.reference == "fp32, scalar");
  CHECK(report.ok());
  CHECK(row_of(report, "layers.1.mlp").own->rel < 1e-5);
}

TEST_CASE("a tap is shown every op and changes nothing") {
  TTT_NEEDS_GOLDEN("llama");
  Engine e = engine(at("llama"), exact());
  const std::vector<std::int32_t> tokens = some_ids(9, e.vocab());
  Session plain = e.session(), tapped = e.session();
  const std::vector<float> expected = e.step(plain, tokens);
  Counting tap;
  const BatchItem item{.session = &tapped, .tokens = tokens, .logits = BatchItem::Logits::all};
  need(e.runner->step({&item, 1}, nullptr, {}, nullptr, &tap));
  CHECK(e.output() == expected);
  CHECK(tap.befores == e.state->ops.size());
  CHECK(tap.afters == tap.befores);
  REQUIRE(tap.of_qkv.size() == 2);
  const AttentionSpec& a = e.state->model.view().module(1).attention;
  CHECK(tap.of_qkv[0].width == a.heads * a.head_dim);
  CHECK(tap.of_qkv[1].width == 2 * a.kv_heads * a.head_dim);
  CHECK(tap.of_qkv[1].row_count == 9);
}

TEST_CASE("what a run recorded is read back from its file") {
  TTT_NEEDS_GOLDEN("qwen3");
  const TemporaryFolder folder;
  const std::string file = (folder.path / "recorded.safetensors").string();
  const LoadedModel model = need(from_huggingface(at("qwen3"), exact()));
  const VerifyReport report = need(model.verify({.tokens = 20}));
  need(write_activations(file, model.state(), *report.recording));
  const VerifyReport again = need(model.verify({.against = file}));
  INFO(text_of(again, true));
  CHECK(again.ok());
  CHECK(again.tokens == 20);
  CHECK(row_of(again, "layers.2.attention").own->rel < 1e-5);
  // One module from the file alone: the reference runs it on the file's inputs.
  const VerifyReport alone = need(model.layers[1].mlp.verify({.against = file}));
  INFO(text_of(alone, true));
  CHECK(row_of(alone, "layers.1.mlp").own->rel == 0);
}

TEST_CASE("hidden states as transformers numbers them end behind the final norm; bf16 ones are not blamed for their rounding") {
  TTT_NEEDS_GOLDEN("llama");
  const TemporaryFolder folder;
  const SafetensorsFile given = golden_tensors("llama");
  const std::vector<std::int64_t> ids = tensor<std::int64_t>(given, "short.input_ids");
  const LoadedModel model = need(from_huggingface(at("llama"), exact()));
  const auto tokens = static_cast<std::int64_t>(ids.size());
  for (const bool narrow : {false, true}) {
    Held held;
    held.put("input_ids", SafeDType::i64, {1, tokens}, ids);
    for (int i = 0; i <= model.layers.size(); ++i) {
      const bool last = i == model.layers.size();
      const auto rows = tensor<float>(given, last ? "short.final" : "short.hidden." + std::to_string(i));
      const std::string name = "hidden_states." + std::to_string(i);
      const std::vector<std::int64_t> shape{1, tokens, static_cast<std::int64_t>(rows.size()) / tokens};
      std::vector<std::uint16_t> rounded;
      for (const float x : rows) rounded.push_back(kernels::bf16_from_float(x));
      narrow ? held.put(name, SafeDType::bf16, shape, rounded) : held.put(name, SafeDType::f32, shape, rows);
    }
    const VerifyReport report = need(model.verify({.against = held.write(folder)}));
    INFO(text_of(report, true));
    CHECK(report.ok());
    CHECK_FALSE(report.logits);
    CHECK(row_of(report, "norm").from == "layers.2.attention");
    CHECK(row_of(report, "layers.1").own->rel < (narrow ? 0.05 : 1e-5));
    CHECK(report.row("layers.2") == nullptr);
  }
}

TEST_CASE("files that are no model's activations are refused by name") {
  TTT_NEEDS_GOLDEN("llama");
  const TemporaryFolder folder;
  const LoadedModel model = need(from_huggingface(at("llama"), exact()));
  const std::int64_t width = model.state().model.view().module(0).out(), vocab = model.state().output_width;
  const std::vector<std::int64_t> ids{1, 2, 3};
  const auto refused = [&](const auto& spoil, std::string options_prefix = {}) {
    Held held;
    spoil(held);
    const auto report = model.verify({.against = held.write(folder) + options_prefix});
    return report ? std::string("accepted") : anchor(report.error());
  };
  const auto put_ids = [&](Held& h) { h.put("input_ids", SafeDType::i64, {3}, ids); };
  CHECK(refused([&](Held& h) { put_ids(h); h.put("hidden.1", 3, width); }) == "accepted");
  CHECK(refused([&](Held& h) { h.put("hidden.1", 3, width); }) == "activations_missing");
  CHECK(refused([&](Held& h) { put_ids(h); }) == "activations_missing");
  CHECK(refused([&](Held& h) { put_ids(h); h.put("something", 3, width); }) == "activations_missing");
  CHECK(refused([&](Held& h) { put_ids(h); h.put("a.hidden.0", 3, width); h.put("b.hidden.0", 3, width); }) == "activations_missing");
  CHECK(refused([&](Held& h) { put_ids(h); h.put("a.hidden.0", 3, width); }, "#b") == "activations_missing");
  CHECK(refused([&](Held& h) { put_ids(h); h.put("a.hidden.0", 3, width); h.put("b.hidden.0", 4, width); }, "#a") == "accepted");
  CHECK(refused([&](Held& h) { put_ids(h); h.put("hidden.1", 4, width); }) == "activations_shape");
  CHECK(refused([&](Held& h) { put_ids(h); h.put("hidden.1", 3, width + 1); }) == "activations_shape");
  CHECK(refused([&](Held& h) { put_ids(h); h.put("logits", 3, vocab - 1); }) == "activations_shape");
  CHECK(refused([&](Held& h) { put_ids(h); h.put("hidden.4", 3, width); }) == "activations_disagree");
  CHECK(refused([&](Held& h) { put_ids(h); h.put("hidden.1", 3, width, std::numeric_limits<float>::quiet_NaN()); }) ==
        "activations_not_finite");
  CHECK(refused([&](Held& h) { put_ids(h); h.put("hidden.1", 3, width, std::numeric_limits<float>::infinity()); }) ==
        "activations_not_finite");
  CHECK(refused([&](Held& h) {
          put_ids(h);
          h.put("hidden.1", SafeDType::i32, {3, width}, std::vector<std::int32_t>(static_cast<std::size_t>(3 * width)));
        }) == "activations_dtype");
  CHECK(refused([&](Held& h) {
          h.put("input_ids", SafeDType::f32, {3}, std::vector<float>(3));
          h.put("hidden.1", 3, width);
        }) == "activations_dtype");
  CHECK(refused([&](Held& h) {
          h.put("input_ids", SafeDType::i64, {3}, std::vector<std::int64_t>{1, -1, 3});
          h.put("hidden.1", 3, width);
        }) == "activations_disagree");
  CHECK(refused([&](Held& h) {
          h.put("input_ids", SafeDType::i64, {3}, std::vector<std::int64_t>{1, vocab, 3});
          h.put("hidden.1", 3, width);
        }) == "activations_disagree");
  CHECK(refused([&](Held& h) {
          h.put("input_ids", SafeDType::i64, {3, 1}, ids);
          h.put("hidden.1", 3, width);
        }) == "activations_shape");
  const auto disagree = [&] {
    Held h;
    put_ids(h);
    h.put("hidden.1", 3, width);
    return model.verify({.against = h.write(folder), .ids = {1, 2, 4}});
  }();
  REQUIRE_FALSE(disagree);
  CHECK(anchor(disagree.error()) == "activations_disagree");
  const auto absent = model.verify({.against = (folder.path / "none.safetensors").string()});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == ErrorKind::file);
}

TEST_CASE("requests out of range are refused") {
  TTT_NEEDS_GOLDEN("llama");
  const LoadedModel model = need(from_huggingface(at("llama"), exact()));
  const auto anchor_of = [&](VerifyOptions options) {
    const auto report = model.verify(options);
    return report ? std::string("accepted") : anchor(report.error());
  };
  CHECK(anchor_of({.ids = {-1}}) == "token_out_of_range");
  CHECK(anchor_of({.ids = {1 << 30}}) == "token_out_of_range");
  CHECK(anchor_of({.tokens = 0}) == "verify_impossible");
  CHECK(anchor_of({.ids = {5}}) == "accepted");
  CHECK(anchor_of({.ids = std::vector<std::int32_t>(100'000, 1)}) == "workload_out_of_range");
}

TEST_CASE("deviation is what it says") {
  const float reference[] = {3, 4, 0, 0, 1, -1}, value[] = {3, 4, 0, 0, 1, 1};
  const Deviation d = deviation(value, reference, 3, 2);
  CHECK(d.max_abs == 2);
  CHECK(d.max_rel == Approx(std::sqrt(2.0)));
  CHECK(d.rel == Approx(2 / std::sqrt(27.0)));
  CHECK(d.pcc == Approx(pcc(value, reference)));
  const Deviation same = deviation(value, value, 3, 2);
  CHECK(same.max_rel == 0);
  CHECK(same.pcc == Approx(1));
  const float offset[] = {3, 4, 0, 0, 0, 0};
  CHECK(deviation(value, reference, 3, 2, offset, offset).rel == Approx(std::sqrt(2.0)));
  float broken[] = {3, std::numeric_limits<float>::quiet_NaN(), 0, 0, 1, 1};
  const Deviation nan = deviation(broken, reference, 3, 2);
  CHECK(std::isnan(nan.rel));
  CHECK(std::isnan(nan.max_abs));
  CHECK(std::isnan(nan.pcc));
  const float p[] = {0, 0}, q[] = {std::log(3.0F), 0};
  const LogitsDistance l = logits_distance(q, p, 1, 2);
  CHECK(l.kl == Approx(0.5 * std::log(0.5 / 0.75) + 0.5 * std::log(0.5 / 0.25)));
  CHECK(logits_distance(p, p, 1, 2).kl == 0);
}

TEST_CASE("numbers that are not finite are named where they begin, and JSON stays JSON") {
  TTT_NEEDS_GOLDEN("llama");
  VerifyReport report;
  const Deviation nan{std::nan(""), std::nan(""), std::nan(""), std::nan("")};
  report.rows.push_back({.path = "layers.0.mlp", .layer = 0, .module = "mlp", .total = Deviation{}, .own = Deviation{}, .allowed = 0.01});
  report.rows.push_back({.path = "layers.1.mlp", .layer = 1, .module = "mlp", .total = nan, .own = nan, .allowed = 0.01});
  judge(report, {});
  CHECK(report.first_bad == "layers.1.mlp");
  const json::Document parsed = need(json::Document::parse(json_of(report), "report"));
  CHECK(parsed.root()["first_bad"].as_string().value_or("") == "layers.1.mlp");
  CHECK(text_of(report).find("not finite") != std::string::npos);
}

TEST_CASE("an op that is configured otherwise than its like is named where the module around it hides it") {
  for (const bool odd : {false, true}) {
    VerifyReport report;
    for (int layer = 0; layer < 4; ++layer) {
      const std::string path = "layers." + std::to_string(layer) + ".attention";
      const double module = layer == 2 ? 0.0026 : 0.0017, scores = layer == 2 ? 0.0022 : 0.0006;
      report.rows.push_back({.path = path, .layer = layer, .module = "attention", .own = Deviation{}, .prompt = module, .allowed = 0.01});
      report.rows.push_back({.level = VerifyRow::Level::op, .path = path + ".scores", .layer = layer, .module = "attention",
                             .own = Deviation{}, .prompt = scores, .odd = odd && layer == 2});
    }
    judge(report, {});
    CHECK(report.first_bad == (odd ? "layers.2.attention" : ""));
    CHECK(report.rows[4].op_at_fault == (odd ? "layers.2.attention.scores" : ""));
  }
}

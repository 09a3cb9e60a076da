// Whole models in the numbers of a Tensix core: near fp32's, the same however they are cut, and other where a policy is.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/io/json.hpp>
#include <ttt/kernels/ttnn/engine.hpp>
#include <ttt/policy/devices/ttnn.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/runtime/encoder.hpp>
#include <ttt/verify.hpp>

#include "../engine_fixture.hpp"
#include "../model_distance.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

constexpr int tokens = 96;

LoadOptions on_tensix(Preset preset, int threads = 2) {
  LoadOptions o;
  o.preset = preset;
  o.threads = threads;
  o.split_all = true;
  o.workload = {.context = 0, .chunk = tokens, .logits_rows = tokens};
  o.engine = &kernels::ttnn::tensix_engine();
  o.device = ttnn::wormhole_n150::traits;
  return o;
}
LoadOptions in_fp32() {
  LoadOptions o = exact({}, 2);
  o.workload = {.context = 0, .chunk = tokens, .logits_rows = tokens};
  return o;
}

/// A prompt of two thirds, the rest token by token.
std::vector<float> read_text(Engine& e, const std::vector<std::int32_t>& ids, std::size_t first) {
  Session s = e.session();
  std::vector<float> all = e.step(s, std::span(ids).first(first));
  for (std::size_t i = first; i < ids.size(); ++i) {
    const std::vector<float> row = e.step(s, {&ids[i], 1});
    all.insert(all.end(), row.begin(), row.end());
  }
  return all;
}

std::string demo() { return (source_root() / "tools" / "demo_model" / "demo").string(); }

/// Prompts of the demo model's golden texts.
std::vector<std::vector<std::int32_t>> demo_prompts() {
  const auto golden = need(json::Document::read((source_root() / "tools" / "demo_model" / "demo_golden.json").string()));
  std::vector<std::vector<std::int32_t>> prompts;
  for (const auto entry : golden.root()["cases"]) {
    prompts.emplace_back();
    for (const auto id : entry.value["prompt_ids"]) prompts.back().push_back(static_cast<std::int32_t>(id.value.as_int().value_or(-1)));
  }
  return prompts;
}

/// The demo model as a device runs it.
LoadedModel demo_on(const DeviceTraits& device, std::string_view policy, Preset preset = Preset::accuracy) {
  LoadOptions o = on_tensix(preset);
  o.device = device;
  if (!policy.empty()) o.tuning = need(parse_policy(policy)).tuning;
  return need(from_huggingface(demo(), o));
}
constexpr const char* story_text = "Once upon a time there was a little girl who lived near a dark forest. One day she";

}  // namespace

TEST_CASE("models of every family come out near fp32's in a Tensix core's numbers") {
  for (const std::string_view name : decoder_folders) {
    TTT_NEEDS_GOLDEN(name);
    const auto folder = golden(name);
    Engine whole = engine(folder, in_fp32());
    const std::vector<std::int32_t> ids = some_ids(48, whole.vocab());
    const std::vector<float> wanted = read_text(whole, ids, 32);
    for (const Preset preset : {Preset::exact, Preset::accuracy, Preset::standard, Preset::speed}) {
      Engine e = engine(folder, on_tensix(preset));
      const Distance d = distance(wanted, read_text(e, ids, 32), e.vocab());
      std::printf("%s %s: KL %.2e nats, the same likeliest token %.1f %%\n", std::string(name).c_str(), name_of(preset).data(), d.kl,
                  100 * d.agreement);
      INFO(name << ", preset " << name_of(preset) << ": KL " << d.kl << ", agreement " << d.agreement);
      // Three times the worst of these families, whose weights are random: formats of four bits go far.
      CHECK(d.kl < (preset == Preset::exact ? 5e-3 : preset == Preset::accuracy ? 1e-2 : preset == Preset::standard ? 4e-2 : 0.45));
      CHECK(d.kl > 1e-5);
    }
  }
}

TEST_CASE("an encoder comes out near fp32's in a Tensix core's numbers, the same on every level and number of threads") {
  TTT_NEEDS_GOLDEN("bert");
  const SafetensorsFile reference = golden_tensors("bert");
  const auto prompt = ids(reference, "long.input_ids"), types = ids(reference, "long.token_type_ids");
  const auto rows = tensor<float>(reference, "long.last_hidden_state"), pooled = tensor<float>(reference, "long.pooler_output");
  for (const Preset preset : {Preset::exact, Preset::accuracy, Preset::standard, Preset::memory, Preset::speed}) {
    const Engine e = engine(golden("bert"), on_tensix(preset));
    CHECK(e.state->totals.kv == 0);
    const EncoderOutput out = need(run_encoder(*e.runner, {.ids = prompt, .token_types = types}));
    const double near = pcc(out.hidden, rows);
    std::printf("bert %s: PCC %.6f, pooled %.6f\n", name_of(preset).data(), near, pcc(out.pooled, pooled));
    INFO("preset " << name_of(preset) << ": PCC " << near);
    CHECK(near > (preset == Preset::exact ? 0.9998 : preset == Preset::accuracy ? 0.9995 : preset == Preset::standard ? 0.998 : 0.93));
    CHECK(near < 0.9999999);
    CHECK(pcc(out.pooled, pooled) > 0.9);
  }
  const Engine one = engine(golden("bert"), on_tensix(Preset::standard, 1));
  const EncoderOutput wanted = need(run_encoder(*one.runner, {.ids = prompt, .token_types = types}));
  for (const std::string& isa : isas()) {
    LoadOptions o = on_tensix(Preset::standard, 3);
    o.isa = isa;
    const Engine e = engine(golden("bert"), o);
    const EncoderOutput out = need(run_encoder(*e.runner, {.ids = prompt, .token_types = types}));
    INFO(isa);
    CHECK(out.hidden == wanted.hidden);
    CHECK(out.pooled == wanted.pooled);
  }
}

TEST_CASE("learned positions end a sequence on a device whose tiles hold more") {
  constexpr auto model = Embedding<100, 64, LearnedPositions<50>> >> TransformerLayer<64, Attention<2, 2, 32, NoRope>, SwiGlu<64>> >> RmsNorm<64> >> Linear<64, 100>;
  Engine e = random_engine<model>(on_tensix(Preset::exact));
  CHECK(e.state->context() == 64);
  Session s = e.session();
  CHECK(s.room() == 50);
  (void)e.step(s, some_ids(50, 100));
  const std::int32_t next = 1;
  const BatchItem item{.session = &s, .tokens = {&next, 1}};
  CHECK(anchor(e.runner->step({&item, 1}).error()) == "context_full");
}

TEST_CASE("a Tensix core's bits depend neither on threads nor on the processor's level") {
  TTT_NEEDS_GOLDEN("qwen3");
  const auto folder = golden("qwen3");
  Engine one = engine(folder, on_tensix(Preset::standard, 1));
  const std::vector<std::int32_t> ids = some_ids(40, one.vocab());
  const std::vector<float> wanted = read_text(one, ids, 36);
  Engine three = engine(folder, on_tensix(Preset::standard, 3));
  CHECK(read_text(three, ids, 36) == wanted);
  for (const std::string& isa : isas()) {
    LoadOptions o = on_tensix(Preset::standard);
    o.isa = isa;
    Engine e = engine(folder, o);
    INFO(isa);
    CHECK(read_text(e, ids, 36) == wanted);
  }
}

TEST_CASE("a page of an emulated cache holds nothing of whom it belonged to before") {
  TTT_NEEDS_GOLDEN("llama");
  Engine e = engine(golden("llama"), on_tensix(Preset::standard));
  const std::vector<std::int32_t> ids = some_ids(40, e.vocab());
  std::vector<std::int32_t> others(ids.rbegin(), ids.rend());
  Session s = e.session();
  const std::vector<float> fresh = e.step(s, ids);
  s.reset();
  (void)e.step(s, others);
  s.truncate(3);
  s.reset();
  CHECK(e.step(s, ids) == fresh);
}

TEST_CASE("every row between modules holds bfloat16 numbers alone") {
  for (const std::string_view name : {"llama-legacycfg-tied-bias", "qwen3"}) {
    TTT_NEEDS_GOLDEN(name);
    Engine e = engine(golden(name), on_tensix(Preset::standard));
    Session s = e.session();
    std::size_t wider = 0, all = 0;
    const Tap tap = [&](int, const float* rows, int count, int width) {
      for (int i = 0; i < count * width; ++i, ++all) wider += (std::bit_cast<std::uint32_t>(rows[i]) & 0xffffu) != 0;
    };
    const std::vector<float> logits = e.step(s, some_ids(40, e.vocab()), BatchItem::Logits::all, 0, &tap);
    for (const float x : logits) wider += (std::bit_cast<std::uint32_t>(x) & 0xffffu) != 0;
    INFO(name << ": " << wider << " of " << all << " numbers and the logits");
    CHECK(all > 0);
    CHECK(wider == 0);
  }
}

TEST_CASE("rows in bfloat8_b hold what a block holds, behind every module") {
  TTT_NEEDS_GOLDEN("llama-legacycfg-tied-bias");
  LoadOptions options = on_tensix(Preset::standard);
  options.policy.activations = DType::bfloat8_b;
  Engine e = engine(golden("llama-legacycfg-tied-bias"), options);
  Session s = e.session();
  std::size_t wider = 0, blocks = 0;
  const Tap tap = [&](int, const float* rows, int count, int width) {
    REQUIRE(width % 16 == 0);
    for (int i = 0; i < count * width; i += 16, ++blocks) {
      float largest = 0;
      for (int j = 0; j < 16; ++j) largest = std::max(largest, std::abs(rows[i + j]));
      const float step = std::ldexp(1.f, std::ilogb(largest) - 6);
      for (int j = 0; j < 16; ++j) wider += largest > 0 && std::fmod(rows[i + j], step) != 0;
    }
  };
  (void)e.step(s, some_ids(40, e.vocab()), BatchItem::Logits::all, 0, &tap);
  INFO(wider << " numbers in " << blocks << " blocks have more bits");
  CHECK(blocks > 0);
  CHECK(wider == 0);
}

TEST_CASE("LoFi on one layer moves a Tensix core's logits away from HiFi4's") {
  TTT_NEEDS_GOLDEN("llama");
  const auto folder = golden("llama");
  Engine whole = engine(folder, in_fp32());
  const std::vector<std::int32_t> ids = some_ids(48, whole.vocab());
  const std::vector<float> wanted = read_text(whole, ids, 48);
  const auto error = [&](Fidelity f) {
    LoadOptions o = on_tensix(Preset::exact);
    HardwareConfig c;
    c.set_fidelity(f);
    c.set_scores(f);
    o.tuning = {{"layers.0", c}};
    Engine e = engine(folder, o);
    return distance(wanted, read_text(e, ids, 48), e.vocab()).kl;
  };
  const double high = error(Fidelity::hifi4), low = error(Fidelity::lofi);
  INFO("KL with HiFi4 " << high << ", with LoFi on one layer " << low);
  CHECK(low > 2 * high);
}

TEST_CASE("what is not emulated is refused with the reason") {
  TTT_NEEDS_GOLDEN("llama");
  const auto folder = golden("llama");
  LoadOptions o = on_tensix(Preset::standard);
  o.policy.set_weights(DType::fp32);
  const auto refused = [&] {
    const auto made = try_engine(folder, o);
    return made ? std::string() : anchor(made.error());
  };
  CHECK(refused() == "not_emulated");
}

TEST_CASE("the demo model's greedy text on a Tensix core is fp32's for 100 tokens, or parts from it at a near tie") {
  Engine whole = engine(demo(), in_fp32()), device = engine(demo(), on_tensix(Preset::accuracy));
  const auto vocab = static_cast<std::size_t>(whole.vocab());
  const std::vector<std::vector<std::int32_t>> prompts = demo_prompts();
  REQUIRE(prompts.size() >= 3);
  for (const std::vector<std::int32_t>& prompt : prompts) {
    const Greedy wanted = greedy(whole, prompt, 100), got = greedy(device, prompt, 100);
    const auto parted = static_cast<std::size_t>(std::mismatch(wanted.ids.begin(), wanted.ids.end(), got.ids.begin()).first - wanted.ids.begin());
    // Rows up to there were made from the same tokens.
    const std::size_t rows = std::min<std::size_t>(parted + 1, wanted.ids.size());
    double squares = 0, most = 0;
    for (std::size_t i = 0; i < rows * vocab; ++i) {
      const double error = double{got.logits[i]} - wanted.logits[i];
      squares += error * error;
      most = std::max(most, std::fabs(error));
    }
    const double error = std::sqrt(squares / static_cast<double>(rows * vocab));
    double margin = 0;
    if (parted < wanted.ids.size()) {
      const float* const row = wanted.logits.data() + parted * vocab;
      margin = double{row[wanted.ids[parted]]} - row[got.ids[parted]];
    }
    std::printf("prompt of %zu tokens: the same text for %zu tokens; logits off by %.4f (root mean square), %.4f (most)%s%.4f\n", prompt.size(), parted,
                error, most, parted < wanted.ids.size() ? "; fp32's margin there: " : "; margin ", margin);
    INFO("the same for " << parted << " tokens, margin " << margin << ", error " << error << ", most " << most);
    CHECK(error < 0.1);  // twice what it is; fp32's logits have a standard deviation of about 4
    CHECK((parted == wanted.ids.size() || margin < 2 * error));
  }
}

TEST_CASE("verification of an emulated model finds every layer right by its formats") {
  Engine whole = engine(demo(), in_fp32());
  const std::vector<std::int32_t> ids = story(whole, demo_prompts().front(), 120);
  for (const Preset preset : {Preset::exact, Preset::accuracy, Preset::standard, Preset::speed}) {
    const LoadedModel model = demo_on(ttnn::wormhole_n150::traits, "", preset);
    const VerifyReport report = need(model.verify({.ids = ids, .decode = 40}));
    INFO(name_of(preset) << "\n" << text_of(report, true));
    CHECK(report.ok());
    CHECK(report.device == "ttnn:wormhole_n150");
    CHECK(report.distance.kl > 1e-6);  // it is not the processor that ran
    // Three times what it is: 4e-5, 2e-4, 2.2e-4 and 7e-4; correlation 0.99999, 0.99993, 0.9999 and 0.998.
    const bool exact_one = preset == Preset::exact, four_bits = preset == Preset::speed;
    CHECK(report.distance.kl < (exact_one ? 1.5e-4 : four_bits ? 2.5e-3 : 8e-4));
    CHECK(report.distance.agreement > 0.9);
    for (int layer = 0; layer < model.layers.size(); ++layer)
      CHECK(report.row("layers." + std::to_string(layer))->total->pcc > (exact_one ? 0.9999 : four_bits ? 0.994 : 0.9996));
  }
}

TEST_CASE("scores at LoFi on one layer are named; what cures them is HiFi3 on Wormhole, where sums are fp32") {
  const std::string fault = "layers.2.attention:scores=LoFi";
  for (const bool wormhole : {true, false}) {
    const LoadedModel model = demo_on(wormhole ? ttnn::wormhole_n150::traits : ttnn::blackhole_p150::traits, fault);
    const VerifyReport report = need(model.verify({.text = story_text}));
    INFO(text_of(report, true));
    CHECK(report.first_bad == "layers.2.attention");
    const VerifyRow* const bad = report.row("layers.2.attention");
    REQUIRE(bad != nullptr);
    REQUIRE_FALSE(bad->cures.empty());
    const auto advised = [&](std::string_view what) {
      return std::any_of(bad->cures.begin(), bad->cures.end(), [&](const Cure& c) { return c.policy.find(what) != std::string::npos; });
    };
    CHECK(advised("scores=HiFi3"));
    CHECK(advised("HiFi4") == !wormhole);
    (void)need(model.apply_tuning(need(parse_policy(bad->cures.front().policy)).tuning));
    const VerifyReport cured = need(model.verify({.text = story_text}));
    INFO(text_of(cured, true));
    CHECK(cured.ok());
    CHECK(judged_error(*cured.row(bad->op_at_fault.empty() ? "layers.2.attention" : bad->op_at_fault)) == Approx(bad->cures.front().error_after));
    CHECK(bad->cures.front().error_after < bad->cures.front().error_before / 3);
  }
}

TEST_CASE("products at LoFi on one layer are named and cured") {
  const LoadedModel model = demo_on(ttnn::wormhole_n150::traits, "layers.1.mlp:fidelity=LoFi");
  const VerifyReport report = need(model.verify({.text = story_text}));
  INFO(text_of(report, true));
  CHECK(report.first_bad == "layers.1.mlp");
  const VerifyRow* const bad = report.row("layers.1.mlp");
  REQUIRE(bad != nullptr);
  REQUIRE_FALSE(bad->cures.empty());
  (void)need(model.apply_tuning(need(parse_policy(bad->cures.front().policy)).tuning));
  CHECK(need(model.verify({.text = story_text})).ok());
}

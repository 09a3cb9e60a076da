// Whole models in the numbers of a Tensix core: near fp32's, the same however they are cut, and other where a policy is.
#include <bit>
#include <cstdio>

#include <ttt/kernels/ttnn/engine.hpp>
#include <ttt/policy/devices/ttnn.hpp>

#include "engine_fixture.hpp"
#include "model_distance.hpp"

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

}  // namespace

TEST_CASE("models of every family come out near fp32's in a Tensix core's numbers") {
  for (const std::string_view name : llama_like) {
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
      CHECK(d.kl < (preset == Preset::exact ? 2e-2 : 0.5));  // random weights: formats of four bits go far
    }
  }
}

TEST_CASE("a Tensix core's bits depend neither on threads nor on the processor's level") {
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

TEST_CASE("LoFi on one layer moves a Tensix core's logits away from HiFi4's") {
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
  const auto folder = golden("llama");
  LoadOptions o = on_tensix(Preset::standard);
  o.policy.set_weights(DType::fp32);
  const auto refused = [&] {
    const auto made = try_engine(folder, o);
    return made ? std::string() : anchor(made.error());
  };
  CHECK(refused() == "not_emulated");
  o = on_tensix(Preset::standard);
  o.device = ttnn::wormhole_n300::traits;
  CHECK(refused() == "not_emulated");
}

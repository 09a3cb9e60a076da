// What a rule suggests works: over many models, devices, meshes, workloads and policies, following the suggestions one by
// one removes each fault and ends with a request that passes.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ttt/checks/explain.hpp>
#include <ttt/model.hpp>

#include "catch.hpp"

using namespace ttt;

namespace {

template <int Hidden, int Heads, int KvHeads, int HeadDim, int Wide, int Vocab, int Layers>
constexpr auto decoder = Embedding<Vocab, Hidden> >> Repeat<Layers, TransformerLayer<Hidden, Attention<Heads, KvHeads, HeadDim>, SwiGlu<Wide>>>
                         >> RmsNorm<Hidden> >> Linear<Hidden, Vocab>;

struct Named {
  std::string name;
  ConfiguredModel model;
};
const std::vector<Named>& models() {
  static const std::vector<Named> all{
      {"llama 1B", configured_of<type_of<decoder<2048, 32, 8, 64, 8192, 128256, 16>>>()},
      {"llama 8B", configured_of<type_of<decoder<4096, 32, 8, 128, 14336, 128256, 32>>>()},
      {"llama 70B", configured_of<type_of<decoder<8192, 64, 8, 128, 28672, 128256, 80>>>()},
      {"llama-2 7B", configured_of<type_of<decoder<4096, 32, 32, 128, 11008, 32000, 32>>>()},
      {"12 heads", configured_of<type_of<decoder<768, 12, 12, 64, 3072, 50304, 12>>>()},
      {"7 heads", configured_of<type_of<decoder<448, 7, 7, 64, 1200, 1000, 3>>>()},
      {"14 heads, 2 kv", configured_of<type_of<decoder<896, 14, 2, 64, 4864, 151936, 24>>>()},
  };
  return all;
}

std::vector<DeviceTraits> all_devices() {
  std::vector<DeviceTraits> all{cpu::traits,
                                cuda::a100::traits,
                                cuda::h100::traits,
                                cuda::b200::traits,
                                ttnn::wormhole_n150::traits,
                                ttnn::wormhole_n300::traits,
                                ttnn::wormhole_t3000::traits,
                                ttnn::wormhole_galaxy::traits,
                                ttnn::blackhole_p150::traits};
  for (const int chips : {3, 4, 5, 12, 16}) {
    all.push_back(on_mesh(ttnn::wormhole::traits, 1, chips));
    all.push_back(on_mesh(cuda::h100::traits, 1, chips));
  }
  all.push_back(on_mesh(ttnn::blackhole::traits, 2, 4));
  all.push_back(on_mesh(cuda::h200::traits, 2, 2));
  return all;
}

/// A policy for each value of each knob.
std::vector<HardwareConfig> one_knob_policies() {
  std::vector<HardwareConfig> all;
  auto add = [&](const std::function<void(HardwareConfig&)>& set) {
    HardwareConfig c;
    set(c);
    all.push_back(c);
  };
  for (int t = static_cast<int>(DType::stored); t <= static_cast<int>(DType::bfloat4_b); ++t) {
    const auto type = static_cast<DType>(t);
    add([&](HardwareConfig& c) { c.set_weights(type); });
    if (type == DType::stored) continue;
    add([&](HardwareConfig& c) { c.weights[static_cast<std::size_t>(WeightGroup::down)] = type; });
    add([&](HardwareConfig& c) { c.activations = type; });
    add([&](HardwareConfig& c) { c.accumulate = type; });
    add([&](HardwareConfig& c) { c.kv = type; });
  }
  for (const Fidelity f : {Fidelity::lofi, Fidelity::hifi2, Fidelity::hifi3, Fidelity::hifi4}) {
    add([&](HardwareConfig& c) { c.set_fidelity(f); });
    add([&](HardwareConfig& c) { c.set_scores(f); });
    add([&](HardwareConfig& c) { c.scores_decode = f; });
  }
  for (int s = static_cast<int>(Sharding::none); s <= static_cast<int>(Sharding::replicate); ++s) {
    add([&](HardwareConfig& c) { c.set_sharding(static_cast<Sharding>(s)); });
    for (std::size_t g = 0; g < weight_group_count; ++g)
      add([&](HardwareConfig& c) { c.shard[g] = static_cast<Sharding>(s); });
  }
  for (const int page : {1, 16, 32, 48, 96, 256, 1000, 4096, -32}) {
    add([&](HardwareConfig& c) {
      c.kv_form = KvForm::paged;
      c.page = page;
    });
  }
  add([](HardwareConfig& c) { c.kv_form = KvForm::contiguous; });
  for (const int chunk : {1, 31, 64, 100, 3000}) add([&](HardwareConfig& c) { c.chunk = chunk; });
  for (const QkvForm q : {QkvForm::fused, QkvForm::separate})
    for (const QkvLayout l : {QkvLayout::automatic, QkvLayout::plain, QkvLayout::column_parallel})
      add([&](HardwareConfig& c) {
        c.qkv = q;
        c.qkv_layout = l;
      });
  for (const Layout l : {Layout::row_major, Layout::tile_major}) add([&](HardwareConfig& c) { c.layout = l; });
  for (const KernelVariant v : {KernelVariant::naive, KernelVariant::fused, KernelVariant::flash})
    add([&](HardwareConfig& c) { c.kernel = v; });
  return all;
}

/// The request with a suggestion followed, as a user would: a knob for the whole model, a mesh or a workload.
PlanRequest followed(PlanRequest r, const Diagnosis& d) {
  HardwareConfig& c = r.model.whole;
  const std::int64_t number = d.advice_numbers[0];
  const int n = static_cast<int>(number);
  switch (d.advice) {
    case Advice::UseWeights: c.set_weights(static_cast<DType>(n)); break;
    case Advice::UseKv: c.kv = static_cast<DType>(n); break;
    case Advice::UseActivations: c.activations = static_cast<DType>(n); break;
    case Advice::UseAccumulate: c.accumulate = static_cast<DType>(n); break;
    case Advice::UseFidelity: c.set_fidelity(static_cast<Fidelity>(n)); break;
    case Advice::UseScores: c.set_scores(static_cast<Fidelity>(n)); break;
    case Advice::UseKvForm: c.kv_form = static_cast<KvForm>(n); break;
    case Advice::UseQkv: c.qkv = static_cast<QkvForm>(n); break;
    case Advice::UseQkvLayout: c.qkv_layout = static_cast<QkvLayout>(n); break;
    case Advice::UseLayout: c.layout = static_cast<Layout>(n); break;
    case Advice::UseKernel: c.kernel = static_cast<KernelVariant>(n); break;
    case Advice::UseSharding:
      c.shard[static_cast<std::size_t>(n)] = static_cast<Sharding>(d.advice_numbers[1]);
      break;
    case Advice::UseShardingOfAll: c.set_sharding(static_cast<Sharding>(n)); break;
    case Advice::ShardHeads: r.device = on_mesh(r.device, 1, n); break;
    case Advice::UseMesh: r.device = on_mesh(r.device, n, static_cast<int>(d.advice_numbers[1])); break;
    case Advice::UsePage: c.page = n; break;
    case Advice::UseChunk: r.workload.chunk = n; break;
    case Advice::UseBatch: r.workload.batch = n; break;
    case Advice::UseContext: r.workload.context = n; break;
    default: break;
  }
  return r;
}

/// What went wrong on the way, in words; empty when following the suggestions ends well.
std::string stray(PlanRequest r) {
  std::string way;
  for (int step = 0; step < 16; ++step) {
    const Diagnosis d = diagnose(r);
    if (d.ok() || d.advice == Advice::UseLargerDevice) return "";
    way += "\n  " + error_of(d, r.model.model).issue + "; try: " + advice_text(d);
    r = followed(r, d);
    Findings<32> left;
    find_faults(r, left);
    for (const Diagnosis& other : left)
      if (other == d)
        return "the suggestion changes nothing:" + way;
  }
  return "no end:" + way;
}

void check(const Named& m, const DeviceTraits& device, const Workload& workload, const HardwareConfig& policy,
           int& tried, std::vector<std::string>& faults) {
  PlanRequest r{m.model, device, workload};
  r.model.whole = policy;
  ++tried;
  if (const std::string fault = stray(r); !fault.empty())
    faults.push_back(m.name + " on " + std::string(device.name) + " " + std::to_string(device.mesh_rows) + "x" +
                     std::to_string(device.mesh_columns) + ", batch " + std::to_string(workload.batch) + ", context " +
                     std::to_string(workload.context) + ": " + fault);
}

void judge(int tried, const std::vector<std::string>& faults) {
  INFO(faults.size() << " of " << tried << " requests go astray; the first:");
  for (std::size_t i = 0; i < faults.size() && i < 5; ++i) UNSCOPED_INFO(faults[i]);
  CHECK(faults.empty());
}

}  // namespace

TEST_CASE("suggestions followed one by one make any workload fit", "[checks]") {
  int tried = 0;
  std::vector<std::string> faults;
  for (const Named& m : models())
    for (const DeviceTraits& device : all_devices())
      for (const int batch : {1, 8, 33})
        for (const int context : {100, 2048, 131072})
          check(m, device, {.batch = batch, .context = context}, {}, tried, faults);
  judge(tried, faults);
}

TEST_CASE("suggestions followed one by one make any value of any knob work", "[checks]") {
  int tried = 0;
  std::vector<std::string> faults;
  const std::vector<HardwareConfig> policies = one_knob_policies();
  for (const Named& m : models())
    for (const DeviceTraits& device : all_devices())
      for (const HardwareConfig& policy : policies)
        check(m, device, {.batch = 2, .context = 4096}, policy, tried, faults);
  judge(tried, faults);
}

TEST_CASE("suggestions followed one by one make policies of several knobs work", "[checks]") {
  int tried = 0;
  std::vector<std::string> faults;
  const std::vector<HardwareConfig> policies = one_knob_policies();
  const std::vector<DeviceTraits> devices_there = all_devices();
  std::uint32_t state = 1;
  auto any = [&](std::size_t n) {  // Numerical Recipes' generator; its high bits
    state = state * 1664525U + 1013904223U;
    return (state >> 8) % n;
  };
  for (int i = 0; i < 10'000; ++i) {
    const Named& m = models()[any(models().size())];
    const HardwareConfig policy = merged(merged(policies[any(policies.size())], policies[any(policies.size())]),
                                         policies[any(policies.size())]);
    const int batch = 1 << any(7), context = 96 << any(12);
    check(m, devices_there[any(devices_there.size())], {.batch = batch, .context = context}, policy, tried, faults);
  }
  judge(tried, faults);
}

// Devices by name, and the compiler's rules on run-time values: every fault, in the compiler's words.
#include <string>
#include <vector>

#include <ttt/adaptor/compatibility.hpp>
#include <ttt/adaptor/config.hpp>
#include <ttt/checks/explain.hpp>
#include <ttt/engine.hpp>
#include <ttt/policy/device_registry.hpp>
#include <ttt/policy/devices.hpp>
#include "../catch.hpp"
#include "../golden_data.hpp"

using namespace ttt;

namespace {

constexpr auto llama_8b = Embedding<128256, 4096>
                          >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128, Rope<500'000>>, SwiGlu<14336>>>
                          >> RmsNorm<4096> >> Linear<4096, 128256>;
LoadOptions at(int batch, int context) {
  LoadOptions how;
  how.workload = {.batch = batch, .context = context};
  return how;
}
DeviceTraits device(std::string_view name, int rows = 0, int columns = 0) {
  const auto found = find_device(name);
  if (!found) FAIL(found.error().text());
  return rows > 0 ? on_mesh(*found, rows, columns) : *found;
}
std::vector<std::string> names(const std::vector<HardwareIssue>& issues) {
  std::vector<std::string> out;
  for (const HardwareIssue& i : issues) out.push_back(i.link.substr(i.link.find('#') + 1));
  return out;
}
std::string_view name_of_link(const Error& e) { return std::string_view(e.link).substr(e.link.find('#') + 1); }

}  // namespace

TEST_CASE("every described device is found by its name, in any case", "[devices]") {
  const std::vector<DeviceTraits> all = described_devices();
  CHECK(all.size() >= 15);
  for (const DeviceTraits& d : all) {
    INFO(d.name);
    CHECK(device(d.name) == d);
  }
  CHECK(device("TTNN:Wormhole_N150") == ttnn::wormhole_n150::traits);
  CHECK(device("cuda:h200") == cuda::h200::traits);
  CHECK(device("cpu:avx2") == cpu::avx2::traits);
}

TEST_CASE("a device that is not there is refused with what is", "[devices]") {
  for (const std::string_view name : {"ttnn:0", "cuda:0", "cuda:12", "TTNN:3"}) {
    const auto found = find_device(name);
    INFO(name);
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().kind == ErrorKind::hardware);
    CHECK(name_of_link(found.error()) == "device_unavailable");
    const bool ttnn = name.starts_with('t') || name.starts_with('T');
    CHECK((found.error().suggestion.find("ttnn:wormhole_t3000") != std::string::npos) == ttnn);
    CHECK((found.error().suggestion.find("cuda:h100") != std::string::npos) == !ttnn);
  }
  for (const std::string_view name : {"ttnn:wormhole_n15", "", "gpu", "ttnn:", "cuda:h100 ", "cpu:"}) {
    const auto found = find_device(name);
    INFO(name);
    REQUIRE_FALSE(found.has_value());
    CHECK(name_of_link(found.error()) == "device_unknown");
  }
  CHECK(find_device("ttnn:wormhole_n15").error().suggestion.starts_with("did you mean ttnn:wormhole_n150?"));
  const auto control = find_device(std::string(100000, '\n'));
  CHECK(control.error().text().size() < 2000);
}

TEST_CASE("a program names its own device", "[devices]") {
  DeviceTraits mine = ttnn::wormhole::traits;
  {
    const std::string name = "mine:test_chip";
    mine.name = name;
    mine.memory_bytes = 1 << 30;
    CHECK(register_device(mine).has_value());
    CHECK(register_device(mine).has_value());  // the same again
  }
  CHECK(device("mine:TEST_chip").memory_bytes == 1 << 30);
  CHECK(described_devices().back().name == "mine:test_chip");
  auto refused = [](DeviceTraits traits) { return std::string(name_of_link(register_device(traits).error())); };
  mine.name = "mine:test_chip";
  mine.memory_bytes = 5;
  CHECK(refused(mine) == "device_name_taken");
  mine.name = "cpu";
  CHECK(refused(mine) == "device_name_taken");
  for (const std::string_view name : {"", "Mine", "mine chip", "ttnn:0", "a\nb"}) {
    mine.name = name;
    CHECK(refused(mine) == "device_name_malformed");
  }
  mine.name = "mine:other";
  mine.tile = 0;
  CHECK(refused(mine) == "device_facts_malformed");
  mine.tile = 32;
  mine.memory_bytes = -1;
  CHECK(refused(mine) == "device_facts_malformed");
  mine.memory_bytes = 0;
  mine.mesh_rows = 1 << 16;
  mine.mesh_columns = 1 << 16;
  CHECK(refused(mine) == "device_facts_malformed");
}

TEST_CASE("a mesh is read from text, or refused", "[devices]") {
  CHECK(*mesh_from_text("1x8") == MeshSize{1, 8});
  CHECK(*mesh_from_text("8X4") == MeshSize{8, 4});
  CHECK(*mesh_from_text("1x1024") == MeshSize{1, 1024});
  for (const std::string_view text : {"", "x", "8", "1x", "x1", "1x2x3", "1 x 2", "-1x2", "+1x2", "1.0x2", "axb", "0x", "1xx2"})
    CHECK(name_of_link(mesh_from_text(text).error()) == "mesh_malformed");
  for (const std::string_view text : {"0x1", "1x0", "1x1025", "33x32", "2147483648x1", "1x99999999999999999999", "65536x65536"})
    CHECK(name_of_link(mesh_from_text(text).error()) == "mesh_out_of_range");
}

TEST_CASE("a model's faults on a device are all found, in the compiler's words", "[compatibility]") {
  const ArchitectureSpec spec = spec_of<llama_8b>("llama", 131072);
  CHECK(check_hardware_compatibility(spec, device("ttnn:wormhole_n150")).empty());
  CHECK(check_hardware_compatibility(spec, device("cpu")).empty());

  const auto over_five = check_hardware_compatibility(spec, device("ttnn:wormhole_n150", 1, 5));
  CHECK(names(over_five) ==
        std::vector<std::string>{"heads_do_not_divide", "columns_do_not_divide", "columns_do_not_divide"});
  const auto faults = explain(llama_8b, Mesh<ttnn::wormhole_n150, 1, 5>{}, Batch<1>, Context<4096>);
  REQUIRE(faults.count == over_five.size());
  for (std::size_t i = 0; i < faults.count; ++i) {
    const Error e = error_of(faults.found[i], view_of<type_of<llama_8b>>());
    CHECK(over_five[i] == HardwareIssue{e.module, e.issue, e.suggestion, e.link});
  }
  CHECK(check_hardware_compatibility(llama_8b, device("ttnn:wormhole_n150", 1, 5), at(1, 4096)) == over_five);

  LoadOptions how = at(32, 131072);
  CHECK(names(check_hardware_compatibility(spec, device("ttnn:wormhole_t3000"), how)) ==
        std::vector<std::string>{"does_not_fit"});
  how = at(1, 4096);
  how.policy.set_weights(DType::bf16);
  const auto large = check_hardware_compatibility(spec, device("ttnn:wormhole_n150"), how);
  CHECK(names(large) == std::vector<std::string>{"does_not_fit"});
  CHECK(large[0].suggestion.find("weights=bfloat8_b") != std::string::npos);
}

TEST_CASE("what is wrong with a path or the workload hides nothing of the rest", "[compatibility]") {
  const ArchitectureSpec spec = spec_of<llama_8b>("llama", 131072);
  LoadOptions how = at(1, 1 << 20);
  HardwareConfig kv;
  kv.kv = DType::fp32;
  how.tuning = {{"layers.40", kv}, {"layers.3.attention", kv}};
  const auto issues = check_hardware_compatibility(spec, device("ttnn:wormhole_n150", 1, 3), how);
  const std::vector<std::string> found = names(issues);
  REQUIRE(found.size() >= 4);
  CHECK(found[0] == "layer_is_not_there");
  CHECK(found[1] == "workload_out_of_range");
  CHECK(found[2] == "no_kernel_for_kv");
  CHECK(issues[2].module == "layers.3.attention");
  CHECK(found[3] == "heads_do_not_divide");
  CHECK(check_hardware_compatibility(ArchitectureSpec{}, device("cpu")).size() == 1);
}

TEST_CASE("notes say what is worth knowing and no obstacle", "[compatibility]") {
  const StateInput input{.model = view_of<type_of<llama_8b>>(), .max_position = 131072};
  const auto notes = hardware_notes(input, device("ttnn:wormhole_n150", 1, 16));
  REQUIRE(notes.size() == 4);
  CHECK(notes[0] == "a mesh of 1 x 16 chips, and the product has 1: it takes several, linked");
  CHECK(notes[2] == "layers.0.attention: 8 kv heads over 16 chips: each is kept by 2 of them, so that a chip's cache is no "
                    "smaller than over 8 chips");
  CHECK(hardware_notes(input, device("ttnn:wormhole_n150", 1, 5)).empty());
}

TEST_CASE("a plan on a described device has its ops, bytes and policies", "[compatibility]") {
  const StateInput input{.model = view_of<type_of<llama_8b>>(), .max_position = 131072};
  const auto plan = plan_on_device(input, device("ttnn:wormhole_t3000"), DType::bf16, at(1, 4096));
  if (!plan) FAIL(plan.error().text());
  CHECK((*plan)->ops.size() == 1 + 32 * 5 + 1);
  CHECK((*plan)->totals == totals<llama_8b, ttnn::wormhole_t3000, Batch<1>, Context<4096>>);
  CHECK((*plan)->config(1).attention.weight(WeightGroup::qkv) == DType::bfloat8_b);
  CHECK((*plan)->kernels == nullptr);
  LoadOptions wrong = at(0, 4096);
  CHECK(name_of_link(plan_on_device(input, device("cuda:h100"), DType::bf16, wrong).error()) == "workload_out_of_range");
}

TEST_CASE("a loaded model is checked as it runs", "[compatibility][golden]") {
  TTT_NEEDS_GOLDEN("llama");
  const auto model = from_huggingface(test::golden("llama").string());
  if (!model) FAIL(model.error().text());
  CHECK(check_hardware_compatibility(*model, device("cpu")).empty());
  CHECK(check_hardware_compatibility(*model, device("ttnn:wormhole_n150")).empty());
  REQUIRE(model->layers[1].attention.apply_hw_config(Policy<Kv<DType::fp32>>).has_value());
  const auto issues = check_hardware_compatibility(*model, device("ttnn:wormhole_n150"));
  REQUIRE(names(issues) == std::vector<std::string>{"no_kernel_for_kv"});
  CHECK(issues[0].module == "layers.1.attention");
  CHECK(check_hardware_compatibility(*model, device("cpu")).empty());
}

TEST_CASE("GPT-2 and BERT are compatible with the processor and with one chip", "[compatibility][golden]") {
  for (const std::string family : {"gpt2", "bert"}) {
    TTT_NEEDS_GOLDEN(family);
    const auto config = read_config(test::golden(family).string());
    if (!config) FAIL(config.error().text());
    INFO(family);
    CHECK(check_hardware_compatibility(config->spec, device("ttnn:wormhole_n150")).empty());
    CHECK(check_hardware_compatibility(config->spec, device("cpu")).empty());
  }
}

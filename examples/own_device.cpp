// A device of your own: its facts in one place, and every rule, plan and expected time counts with them. The library is
// not edited. Nothing here runs on the device: what is checked is whether a model could.
#include <ttt/everything.hpp>

#include <cstdio>

using namespace ttt;

/// Somebody's accelerator: 16 GB, 400 GB/s, tiles of 16, four of them on a board.
struct my_chip {};

template <>
struct ttt::TraitsOf<my_chip> {
  static constexpr DeviceTraits value{
      .name = "mine:chip",
      .kind = DeviceKind::own,
      .memory_bytes = 16'000'000'000,
      .read_bytes_per_s = 400e9,
      .peak_flop_per_s = {200e12, 100e12, 75e12, 50e12},  // LoFi, HiFi2, HiFi3, HiFi4
      .op_overhead_s = 4e-6,
      .cores = 48,
      .grid_rows = 6,
      .grid_columns = 8,
      .local_bytes = 2 << 20,
      .local_bank_bytes = 2 << 20,
      .tile = 16,
      .max_batch = 64,
      .link_bytes_per_s = 50e9,
      .supports = {.weights = {DType::bf16, DType::int8},
                   .kv = {DType::fp16, DType::bf16},
                   .activations = {DType::fp32, DType::bf16},
                   .qkv_layout = {QkvLayout::plain, QkvLayout::column_parallel}}};
};
using board = Mesh<my_chip, 1, 4>;

constexpr auto llama_8b = Embedding<128256, 4096>
                          >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128, RopeLlama3<500'000, 8>>,
                                                         SwiGlu<14336>>>
                          >> RmsNorm<4096> >> Linear<4096, 128256>;
constexpr auto llama_8b_int8 = tune<"model", Policy<Weights<DType::int8>>>(llama_8b);

// 16.1 GB of bf16 weights do not fit one chip; int8 does, and so do four chips.
static_assert(!fits<llama_8b, my_chip, Batch<1>, Context<4096>>);
static_assert(accepts<llama_8b_int8, my_chip, Batch<1>, Context<4096>>);
static_assert(accepts<llama_8b, board, Batch<8>, Context<4096>>);
static_assert(peak_memory<llama_8b, board, Batch<8>, Context<4096>> < 16'000'000'000);
// Three chips do not divide its heads.
static_assert(!fits<llama_8b, Mesh<my_chip, 1, 3>, Batch<1>, Context<4096>>);
// A token takes as long as reading the weights: 20 ms for the int8 of one chip, 10 for the bf16 of four.
static_assert(expected_ms<llama_8b_int8, my_chip, Batch<1>, Context<4096>> > 18);
static_assert(expected_ms<llama_8b, board, Batch<1>, Context<4096>> < 13);

int main() {
  // By name, as a program that reads its device from a configuration would have it.
  if (const auto registered = register_device(device_traits<my_chip>); !registered) {
    std::fprintf(stderr, "%s\n", registered.error().text().c_str());
    return 1;
  }
  const auto chip = find_device("mine:chip");
  if (!chip) {
    std::fprintf(stderr, "%s\n", chip.error().text().c_str());
    return 1;
  }
  std::printf("%s: %.1f GB, %.0f GB/s\n", chip->name.data(), static_cast<double>(chip->memory_bytes) / 1e9,
              chip->read_bytes_per_s / 1e9);
  std::printf("%d chips: %.1f GB of each, %.2f ms a token\n", board::traits.chips(),
              static_cast<double>(peak_memory<llama_8b, board, Batch<8>, Context<4096>>) / 1e9,
              expected_ms<llama_8b, board, Batch<1>, Context<4096>>);

  // The same rules at run time, with the same words.
  const ArchitectureSpec spec = spec_of<llama_8b>("llama", 131072);
  const std::vector<HardwareIssue> one = check_hardware_compatibility(spec, *chip);
  for (const HardwareIssue& i : one)
    std::printf("%s: %s; try: %s\n", i.module.c_str(), i.issue.c_str(), i.suggestion.c_str());
  const std::vector<HardwareIssue> four = check_hardware_compatibility(spec, on_mesh(*chip, 1, 4));
  return one.size() == 1 && four.empty() ? 0 : 1;
}

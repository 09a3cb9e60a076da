// Tenstorrent's chips and products, from the data sheets, the ISA documentation and TTNN 0.81.1's own descriptors.
#pragma once

#include <ttt/policy/mesh.hpp>

namespace ttt {

namespace devices {

/// FLOP/s of `cores` cores: one 8x16 by 16x16 product (4096 FLOP) a cycle and phase of fidelity (ISA documentation).
[[nodiscard]] constexpr std::array<double, 4> tensix_peaks(int cores, double hertz) {
  const double lofi = 4096.0 * cores * hertz;
  return {lofi, lofi / 2, lofi / 3, lofi / 4};
}

inline constexpr DeviceSupports tensix_supports{
    .weights = {DType::fp32, DType::bf16, DType::bfloat8_b, DType::bfloat4_b},
    .kv = {DType::bf16, DType::bfloat8_b, DType::bfloat4_b},
    .activations = {DType::bf16, DType::bfloat8_b},
    .accumulate = {DType::fp32, DType::bf16},
    .fidelity = {Fidelity::lofi, Fidelity::hifi2, Fidelity::hifi3, Fidelity::hifi4},
    .scores = {Fidelity::lofi, Fidelity::hifi2, Fidelity::hifi3, Fidelity::hifi4},
    .kv_form = {KvForm::contiguous, KvForm::paged},
    .qkv = {QkvForm::fused, QkvForm::separate},
    .qkv_layout = {QkvLayout::plain, QkvLayout::column_parallel},
    .layout = {Layout::tile_major},
    .kernel = {KernelVariant::naive, KernelVariant::fused, KernelVariant::flash, KernelVariant::own},
    .learned_positions = true};

}  // namespace devices

namespace ttnn {

/// One Wormhole: 8x8 Tensix cores as TTNN sees them, 12 GB in 12 banks, 288 GB/s, 1 GHz. 25 GB/s each way between
/// neighbours (n300: two 100 GbE links). 6.5 us from one op to the next: the most that tt-perf-report asks no trace for.
struct wormhole {
  static constexpr DeviceTraits traits{.name = "ttnn:wormhole",
                                       .kind = DeviceKind::ttnn,
                                       .memory_bytes = 12 * std::int64_t{1'072'693'184},
                                       .memory_banks = 12,
                                       .read_bytes_per_s = 288e9,
                                       .peak_flop_per_s = devices::tensix_peaks(64, 1e9),
                                       .op_overhead_s = 6.5e-6,
                                       .cores = 64,
                                       .grid_rows = 8,
                                       .grid_columns = 8,
                                       .local_bytes = 1'499'136,
                                       .local_bank_bytes = 1'393'312,
                                       .tile = 32,
                                       .max_batch = 32,
                                       .hifi4_fp32_defect = true,
                                       .link_bytes_per_s = 25e9,
                                       .supports = devices::tensix_supports};
};
/// One Blackhole as on the p150: 13x10 cores (firmware shows 120 to 140; peaks are those of 130), 32 GB in 8 banks,
/// 512 GB/s, up to 1.35 GHz.
struct blackhole {
  static constexpr DeviceTraits traits{.name = "ttnn:blackhole",
                                       .kind = DeviceKind::ttnn,
                                       .memory_bytes = 8 * std::int64_t{4'277'141'376},
                                       .memory_banks = 8,
                                       .read_bytes_per_s = 512e9,
                                       .peak_flop_per_s = devices::tensix_peaks(130, 1.35e9),
                                       .op_overhead_s = 6.5e-6,
                                       .cores = 130,
                                       .grid_rows = 10,
                                       .grid_columns = 13,
                                       .local_bytes = 1'572'864,
                                       .local_bank_bytes = 1'461'120,
                                       .tile = 32,
                                       .max_batch = 32,
                                       .link_bytes_per_s = 100e9,
                                       .supports = devices::tensix_supports};
};

/// Products: a chip and its mesh.
struct wormhole_n150 : Mesh<wormhole, 1, 1> {
  static constexpr DeviceTraits traits = product("ttnn:wormhole_n150");
};
struct wormhole_n300 : Mesh<wormhole, 1, 2> {
  static constexpr DeviceTraits traits = product("ttnn:wormhole_n300");
};
struct wormhole_t3000 : Mesh<wormhole, 1, 8> {
  static constexpr DeviceTraits traits = product("ttnn:wormhole_t3000");
};
struct wormhole_galaxy : Mesh<wormhole, 8, 4> {
  static constexpr DeviceTraits traits = product("ttnn:wormhole_galaxy");
};
struct blackhole_p150 : Mesh<blackhole, 1, 1> {
  static constexpr DeviceTraits traits = product("ttnn:blackhole_p150");
};
/// p100a: 120 cores, 28 GB in 7 banks, 448 GB/s.
struct blackhole_p100 {
  static constexpr DeviceTraits traits = [] {
    DeviceTraits t = blackhole::traits;
    t.name = "ttnn:blackhole_p100";
    t.memory_bytes = 7 * std::int64_t{4'277'141'376};
    t.memory_banks = 7;
    t.read_bytes_per_s = 448e9;
    t.cores = 120;
    t.peak_flop_per_s = devices::tensix_peaks(120, 1.35e9);
    t.grid_columns = 12;
    return t;
  }();
};

}  // namespace ttnn
}  // namespace ttt

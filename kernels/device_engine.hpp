// A device's ops in emulation: what a program calls in place of the processor's kernels, with the same arguments.
//
// Rows between ops stay fp32 buffers; an engine leaves numbers in them that its device's formats hold.
#pragma once

#include <cstdint>

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/isa.hpp>
#include <ttt/kernels/pack.hpp>

namespace ttt::kernels {

/// How one op computes, beside its arguments.
struct DeviceMode {
  Isa isa = Isa::scalar;          ///< of the processor that emulates: results do not depend on it
  int phases = 4;                 ///< of a product; attention: of prompts
  int decode_phases = 4;          ///< attention: of steps with one row a session
  bool fp32_dst = true;           ///< sums in fp32, else in bf16
  int prompt_k_block = 1;         ///< tiles of inputs between two packings of a sum, more than 32 rows
  int decode_k_block = 1;         ///< up to 32 rows
  DType activations = DType::bf16;  ///< of results
  int chips = 1;                    ///< that hold a share of a product's inputs each, and add up what they make of it
  bool ring = false;                ///< they lie in a ring, else in a line
};

/// One kind of device. Everything is a function of its arguments alone; parts as for the processor's kernels.
struct DeviceEngine {
  void (*embed)(const EmbedArgs&, const DeviceMode&, Part) noexcept;
  void (*store)(const MatmulArgs&, const DeviceMode&, Part) noexcept;
  void (*residual)(const MatmulArgs&, const DeviceMode&, Part) noexcept;
  void (*activated)(const MatmulArgs&, const DeviceMode&, Part) noexcept;
  void (*gated)(const MatmulArgs&, const DeviceMode&, Part) noexcept;
  void (*qkv)(const QkvArgs&, const DeviceMode&, Part) noexcept;
  void (*attention)(const AttentionArgs&, const DeviceMode&, Part) noexcept;
  void (*norm)(const NormOpArgs&, const DeviceMode&, Part) noexcept;
  /// As kernels::pack_rows, into this engine's layout. Requires: `row_begin` is a multiple of 16, and so is `row_count`
  /// unless these are the last rows; `groups_of_panel` as below.
  void (*pack_rows)(DType format, DType source_type, const void* source, std::int64_t row_begin, std::int64_t row_count,
                    std::int64_t k, void* destination, PanelPlacement placement) noexcept;
  int groups_of_panel;  ///< groups of 16 outputs that lie together
  /// Bytes of a panel of that many groups.
  std::int64_t (*panel_bytes)(std::int64_t k, DType format) noexcept;
  /// Bytes of the keys, or of the values, of one layer in one page.
  std::int64_t (*cache_bytes)(int kv_heads, int head_dim, std::int64_t page, DType format) noexcept;
  int most_chips;  ///< of a mesh
  bool (*holds_weights)(DType format) noexcept;
  bool (*holds_activation)(Activation f) noexcept;
};

}  // namespace ttt::kernels

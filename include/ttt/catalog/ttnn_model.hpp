// From a model's layers to what TTNN's catalog computes with.
#pragma once

#include <ttt/catalog/ttnn/decoder_use.hpp>
#include <ttt/policy/device.hpp>

namespace ttt::catalog {

/// TTNN's view of a chip.
[[nodiscard]] constexpr ttnn::ChipFacts chip_facts(const DeviceTraits& device) {
  ttnn::ChipFacts chip = device.memory_banks == ttnn::wormhole.dram_banks ? ttnn::wormhole : ttnn::blackhole;
  chip.grid_x = device.grid_columns;
  chip.grid_y = device.grid_rows;
  chip.l1_bytes = device.local_bytes;
  chip.l1_bank_bytes = device.local_bank_bytes;
  chip.dram_banks = device.memory_banks;
  chip.dram_bank_bytes = device.memory_bytes / device.memory_banks;
  return chip;
}

}  // namespace ttt::catalog

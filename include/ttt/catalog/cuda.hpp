// Facts of a GPU's tiled kernels: the shared memory of one block.
#pragma once

#include <cstdint>

#include <ttt/spec/dtype.hpp>

namespace ttt::catalog {

/// Flash attention (Dao, 2023): 64 queries, and 64 keys and values in two stages, all of `head_dim`, in the activations'
/// format; scores and sums stay in registers.
[[nodiscard]] constexpr std::int64_t cuda_attention_bytes(int head_dim, DType activations) noexcept {
  constexpr std::int64_t queries = 64, keys = 64, stages = 2;
  return static_cast<std::int64_t>(bits_of(activations)) / 8 * head_dim * (queries + stages * 2 * keys);
}

/// A product's block: 128 x 128 outputs, 64 inputs a stage, three stages.
[[nodiscard]] constexpr std::int64_t cuda_matmul_bytes(DType activations) noexcept {
  constexpr std::int64_t rows = 128, columns = 128, inputs = 64, stages = 3;
  return static_cast<std::int64_t>(bits_of(activations)) / 8 * (rows + columns) * inputs * stages;
}

}  // namespace ttt::catalog

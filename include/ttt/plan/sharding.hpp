// What a sharding gives each chip of a mesh: parts of outputs, inputs and heads.
#pragma once

#include <ttt/policy/configured.hpp>

namespace ttt {

/// Into how many parts a matrix is cut: its outputs and its inputs.
struct ShardParts {
  int outputs = 1;
  int inputs = 1;
  [[nodiscard]] constexpr int all() const { return outputs * inputs; }
  constexpr bool operator==(const ShardParts&) const = default;
};

/// How a sharding cuts a matrix on this mesh. On one chip every sharding is the whole.
[[nodiscard]] constexpr ShardParts shard_parts(const DeviceTraits& device, Sharding s) {
  switch (s) {
    case Sharding::column:
    case Sharding::heads: return {device.chips(), 1};
    case Sharding::row: return {1, device.chips()};
    case Sharding::block: return {device.mesh_rows, device.mesh_columns};
    case Sharding::automatic:
    case Sharding::none:
    case Sharding::replicate: break;
  }
  return {};
}

/// kv heads one chip holds when the query heads are cut into `parts`. With more parts than kv heads each is kept by
/// several chips (kv replication), which needs the one to divide the other.
[[nodiscard]] constexpr int kv_heads_per_chip(int kv_heads, int parts) {
  return parts >= kv_heads ? 1 : kv_heads / parts;
}

/// An attention as one chip computes it.
struct AttentionShare {
  int heads = 0;
  int kv_heads = 0;
};
[[nodiscard]] constexpr AttentionShare share_of(const AttentionSpec& a, const HardwareConfig& c,
                                                const DeviceTraits& device) {
  const int parts = shard_parts(device, c.sharding(WeightGroup::qkv)).outputs;
  if (parts <= 1) return {a.heads, a.kv_heads};
  return {(a.heads + parts - 1) / parts, kv_heads_per_chip(a.kv_heads, parts)};
}

}  // namespace ttt

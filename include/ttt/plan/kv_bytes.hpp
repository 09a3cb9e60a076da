// What the keys and values of all sessions take: one block a session, or pages that all of them share.
#pragma once

#include <cstdint>

#include <ttt/catalog/storage.hpp>
#include <ttt/plan/request.hpp>
#include <ttt/plan/sharding.hpp>

namespace ttt {

/// sum + count * bytes, but never more than 2^60: config.json and the workload may name numbers whose bytes no 64 bits hold,
/// and those must not come out small.
[[nodiscard]] constexpr std::int64_t added(std::int64_t sum, std::int64_t count, std::int64_t bytes) {
  constexpr std::int64_t most = std::int64_t{1} << 60;
  if (bytes > 0 && count > (most - sum) / bytes) return most;
  return sum + count * bytes;
}

/// Positions a session's contiguous cache has room for.
[[nodiscard]] constexpr std::int64_t kv_capacity(int context) {
  return catalog::round_up(context, catalog::kv_lanes);
}

/// KV bytes of one session in one attention module, contiguous on the CPU.
[[nodiscard]] constexpr std::int64_t kv_bytes(const AttentionSpec& a, DType format, std::int64_t capacity) {
  return catalog::round_up(catalog::k_cache_bytes(a.kv_heads, a.head_dim, capacity, format), 64) +
         catalog::round_up(catalog::v_cache_bytes(a.kv_heads, a.head_dim, capacity, format), 64);
}

/// Positions of a page as the CPU lays it out: what was asked for, but no more than hold the context.
[[nodiscard]] constexpr int kv_page(const Workload& w, const HardwareConfig& c) {
  const std::int64_t whole = catalog::round_up(w.context, catalog::context_block);
  return static_cast<int>(c.page < whole ? c.page : whole);
}

/// Positions of a page on TTNN's devices. A contiguous cache is pages of one tile behind each other.
[[nodiscard]] constexpr int ttnn_page(const HardwareConfig& c) {
  return c.kv_form == KvForm::paged && c.page > 0 ? c.page : catalog::ttnn::tile_side;
}

/// Pages of `page` positions that all sessions share: enough for every session's whole context, or for `kv_tokens`.
[[nodiscard]] constexpr std::int64_t kv_pages(const Workload& w, std::int64_t page) {
  const std::int64_t most = w.batch * ((w.context + page - 1) / page);
  const std::int64_t asked = (w.kv_tokens + page - 1) / page;
  return w.kv_tokens > 0 && asked < most ? asked : most;
}

/// Distinct attention modules that keep their keys and values in this form; a bidirectional one keeps none.
[[nodiscard]] constexpr int count_attentions(const PlanRequest& request, KvForm form) {
  int count = 0;
  const auto& runs = request.model.model.runs;
  for (std::size_t r = 0; r < runs.size(); ++r)
    for (std::size_t i = 0; i < runs[r].modules.size(); ++i)
      if (runs[r].modules[i].has_attention() && !runs[r].modules[i].attention.bidirectional &&
          request.model.resolved(request.device, r, i, PartName::attention).kv_form == form)
        ++count;
  return count;
}

/// Bytes of one sequence's keys, or values, of a bidirectional attention, which lie in the arena while it runs.
[[nodiscard]] constexpr std::int64_t passing_bytes(const PlanRequest& request, const AttentionSpec& a, DType format) {
  const std::int64_t capacity = kv_capacity(request.workload.context);
  const auto tiled = [](std::int64_t n) { return catalog::round_up(n, 32); };
  if (request.device.kind != DeviceKind::cpu)  // emulated: tiles of 32 by 32, of 2 bytes a number at most
    return a.kv_heads * tiled(a.head_dim) * tiled(capacity) * 2;
  const std::int64_t keys = catalog::k_cache_bytes(a.kv_heads, a.head_dim, capacity, format);
  const std::int64_t values = catalog::v_cache_bytes(a.kv_heads, a.head_dim, capacity, format);
  return catalog::round_up(keys > values ? keys : values, 64);
}

/// Blocks of one size that one attention module keeps its keys and values in, on one chip.
struct KvBlocks {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
};
[[nodiscard]] constexpr KvBlocks kv_blocks(const PlanRequest& request, const AttentionSpec& a, const HardwareConfig& c) {
  if (a.bidirectional) return {};
  const Workload& w = request.workload;
  const bool paged = c.kv_form == KvForm::paged && c.page > 0;
  if (paged && request.device.kind == DeviceKind::cpu) {
    const int page = kv_page(w, c);
    return {kv_pages(w, page), kv_bytes(a, c.kv, page)};
  }
  const std::int64_t capacity = paged ? catalog::round_up(kv_capacity(w.context), c.page) : kv_capacity(w.context);
  const int heads = share_of(a, c, request.device).kv_heads;
  if (request.device.kind == DeviceKind::ttnn) {  // one tensor of all pages
    const int page = ttnn_page(c);
    return {1, catalog::cache_bytes(request.device, heads, a.head_dim, page, c.kv, kv_pages(w, page))};
  }
  if (paged && w.kv_tokens > 0)
    return {1, catalog::cache_bytes(request.device, heads, a.head_dim, kv_pages(w, c.page) * c.page, c.kv)};
  return {w.batch, catalog::cache_bytes(request.device, heads, a.head_dim, capacity, c.kv)};
}

}  // namespace ttt

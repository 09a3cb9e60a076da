// The arena: one allocation, every activation at a constexpr offset.
#pragma once

#include <array>
#include <cstdint>

#include <ttt/plan/emit.hpp>
#include <ttt/plan/kv_bytes.hpp>

namespace ttt {

/// Offset and size of each role's buffer in bytes; 64-byte aligned. `rows` is the widest step it serves.
struct ArenaLayout {
  std::array<std::int64_t, role_count> offset{};
  std::array<std::int64_t, role_count> bytes{};
  std::int64_t total = 0;
  std::int64_t scratch_stride = 0;  ///< bytes of scratch of one part
  std::int64_t split_items = 0;     ///< items of attention whose context may be cut, and
  std::int64_t split_floats = 0;    ///< room for their partial results: Role::partials holds counters, then these
  int rows = 0;
  int logits_rows = 0;

  [[nodiscard]] constexpr std::int64_t offset_of(Role r) const { return offset[static_cast<std::size_t>(r)]; }
  [[nodiscard]] constexpr std::int64_t bytes_of(Role r) const { return bytes[static_cast<std::size_t>(r)]; }
};

/// The phases of a layer; a role's buffer lives from its first phase to its last, and roles that never live
/// together share bytes.
struct Lifetime {
  int first, last;
};
[[nodiscard]] constexpr Lifetime lifetime_of(Role role) {
  switch (role) {
    case Role::q: return {1, 2};
    case Role::kv: return {1, 1};
    case Role::keys_values: return {1, 2};
    case Role::attention: return {2, 3};
    case Role::hidden: return {4, 5};
    case Role::x:
    case Role::spare:
    case Role::cos_sin:
    case Role::logits:  // the caller reads them after the step
    case Role::scratch:
    case Role::partials: break;  // counters stay zero from layer to layer
  }
  return {0, 6};
}

/// Sizes every role by its largest user, then gives offsets: largest first, each at the lowest place that is free
/// during its lifetime.
[[nodiscard]] constexpr ArenaLayout arena_layout(const PlanRequest& request) {
  ArenaLayout a;
  a.rows = request.rows();
  a.logits_rows = request.logits_rows();
  const std::int64_t rows = a.rows;
  auto need = [&](Role role, std::int64_t bytes) {
    auto& mine = a.bytes[static_cast<std::size_t>(role)];
    const std::int64_t aligned = catalog::round_up(bytes, 64);
    if (aligned > mine) mine = aligned;
  };
  auto scratch = [&](std::int64_t floats) {
    const std::int64_t aligned = catalog::round_up(floats * 4, 64);
    if (aligned > a.scratch_stride) a.scratch_stride = aligned;
  };
  for (const RunSpec& run : request.model.model.runs) {
    for (const ModuleSpec& m : run.modules) {
      if (m.kind != ModuleKind::embedding) need(Role::x, rows * m.in() * 4);
      if (m.kind != ModuleKind::linear || &run != &request.model.model.runs.back()) need(Role::x, rows * m.out() * 4);
      // Repeated, an op that cannot work in place reads what it wrote; the walk below sees it once.
      if (run.count > 1 && m.kind != ModuleKind::transformer_layer)
        for (const Role role : {Role::x, Role::spare}) need(role, rows * (m.in() > m.out() ? m.in() : m.out()) * 4);
      if (m.has_attention()) {
        const AttentionSpec& s = m.attention;
        need(Role::kv, rows * 2 * s.kv_width() * 4);
        scratch(catalog::attention_scratch_floats(s.head_dim));
        const std::int64_t items = catalog::split_items(request.workload.batch, s.heads, s.kv_heads, request.parts);
        const std::int64_t floats = catalog::split_floats(items, s.heads, s.kv_heads, s.head_dim,
                                                          request.workload.context, s.sliding_window);
        if (items > a.split_items) a.split_items = items;
        if (floats > a.split_floats) a.split_floats = floats;
      }
    }
  }
  const Ropes ropes = ropes_of(request.model.model);
  need(Role::cos_sin, rows * ropes.width_before(ropes.count) * 4);
  emit_ops(request, false, [&](const PlanOp& op) {
    if (op.kind == OpKind::rotary) return;
    const std::int64_t out_rows = op.out == Role::logits ? a.logits_rows : rows;
    const int width = op.kind == OpKind::gated ? op.n / 2 : op.n;
    if (op.out != Role::q) need(op.out, out_rows * width * 4);
    if (op.kind == OpKind::attention) {
      need(Role::q, rows * op.n * 4);
      const AttentionSpec& s = request.model.model.module(op.module).attention;
      if (s.bidirectional) need(Role::keys_values, added(0, 2 * std::int64_t{request.workload.batch}, passing_bytes(request, s, op.kv)));
    }
    if (op.kind != OpKind::attention && op.kind != OpKind::embed && op.kind != OpKind::own &&
        op.kind != OpKind::norm)
      scratch(catalog::matmul_scratch_floats(op.k, rows));
    const std::int64_t own_stride = own_scratch_stride(request, op);
    if (own_stride > a.scratch_stride) a.scratch_stride = own_stride;
    // Input and output of an op that cannot work in place change places from op to op.
    if (op.out == Role::spare || op.in == Role::spare) need(Role::x, out_rows * width * 4);
    if (op.out == Role::x && op.in == Role::spare) need(Role::spare, rows * op.k * 4);
  });
  need(Role::scratch, a.scratch_stride * request.parts);
  need(Role::partials, a.split_items * catalog::arrival_bytes + a.split_floats * 4);
  if (a.bytes_of(Role::spare) > 0 && a.bytes_of(Role::spare) < a.bytes_of(Role::x))
    a.bytes[static_cast<std::size_t>(Role::spare)] = a.bytes_of(Role::x);

  std::array<bool, role_count> placed{};
  for (std::size_t step = 0; step < role_count; ++step) {
    std::size_t next = role_count;
    for (std::size_t r = 0; r < role_count; ++r)
      if (!placed[r] && (next == role_count || a.bytes[r] > a.bytes[next])) next = r;
    const Lifetime mine = lifetime_of(static_cast<Role>(next));
    std::int64_t at = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t r = 0; r < role_count; ++r) {
        const Lifetime other = lifetime_of(static_cast<Role>(r));
        const bool live_together = mine.first <= other.last && other.first <= mine.last;
        if (placed[r] && live_together && at < a.offset[r] + a.bytes[r] && a.offset[r] < at + a.bytes[next]) {
          at = a.offset[r] + a.bytes[r];
          moved = true;
        }
      }
    }
    a.offset[next] = at;
    placed[next] = true;
    if (at + a.bytes[next] > a.total) a.total = at + a.bytes[next];
  }
  return a;
}

}  // namespace ttt

// A model spread over a mesh: which shardings a matrix can have, and whether heads, columns and rows divide.
#pragma once

#include <ttt/checks/diagnosis.hpp>
#include <ttt/plan/request.hpp>
#include <ttt/plan/sharding.hpp>

namespace ttt::checks {

/// Whether a group's matrices can be cut that way. A QKV is cut by heads (by column means the same); cutting a product's
/// inputs before a nonlinearity needs a sum over the chips that no kernel has.
[[nodiscard]] constexpr bool sharding_is_for(WeightGroup g, Sharding s) {
  using enum Sharding;
  if (s == none || s == replicate || s == column) return true;
  switch (g) {
    case WeightGroup::qkv: return s == heads || s == block;
    case WeightGroup::o:
    case WeightGroup::down: return s == row || s == block;
    case WeightGroup::gate_up: return s == block;
    case WeightGroup::embedding:
    case WeightGroup::head: return s == row;
  }
  return false;
}

/// One matrix on the mesh: its outputs and inputs in whole tiles on every chip. `units` of outputs are checked by the
/// caller where they are heads.
template <std::size_t N>
constexpr void MatrixDivides(const DeviceTraits& device, WeightGroup g, Sharding s, std::int64_t outputs,
                             std::int64_t inputs, const Diagnosis& at, Findings<N>& out) {
  const std::int64_t group = static_cast<int>(g), asked = static_cast<int>(s);
  const bool adds_up = g == WeightGroup::o || g == WeightGroup::down;  // takes what lies apart on the chips
  const Sharding usual = g == WeightGroup::qkv ? Sharding::heads : adds_up ? Sharding::row : Sharding::column;
  auto add = [&](Issue issue, std::array<std::int64_t, 4> numbers, Advice advice, Sharding instead) {
    Diagnosis d = at;
    d.issue = issue;
    d.numbers = numbers;
    d.advice = advice;
    d.advice_numbers = {group, static_cast<int>(instead)};
    out.add(d);
  };
  if (!sharding_is_for(g, s))
    return add(Issue::sharding_is_not_for_group, {asked, group}, Advice::UseSharding, usual);
  const bool grid = device.mesh_rows > 1 && device.mesh_columns > 1;
  if (s == Sharding::block && !grid)
    return add(Issue::block_sharding_needs_a_grid, {device.mesh_rows, device.mesh_columns}, Advice::UseSharding,
               usual);
  const ShardParts parts = shard_parts(device, s);
  const std::int64_t tile = device.tile;
  // Advice::none: the mesh that would do is found by trying (checks/advise.hpp).
  if (outputs > 0 && parts.outputs > 1 && outputs % (parts.outputs * tile) != 0)
    return add(Issue::columns_do_not_divide, {outputs, parts.outputs, tile}, Advice::none, usual);
  if (inputs > 0 && parts.inputs > 1 && inputs % (parts.inputs * tile) != 0)
    add(Issue::rows_do_not_divide, {inputs, parts.inputs, tile}, Advice::none, usual);
}

/// What follows a product whose outputs lie apart on the chips takes its inputs apart.
template <std::size_t N>
constexpr void PairHolds(const DeviceTraits& device, Sharding before, WeightGroup group, Sharding after,
                         const Diagnosis& at, Findings<N>& out) {
  const int apart = shard_parts(device, before).outputs;
  if (apart <= 1 || shard_parts(device, after).inputs == apart || (before == after && before == Sharding::block)) return;
  Diagnosis d = at;
  d.issue = Issue::row_parallel_pair_is_broken;
  d.numbers = {static_cast<int>(before), static_cast<int>(after)};
  d.advice = Advice::UseSharding;
  d.advice_numbers = {static_cast<int>(group),
                      static_cast<int>(before == Sharding::block ? Sharding::block : Sharding::row)};
  out.add(d);
}

/// The sums of a row-parallel product are scattered over the chips, in whole tiles, before they are gathered again.
template <std::size_t N>
constexpr void SumsScatter(const DeviceTraits& device, WeightGroup group, Sharding s, std::int64_t outputs,
                           const Diagnosis& at, Findings<N>& out) {
  const int sums = shard_parts(device, s).inputs;
  if (sums <= 1 || outputs % (sums * std::int64_t{device.tile}) == 0) return;
  Diagnosis d = at;
  d.issue = Issue::columns_do_not_divide;
  d.numbers = {outputs, sums, device.tile};
  d.advice_numbers = {static_cast<int>(group)};
  out.add(d);
}

template <std::size_t N>
constexpr void AttentionDivides(const DeviceTraits& device, const AttentionSpec& a, const HardwareConfig& c,
                                const Diagnosis& at, Findings<N>& out) {
  const Sharding qkv = c.sharding(WeightGroup::qkv), o = c.sharding(WeightGroup::o);
  const std::size_t before = out.count;
  MatrixDivides(device, WeightGroup::qkv, qkv, 0, a.hidden, at, out);
  const int parts = shard_parts(device, qkv).outputs;
  Diagnosis d = at;
  if (parts > 1 && a.heads % parts != 0) {
    d.issue = Issue::heads_do_not_divide;
    d.numbers = {a.heads, parts};
    out.add(d);
  } else if (parts > 1 && a.kv_heads % parts != 0 && parts % a.kv_heads != 0) {
    d.issue = Issue::kv_heads_do_not_divide;
    d.numbers = {a.kv_heads, parts};
    out.add(d);
  }
  if (out.count != before) return;
  PairHolds(device, qkv, WeightGroup::o, o, at, out);
  const int sums = shard_parts(device, o).inputs;
  if (out.count == before) MatrixDivides(device, WeightGroup::o, o, a.hidden, sums > 1 ? a.q_width() : 0, at, out);
  if (out.count == before) SumsScatter(device, WeightGroup::o, o, a.hidden, at, out);
}

template <std::size_t N>
constexpr void MlpDivides(const DeviceTraits& device, const MlpSpec& m, const HardwareConfig& c, const Diagnosis& at,
                          Findings<N>& out) {
  const std::size_t before = out.count;
  const Sharding up = c.sharding(WeightGroup::gate_up), down = c.sharding(WeightGroup::down);
  MatrixDivides(device, WeightGroup::gate_up, up, m.intermediate, m.hidden, at, out);
  if (out.count == before) PairHolds(device, up, WeightGroup::down, down, at, out);
  if (out.count == before) MatrixDivides(device, WeightGroup::down, down, m.hidden, m.intermediate, at, out);
  if (out.count == before) SumsScatter(device, WeightGroup::down, down, m.hidden, at, out);
}

/// All of them over the module at one place of a request's runs; `index`: of its first repetition.
template <std::size_t N>
constexpr void ModuleDivides(const PlanRequest& request, std::size_t run, std::size_t place, int index, Findings<N>& out) {
  const DeviceTraits& device = request.device;
  const ModuleSpec& m = request.model.model.runs[run].modules[place];
  auto check = [&](PartName part, auto&& divides) {
    if (out.full()) return;
    Diagnosis at;
    at.module = index;
    at.part = part;
    divides(request.model.resolved(device, run, place, part), at);
  };
  if (m.has_attention())
    check(PartName::attention, [&](const HardwareConfig& c, const Diagnosis& at) {
      AttentionDivides(device, m.attention, c, at, out);
    });
  if (m.has_mlp())
    check(PartName::mlp, [&](const HardwareConfig& c, const Diagnosis& at) { MlpDivides(device, m.mlp, c, at, out); });
  // A vocabulary is padded to whole tiles on every chip.
  if (m.kind == ModuleKind::embedding)
    check(PartName::whole, [&](const HardwareConfig& c, const Diagnosis& at) {
      MatrixDivides(device, WeightGroup::embedding, c.sharding(WeightGroup::embedding), m.embedding.hidden, 0, at, out);
    });
  if (m.kind == ModuleKind::linear)
    check(PartName::whole, [&](const HardwareConfig& c, const Diagnosis& at) {
      MatrixDivides(device, WeightGroup::head, c.sharding(WeightGroup::head), 0, m.linear.in, at, out);
    });
}

/// All of them over a request. On one chip every sharding is the whole.
template <std::size_t N>
constexpr void ShardingsDivide(const PlanRequest& request, Findings<N>& out) {
  if (request.device.chips() == 1) return;
  // Layers first: what they say of heads says more than the width of the table before them.
  for (const bool layers : {true, false})
    request.model.model.each_distinct([&](const ModuleSpec& m, std::size_t r, std::size_t i, int index) {
      if ((m.has_attention() || m.has_mlp()) == layers) ModuleDivides(request, r, i, index, out);
    });
}

/// Whether every sharding rule holds; `first`: a module that is looked at before the others.
[[nodiscard]] constexpr bool shardings_divide(const PlanRequest& request, ModelView::Place first = {}) {
  if (request.device.chips() == 1) return true;
  Findings<1> found;
  ModuleDivides(request, first.run, first.place, 0, found);
  if (found.ok()) ShardingsDivide(request, found);
  return found.ok();
}

}  // namespace ttt::checks

// A kernel exists for every op on the device, under the policy each module resolved to; if not, the nearest is named.
#pragma once

#include <initializer_list>

#include <ttt/catalog/cpu.hpp>
#include <ttt/checks/diagnosis.hpp>
#include <ttt/plan/totals.hpp>

namespace ttt::checks {

/// The supported format nearest to one that is not: the smallest at least as wide, else the widest.
[[nodiscard]] constexpr DType nearest_format(SetOf<DType> there, DType asked) {
  DType best = DType::automatic;
  for (int i = static_cast<int>(DType::fp32); i <= static_cast<int>(DType::bfloat4_b); ++i) {
    const auto t = static_cast<DType>(i);
    if (!there.has(t)) continue;
    const bool wide = bits_of(t) >= bits_of(asked), best_wide = bits_of(best) >= bits_of(asked);
    const bool better = best == DType::automatic || (wide && !best_wide) ||
                        (wide && best_wide && bits_of(t) < bits_of(best)) ||
                        (!wide && !best_wide && bits_of(t) > bits_of(best)) ||
                        (bits_of(t) == bits_of(best) && t == DType::bf16);  // of two 16-bit formats the one with range
    if (better) best = t;
  }
  return best;
}
/// The supported fidelity nearest to one that is not; of two the more exact.
[[nodiscard]] constexpr Fidelity nearest_fidelity(SetOf<Fidelity> there, Fidelity asked) {
  for (int away = 0; away < 4; ++away)
    for (const int sign : {1, -1}) {
      const int i = static_cast<int>(asked) + sign * away;
      if (i >= 1 && i <= 4 && there.has(static_cast<Fidelity>(i))) return static_cast<Fidelity>(i);
    }
  return Fidelity::hifi4;
}
/// Any value of a set but `automatic`.
template <class E>
[[nodiscard]] constexpr E any_of(SetOf<E> there) {
  for (int i = 1; i < 32; ++i)
    if (there.has(static_cast<E>(i))) return static_cast<E>(i);
  return {};
}

/// One part's knobs against what the device has. `groups`: the matrices the part holds.
template <std::size_t N>
constexpr void KnobsAreSupported(const PlanRequest& request, const HardwareConfig& c, int module, PartName part,
                                 std::initializer_list<WeightGroup> groups, Findings<N>& out) {
  const DeviceSupports& there = request.device.supports;
  auto refuse = [&](Issue issue, auto asked, Advice advice, auto instead) {
    out.add({issue, {static_cast<std::int64_t>(asked)}, advice, {static_cast<std::int64_t>(instead)}, module, part});
  };
  for (const WeightGroup g : groups) {
    const DType weights = request.format(c.weight(g));
    if (!there.takes_weights(weights))
      return refuse(Issue::no_kernel_for_weights, weights, Advice::UseWeights, nearest_format(there.weights, weights));
    const Fidelity f = c.fidelity_of(g);
    if (!there.fidelity.has(f) && g != WeightGroup::embedding)
      return refuse(Issue::no_kernel_for_fidelity, f, Advice::UseFidelity, nearest_fidelity(there.fidelity, f));
    if (request.device.kind == DeviceKind::cpu && g != WeightGroup::embedding &&
        !catalog::cpu_supports_product(weights, f))  // whole-number rows need whole-number weights
      return refuse(Issue::no_kernel_for_fidelity, f, Advice::UseFidelity,
                    nearest_fidelity({Fidelity::hifi2, Fidelity::hifi4}, f));
  }
  if (!there.activations.has(c.activations))
    return refuse(Issue::no_kernel_for_activations, c.activations, Advice::UseActivations,
                  nearest_format(there.activations, c.activations));
  if (!there.accumulate.has(c.accumulate))
    return refuse(Issue::no_kernel_for_accumulation, c.accumulate, Advice::UseAccumulate,
                  nearest_format(there.accumulate, c.accumulate));
  if (!there.layout.has(c.layout))
    return refuse(Issue::no_kernel_for_layout, c.layout, Advice::UseLayout, any_of(there.layout));
  if (!there.kernel.has(c.kernel))
    return refuse(Issue::no_kernel_for_variant, c.kernel, Advice::UseKernel, any_of(there.kernel));
  if (part != PartName::attention) return;
  if (!there.kv.has(c.kv))
    return refuse(Issue::no_kernel_for_kv, c.kv, Advice::UseKv, nearest_format(there.kv, c.kv));
  for (const Fidelity f : {c.scores_prompt, c.scores_decode}) {
    if (!there.scores.has(f))
      return refuse(Issue::no_kernel_for_scores, f, Advice::UseScores, nearest_fidelity(there.scores, f));
    if (request.device.kind == DeviceKind::cpu && !catalog::cpu_supports_scores(c.kv, f))
      return refuse(Issue::no_kernel_for_scores, f, Advice::UseScores,
                    nearest_fidelity({Fidelity::hifi2, Fidelity::hifi4}, f));
  }
  if (!there.kv_form.has(c.kv_form))
    return c.kv_form == KvForm::paged
               ? refuse(Issue::paged_kv_is_not_supported, c.page, Advice::UseKvForm, KvForm::contiguous)
               : refuse(Issue::contiguous_kv_is_not_supported, request.workload.context, Advice::UseKvForm,
                        KvForm::paged);
  if (!there.qkv.has(c.qkv))
    return refuse(Issue::no_kernel_for_qkv_form, c.qkv, Advice::UseQkv, any_of(there.qkv));
  if (!there.qkv_layout.has(c.qkv_layout))
    return refuse(Issue::no_kernel_for_qkv_layout, c.qkv_layout, Advice::UseQkvLayout, any_of(there.qkv_layout));
}

/// Knobs that contradict each other, the device's tiles or the workload. `by_chip`: columns of q, k and v are to lie by
/// chip because someone said so.
template <std::size_t N>
constexpr void KnobsAgree(const PlanRequest& request, const HardwareConfig& c, bool by_chip, int module, PartName part,
                          Findings<N>& out) {
  const DeviceTraits& device = request.device;
  if (part != PartName::attention) return;
  const bool fused = c.qkv == QkvForm::fused;
  if (by_chip && !fused && device.chips() > 1)
    out.add({Issue::layout_needs_fused_qkv, {static_cast<int>(c.qkv)}, Advice::UseQkv,
             {static_cast<int>(QkvForm::fused)}, module, part});
  if (c.kv_form != KvForm::paged || request.model.model.is_encoder()) return;
  const int context = request.workload.context;
  auto page_for = [&] {  // the largest power of two, in tiles, that divides the context and is not above what was asked
    int page = device.tile;
    while (page * 2 <= c.page && context % (page * 2) == 0) page *= 2;
    return page;
  };
  auto nearest_blocks = [&] {
    const std::int64_t page = c.page < 65536 ? c.page : 65536;  // the most that a policy in text can say
    const std::int64_t blocks = (page + device.kv_block / 2) / device.kv_block;
    return (blocks > 0 ? blocks : 1) * device.kv_block;
  };
  if (device.kv_block > 1) {  // a session's last page need not be full
    if (c.page <= 0 || c.page % device.kv_block != 0)
      out.add({Issue::page_splits_blocks, {c.page, device.kv_block}, Advice::UsePage, {nearest_blocks()}, module, part});
  } else if (c.page % device.tile != 0) {
    out.add({Issue::page_is_not_tiled, {c.page, device.tile}, Advice::UsePage, {page_for()}, module, part});
  } else if (c.page <= 0 || (context % c.page != 0 && context > c.page)) {
    out.add({Issue::page_does_not_divide_context, {c.page, context},
             context % device.tile == 0 ? Advice::UsePage : Advice::UseContext,
             {context % device.tile == 0 ? page_for() : (context / c.page + 1) * c.page}, module, part});
  }
}

/// Positions that all sequences share: there are pages to share, and one sequence alone has what it may need.
[[nodiscard]] constexpr Diagnosis KvTokensSuffice(const PlanRequest& request) {
  const Workload& w = request.workload;
  if (w.kv_tokens == 0) return {};
  if (count_attentions(request, KvForm::paged) == 0) {
    const bool can = request.device.supports.kv_form.has(KvForm::paged) && request.device.kv_block > 1 &&
                     count_attentions(request, KvForm::contiguous) > 0;
    return {Issue::kv_tokens_need_pages, {w.kv_tokens}, can ? Advice::UsePagedKv : Advice::LeaveKvTokensOut,
            {can ? request.device.kv_block : 0}, whole_model};
  }
  if (w.kv_tokens < w.context)
    return {Issue::kv_tokens_below_context, {w.kv_tokens, w.context}, Advice::UseKvTokens, {w.context}, whole_model};
  return {};
}

/// Embedding and head that share a table agree on its format.
[[nodiscard]] constexpr Diagnosis TiedFormatsAgree(const PlanRequest& request) {
  if (!table_is_shared(request)) return {};
  DType table = DType::automatic;
  Diagnosis found;
  emit_ops(request, false, [&](const PlanOp& op) {
    if (op.kind == OpKind::embed) table = op.weights;
    // Not one condition: optimising, g++ 12 compares both bytes at once and then fails to evaluate that.
    if (op.kind != OpKind::linear) return;
    if (op.name != OpName::none) return;
    const bool tied = !request.model.model.module(op.module).linear.tied_to.empty();
    if (tied && table != DType::automatic && op.weights != table)
      found = {Issue::tied_formats_differ,
               {static_cast<std::int64_t>(table), static_cast<std::int64_t>(op.weights)},
               Advice::UseOneTableFormat,
               {static_cast<std::int64_t>(table)},
               op.module};
  });
  return found;
}

/// All of them over a request.
template <std::size_t N>
constexpr void KernelsExist(const PlanRequest& request, Findings<N>& out) {
  if (const int count = ropes_of(request.model.model).count; count > rope_limit)
    out.add({Issue::too_many_rotary_embeddings, {count, rope_limit}, Advice::UseFewerRopes, {rope_limit},
             whole_model});
  const DeviceTraits& device = request.device;
  if (device.max_batch > 0 && request.workload.batch > device.max_batch)
    out.add({Issue::batch_exceeds_device, {request.workload.batch, device.max_batch}, Advice::UseBatch,
             {device.max_batch}, whole_model});
  out.add(KvTokensSuffice(request));
  if (const int rows = request.chunk(); device.tile > 1 && rows % device.tile != 0)
    out.add({Issue::chunk_is_not_tiled, {rows, device.tile}, Advice::UseChunk,
             {catalog::round_up(rows, device.tile)}, whole_model});
  request.model.model.each_distinct([&](const ModuleSpec& m, std::size_t r, std::size_t i, int at) {
    if (out.full()) return;
    auto check = [&](PartName part, std::initializer_list<WeightGroup> groups) {
      const HardwareConfig c = request.model.resolved(device, r, i, part);
      KnobsAreSupported(request, c, at, part, groups, out);
      const bool by_chip = request.model.said(r, i, part).qkv_layout == QkvLayout::column_parallel;
      KnobsAgree(request, c, by_chip, at, part, out);
    };
    if (m.has_attention()) check(PartName::attention, {WeightGroup::qkv, WeightGroup::o});
    if (m.has_mlp()) check(PartName::mlp, {WeightGroup::gate_up, WeightGroup::down});
    if (m.kind == ModuleKind::linear) check(PartName::whole, {WeightGroup::head});
    if (m.kind == ModuleKind::embedding) check(PartName::whole, {WeightGroup::embedding});
    if (m.kind == ModuleKind::embedding && m.embedding.positions > 0 && !device.supports.learned_positions)
      out.add({Issue::no_kernel_for_learned_positions, {m.embedding.positions}, Advice::UseRotaryPositions, {}, at});
  });
  if (!out.full()) out.add(TiedFormatsAgree(request));
}

}  // namespace ttt::checks

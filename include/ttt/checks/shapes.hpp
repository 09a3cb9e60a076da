// Rules that need no device: neighbours, heads, rotary dimensions, tying. Constexpr functions of values.
#pragma once

#include <ttt/checks/diagnosis.hpp>
#include <ttt/types/view.hpp>

namespace ttt::checks {

[[nodiscard]] constexpr Diagnosis SizesArePositive(const ModuleSpec& m) {
  auto bad = [](std::int64_t size, PartName part) {
    return Diagnosis{Issue::size_is_not_positive, {size}, Advice::UsePositiveSize, {1}, 0, part};
  };
  if (m.in() <= 0) return bad(m.in(), PartName::whole);
  if (m.out() <= 0) return bad(m.out(), PartName::whole);
  if (m.kind == ModuleKind::embedding && m.embedding.vocab <= 0) return bad(m.embedding.vocab, PartName::whole);
  if (m.kind == ModuleKind::embedding)
    for (const int size : {m.embedding.positions, m.embedding.token_types})
      if (size < 0) return bad(size, PartName::whole);
  if (m.has_attention()) {
    const AttentionSpec& a = m.attention;
    for (const int size : {a.heads, a.kv_heads, a.head_dim})
      if (size <= 0) return bad(size, PartName::attention);
  }
  if (m.has_mlp() && m.mlp.intermediate <= 0) return bad(m.mlp.intermediate, PartName::mlp);
  return {};
}

/// Each group of heads / kv_heads query heads shares one kv head.
[[nodiscard]] constexpr Diagnosis KvHeadsDivideHeads(const AttentionSpec& a) {
  if (a.heads % a.kv_heads == 0) return {};
  int kv = a.kv_heads < a.heads ? a.kv_heads : a.heads;  // the largest divisor not above what was asked
  while (a.heads % kv != 0) --kv;
  return {Issue::kv_heads_do_not_divide_heads, {a.heads, a.kv_heads}, Advice::UseKvHeads, {kv}, 0, PartName::attention};
}

/// A rotation turns pairs of numbers.
[[nodiscard]] constexpr Diagnosis RotaryDimensionIsEven(const AttentionSpec& a) {
  const int dim = a.rotary_dim();
  if (dim < 0 || dim > a.head_dim)
    return {Issue::rotary_dimension_exceeds_head, {dim, a.head_dim}, Advice::UseRotaryDimension, {a.head_dim / 2 * 2},
            0, PartName::attention};
  if (dim % 2 == 0) return {};
  return {Issue::rotary_dimension_is_odd, {dim, a.head_dim}, Advice::UseRotaryDimension, {dim - 1}, 0,
          PartName::attention};
}

/// All rules about one module alone.
[[nodiscard]] constexpr Diagnosis ModuleIsSound(const ModuleSpec& m) {
  if (const Diagnosis d = SizesArePositive(m); !d.ok()) return d;
  if (!m.has_attention()) return {};
  if (const Diagnosis d = KvHeadsDivideHeads(m.attention); !d.ok()) return d;
  if (m.attention.bidirectional && m.attention.sliding_window != 0)
    return {Issue::window_is_causal, {m.attention.sliding_window}, Advice::LeaveWindowOut, {}, 0, PartName::attention};
  return RotaryDimensionIsEven(m.attention);
}

/// What a module gives is what the next one takes; token ids enter only at the start.
[[nodiscard]] constexpr Diagnosis NeighboursFeedEachOther(const ModuleSpec& before, const ModuleSpec& after,
                                                          int modules_before = 1) {
  if (after.kind == ModuleKind::embedding)
    return {Issue::embedding_is_not_first, {modules_before}, Advice::PutEmbeddingFirst};
  // An attention or feed-forward module outside a layer takes the width it is given.
  if ((after.kind == ModuleKind::attention || after.kind == ModuleKind::mlp) && after.in() == 0) return {};
  if (before.out() == after.in()) return {};
  return {Issue::widths_differ, {after.in(), before.out()}, Advice::UseWidth, {before.out()}};
}

/// A tied head has the shape of the one embedding there is.
[[nodiscard]] constexpr Diagnosis VocabularyIsTiedCorrectly(const ModelView& model, const LinearSpec& head) {
  if (head.tied_to.empty()) return {};
  const ModuleSpec& first = model.runs.front().modules.front();
  if (first.kind != ModuleKind::embedding)
    return {Issue::tied_to_nothing, {0}, Advice::AddEmbedding, {head.out, head.in}};
  if (head.tied_to.view() != "embedding")
    return {Issue::tied_to_nothing, {1}, Advice::UseTiedLinear, {first.embedding.hidden, first.embedding.vocab}};
  if (first.embedding.vocab == head.out && first.embedding.hidden == head.in) return {};
  return {Issue::tied_shapes_differ,
          {head.out, head.in, first.embedding.vocab, first.embedding.hidden},
          Advice::UseTiedLinear,
          {first.embedding.hidden, first.embedding.vocab}};
}

/// A model keeps keys and values for the next token, or sees whole sequences; only these have a row to pool.
[[nodiscard]] constexpr Diagnosis DirectionsAgree(const ModelView& model) {
  int both = 0, causal = 0, index = 0, other = 0, pooler = -1, pooler_width = 0;
  for (const RunSpec& run : model.runs) {
    const int size = static_cast<int>(run.modules.size());
    for (int i = 0; i < size; ++i) {
      const ModuleSpec& m = run.modules[static_cast<std::size_t>(i)];
      if (m.kind == ModuleKind::linear && m.linear.pools) {
        pooler = index + i;
        pooler_width = m.linear.in;
        if (const int after = model.module_count() - 1 - pooler; after > 0)
          return {Issue::pooler_is_not_last, {after}, Advice::PutPoolerLast, {}, pooler};
      }
      if (!m.has_attention()) continue;
      (m.attention.bidirectional ? both : causal) += run.count;
      if (m.attention.bidirectional != model.is_encoder() && other == 0) other = index + i;
    }
    index += size * run.count;
  }
  if (both > 0 && causal > 0)
    return {Issue::attention_directions_differ, {both, causal}, Advice::UseOneDirection, {}, other, PartName::attention};
  if (pooler >= 0 && causal > 0)
    return {Issue::pooler_needs_bidirectional, {pooler_width}, Advice::UseBidirectional, {}, pooler};
  return {};
}

/// Every shape rule over a whole model; the first that fails. Each distinct module is looked at once.
[[nodiscard]] constexpr Diagnosis ShapesAgree(const ModelView& model) {
  const ModuleSpec* before = &model.runs.front().modules.front();
  int index = 0;
  auto at = [](Diagnosis d, int module) {
    d.module = module;
    return d;
  };
  for (const RunSpec& run : model.runs) {
    const int size = static_cast<int>(run.modules.size());
    for (int i = 0; i < size; ++i) {
      const ModuleSpec& m = run.modules[static_cast<std::size_t>(i)];
      if (const Diagnosis d = ModuleIsSound(m); !d.ok()) return at(d, index + i);
      if (index + i > 0)  // no null test of `before`: g++'s UBSan calls that no constant expression
        if (const Diagnosis d = NeighboursFeedEachOther(*before, m, index + i); !d.ok()) return at(d, index + i);
      if (m.kind == ModuleKind::linear)
        if (const Diagnosis d = VocabularyIsTiedCorrectly(model, m.linear); !d.ok()) return at(d, index + i);
      before = &m;
    }
    if (run.count > 1)  // the group's end feeds its own start
      if (const Diagnosis d = NeighboursFeedEachOther(run.modules.back(), run.modules.front(), index + size); !d.ok())
        return at(d, index + size);
    index += size * run.count;
  }
  return DirectionsAgree(model);
}

}  // namespace ttt::checks

// Reading and packing: the loader generated from the model.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/packed_cache.hpp>
#include <ttt/runtime/weights.hpp>

namespace ttt {

namespace weights_parts {

/// The tensors of one module by role.
class ModuleTensors {
 public:
  ModuleTensors(std::span<const TensorSpec> all) : all_(all) {}
  [[nodiscard]] const TensorSpec* find(TensorRole role) const {
    for (const TensorSpec& t : all_)
      if (t.role == role) return &t;
    return nullptr;
  }
  [[nodiscard]] std::span<const TensorSpec> all() const { return all_; }

 private:
  std::span<const TensorSpec> all_;
};

/// One segment of a fused matrix: where its panels and its bias go.
struct SegmentPlace {
  TensorRole weight;
  TensorRole bias;
  kernels::PanelPlacement panels;
};

/// A matrix that another state has packed, and how; empty where there is none.
struct MatrixBefore {
  kernels::Packed packed{};
  DType format = DType::automatic;
};

/// A fused matrix of segments (q, k, v; gate, up; or one alone) with its bias in panel order.
TTT_INLINE kernels::Packed fused_matrix(TensorPlacer& placer, const ModuleTensors& tensors, DType format,
                                        std::span<const SegmentPlace> segments, const MatrixBefore& before) {
  if (before.format == format) return before.packed;
  std::int64_t panels = 0, columns = 0;
  TensorPlace weights[3], biases[3];
  std::size_t parts = 0, bias_parts = 0;
  for (const SegmentPlace& s : segments) {
    const TensorSpec* const t = tensors.find(s.weight);
    weights[parts++] = {t, s.panels};
    panels += catalog::padded_outputs(t->rows) / kernels::panel_rows;
    columns = t->columns;
    if (const TensorSpec* b = tensors.find(s.bias)) biases[bias_parts++] = {b, s.panels};
  }
  const std::int64_t n = panels * kernels::panel_rows;
  kernels::Packed packed{nullptr, before.packed.bias, static_cast<int>(n), static_cast<int>(columns)};
  packed.data = placer.matrix(format, panels, columns, {weights, parts});
  // A bias is the same for every format.
  if (bias_parts > 0 && before.format == DType::automatic) packed.bias = placer.vector(n, {biases, bias_parts});
  return packed;
}

TTT_INLINE const float* vector_of(TensorPlacer& placer, const TensorSpec* t) {
  if (t == nullptr) return nullptr;
  const TensorPlace place[] = {{t}};
  return placer.vector(std::int64_t{t->rows} * t->columns, place);
}

/// A module as another state has packed it.
struct ModuleBefore {
  const ModuleWeights* weights = nullptr;
  ModuleConfig config{};
  const PlanRequest* request = nullptr;

  [[nodiscard]] MatrixBefore matrix(kernels::Packed ModuleWeights::* which, const HardwareConfig ModuleConfig::* part,
                                    WeightGroup group) const {
    if (weights == nullptr) return {};
    return {weights->*which, request->format((config.*part).weight(group))};
  }
};

TTT_INLINE ModuleWeights place_module(TensorPlacer& placer, const ModuleTensors& tensors, const ModuleSpec& m,
                                      const ModuleConfig& c, const PlanRequest& request, bool table_is_shared,
                                      const ModuleBefore& before) {
  using enum TensorRole;
  ModuleWeights w = before.weights != nullptr ? *before.weights : ModuleWeights{};
  auto fused = [&](kernels::Packed ModuleWeights::* which, const HardwareConfig ModuleConfig::* part, WeightGroup group,
                   std::span<const SegmentPlace> places) {
    w.*which = fused_matrix(placer, tensors, request.format((c.*part).weight(group)), places,
                            before.matrix(which, part, group));
  };
  using W = ModuleWeights;
  using C = ModuleConfig;
  if (m.kind == ModuleKind::embedding) {
    const auto table = [&](kernels::Packed ModuleWeights::* which, TensorRole role) {
      if (tensors.find(role) == nullptr) return;
      const SegmentPlace place[] = {{role, own, {}}};
      if (placer.layout().engine != nullptr)  // tables of devices are bf16 whatever is asked for
        w.*which = fused_matrix(placer, tensors, DType::bf16, place,
                                before.weights != nullptr ? MatrixBefore{before.weights->*which, DType::bf16} : MatrixBefore{});
      else
        fused(which, &C::self, WeightGroup::embedding, place);
    };
    if (!table_is_shared) table(&W::table, embedding);
    table(&W::token_types, token_types);
    table(&W::positions, positions);
  }
  if (m.kind == ModuleKind::linear && tensors.find(head) != nullptr) {
    const SegmentPlace place[] = {{head, head_bias, {}}};
    fused(&W::linear, &C::self, WeightGroup::head, place);
  }
  if (m.has_attention()) {
    const std::int64_t q_panels = catalog::padded_outputs(m.attention.q_width()) / kernels::panel_rows;
    const std::int64_t kv_panels = catalog::padded_outputs(m.attention.kv_width()) / kernels::panel_rows;
    const SegmentPlace qkv[] = {{q, q_bias, {}}, {k, k_bias, {q_panels, 1}}, {v, v_bias, {q_panels + kv_panels, 1}}};
    fused(&W::qkv, &C::attention, WeightGroup::qkv, qkv);
    const SegmentPlace out[] = {{o, o_bias, {}}};
    fused(&W::o, &C::attention, WeightGroup::o, out);
  }
  if (m.has_mlp()) {
    const SegmentPlace gated[] = {{gate, gate_bias, {0, 2}}, {up, up_bias, {1, 2}}};
    const SegmentPlace plain[] = {{up, up_bias, {}}};
    const std::span<const SegmentPlace> places = m.mlp.gated ? std::span<const SegmentPlace>(gated) : plain;
    fused(&W::up, &C::mlp, WeightGroup::gate_up, places);
    const SegmentPlace place[] = {{down, down_bias, {}}};
    fused(&W::down, &C::mlp, WeightGroup::down, place);
  }
  if (before.weights != nullptr) return w;  // vectors have one format
  if (m.has_attention()) {
    w.q_norm = vector_of(placer, tensors.find(q_norm));
    w.k_norm = vector_of(placer, tensors.find(k_norm));
  }
  const bool layer = m.kind == ModuleKind::transformer_layer;
  w.attention_norm.weight = vector_of(placer, tensors.find(layer ? attn_norm : norm));
  w.attention_norm.bias = vector_of(placer, tensors.find(layer ? attn_norm_bias : norm_bias));
  w.mlp_norm.weight = vector_of(placer, tensors.find(mlp_norm));
  w.mlp_norm.bias = vector_of(placer, tensors.find(mlp_norm_bias));
  if (m.kind == ModuleKind::own) {
    std::size_t i = 0;
    for (const TensorSpec& t : tensors.all()) w.own[i++] = vector_of(placer, &t);
  }
  return w;
}

/// Every module in its order. A tied head packs the embedding's table, and the embedding reads the head's packing.
TTT_INLINE std::vector<ModuleWeights> place_modules(TensorPlacer& placer, const PlanRequest& request,
                                                    std::span<const TensorSpec> tensors, PackedBefore before) {
  const ModelView& view = request.model.model;
  std::vector<ModuleConfig> old_configs;
  if (before.weights != nullptr)
    before.request->model.model.each([&](const ModuleSpec&, int, std::size_t run, std::size_t place) {
      old_configs.push_back(before.request->model.resolved(before.request->device, run, place));
    });
  std::vector<ModuleWeights> modules(static_cast<std::size_t>(view.module_count()));
  const bool on_device = placer.layout().engine != nullptr;  // which has a table beside the head
  const bool tied = head_is_tied(view) && !on_device;
  std::size_t at = 0;
  const TensorSpec* table = nullptr;
  view.each([&](const ModuleSpec& m, int index, std::size_t run, std::size_t place) {
    std::size_t end = at;
    while (end < tensors.size() && tensors[end].module == index) ++end;
    const ModuleTensors mine(tensors.subspan(at, end - at));
    at = end;
    const ModuleConfig c = request.model.resolved(request.device, run, place);
    const auto i = static_cast<std::size_t>(index);
    ModuleBefore old;
    if (before.weights != nullptr) old = {&before.weights->modules[i], old_configs[i], before.request};
    ModuleWeights& w = modules[i] = place_module(placer, mine, m, c, request, tied, old);
    if (m.kind == ModuleKind::embedding) table = mine.find(TensorRole::embedding);
    if (m.kind == ModuleKind::linear && !m.linear.tied_to.empty() && table != nullptr) {
      const SegmentPlace segment[] = {{TensorRole::embedding, TensorRole::head_bias, {}}};
      std::vector<TensorSpec> both{*table};
      if (const TensorSpec* bias = mine.find(TensorRole::head_bias)) both.push_back(*bias);
      w.linear = fused_matrix(placer, ModuleTensors(both), request.format(c.self.weight(WeightGroup::head)), segment,
                              old.matrix(&ModuleWeights::linear, &ModuleConfig::self, WeightGroup::head));
      if (on_device) return;
      modules.front().table = w.linear;
      modules.front().table.bias = nullptr;
    }
  });
  return modules;
}

/// Whether any weight lies in the block.
TTT_INLINE bool is_used(const Buffer& block, std::span<const ModuleWeights> modules) {
  const auto inside = [&](const void* p) {
    const auto* const at = static_cast<const std::byte*>(p);
    return std::greater_equal<>()(at, block.data()) && std::less<>()(at, block.data() + block.size());
  };
  for (const ModuleWeights& w : modules) {
    for (const kernels::Packed* m : {&w.table, &w.token_types, &w.positions, &w.qkv, &w.o, &w.up, &w.down, &w.linear})
      if (inside(m->data) || inside(m->bias)) return true;
    for (const float* v : {w.q_norm, w.k_norm, w.attention_norm.weight, w.attention_norm.bias, w.mlp_norm.weight,
                           w.mlp_norm.bias})
      if (inside(v)) return true;
    for (const float* v : w.own)
      if (inside(v)) return true;
  }
  return false;
}

}  // namespace weights_parts

TTT_INLINE PackedLayout packed_layout(const TensorSource& source, const PlanRequest& request,
                                      std::span<const TensorSpec> tensors, PackedBefore before,
                                      const kernels::DeviceEngine* engine) {
  if (before.request != nullptr && before.request->device.kind != request.device.kind) before = {};
  TensorPlacer placer(source, nullptr, nullptr, engine);
  (void)weights_parts::place_modules(placer, request, tensors, before);
  return placer.layout();
}

TTT_INLINE Result<ModelWeights> load_weights(const TensorSource& source, const PlanRequest& request,
                                             std::span<const TensorSpec> tensors, const LoadHow& how,
                                             PackedBefore before) {
  using namespace weights_parts;
  if (before.request != nullptr && before.request->device.kind != request.device.kind) before = {};
  const PackedLayout layout = packed_layout(source, request, tensors, before, how.engine);
  std::unique_ptr<ThreadTeam> team;  // without one, packing takes longer
  if (request.parts > 1 && layout.bytes() > (1 << 20))
    if (auto made = ThreadTeam::create(request.parts)) team = std::move(*made);

  ModelWeights weights;
  PackedCache cache(before.weights == nullptr && how.engine == nullptr ? how.packed_cache : "off", source, layout);
  PackedBlocks blocks = cache.find(team.get());
  if (blocks.empty()) {
    TTT_TRY(blocks, pack_blocks(source, layout, how, team.get(), cache));
    weights.bytes_packed = layout.bytes();
  }
  weights.cached = cache.use();
  TensorPlacer placer(source, blocks.matrices.data(), blocks.vectors.data(), how.engine);
  weights.modules = place_modules(placer, request, tensors, before);
  weights.matrices_packed = static_cast<int>(layout.matrices.size());
  if (before.weights != nullptr)
    for (const auto& old : before.weights->blocks)
      if (is_used(*old, weights.modules)) weights.blocks.push_back(old);
  for (Buffer* block : {&blocks.matrices, &blocks.vectors})
    if (block->size() > 0) weights.blocks.push_back(std::make_shared<const Buffer>(std::move(*block)));
  return weights;
}

}  // namespace ttt

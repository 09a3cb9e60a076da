// Reading and packing: the loader generated from the model.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tensor_packer.hpp>
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
TTT_INLINE Result<kernels::Packed> fused_matrix(TensorPacker& packer, const ModuleTensors& tensors, DType format,
                                                std::span<const SegmentPlace> segments, const MatrixBefore& before) {
  if (before.format == format) return before.packed;
  std::int64_t panels = 0;
  bool bias = false;
  std::int64_t k = 0;
  for (const SegmentPlace& s : segments) {
    const TensorSpec& t = *tensors.find(s.weight);
    panels += catalog::padded_outputs(t.rows) / kernels::panel_rows;
    k = t.columns;
    bias = bias || tensors.find(s.bias) != nullptr;
  }
  const std::int64_t n = panels * kernels::panel_rows;
  kernels::Packed packed{nullptr, nullptr, static_cast<int>(n), static_cast<int>(k)};
  std::byte* const data = packer.matrix_memory(catalog::packed_bytes(n, k, format));
  for (const SegmentPlace& s : segments)
    TTT_CHECK(packer.matrix(*tensors.find(s.weight), format, data, s.panels));
  packed.data = data;
  packed.bias = before.packed.bias;  // the same for every format
  if (!bias || before.format != DType::automatic) return packed;
  float* const values = packer.vector_memory(n);
  for (const SegmentPlace& s : segments) {
    const TensorSpec* t = tensors.find(s.bias);
    if (t == nullptr) continue;
    std::vector<float> plain(static_cast<std::size_t>(t->columns));
    TTT_CHECK(packer.vector(*t, plain.data()));
    if (packer.counting()) continue;
    for (std::int64_t i = 0; i < t->columns; ++i) {
      const std::int64_t panel = s.panels.first + i / kernels::panel_rows * s.panels.step;
      values[panel * kernels::panel_rows + i % kernels::panel_rows] = plain[static_cast<std::size_t>(i)];
    }
  }
  packed.bias = values;
  return packed;
}

TTT_INLINE Result<const float*> vector_of(TensorPacker& packer, const ModuleTensors& tensors, TensorRole role) {
  const TensorSpec* t = tensors.find(role);
  if (t == nullptr) return static_cast<const float*>(nullptr);
  float* const data = packer.vector_memory(t->columns);
  TTT_CHECK(packer.vector(*t, data));
  return static_cast<const float*>(data);
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

TTT_INLINE Result<ModuleWeights> load_module(TensorPacker& packer, const ModuleTensors& tensors, const ModuleSpec& m,
                                             const ModuleConfig& c, const PlanRequest& request, bool table_is_shared,
                                             const ModuleBefore& before) {
  using enum TensorRole;
  ModuleWeights w = before.weights != nullptr ? *before.weights : ModuleWeights{};
  auto fused = [&](kernels::Packed ModuleWeights::* which, const HardwareConfig ModuleConfig::* part, WeightGroup group,
                   std::span<const SegmentPlace> places) -> Result<void> {
    TTT_TRY(w.*which, fused_matrix(packer, tensors, request.format((c.*part).weight(group)), places,
                                   before.matrix(which, part, group)));
    return {};
  };
  using W = ModuleWeights;
  using C = ModuleConfig;
  if (m.kind == ModuleKind::embedding && !table_is_shared) {
    const SegmentPlace place[] = {{embedding, own, {}}};
    TTT_CHECK(fused(&W::table, &C::self, WeightGroup::embedding, place));
  }
  if (m.kind == ModuleKind::linear && tensors.find(head) != nullptr) {
    const SegmentPlace place[] = {{head, head_bias, {}}};
    TTT_CHECK(fused(&W::linear, &C::self, WeightGroup::head, place));
  }
  if (m.has_attention()) {
    const std::int64_t q_panels = catalog::padded_outputs(m.attention.q_width()) / kernels::panel_rows;
    const std::int64_t kv_panels = catalog::padded_outputs(m.attention.kv_width()) / kernels::panel_rows;
    const SegmentPlace qkv[] = {{q, q_bias, {}}, {k, k_bias, {q_panels, 1}}, {v, v_bias, {q_panels + kv_panels, 1}}};
    TTT_CHECK(fused(&W::qkv, &C::attention, WeightGroup::qkv, qkv));
    const SegmentPlace out[] = {{o, o_bias, {}}};
    TTT_CHECK(fused(&W::o, &C::attention, WeightGroup::o, out));
  }
  if (m.has_mlp()) {
    const SegmentPlace gated[] = {{gate, gate_bias, {0, 2}}, {up, up_bias, {1, 2}}};
    const SegmentPlace plain[] = {{up, up_bias, {}}};
    const std::span<const SegmentPlace> places = m.mlp.gated ? std::span<const SegmentPlace>(gated) : plain;
    TTT_CHECK(fused(&W::up, &C::mlp, WeightGroup::gate_up, places));
    const SegmentPlace place[] = {{down, down_bias, {}}};
    TTT_CHECK(fused(&W::down, &C::mlp, WeightGroup::down, place));
  }
  if (before.weights != nullptr) return w;  // vectors have one format
  if (m.has_attention()) {
    TTT_TRY(w.q_norm, vector_of(packer, tensors, q_norm));
    TTT_TRY(w.k_norm, vector_of(packer, tensors, k_norm));
  }
  const bool layer = m.kind == ModuleKind::transformer_layer;
  TTT_TRY(w.attention_norm.weight, vector_of(packer, tensors, layer ? attn_norm : norm));
  TTT_TRY(w.attention_norm.bias, vector_of(packer, tensors, layer ? attn_norm_bias : norm_bias));
  TTT_TRY(w.mlp_norm.weight, vector_of(packer, tensors, mlp_norm));
  TTT_TRY(w.mlp_norm.bias, vector_of(packer, tensors, mlp_norm_bias));
  if (m.kind == ModuleKind::own) {
    std::size_t i = 0;
    for (const TensorSpec& t : tensors.all()) {
      float* const data = packer.vector_memory(static_cast<std::int64_t>(t.rows) * t.columns);
      TTT_CHECK(packer.vector(t, data));
      w.own[i++] = data;
    }
  }
  return w;
}

/// Every module in its order. A tied head packs the embedding's table, and the embedding reads the head's packing.
TTT_INLINE Result<std::vector<ModuleWeights>> load_modules(TensorPacker& packer, const PlanRequest& request,
                                                           std::span<const TensorSpec> tensors, PackedBefore before) {
  const ModelView& view = request.model.model;
  std::vector<ModuleConfig> old_configs;
  if (before.weights != nullptr)
    before.request->model.model.each([&](const ModuleSpec&, int, std::size_t run, std::size_t place) {
      old_configs.push_back(before.request->model.resolved(before.request->device, run, place));
    });
  std::vector<ModuleWeights> modules(static_cast<std::size_t>(view.module_count()));
  const bool tied = head_is_tied(view);
  Result<void> outcome;
  std::size_t at = 0;
  const TensorSpec* table = nullptr;
  view.each([&](const ModuleSpec& m, int index, std::size_t run, std::size_t place) {
    if (!outcome) return;
    std::size_t end = at;
    while (end < tensors.size() && tensors[end].module == index) ++end;
    const ModuleTensors mine(tensors.subspan(at, end - at));
    at = end;
    const ModuleConfig c = request.model.resolved(request.device, run, place);
    const auto i = static_cast<std::size_t>(index);
    ModuleBefore old;
    if (before.weights != nullptr) old = {&before.weights->modules[i], old_configs[i], before.request};
    auto loaded = load_module(packer, mine, m, c, request, tied, old);
    if (!loaded) {
      outcome = Result<void>(loaded.error());
      return;
    }
    ModuleWeights& w = modules[i] = std::move(*loaded);
    if (m.kind == ModuleKind::embedding) table = mine.find(TensorRole::embedding);
    if (m.kind == ModuleKind::linear && !m.linear.tied_to.empty() && table != nullptr) {
      const SegmentPlace segment[] = {{TensorRole::embedding, TensorRole::head_bias, {}}};
      std::vector<TensorSpec> both{*table};
      if (const TensorSpec* bias = mine.find(TensorRole::head_bias)) both.push_back(*bias);
      auto packed = fused_matrix(packer, ModuleTensors(both), request.format(c.self.weight(WeightGroup::head)), segment,
                                 old.matrix(&ModuleWeights::linear, &ModuleConfig::self, WeightGroup::head));
      if (!packed) {
        outcome = Result<void>(packed.error());
        return;
      }
      w.linear = *packed;
      modules.front().table = w.linear;
      modules.front().table.bias = nullptr;
    }
  });
  if (!outcome) return outcome.error();
  return modules;
}

/// Whether any weight lies in the block.
TTT_INLINE bool is_used(const Buffer& block, std::span<const ModuleWeights> modules) {
  const auto inside = [&](const void* p) {
    const auto* const at = static_cast<const std::byte*>(p);
    return std::greater_equal<>()(at, block.data()) && std::less<>()(at, block.data() + block.size());
  };
  for (const ModuleWeights& w : modules) {
    for (const kernels::Packed* m : {&w.table, &w.qkv, &w.o, &w.up, &w.down, &w.linear})
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

TTT_INLINE std::int64_t bytes_to_pack(const TensorSource& source, const PlanRequest& request,
                                      std::span<const TensorSpec> tensors, PackedBefore before) {
  TensorPacker counter(source);
  (void)weights_parts::load_modules(counter, request, tensors, before).has_value();
  return counter.work().matrix_bytes + counter.work().vector_bytes;
}

TTT_INLINE Result<ModelWeights> load_weights(const TensorSource& source, const PlanRequest& request,
                                             std::span<const TensorSpec> tensors, const Progress& progress,
                                             PackedBefore before) {
  using namespace weights_parts;
  TensorPacker counter(source);
  TTT_CHECK(load_modules(counter, request, tensors, before));
  const TensorPacker::Work work = counter.work();
  const std::int64_t room = work.file_bytes > 0 ? std::max(staging_bytes, work.longest_row) : 0;
  TTT_TRY(Buffer staging, Buffer::create(static_cast<std::size_t>(room), MemoryClass::staging, "reading weights"));
  TTT_TRY(Buffer matrices,
          Buffer::create(static_cast<std::size_t>(work.matrix_bytes), MemoryClass::weights, "packed weights"));
  TTT_TRY(Buffer vectors,
          Buffer::create(static_cast<std::size_t>(work.vector_bytes), MemoryClass::weights, "norms and biases"));
  std::unique_ptr<ThreadTeam> team;  // without one, packing takes longer
  if (request.parts > 1 && work.searched)
    if (auto made = ThreadTeam::create(request.parts)) team = std::move(*made);
  TensorPacker packer(source, progress, staging, matrices, vectors, work, team.get());
  ModelWeights weights;
  TTT_TRY(weights.modules, load_modules(packer, request, tensors, before));
  weights.bytes_packed = work.matrix_bytes + work.vector_bytes;
  weights.matrices_packed = work.matrices;
  if (before.weights != nullptr)
    for (const auto& old : before.weights->blocks)
      if (is_used(*old, weights.modules)) weights.blocks.push_back(old);
  for (Buffer* block : {&matrices, &vectors})
    if (block->size() > 0) weights.blocks.push_back(std::make_shared<const Buffer>(std::move(*block)));
  return weights;
}

}  // namespace ttt

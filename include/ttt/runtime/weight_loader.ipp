// Reading and packing: the loader generated from the model.
#pragma once

#include <algorithm>
#include <utility>

#include <ttt/io/linkage.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/runtime/weights.hpp>

namespace ttt {

namespace weights_parts {

/// Reads tensors into packed matrices and vectors through one staging buffer, and keeps count for the progress bar.
class Loader {
 public:
  Loader(const TensorSource& source, const Progress& progress, Buffer staging, Buffer pool, std::uint64_t total)
      : source_(source), progress_(progress), staging_(std::move(staging)), left_(pool.size()), total_(total) {
    next_ = pool.data();
    weights.buffers.push_back(std::move(pool));
  }

  /// Zeroed memory that the model will own, from the one block the plan sized: matrices lie one behind the other in
  /// the order they are read, on huge pages however small each is.
  Result<std::byte*> allocate(std::int64_t bytes, std::string_view what) {
    const auto size = static_cast<std::size_t>(catalog::round_up(bytes, 64));
    if (size <= left_) {
      left_ -= size;
      return std::exchange(next_, next_ + size);
    }
    TTT_TRY(Buffer buffer, Buffer::create(size, MemoryClass::weights, what));  // the plan was wrong: still right
    std::byte* data = buffer.data();
    weights.buffers.push_back(std::move(buffer));
    return data;
  }

  /// One matrix into its panels.
  Result<void> matrix(const TensorSpec& t, DType format, std::byte* destination, kernels::PanelPlacement placement) {
    const TensorInfo info = *source_.find(t.name);
    const std::int64_t row_bytes = catalog::bytes_of(info.dtype) * t.columns;
    std::int64_t step = std::max<std::int64_t>(1, static_cast<std::int64_t>(staging_.size()) / row_bytes);
    if (step >= kernels::panel_rows) step = step / kernels::panel_rows * kernels::panel_rows;
    for (std::int64_t row = 0; row < t.rows; row += step) {
      const std::int64_t count = std::min<std::int64_t>(step, t.rows - row);
      const auto bytes = static_cast<std::size_t>(count * row_bytes);
      TTT_CHECK(source_.read(t.name, static_cast<std::uint64_t>(row * row_bytes), {staging_.data(), bytes}));
      kernels::pack_rows(format, info.dtype, staging_.data(), row, count, t.columns, destination, placement);
      advance(bytes);
    }
    return {};
  }

  /// One vector (or own weight) as fp32 into `destination`.
  Result<void> vector(const TensorSpec& t, float* destination) {
    const TensorInfo info = *source_.find(t.name);
    const std::int64_t count = static_cast<std::int64_t>(t.rows) * t.columns;
    const std::int64_t width = catalog::bytes_of(info.dtype);
    const std::int64_t step = static_cast<std::int64_t>(staging_.size()) / width;
    for (std::int64_t at = 0; at < count; at += step) {
      const std::int64_t n = std::min(step, count - at);
      const auto bytes = static_cast<std::size_t>(n * width);
      TTT_CHECK(source_.read(t.name, static_cast<std::uint64_t>(at * width), {staging_.data(), bytes}));
      kernels::widen(info.dtype, staging_.data(), n, destination + at);
      advance(bytes);
    }
    return {};
  }

  ModelWeights weights;

 private:
  void advance(std::size_t bytes) {
    done_ += bytes;
    if (progress_) progress_(done_, total_);
  }
  const TensorSource& source_;
  const Progress& progress_;
  Buffer staging_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t done_ = 0;
};

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

/// A fused matrix of segments (q, k, v; gate, up; or one alone) with its bias in panel order.
TTT_INLINE Result<kernels::Packed> fused_matrix(Loader& loader, const ModuleTensors& tensors, DType format,
                                                std::span<const SegmentPlace> segments, std::string_view what) {
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
  TTT_TRY(std::byte* const data, loader.allocate(catalog::packed_bytes(n, k, format), what));
  for (const SegmentPlace& s : segments)
    TTT_CHECK(loader.matrix(*tensors.find(s.weight), format, data, s.panels));
  packed.data = data;
  if (!bias) return packed;
  TTT_TRY(std::byte* const bytes, loader.allocate(n * 4, what));
  float* const values = reinterpret_cast<float*>(bytes);
  for (const SegmentPlace& s : segments) {
    const TensorSpec* t = tensors.find(s.bias);
    if (t == nullptr) continue;
    std::vector<float> plain(static_cast<std::size_t>(t->columns));
    TTT_CHECK(loader.vector(*t, plain.data()));
    for (std::int64_t i = 0; i < t->columns; ++i) {
      const std::int64_t panel = s.panels.first + i / kernels::panel_rows * s.panels.step;
      values[panel * kernels::panel_rows + i % kernels::panel_rows] = plain[static_cast<std::size_t>(i)];
    }
  }
  packed.bias = values;
  return packed;
}

TTT_INLINE Result<const float*> vector_of(Loader& loader, const ModuleTensors& tensors, TensorRole role) {
  const TensorSpec* t = tensors.find(role);
  if (t == nullptr) return static_cast<const float*>(nullptr);
  TTT_TRY(std::byte* const data, loader.allocate(vector_bytes(t->columns), t->path));
  TTT_CHECK(loader.vector(*t, reinterpret_cast<float*>(data)));
  return static_cast<const float*>(reinterpret_cast<const float*>(data));
}

TTT_INLINE Result<ModuleWeights> load_module(Loader& loader, const ModuleTensors& tensors, const ModuleSpec& m,
                                             const ModuleConfig& c, const PlanRequest& request, bool table_is_shared) {
  using enum TensorRole;
  ModuleWeights w;
  auto format = [&](const HardwareConfig& h, WeightGroup g) { return request.format(h.weight(g)); };
  if (m.kind == ModuleKind::embedding && !table_is_shared) {
    const SegmentPlace place[] = {{embedding, own, {}}};
    TTT_TRY(w.table, fused_matrix(loader, tensors, format(c.self, WeightGroup::embedding), place, "embedding"));
  }
  if (m.kind == ModuleKind::linear && tensors.find(head) != nullptr) {
    const SegmentPlace place[] = {{head, head_bias, {}}};
    TTT_TRY(w.linear, fused_matrix(loader, tensors, format(c.self, WeightGroup::head), place, "head"));
  }
  if (m.has_attention()) {
    const std::int64_t q_panels = catalog::padded_outputs(m.attention.q_width()) / kernels::panel_rows;
    const std::int64_t kv_panels = catalog::padded_outputs(m.attention.kv_width()) / kernels::panel_rows;
    const SegmentPlace qkv[] = {{q, q_bias, {}}, {k, k_bias, {q_panels, 1}}, {v, v_bias, {q_panels + kv_panels, 1}}};
    TTT_TRY(w.qkv, fused_matrix(loader, tensors, format(c.attention, WeightGroup::qkv), qkv, "attention.qkv"));
    const SegmentPlace out[] = {{o, o_bias, {}}};
    TTT_TRY(w.o, fused_matrix(loader, tensors, format(c.attention, WeightGroup::o), out, "attention.o"));
    TTT_TRY(w.q_norm, vector_of(loader, tensors, q_norm));
    TTT_TRY(w.k_norm, vector_of(loader, tensors, k_norm));
  }
  if (m.has_mlp()) {
    const SegmentPlace gated[] = {{gate, gate_bias, {0, 2}}, {up, up_bias, {1, 2}}};
    const SegmentPlace plain[] = {{up, up_bias, {}}};
    const DType up_format = format(c.mlp, WeightGroup::gate_up);
    if (m.mlp.gated) {
      TTT_TRY(w.up, fused_matrix(loader, tensors, up_format, gated, "mlp.gate_up"));
    } else {
      TTT_TRY(w.up, fused_matrix(loader, tensors, up_format, plain, "mlp.up"));
    }
    const SegmentPlace place[] = {{down, down_bias, {}}};
    TTT_TRY(w.down, fused_matrix(loader, tensors, format(c.mlp, WeightGroup::down), place, "mlp.down"));
  }
  const bool layer = m.kind == ModuleKind::transformer_layer;
  TTT_TRY(w.attention_norm.weight, vector_of(loader, tensors, layer ? attn_norm : norm));
  TTT_TRY(w.attention_norm.bias, vector_of(loader, tensors, layer ? attn_norm_bias : norm_bias));
  TTT_TRY(w.mlp_norm.weight, vector_of(loader, tensors, mlp_norm));
  TTT_TRY(w.mlp_norm.bias, vector_of(loader, tensors, mlp_norm_bias));
  if (m.kind == ModuleKind::own) {
    std::size_t i = 0;
    for (const TensorSpec& t : tensors.all()) {
      TTT_TRY(std::byte* const data,
              loader.allocate(vector_bytes(static_cast<std::int64_t>(t.rows) * t.columns), t.path));
      TTT_CHECK(loader.vector(t, reinterpret_cast<float*>(data)));
      w.own[i++] = reinterpret_cast<const float*>(data);
    }
  }
  return w;
}

}  // namespace weights_parts

TTT_INLINE Result<ModelWeights> load_weights(const TensorSource& source, const PlanRequest& request,
                                             std::span<const TensorSpec> tensors, const Progress& progress) {
  using namespace weights_parts;
  const ModelView& view = request.model.model;
  std::uint64_t total = 0;
  std::int64_t room = staging_bytes;  // a matrix is read by whole rows
  for (const TensorSpec& t : tensors) {
    const std::int64_t row = t.columns * catalog::bytes_of(source.find(t.name)->dtype);
    total += static_cast<std::uint64_t>(t.rows * row);
    if (is_matrix(t.role)) room = std::max(room, row);
  }
  TTT_TRY(Buffer staging,
          Buffer::create(static_cast<std::size_t>(room), MemoryClass::staging, "reading weights"));
  TTT_TRY(Buffer pool, Buffer::create(static_cast<std::size_t>(weight_bytes(request)), MemoryClass::weights,
                                      "packed weights"));
  Loader loader(source, progress, std::move(staging), std::move(pool), total);
  loader.weights.modules.resize(static_cast<std::size_t>(view.module_count()));

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
    auto loaded = load_module(loader, mine, m, c, request, tied);
    if (!loaded) {
      outcome = Result<void>(loaded.error());
      return;
    }
    ModuleWeights& w = loader.weights.modules[static_cast<std::size_t>(index)] = std::move(*loaded);
    if (m.kind == ModuleKind::embedding) table = mine.find(TensorRole::embedding);
    // A tied head packs the embedding's table, and the embedding reads the head's packing.
    if (m.kind == ModuleKind::linear && !m.linear.tied_to.empty() && table != nullptr) {
      const SegmentPlace segment[] = {{TensorRole::embedding, TensorRole::head_bias, {}}};
      std::vector<TensorSpec> both{*table};
      if (const TensorSpec* bias = mine.find(TensorRole::head_bias)) both.push_back(*bias);
      auto packed = fused_matrix(loader, ModuleTensors(both), request.format(c.self.weight(WeightGroup::head)),
                                 segment, "head");
      if (!packed) {
        outcome = Result<void>(packed.error());
        return;
      }
      w.linear = *packed;
      loader.weights.modules.front().table = w.linear;
      loader.weights.modules.front().table.bias = nullptr;
    }
  });
  if (!outcome) return outcome.error();
  return std::move(loader.weights);
}

}  // namespace ttt

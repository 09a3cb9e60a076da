// Definitions of weight_quality.hpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/profile/weight_quality.hpp>
#include <ttt/runtime/packed_layout.hpp>
#include <ttt/runtime/runner.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

namespace quality_parts {

/// The matrices as the layout of their loading has them: in the order of its calls, a tied table as the head.
TTT_INLINE std::vector<kernels::Packed> matrices_of(const ModelState& s) {
  std::vector<kernels::Packed> out;
  const bool tied = head_is_tied(s.model.view());
  for (const ModuleWeights& w : s.weights.modules)
    for (const kernels::Packed* m : {&w.table, &w.token_types, &w.positions, &w.linear, &w.qkv, &w.o, &w.up, &w.down})
      if (m->data != nullptr && !(tied && m == &w.table)) out.push_back(*m);
  return out;
}

TTT_INLINE WeightGroup group_of(TensorRole role, bool tied) {
  switch (role) {
    case TensorRole::embedding: return tied ? WeightGroup::head : WeightGroup::embedding;
    case TensorRole::positions:
    case TensorRole::token_types: return WeightGroup::embedding;
    case TensorRole::o: return WeightGroup::o;
    case TensorRole::gate:
    case TensorRole::up: return WeightGroup::gate_up;
    case TensorRole::down: return WeightGroup::down;
    case TensorRole::head: return WeightGroup::head;
    default: return WeightGroup::qkv;
  }
}

struct Sums {
  double difference = 0, weight = 0;  ///< of squares
  double largest = 0;
  std::int64_t not_finite = 0;

  void add(const Sums& s) {
    difference += s.difference;
    weight += s.weight;
    largest = std::max(largest, s.largest);
    not_finite += s.not_finite;
  }
  void add(float packed, float wanted) {
    if (!std::isfinite(wanted)) {
      ++not_finite;
      return;
    }
    double d = std::fabs(double{packed} - double{wanted});
    if (!(d < INFINITY)) d = INFINITY;  // no number counts as far off
    difference += d * d;
    weight += double{wanted} * wanted;
    largest = std::max(largest, d);
  }
};

/// Some rows of one tensor.
struct Piece {
  std::size_t matrix = 0, part = 0;
  std::int64_t row = 0, rows = 0;
  Sums sums{};
};

/// Every thread takes the next piece; sums are kept apart and added in order.
struct PieceWork {
  const TensorSource& source;
  const PackedLayout& layout;
  const std::vector<kernels::Packed>& matrices;
  const Progress& progress;
  std::vector<Piece>& pieces;
  Buffer& room;
  std::int64_t source_bytes, lane_bytes;  ///< of the room, for each thread: rows as they are, and with two rows as fp32
  std::atomic<std::size_t> next{0};
  std::atomic<std::int64_t> done{0};
  std::vector<std::optional<Error>> faults{};  ///< by thread

  static void part(const void* args, kernels::Part p) noexcept {
    auto& self = **static_cast<PieceWork* const*>(args);
    self.work(p.index);
  }
  void work(int index) {
    std::byte* const bytes = room.data() + index * lane_bytes;
    float* const wanted = reinterpret_cast<float*>(bytes + source_bytes);
    for (;;) {
      const std::size_t i = next.fetch_add(1);
      if (i >= pieces.size()) return;
      if (const Result<void> compared = compare(pieces[i], bytes, wanted); !compared) {
        faults[static_cast<std::size_t>(index)] = compared.error();
        next = pieces.size();
        return;
      }
      if (index == 0 && progress)
        progress(static_cast<std::uint64_t>(done.load()), static_cast<std::uint64_t>(layout.source_bytes));
    }
  }
  Result<void> compare(Piece& piece, std::byte* bytes, float* wanted) {
    const PackedLayout::Matrix& m = layout.matrices[piece.matrix];
    const PackedLayout::Part& p = layout.parts[piece.part];
    const std::int64_t size = piece.rows * p.row_bytes;
    TTT_CHECK(source.read(p.tensor, static_cast<std::uint64_t>(piece.row * p.row_bytes), {bytes, static_cast<std::size_t>(size)}));
    float* const packed = wanted + m.columns;
    for (std::int64_t r = 0; r < piece.rows; ++r) {
      const std::int64_t row = piece.row + r;
      const std::int64_t panel = p.panels.first + row / kernels::panel_rows * p.panels.step;
      kernels::widen(p.from, bytes + r * p.row_bytes, m.columns, wanted);
      kernels::fetch_row(m.format, matrices[piece.matrix], panel * kernels::panel_rows + row % kernels::panel_rows, packed);
      for (std::int64_t k = 0; k < m.columns; ++k) piece.sums.add(packed[k], wanted[k]);
    }
    done += size;
    return {};
  }
};

TTT_INLINE void finish(GroupQuality& q, const Sums& sums) {
  const auto counted = static_cast<double>(q.weights - sums.not_finite);
  const double rms = counted > 0 ? std::sqrt(sums.weight / counted) : 0;
  const auto relative = [&](double error) { return error > 0 ? error / rms : 0; };
  q.rms_error = relative(counted > 0 ? std::sqrt(sums.difference / counted) : 0);
  q.largest_error = relative(sums.largest);
  q.not_finite = sums.not_finite;
}

}  // namespace quality_parts

TTT_INLINE Result<WeightQuality> weight_quality(const ModelState& state, const TensorSource& source,
                                                const LoadOptions& options) {
  using quality_parts::Piece, quality_parts::PieceWork, quality_parts::Sums, quality_parts::finish;
  const std::vector<TensorSpec> tensors = tensors_for(state.model.view(), source, options);
  const PackedLayout layout = packed_layout(source, state.request, tensors);
  const std::vector<kernels::Packed> matrices = quality_parts::matrices_of(state);
  bool same = matrices.size() == layout.matrices.size();
  for (std::size_t i = 0; same && i < matrices.size(); ++i)
    same = matrices[i].n == layout.matrices[i].panels * kernels::panel_rows && matrices[i].k == layout.matrices[i].columns;
  if (!same)
    return make_error(ErrorKind::internal, "internal_fault", "weights", "the state's matrices are not those of its source",
                      "this is a fault of ttt: please report it with what it was called with", source.where());

  std::vector<Piece> pieces;
  std::int64_t source_bytes = std::int64_t{256} << 10, columns = 0;
  for (const PackedLayout::Part& p : layout.parts) source_bytes = std::max(source_bytes, p.row_bytes);
  for (std::size_t i = 0; i < layout.matrices.size(); ++i) {
    const PackedLayout::Matrix& m = layout.matrices[i];
    columns = std::max(columns, m.columns);
    for (std::size_t part = m.first; part < m.last; ++part) {
      const PackedLayout::Part& p = layout.parts[part];
      const std::int64_t step = source_bytes / std::max<std::int64_t>(1, p.row_bytes);
      for (std::int64_t row = 0; row < p.rows; row += step) pieces.push_back({i, part, row, std::min(step, p.rows - row)});
    }
  }
  TTT_TRY(const std::unique_ptr<ThreadTeam> team, ThreadTeam::create(state.threads));
  source_bytes = catalog::round_up(source_bytes, 64);
  const std::int64_t lane_bytes = source_bytes + catalog::round_up(8 * columns, 64);
  TTT_TRY(Buffer room, Buffer::create(static_cast<std::size_t>(lane_bytes * team->size()), MemoryClass::staging, "comparing weights"));
  PieceWork all{source, layout, matrices, options.progress, pieces, room, source_bytes, lane_bytes};
  all.faults.resize(static_cast<std::size_t>(team->size()));
  PieceWork* const job = &all;
  const TeamOp op{&PieceWork::part, &job, team->size()};
  team->run({&op, 1});
  for (const std::optional<Error>& fault : all.faults)
    if (fault) return *fault;

  const bool tied = head_is_tied(state.model.view());
  WeightQuality out;
  std::vector<Sums> sums;
  Sums total;
  std::size_t piece = 0;
  for (const PackedLayout::Matrix& m : layout.matrices) {
    const std::string& first = layout.parts[m.first].tensor;
    const auto tensor = std::find_if(tensors.begin(), tensors.end(), [&](const TensorSpec& t) { return t.name == first; });
    const WeightGroup group = quality_parts::group_of(tensor->role, tied);
    std::size_t at = 0;
    while (at < out.groups.size() && (out.groups[at].group != group || out.groups[at].format != m.format)) ++at;
    if (at == out.groups.size()) {
      out.groups.push_back({.group = group, .format = m.format});
      sums.emplace_back();
    }
    for (GroupQuality* q : {&out.groups[at], &out.all}) {
      q->bytes += m.panels * m.panel_bytes;
      q->matrices += static_cast<int>(m.last - m.first);
      for (const PackedLayout::Part& p : layout.parts_of(m)) q->weights += p.rows * m.columns;
    }
    for (; piece < pieces.size() && pieces[piece].part < m.last; ++piece) {
      sums[at].add(pieces[piece].sums);
      total.add(pieces[piece].sums);
    }
  }
  for (std::size_t i = 0; i < out.groups.size(); ++i) {
    finish(out.groups[i], sums[i]);
    out.all.format = i == 0 || out.all.format == out.groups[i].format ? out.groups[i].format : DType::automatic;
  }
  finish(out.all, total);
  WeightQuality in_order{.groups = {}, .all = out.all};
  for (std::size_t group = 0; group < weight_group_count; ++group)
    for (const GroupQuality& q : out.groups)
      if (q.group == static_cast<WeightGroup>(group)) in_order.groups.push_back(q);
  return in_order;
}

TTT_INLINE Result<WeightQuality> weight_quality(const LoadedModel& model, const Progress& progress) {
  LoadOptions options = model.options();
  options.progress = progress;
  const std::shared_ptr<const ModelState> state = model.runner()->shared_state();
  return weight_quality(*state, model.source(), options);
}

}  // namespace ttt

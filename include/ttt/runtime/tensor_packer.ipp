// Definitions of tensor_packer.hpp.
#pragma once

#include <algorithm>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tensor_packer.hpp>

namespace ttt {

namespace packing_parts {

constexpr std::int64_t ceiling(std::int64_t a, std::int64_t b) noexcept { return a <= 0 ? 0 : (a + b - 1) / b; }
constexpr std::int64_t least_read = std::int64_t{256} << 10;  ///< bytes a thread reads at a time, where there is room

struct LaneJob {
  void (*run)(void* packer, int index, int lanes);
  void* packer;
  static void part(const void* args, kernels::Part part) noexcept {
    const LaneJob& job = *static_cast<const LaneJob*>(args);
    job.run(job.packer, part.index, part.count);
  }
};

}  // namespace packing_parts

TTT_INLINE std::int64_t TensorPacker::bytes_of_lane(bool windows) const {
  std::int64_t rows = packing_parts::least_read, panel = 0;
  for (const Matrix& m : layout_.matrices) panel = std::max(panel, m.panel_bytes);
  for (const Part& p : layout_.parts) rows = std::max(rows, p.row_bytes * kernels::panel_rows);
  return catalog::round_up(rows, 64) + (windows ? PackedWindows::bytes + catalog::round_up(panel, 64) : 0);
}

TTT_INLINE TensorPacker::Lane TensorPacker::lane(int index, int lanes, bool windows) const {
  const std::int64_t share = static_cast<std::int64_t>(staging_.size()) / lanes / 64 * 64;
  Lane l;
  std::byte* at = staging_.data() + index * share;
  std::byte* const end = lanes == 1 ? at + staging_.size() : at + share;
  if (windows) {
    std::int64_t panel = 0;
    for (const Matrix& m : layout_.matrices) panel = std::max(panel, m.panel_bytes);
    l.window = std::exchange(at, at + PackedWindows::bytes);
    l.panel = std::exchange(at, at + catalog::round_up(panel, 64));
  }
  l.source = at;
  l.source_bytes = end - at;
  l.reports = index == 0 && static_cast<bool>(progress_);
  return l;
}

TTT_INLINE Result<void> TensorPacker::read(const Lane& lane, const std::string& tensor, std::int64_t offset,
                                           std::int64_t bytes) {
  TTT_CHECK(source_.read(tensor, static_cast<std::uint64_t>(offset), {lane.source, static_cast<std::size_t>(bytes)}));
  const std::int64_t done = done_.fetch_add(bytes) + bytes;
  if (lane.reports) progress_(static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(layout_.source_bytes));
  return {};
}

TTT_INLINE std::size_t TensorPacker::matrix_at(std::int64_t offset) const {
  std::size_t low = 0, high = layout_.matrices.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (layout_.matrices[middle].end() <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

TTT_INLINE Result<void> TensorPacker::pack_panels(const Lane& lane, const Matrix& m, std::int64_t begin, std::int64_t end,
                                                  std::byte* to) {
  for (const Part& s : layout_.parts_of(m)) {
    const kernels::PanelPlacement place{s.panels.first - begin * m.groups, s.panels.step};
    // Row groups whose panel, place.first + group * step, lies in these.
    const std::int64_t first = packing_parts::ceiling(-place.first, place.step);
    const std::int64_t last = packing_parts::ceiling((end - begin) * m.groups - place.first, place.step);
    const std::int64_t rows_end = std::min(last * kernels::panel_rows, s.rows);
    std::int64_t step = std::max<std::int64_t>(1, lane.source_bytes / s.row_bytes);
    if (step >= kernels::panel_rows) step = step / kernels::panel_rows * kernels::panel_rows;
    for (std::int64_t row = first * kernels::panel_rows; row < rows_end; row += step) {
      const std::int64_t rows = std::min(step, rows_end - row);
      TTT_CHECK(read(lane, s.tensor, row * s.row_bytes, rows * s.row_bytes));
      if (layout_.engine != nullptr)
        layout_.engine->pack_rows(m.format, s.from, lane.source, row, rows, m.columns, to, place);
      else
        kernels::pack_rows(m.format, s.from, lane.source, row, rows, m.columns, to, place);
    }
  }
  return {};
}

TTT_INLINE Result<void> TensorPacker::pack_in_block(Lane& lane, std::int64_t begin, std::int64_t end) {
  for (std::size_t i = matrix_at(begin); i < layout_.matrices.size(); ++i) {
    const Matrix& m = layout_.matrices[i];
    if (m.offset >= end) break;
    const std::int64_t first = packing_parts::ceiling(begin - m.offset, m.panel_bytes);
    const std::int64_t last = std::min(m.panels, packing_parts::ceiling(end - m.offset, m.panel_bytes));
    TTT_CHECK(pack_panels(lane, m, first, last, block_ + m.offset + first * m.panel_bytes));
  }
  return {};
}

TTT_INLINE Result<void> TensorPacker::pack_part(Lane& lane, const Matrix& m, std::int64_t panel, std::int64_t begin,
                                                std::int64_t end) {
  const std::int64_t at = m.offset + panel * m.panel_bytes;
  if (lane.held != at) {
    std::memset(lane.panel, 0, static_cast<std::size_t>(m.panel_bytes));
    lane.held = -1;
    TTT_CHECK(pack_panels(lane, m, panel, panel + 1, lane.panel));
    lane.held = at;
  }
  const std::int64_t from = std::max(at, begin), to = std::min(at + m.panel_bytes, end);
  std::memcpy(lane.window + (from - begin), lane.panel + (from - at), static_cast<std::size_t>(to - from));
  return {};
}

TTT_INLINE Result<void> TensorPacker::pack_window(Lane& lane, std::int64_t begin, std::int64_t end) {
  std::memset(lane.window, 0, static_cast<std::size_t>(end - begin));
  for (std::size_t i = matrix_at(begin); i < layout_.matrices.size(); ++i) {
    const Matrix& m = layout_.matrices[i];
    if (m.offset >= end) break;
    std::int64_t panel = std::max<std::int64_t>(0, begin - m.offset) / m.panel_bytes;
    const auto start = [&](std::int64_t p) { return m.offset + p * m.panel_bytes; };
    if (start(panel) < begin) {
      TTT_CHECK(pack_part(lane, m, panel, begin, end));
      ++panel;
    }
    const std::int64_t whole = std::min(m.panels, (end - m.offset) / m.panel_bytes);
    if (panel < whole) TTT_CHECK(pack_panels(lane, m, panel, whole, lane.window + (start(panel) - begin)));
    panel = std::max(panel, whole);
    if (panel < m.panels && start(panel) < end) TTT_CHECK(pack_part(lane, m, panel, begin, end));
  }
  return {};
}

TTT_INLINE void TensorPacker::work(Lane& lane) {
  while (!stopped_.load(std::memory_order_relaxed)) {
    const std::int64_t begin = next_.fetch_add(stretch_), end = std::min(begin + stretch_, layout_.matrix_bytes);
    if (begin >= end) return;
    Result<void> outcome;
    bool put = true;
    if (windows_ == nullptr) outcome = pack_in_block(lane, begin, end);
    for (std::int64_t at = begin; windows_ != nullptr && outcome && put && at < end; at += PackedWindows::bytes) {
      const std::int64_t edge = std::min(at + PackedWindows::bytes, end);
      outcome = pack_window(lane, at, edge);
      put = outcome && windows_->put(at, {lane.window, static_cast<std::size_t>(edge - at)});
    }
    if (outcome && put) continue;
    stopped_ = true;
    const std::lock_guard lock(mutex_);
    if (!outcome && !error_) error_ = outcome.error();
  }
}

TTT_INLINE Result<void> TensorPacker::on_all_threads(PackedWindows* windows) {
  windows_ = windows;
  const std::int64_t room = static_cast<std::int64_t>(staging_.size()) / bytes_of_lane(windows != nullptr);
  const std::int64_t most = team_ == nullptr ? 1 : team_->size();
  const int lanes = static_cast<int>(std::max<std::int64_t>(1, std::min(room, most)));
  // Some windows in a row, so that a panel across an edge is packed once; but no thread shall be left the last alone.
  const std::int64_t all = layout_.matrix_bytes / PackedWindows::bytes;
  stretch_ = PackedWindows::bytes * std::clamp<std::int64_t>(windows != nullptr ? all / (8 * lanes) : 1, 1, 4);
  next_ = 0;
  done_ = vectors_done_;  // a second try begins anew
  stopped_ = false;
  const packing_parts::LaneJob job{[](void* packer, int index, int count) {
                                     auto& self = *static_cast<TensorPacker*>(packer);
                                     Lane l = self.lane(index, count, self.windows_ != nullptr);
                                     self.work(l);
                                   },
                                   this};
  if (lanes == 1) {
    packing_parts::LaneJob::part(&job, {0, 1});
  } else {
    const TeamOp op{&packing_parts::LaneJob::part, &job, lanes};
    team_->run({&op, 1});
  }
  if (error_) return *error_;
  if (progress_ && !stopped_)
    progress_(static_cast<std::uint64_t>(layout_.source_bytes), static_cast<std::uint64_t>(layout_.source_bytes));
  return {};
}

TTT_INLINE Result<void> TensorPacker::matrices(std::byte* block) {
  block_ = block;
  return on_all_threads(nullptr);
}

TTT_INLINE Result<void> TensorPacker::matrices(PackedWindows& windows) { return on_all_threads(&windows); }

TTT_INLINE Result<void> TensorPacker::vectors(float* block) {
  const Lane all = lane(0, 1, false);
  float numbers[1024];
  for (const Part& v : layout_.vectors) {
    float* const to = block + v.offset / 4;
    for (std::int64_t at = 0; at < v.rows; at += 1024) {
      const std::int64_t n = std::min<std::int64_t>(1024, v.rows - at);
      TTT_CHECK(read(all, v.tensor, at * v.row_bytes, n * v.row_bytes));
      kernels::widen(v.from, all.source, n, numbers);
      for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t group = (at + i) / kernels::panel_rows;
        to[(v.panels.first + group * v.panels.step) * kernels::panel_rows + (at + i) % kernels::panel_rows] = numbers[i];
      }
    }
  }
  vectors_done_ = done_;
  return {};
}

}  // namespace ttt

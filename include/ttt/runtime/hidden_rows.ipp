// Definitions of hidden_rows.hpp.
#pragma once

#include <algorithm>
#include <mutex>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/final_norm.hpp>
#include <ttt/runtime/hidden_rows.hpp>

namespace ttt {

TTT_INLINE Result<HiddenRows> decoder_rows(Runner& runner, std::span<const std::int32_t> ids) {
  const std::shared_ptr<const ModelState> state = runner.shared_state();
  TTT_TRY(Session session, Session::create(state));
  HiddenRows out;
  // The last module that is tapped stands.
  std::vector<float> chunk;
  const Tap keep = [&](int, const float* rows, int count, int width) {
    out.width = width;
    chunk.assign(rows, rows + static_cast<std::ptrdiff_t>(count) * width);
  };
  const FinalNorm norm(*state);
  const std::lock_guard turn(runner.turn());
  const auto step = static_cast<std::size_t>(std::max(1, state->arena.rows));
  for (std::size_t first = 0; first < ids.size() || first == 0; first += step) {
    const std::size_t count = std::min(step, ids.size() - first);
    const BatchItem item{.session = &session,
                         .tokens = ids.subspan(first, count),
                         .logits = BatchItem::Logits::none,
                         .sequence_length = static_cast<int>(ids.size())};
    TTT_CHECK(runner.step({&item, 1}, &keep));
    const std::size_t before = out.rows.size();
    out.rows.resize(before + chunk.size());
    norm(chunk.data(), out.rows.data() + before, static_cast<int>(count), out.width);
  }
  return out;
}

}  // namespace ttt

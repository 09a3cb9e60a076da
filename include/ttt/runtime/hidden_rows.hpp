// The rows that a model makes of a whole sequence.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ttt/runtime/runner.hpp>

namespace ttt {

/// One row for each token, fp32 and row-major.
struct HiddenRows {
  int width = 0;
  std::vector<float> rows;  ///< [tokens, width]
};

/// HuggingFace's `last_hidden_state` of a decoder: the rows behind its final norm. Nothing is kept of the sequence; who
/// shares the runner waits meanwhile. Errors: those of Session::create and Runner::step.
[[nodiscard]] Result<HiddenRows> decoder_rows(Runner& runner, std::span<const std::int32_t> ids);

}  // namespace ttt

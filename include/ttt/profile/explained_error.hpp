// What rounding to its formats does to a module's results, by rule of thumb.
#pragma once

#include <cstddef>

#include <ttt/runtime/state.hpp>

namespace ttt {

/// The relative error that the ops [first, last] bring in by the formats of weights, operands, keys and values: the root of
/// the sum of squares of what each rounding leaves, and of `rounding` (of the reference) for each op.
[[nodiscard]] double explained_error(const ModelState& state, std::size_t first, std::size_t last, double rounding);

}  // namespace ttt

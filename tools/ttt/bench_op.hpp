// ttt bench --op: how long one op, or one module's ops, take inside the model's steps.
#pragma once

#include <ttt/runtime/runner.hpp>

#include "loading.hpp"

namespace ttt::tool {

/// What `ttt bench` runs.
struct BenchSizes {
  int prompt, decode, depth, batch, repeat;
};

/// Times the ops that a path names (`layers.15.attention`, `layers.0.mlp.gate_up`, `head`) in every step of a prompt
/// and of decoding, and prints the result; `load_ms` is how long the model took to load. Errors: op_path_unknown, those of Runner::step and measure_limits.
[[nodiscard]] Result<void> bench_op(Runner& runner, const BenchSizes& sizes, const Arguments& arguments, const HowToRun& how,
                                    const Found& found, double load_ms);

}  // namespace ttt::tool

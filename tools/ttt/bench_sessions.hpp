// The sequences that `ttt bench` times.
#pragma once

#include <span>
#include <vector>

#include <ttt/runtime/runner.hpp>

#include "bench_op.hpp"

namespace ttt::tool {

/// A batch of sequences with random ids, each with `depth` of them behind it.
class BenchSessions {
 public:
  [[nodiscard]] static Result<BenchSessions> create(Runner& runner, const BenchSizes& sizes, std::uint64_t seed);

  /// Brings every sequence to the depth. The first time one reads the ids in chunks and the others take a copy; later all
  /// are cut back to it.
  [[nodiscard]] Result<void> to_depth();
  /// One chunk of one sequence's prompt; false when it is read. `seconds`: as in Runner::step.
  [[nodiscard]] Result<bool> read_chunk(std::span<double> seconds = {});
  /// One step of decoding: a token for every sequence, `t` steps behind the depth.
  [[nodiscard]] Result<void> decode(int t, std::span<double> seconds = {});

 private:
  BenchSessions(Runner& runner, const BenchSizes& sizes) : runner_(&runner), sizes_(sizes) {}
  [[nodiscard]] Result<void> step_to(int length, std::span<double> seconds);

  Runner* runner_;
  BenchSizes sizes_;
  std::vector<Session> sessions_;
  std::vector<BatchItem> items_;
  std::vector<std::int32_t> ids_;
};

/// Bits that the packed matrices take for each of the model's weights, embedding and head included, padding too.
[[nodiscard]] double bits_per_weight(const ModelState& state);

}  // namespace ttt::tool

// OpTap: looks at a step op by op, for numerics.
#pragma once

#include <cstddef>
#include <span>

#include <ttt/plan/op.hpp>

namespace ttt {

/// What an op reads or has made: one row a token of the step, in the plan's own buffer of that role. The buffer is used
/// again by later ops; who wants to keep the numbers copies them.
struct OpValue {
  Role role = Role::x;
  float* rows = nullptr;  ///< [row_count, width]; null where there are none (an embedding reads ids)
  int row_count = 0;
  int width = 0;
};

/// Called around every op of a step. The kernels and what is fused into them are those of a step without it, so that a
/// tap sees what ships; only the threads meet between ops. A step without a tap asks once whether there is one.
class OpTap {
 public:
  /// Before op `op` of `ModelState::ops`. It may write the rows that the op is about to read; an op that adds to the
  /// residual stream reads the sum it adds to later, from Role::x. Returns whether the op runs.
  [[nodiscard]] virtual bool before(std::size_t op, const OpValue& in) = 0;
  /// After it, if it ran. `out`: what it wrote; of qkv the queries, then keys and values side by side (behind their
  /// norms and rotary positions, before the cache rounds them).
  virtual void after(std::size_t op, std::span<const OpValue> out) = 0;

 protected:
  ~OpTap() = default;
};

}  // namespace ttt

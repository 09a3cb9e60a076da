// The norm behind a decoder's last layer.
#pragma once

#include <ttt/runtime/state.hpp>

namespace ttt {

/// The final norm's result, which the plan fuses into the head and keeps nowhere: computed once more.
class FinalNorm {
 public:
  /// `state` must outlive it.
  explicit FinalNorm(const ModelState& state);
  /// rows [count, width] → out, in place of what a tap would have shown; a copy where the model has no such norm.
  void operator()(const float* rows, float* out, int count, int width) const;

 private:
  const ModelState& state_;
  int module_ = -1;
};

}  // namespace ttt

// PlanRequest: everything a plan depends on.
#pragma once

#include <ttt/policy/configured.hpp>
#include <ttt/policy/workload.hpp>

namespace ttt {

inline constexpr int longest_chunk = 65536;

/// Everything a plan depends on.
struct PlanRequest {
  ConfiguredModel model;
  DeviceTraits device;
  Workload workload{};
  DType stored = DType::bf16;  ///< what `stored` means: the checkpoint's format
  int parts = 1;               ///< parts an op is cut into, at most
  bool split_all = false;      ///< into all of them, however small it is

  [[nodiscard]] constexpr DType format(DType asked) const { return asked == DType::stored ? stored : asked; }
  /// Prompt tokens of one step as asked for. The model's first module has the word: a step is the model's.
  [[nodiscard]] constexpr int chunk() const {
    return workload.chunk > 0 ? workload.chunk : model.resolved(device, 0, 0, PartName::whole).chunk;
  }
  /// Tokens of one step: the prompt chunk, at least one per session, never beyond the context. An encoder's sequences are
  /// whole: all sessions', but beyond one session's context no more than the longest chunk there is.
  [[nodiscard]] constexpr int rows() const {
    if (model.model.is_encoder()) {
      const std::int64_t all = std::int64_t{workload.batch} * workload.context;
      const std::int64_t most = workload.context > longest_chunk ? workload.context : longest_chunk;
      return static_cast<int>(all < most ? all : most);
    }
    const int asked = chunk();
    const int rows = asked < workload.context ? asked : workload.context;
    return rows > workload.batch ? rows : workload.batch;
  }
  [[nodiscard]] constexpr int logits_rows() const {
    return workload.logits_rows > 0 ? workload.logits_rows : workload.batch;
  }
};

}  // namespace ttt

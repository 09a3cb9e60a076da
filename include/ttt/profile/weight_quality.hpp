// How near packed weights are to the checkpoint's: what a weight format costs in accuracy, told before anything runs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ttt/io/progress.hpp>
#include <ttt/policy/hardware_config.hpp>
#include <ttt/runtime/state.hpp>

namespace ttt {

class LoadedModel;

/// The matrices of one group that are in one format; errors are relative to the root of these weights' mean square.
struct GroupQuality {
  std::optional<WeightGroup> group;     ///< a tied embedding is the head's; absent: all of them
  DType format = DType::automatic;      ///< automatic: several
  int matrices = 0;                     ///< of the checkpoint: q, k and v are three
  std::int64_t weights = 0;
  std::int64_t bytes = 0;               ///< packed, with scales and what pads outputs and inputs
  double rms_error = 0;                 ///< root of the mean square of (packed - checkpoint's)
  double largest_error = 0;             ///< largest |packed - checkpoint's|
  std::int64_t not_finite = 0;          ///< weights of the checkpoint that are infinite or no number: in no error

  [[nodiscard]] double bits_per_weight() const {
    return weights > 0 ? 8.0 * static_cast<double>(bytes) / static_cast<double>(weights) : 0;
  }
};

struct WeightQuality {
  std::vector<GroupQuality> groups;  ///< in the order of WeightGroup, then of the first module that has the format
  GroupQuality all;
};

/// Reads every matrix of the source once more and compares it with what the state's kernels read, on the state's threads;
/// norms and biases stay fp32 and are left out. The same numbers for any number of threads. Requires: `source` and `names`
/// are what the state was made from. Errors: those of reading, out_of_memory.
[[nodiscard]] Result<WeightQuality> weight_quality(const ModelState& state, const TensorSource& source,
                                                   const LoadOptions& options = {});
/// Of a loaded model as it stands.
[[nodiscard]] Result<WeightQuality> weight_quality(const LoadedModel& model, const Progress& progress = {});

}  // namespace ttt

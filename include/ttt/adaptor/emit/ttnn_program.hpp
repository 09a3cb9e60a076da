// A model as a TTNN program in Python: prompt and decoding as the plan and its policies say.
#pragma once

#include <string>

#include <ttt/io/result.hpp>
#include <ttt/runtime/names.hpp>
#include <ttt/runtime/state.hpp>

namespace ttt {

/// What a program says beside what the plan says.
struct EmitOptions {
  std::string title = "model";  ///< the model's name: letters, digits, `.`, `-` and `_` are kept
  NameMap names{};              ///< of the checkpoint's tensors
};

/// The text of a program for a plan on a ttnn device (plan_on_device): `run(ttnn, device)` puts every op on a device with
/// empty tensors; started by itself it reads a checkpoint and generates. Program and memory configs are those that the
/// checks' rules on L1 and DRAM compute with (catalog/ttnn). Requires: the checks accepted the plan.
/// Errors: emit_device_unsupported, emit_unsupported; buffers_exceed_local_memory and does_not_fit, where the whole program
/// needs more than the rules on single layers saw.
[[nodiscard]] Result<std::string> ttnn_program(const ModelState& plan, const EmitOptions& options);

}  // namespace ttt

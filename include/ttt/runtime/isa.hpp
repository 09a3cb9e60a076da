// Which instruction-set level the kernels run at: the processor's best, or what TTT_ISA asks for.
#pragma once

#include <string_view>

#include <ttt/io/linkage.hpp>
#include <ttt/io/result.hpp>
#include <ttt/kernels/isa.hpp>

namespace ttt {

/// The level named `name`. Errors: hardware `isa_unavailable` when there is no such level or this processor
/// lacks it; `module` says who asked (a flag, a variable, a device).
[[nodiscard]] TTT_INLINE Result<kernels::Isa> isa_from_name(std::string_view name, std::string_view module);

/// The level of this process: the environment's TTT_ISA when set and not empty, else the processor's best.
/// Errors: as `isa_from_name`.
[[nodiscard]] TTT_INLINE Result<kernels::Isa> selected_isa();

}  // namespace ttt

#pragma once

#include <cstdlib>
#include <string>

#include <ttt/runtime/isa.hpp>

namespace ttt {

TTT_INLINE Result<kernels::Isa> isa_from_name(std::string_view name, std::string_view module) {
  const kernels::Isa best = kernels::detected_isa();
  std::string available;
  for (const kernels::Isa isa : kernels::all_isas) {
    if (isa > best) break;
    if (!available.empty()) available += ", ";
    available += name_of(isa);
  }
  const auto refuse = [&](const std::string& issue) {
    return make_error(ErrorKind::hardware, "isa_unavailable", std::string(module), issue,
                      "use one of " + available + ", or leave it unset for " + std::string(name_of(best)));
  };
  const auto isa = kernels::isa_named(name);
  if (!isa) return refuse("there is no instruction-set level named '" + std::string(name) + "'");
  if (*isa > best) return refuse("this processor does not have " + std::string(name));
  return *isa;
}

TTT_INLINE Result<kernels::Isa> selected_isa() {
  const char* const asked = std::getenv("TTT_ISA");
  if (asked == nullptr || *asked == '\0') return kernels::detected_isa();
  return isa_from_name(asked, "TTT_ISA");
}

}  // namespace ttt

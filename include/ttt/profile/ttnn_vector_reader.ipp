// Definitions of ttnn_vector_reader.hpp.
#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/profile/ttnn_vector_reader.hpp>

namespace ttt::ttnn_vectors {

TTT_INLINE std::vector<kernels::Isa> levels() {
  std::vector<kernels::Isa> out;
  for (const kernels::Isa isa : kernels::all_isas)
    if (kernels::isa_supported(isa)) out.push_back(isa);
  return out;
}

}  // namespace ttt::ttnn_vectors

// Recorded products of whole tiles, as they were taken from Dst and from behind the packer, against every level's kernel.
#pragma once

#include <string>

#include <ttt/profile/ttnn_vectors.hpp>

namespace ttt::ttnn_vectors {

/// The records of `name`.index.json and `name`.bin in a folder. `packed`: of matmul_ttnn, whose results are bfloat16 behind
/// the packer; else of matmul_tile, whose results are Dst. Errors: vectors_malformed; those of files.
[[nodiscard]] Result<VectorFile> check_products(const std::string& folder, std::string name, bool packed);

}  // namespace ttt::ttnn_vectors

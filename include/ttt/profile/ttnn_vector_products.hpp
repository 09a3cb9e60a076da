// Recorded products of whole tiles, as they were taken from Dst and from behind the packer, against every level's kernel.
#pragma once

#include <string>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/profile/ttnn_vectors.hpp>

namespace ttt::ttnn_vectors {

/// The records of `name`.index.json, which `index` is, with `name`.bin beside it. `packed`: as in matmul_ttnn, whose results are
/// bfloat16 behind the packer; else as in matmul_tile, whose results are Dst. K may be any: what a tile lacks is zeros. Records
/// whose weights are no numbers of the format that they name go in as bfloat16 alone, and `left_out` says so.
/// Errors: vectors_malformed; those of files.
[[nodiscard]] Result<VectorFile> check_products(const std::string& folder, std::string name, const json::Document& index, bool packed,
                                                std::vector<std::string>& left_out);

}  // namespace ttt::ttnn_vectors

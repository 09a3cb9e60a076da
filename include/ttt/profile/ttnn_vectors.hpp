// Recorded results of Tensix hardware's simulator against the emulation's kernels: every bit of every record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/result.hpp>

namespace ttt {

/// How the records of one file came out.
struct VectorFile {
  std::string name;           ///< without endings: matmul_tile
  std::int64_t records = 0;   ///< one result of hardware each: a number, a block or a whole product
  std::int64_t failed = 0;    ///< records with any bit that differs
  std::int64_t worst = 0;     ///< the largest distance of a number, in steps of its format
  std::string first_failure;  ///< which record and what differs, or ""
};

/// How the records of a folder came out.
struct VectorReport {
  std::vector<VectorFile> files;      ///< those that are there
  /// What was not held against anything, and why: "matmul_tile.index.json without matmul_tile.bin", "README.md: no vector file".
  std::vector<std::string> left_out;
  std::string kernels;  ///< the levels that were held against them: "scalar, avx2"

  [[nodiscard]] std::int64_t records() const;
  [[nodiscard]] std::int64_t failed() const;
  [[nodiscard]] std::int64_t worst() const;
};

/// Where the vectors lie when nobody says: TTT_TTNN_VECTORS, else ../shared/ttnn/vectors from the working directory.
[[nodiscard]] std::string default_ttnn_vectors();

/// Holds the packing of blocks, the matrix engine and whole products against the vector files of `folder`: NAME.json, or
/// NAME.index.json beside NAME.bin. The documented names say what a file holds, any other is told by what is in it; a file that
/// is none of these is left out by name. All but single steps of the engine runs on every level that this processor has;
/// products also with their weights in the format that they came from.
/// Errors: file_missing (no such folder), vectors_malformed, and those of reading files.
[[nodiscard]] Result<VectorReport> check_ttnn_vectors(const std::string& folder);

}  // namespace ttt

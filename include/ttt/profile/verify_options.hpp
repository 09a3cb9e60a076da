// VerifyOptions: what `model.verify` compares with, on which tokens, and what it calls wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ttt/io/progress.hpp>

namespace ttt {

/// A module is wrong when its own error (VerifyRow::own, `rel`) is not finite, or above `threshold`. Where no threshold is
/// given, it is wrong above what rounding to its formats explains (at most 0.2), and where its error is more than `outlier`
/// times that of the same module in most other layers, or more than twice where it is configured otherwise than they are.
struct VerifyOptions {
  /// `exact`: the same engine and level of instructions in fp32; `scalar`: the scalar kernels, each the twin that ttt's own
  /// are held against; else a safetensors file (profile/activations_file.hpp).
  std::string against = "exact";
  std::string text{};                ///< to read; needs the model's tokenizer
  std::vector<std::int32_t> ids{};   ///< or its token ids; without either, those of the file, else random ones
  int tokens = 48;                   ///< how many of those, where random
  /// Of all, given one by one behind the prompt of the others, as in decoding; -1: a quarter, at most 8.
  int decode = -1;
  double threshold = 0;              ///< 0: by the formats
  double outlier = 6;                ///< 0: no comparison with other layers
  bool suggest = true;               ///< try what would cure modules that are wrong
  std::uint64_t seed = 0;            ///< of random ids
  std::string command = "ttt verify MODEL";  ///< what a suggestion's command begins with
  Progress progress{};               ///< called with passes done, and in all
};

}  // namespace ttt

// Random checkpoints of known shapes: for measurements and tests that need a model's size and not its
// knowledge.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <ttt/io/progress.hpp>
#include <ttt/adaptor/config_writer.hpp>
#include <ttt/io/result.hpp>

namespace ttt {

/// What a checkpoint is made from. The weights depend on `seed` and each tensor's name alone.
struct SynthOptions {
  std::uint64_t seed = 0;
  std::uint64_t shard_bytes = 5'000'000'000;  ///< one file up to here, then shards of at most this
  Progress progress;
};

/// Writes FOLDER with config.json, generation_config.json and bfloat16 weights in safetensors, as HuggingFace
/// lays them out; `shape` is a known model's name in any case (`llama-3.2-1b`, `stories15m`). No tokenizer.
/// The folder appears whole or not at all. An existing one is replaced only if it is empty or synthesise's
/// own (it holds `ttt_synth.json`, and nothing that synthesise does not write). Errors: synth_shape_unknown,
/// synth_folder_in_use, those of AtomicFile.
[[nodiscard]] Result<void> synthesise(std::string_view shape, const std::string& folder,
                                      std::uint64_t seed = 0, const Progress& progress = {});

/// The same for any spec of a supported family. Errors: also those of spec_to_config.
[[nodiscard]] Result<void> synthesise(const ArchitectureSpec& spec, const ConfigExtras& extras,
                                      const std::string& folder, const SynthOptions& options = {});

/// Fills `out` with bfloat16 numbers of that mean and standard deviation, numbers `first`, `first` + 1, ...
/// of the stream `key`: any piece can be made alone. The distribution is the sum of four uniform ones (Irwin
/// and Hall), which has normal's shape and no tail beyond 3.5 standard deviations.
void fill_random_bf16(std::uint64_t key, std::uint64_t first, double mean, double deviation,
                      std::uint16_t* out, std::size_t count);

}  // namespace ttt

// From a command line to a model that runs.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/adaptor/config.hpp>
#include <ttt/io/checkpoint.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/policy/devices/cpu.hpp>
#include <ttt/runtime/names.hpp>
#include <ttt/runtime/runner.hpp>
#include <ttt/runtime/tensor_source.hpp>
#include <ttt/runtime/tuned_model.hpp>

#include "options.hpp"

namespace ttt::tool {

/// Devices that a command takes: what runs here, also what is emulated here, or anything described.
enum class Devices : std::uint8_t { here, emulated, described };

/// What --threads, --device, --mesh, --policy, --preset and --variant say. The workload is the command's business.
struct HowToRun {
  LoadOptions options;
  DeviceTraits device = cpu::traits;
  std::string variant;  ///< auto, exact, dynamic, compiled
};
/// Errors: those of policy_of and check_pages, device_unavailable, isa_unavailable.
[[nodiscard]] Result<HowToRun> how_to_run(const Arguments& arguments, std::string_view default_preset,
                                          Devices devices = Devices::here);

/// "cpu", "cpu:avx2", ...: what this machine and this build can run.
[[nodiscard]] std::vector<std::string> existing_devices();

/// A model's config as found, with the variant that runs it.
struct Found {
  ModelConfig config;
  std::string variant;  ///< compiled, exact or dynamic
  kernels::KernelSource kernels = nullptr;  ///< of the compiled variant
};
/// find_model, read_config and --variant: what `ttt compile` made comes first, then the known models. A compiled variant
/// that cannot be used is a note under `auto`. Errors: those, variant_not_found, compiled_variant_missing, and under
/// `--variant compiled` those of find_compiled.
[[nodiscard]] Result<Found> find_config(const Arguments& arguments, const HowToRun& how);

/// The same for what goes on from token to token. Errors: also encoder_does_not_generate.
[[nodiscard]] Result<Found> find_decoder(const Arguments& arguments, const HowToRun& how);

/// What becomes of the weights: they stay for running, they are put into the cache (`pack_ahead`), or they are only looked at:
/// nothing is put into the cache.
enum class Loading : std::uint8_t { to_run, ahead, to_compare };
/// The state alone, and the source of its weights. Errors: those of make_state or pack_ahead, and does_not_fit.
struct LoadedWeights {
  std::unique_ptr<const TensorSource> source;
  std::shared_ptr<const ModelState> state;
};
[[nodiscard]] Result<LoadedWeights> load_weights_of(const Found& found, HowToRun how, Loading loading);

/// Loads the weights, after checking that the plan's bytes are there. Errors: those of make_state, and
/// does_not_fit.
[[nodiscard]] Result<std::unique_ptr<Runner>> load_runner(const Found& found, HowToRun how);

/// The same as a model whose policies can be changed. Errors: the same.
[[nodiscard]] Result<std::shared_ptr<TunedModel>> load_tuned(const Found& found, HowToRun how);

/// Positions the model can hold; 2^24 where its rotary embedding stretches with the sequence.
[[nodiscard]] int longest_context(const ArchitectureSpec& spec);

/// What `forward` and `logits` say of the file they wrote, as text or as JSON.
[[nodiscard]] Result<int> say_written(const Arguments& arguments, std::span<const TensorDeclaration> declared, std::size_t tokens,
                                      const ModelState& state, const HowToRun& how, const Found& found);

/// "device", "isa", "threads" (where something runs), "mesh" (but for the cpu), "variant", "policy": what every JSON result says.
void write_how(json::Writer& out, const ModelState& state, const HowToRun& how, const Found& found);

}  // namespace ttt::tool

// What loading is given: the model, and how it shall run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <ttt/io/progress.hpp>
#include <ttt/kernels/device_engine.hpp>
#include <ttt/kernels/own_activation_table.hpp>
#include <ttt/kernels/with.hpp>
#include <ttt/policy/configured.hpp>
#include <ttt/policy/path_policy.hpp>
#include <ttt/policy/workload.hpp>
#include <ttt/runtime/names.hpp>

namespace ttt {

/// A user's activation by name, and where its composed kernels come from.
struct OwnActivationSource {
  Name name{};
  kernels::OwnActivationKernels (*kernels)(kernels::Isa) = nullptr;
};

/// How a model is loaded.
struct LoadOptions {
  Preset preset = Preset::standard;
  HardwareConfig policy{};      ///< of the whole model, over the preset
  std::vector<PathPolicy> tuning{};  ///< of single modules, over what the model's type says of them; later ones win
  Workload workload{.context = 0};  ///< context 0 = the model's maximum, at most 4096
  int threads = 0;              ///< 0 = as many as this process has cores
  bool split_all = false;       ///< every op on all threads; else small ops on fewer, which is faster
  bool pin_threads = false;     ///< each worker tied to a CPU of its own; threads that call are not: pin_this_thread
  std::string isa{};            ///< "" = the highest the processor has, or TTT_ISA
  std::int64_t memory_limit = 0;  ///< bytes the model may hold; 0 = what the device has
  kernels::KernelSource kernels = nullptr;  ///< `ttt::with<DType::fp32>`; null = what the program holds by itself
  NameMap names{};
  bool ignore_config = false;  ///< `load`: the type counts even where config.json says otherwise
  bool names_are_paths = false;  ///< the source names tensors by our paths (modules used alone)
  /// The folder that packed weights are kept in, so that the next load maps them: "" = the cache of this user
  /// (`default_cache_folder`), for models of 64 MiB and more; "off" = none; else a folder, for models of any size.
  std::string packed_cache{};
  Progress progress{};
  /// Computes in a device's numbers, by emulation; null = on the processor, in its own.
  const kernels::DeviceEngine* engine = nullptr;
  DeviceTraits device{};  ///< the device that the engine is for
};

/// What a state is made of besides the source of its weights.
struct StateInput {
  ModelView model;
  std::span<const std::span<const WrittenConfig>> written{};
  std::vector<OwnActivationSource> own_activations{};
  int max_position = 0;
  std::span<const OwnKernelEntry> own_kernels{};  ///< that the model's type names; of static storage
  std::span<OwnFormat* const> own_formats{};  ///< that the model's type names
  kernels::KernelSource kernels = nullptr;  ///< what the model's type names, where the options name nothing
};

}  // namespace ttt

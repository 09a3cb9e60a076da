// A model's weights as kernels read them: packed matrices, fp32 vectors.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ttt/io/progress.hpp>
#include <ttt/kernels/args.hpp>
#include <ttt/plan/totals.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/names.hpp>
#include <ttt/runtime/packed_layout.hpp>
#include <ttt/runtime/tensor_source.hpp>

namespace ttt {

/// One norm's vectors; null where the norm has none.
struct NormWeights {
  const float* weight = nullptr;
  const float* bias = nullptr;
};

/// What one module's ops read. Members that a module does not use stay null.
struct ModuleWeights {
  kernels::Packed table{};  ///< embedding
  kernels::Packed positions{}, token_types{};
  kernels::Packed qkv{}, o{};
  const float* q_norm = nullptr;
  const float* k_norm = nullptr;
  kernels::Packed up{};  ///< gate and up panels in turn, or up alone
  kernels::Packed down{};
  kernels::Packed linear{};
  NormWeights attention_norm{};  ///< a layer's first norm; a norm module's own
  NormWeights mlp_norm{};
  std::array<const float*, own_module_weights_limit> own{};
};

/// What the cache of packed weights did for a load.
struct PackedCacheUse {
  enum class Kind : std::uint8_t { unused, mapped, written };
  Kind kind = Kind::unused;
  std::string file;
  std::int64_t bytes = 0;  ///< of the file
  std::string note;        ///< why a file was not used or not written, where there was reason to
  std::optional<Error> unused{};  ///< why nothing is mapped, also where a load does without and says nothing (not_kept)
};

[[nodiscard]] constexpr std::string_view name_of(PackedCacheUse::Kind k) noexcept {
  return k == PackedCacheUse::Kind::mapped ? "mapped" : k == PackedCacheUse::Kind::written ? "written" : "unused";
}

/// All weights of a model. Modules point into the blocks, which states of one model share.
struct ModelWeights {
  std::vector<ModuleWeights> modules;  ///< by module index, repetitions counted
  std::vector<std::shared_ptr<const Buffer>> blocks;
  std::int64_t bytes_packed = 0;  ///< by this load; the rest was there
  int matrices_packed = 0;        ///< as kernels read them: q, k and v are one, gate and up are one
  PackedCacheUse cached;
};

/// What another state of the same model has packed: matrices of the same format, and all vectors, are taken from it.
struct PackedBefore {
  const ModelWeights* weights = nullptr;
  const PlanRequest* request = nullptr;
};

/// The format `stored` stands for: the one all matrices have, or fp32 when they differ.
[[nodiscard]] DType stored_format(const TensorSource& source, std::span<const TensorSpec> tensors);

/// Every tensor is there with the shape the model says, in a format that can be read; nothing unknown is. The source
/// may only agree: no size is taken from it (design rule 9). The first fault is named with the nearest match.
[[nodiscard]] Result<void> check_tensors(const TensorSource& source, const ModelView& model, const NameMap& names,
                                         std::span<const TensorSpec> tensors);

/// Where everything that `load_weights` would pack goes, without reading anything. Requires: as there.
[[nodiscard]] PackedLayout packed_layout(const TensorSource& source, const PlanRequest& request,
                                         std::span<const TensorSpec> tensors, PackedBefore before = {},
                                         const kernels::DeviceEngine* engine = nullptr);

/// How weights are loaded.
struct LoadHow {
  Progress progress{};
  std::string packed_cache = "off";  ///< as LoadOptions::packed_cache
  bool only_cache = false;           ///< what cannot be mapped from there is an error (`PackedCacheUse::unused`)
  const kernels::DeviceEngine* engine = nullptr;  ///< whose layout they are packed into, which no cache keeps
};

/// Maps the packed weights that the cache holds; else reads and packs every tensor, or those that `before` lacks (which
/// the cache does not serve): all matrices in one block, on huge pages however small each is, and all vectors in a second.
/// Requires: `check_tensors` passed. Errors: those of reading, out_of_memory.
[[nodiscard]] Result<ModelWeights> load_weights(const TensorSource& source, const PlanRequest& request,
                                                std::span<const TensorSpec> tensors, const LoadHow& how = {},
                                                PackedBefore before = {});

}  // namespace ttt

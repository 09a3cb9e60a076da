// A model's weights as kernels read them: packed matrices, fp32 vectors.
#pragma once

#include <vector>

#include <ttt/io/progress.hpp>
#include <ttt/kernels/args.hpp>
#include <ttt/plan/totals.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/names.hpp>
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

/// All weights of a model. Owns the memory; modules point into it.
struct ModelWeights {
  std::vector<ModuleWeights> modules;  ///< by module index, repetitions counted
  std::vector<Buffer> buffers;
};

/// The format `stored` stands for: the one all matrices have, or fp32 when they differ.
[[nodiscard]] DType stored_format(const TensorSource& source, std::span<const TensorSpec> tensors);

/// Every tensor is there with the shape the model says, in a format that can be read; nothing unknown is. The source
/// may only agree: no size is taken from it (design rule 9). The first fault is named with the nearest match.
[[nodiscard]] Result<void> check_tensors(const TensorSource& source, const ModelView& model, const NameMap& names,
                                         std::span<const TensorSpec> tensors);

/// Reads and packs every tensor. Requires: `check_tensors` passed. Errors: those of reading, out_of_memory.
[[nodiscard]] Result<ModelWeights> load_weights(const TensorSource& source, const PlanRequest& request,
                                                std::span<const TensorSpec> tensors, const Progress& progress = {});

}  // namespace ttt

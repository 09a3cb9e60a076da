// ModelState: everything about a loaded model that never changes. Shared by any number of sessions and threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ttt/kernels/table.hpp>
#include <ttt/plan/totals.hpp>
#include <ttt/runtime/kv_pages.hpp>
#include <ttt/runtime/load_options.hpp>
#include <ttt/runtime/weights.hpp>
#include <ttt/types/spec_of.hpp>

namespace ttt {

/// How an attention keeps its keys and values.
struct CacheForm {
  DType format = DType::automatic;
  KvForm form = KvForm::automatic;
  int page = 0;  ///< positions as laid out (plan/kv_bytes.hpp); 0 where the form knows no pages
  constexpr bool operator==(const CacheForm&) const = default;
};

/// Immutable after `make_state`.
class ModelState {
 public:
  OwnedModel model;
  std::vector<std::vector<WrittenConfig>> written;               ///< by run
  std::vector<std::span<const WrittenConfig>> written_view;
  PlanRequest request;
  std::vector<PlanOp> ops;  ///< written out
  ArenaLayout arena;
  PlanTotals totals;
  Ropes ropes;
  std::vector<CacheForm> caches;  ///< by attention module, in order
  std::vector<KvPlace> kv_places;  ///< theirs
  std::int64_t kv_block_bytes = 0;  ///< of a session's own block, for all attentions that are contiguous
  std::shared_ptr<SharedKvPools> kv_pools;  ///< the pages; shared by states whose caches are alike
  ModelWeights weights;
  const kernels::KernelTable* kernels = nullptr;
  const kernels::KernelTable* naive = nullptr;  ///< the plain loops, for ops whose policy says so
  const kernels::DeviceEngine* engine = nullptr;  ///< of an emulated device, whose ops then run in place of the kernels
  std::vector<OwnKernelEntry> own_kernels;      ///< that policies may name: the type's, and those registered
  std::vector<OwnActivationSource> own_activations;
  Role output = Role::logits;
  int vocab = 0;         ///< of the embedding; 0 when the model begins with something else
  int positions = 0;     ///< learned ones; 0 when it has none
  int token_types = 0;
  bool encoder = false;  ///< each step is a whole sequence, and a session holds nothing
  bool pools = false;    ///< the last module is of each sequence's first row
  int input_width = 0;   ///< of the first module when it is no embedding
  int output_width = 0;
  int max_position = 0;  ///< the model's own maximum, 0 = unknown
  int threads = 1;
  bool pin_threads = false;
  std::uint64_t lineage = 0;  ///< the same in all states of one loaded model

  ModelState() = default;
  ModelState(const ModelState&) = delete;
  ModelState& operator=(const ModelState&) = delete;

  [[nodiscard]] int context() const { return request.workload.context; }
  /// Tokens a session can hold: what is rounded up to a device's tiles may pass the table of positions.
  [[nodiscard]] int longest() const { return positions > 0 && positions < context() ? positions : context(); }
  [[nodiscard]] std::string path(int module) const { return path_of(model.view(), module); }
  /// An op's path: `layers.3.attention.qkv`.
  [[nodiscard]] std::string path(const PlanOp& op) const { return path(op.module) + std::string(name_of(op.name)); }
  /// The level whose kernel runs an op, where the user's own does not.
  [[nodiscard]] const kernels::KernelTable& table_of(const PlanOp& op) const {
    return op.variant == KernelVariant::naive ? *naive : *kernels;
  }
  /// The user's own kernel that runs an op, or null.
  [[nodiscard]] const OwnKernelEntry* own_kernel_of(const PlanOp& op) const {
    const int at = ttt::own_kernel_of(request, op);
    return at < 0 ? nullptr : &own_kernels[static_cast<std::size_t>(at)];
  }
  /// The resolved configuration of a module (repetitions counted).
  [[nodiscard]] ModuleConfig config(int module) const;
  /// Of the part of its module that an op belongs to.
  [[nodiscard]] HardwareConfig config(const PlanOp& op) const;
};

/// Whether a session of one state can go on in the other: both keep keys and values alike, for the same workload.
[[nodiscard]] inline bool same_caches(const ModelState& a, const ModelState& b) {
  const Workload &x = a.request.workload, &y = b.request.workload;
  return x.context == y.context && x.batch == y.batch && x.kv_tokens == y.kv_tokens && a.caches == b.caches && a.engine == b.engine;
}

/// The workload's numbers in range, with the defaults filled in: a context of 0 is the model's longest, at most 4096.
/// Errors: workload_out_of_range.
[[nodiscard]] Result<Workload> checked_workload(Workload workload, const ModelView& model, int max_position);

/// Checks, plans, loads. The rules are those of the static gate, with the same sentences.
[[nodiscard]] Result<std::shared_ptr<const ModelState>> make_state(const StateInput& input,
                                                                   const TensorSource& source,
                                                                   const LoadOptions& options);

/// Ahead of time: as `make_state`, and the packed weights are in the cache's file (`LoadOptions::packed_cache`) afterwards, which
/// the next load of this model in the same formats maps. `weights.cached` says which file, and whether it was `written` or
/// there already. Takes memory for reading alone. Errors: as `make_state`; not_kept, cache_full, cache_refused and those of writing
/// files, where a load would do without.
[[nodiscard]] Result<std::shared_ptr<const ModelState>> pack_ahead(const StateInput& input, const TensorSource& source,
                                                                   const LoadOptions& options);

/// The tensors the model needs by the names the source gives them.
[[nodiscard]] std::vector<TensorSpec> tensors_for(const ModelView& model, const TensorSource& source,
                                                  const LoadOptions& options);

/// The same without weights: what `plan`, `check` and `describe` look at.
[[nodiscard]] Result<std::shared_ptr<ModelState>> plan_state(const StateInput& input, DType stored,
                                                             const LoadOptions& options);

}  // namespace ttt

// What a variant compiled ahead of time hands over: plain integers and function pointers behind one C entry.
#pragma once

#include <cstdint>

#include <ttt/kernels/table.hpp>
#include <ttt/plan/totals.hpp>
#include <ttt/policy/workload.hpp>

namespace ttt {

/// Changes whenever VariantTable does.
inline constexpr std::uint32_t variant_abi = 3;
/// The shared object's only symbol: `extern "C" const ttt::VariantTable* ttt_variant(std::uint32_t abi)`, null
/// when it was compiled for another `variant_abi`.
inline constexpr const char* variant_entry_name = "ttt_variant";

/// What the plan of the model's type adds up to; the plan made at run time from config.json must agree.
struct VariantFacts {
  std::int64_t weights, kv, arena, peak, load_peak, weight_bytes_per_step;
  std::int64_t ops, modules;
  double flops_per_token;
  bool operator==(const VariantFacts&) const = default;
};

/// The kernels of one level that one model's plan needs; the others are null. Arrays as in kernels::KernelTable.
struct VariantTable {
  std::uint32_t abi;
  std::uint32_t bytes;  ///< sizeof(VariantTable)
  const char* key;      ///< of what it was compiled for: 64 hexadecimal digits and a zero
  std::int32_t isa;
  std::int32_t has_bf16_dot;
  VariantFacts facts;
  kernels::EmbedFn embed[kernels::weight_format_count];
  kernels::MatmulFn store[kernels::weight_format_count][kernels::activation_format_count];
  kernels::MatmulFn residual[kernels::weight_format_count][kernels::activation_format_count];
  kernels::MatmulFn activated[kernels::weight_format_count][kernels::activation_format_count]
                             [kernels::activation_count];
  kernels::MatmulFn gated[kernels::weight_format_count][kernels::activation_format_count]
                         [kernels::activation_count];
  kernels::QkvFn qkv[kernels::weight_format_count][kernels::activation_format_count];
  kernels::AppendFn append[kernels::kv_format_count];
  kernels::AttentionFn attention[kernels::kv_format_count];
  kernels::NormFn norm;
};

/// A device's traits as `variant_request` takes them: those of the processor at one level, with one thread.
[[nodiscard]] constexpr DeviceTraits variant_device(const DeviceTraits& processor, bool has_bf16_dot) {
  DeviceTraits device = processor;
  device.bf16_dot = has_bf16_dot;
  device.threads = 1;
  return device;
}

/// The request whose facts both sides compute: one session, one thread. Neither changes which kernels there are.
[[nodiscard]] constexpr PlanRequest variant_request(const ConfiguredModel& model, const DeviceTraits& processor,
                                                    bool has_bf16_dot, int context, DType stored) {
  return {model, variant_device(processor, has_bf16_dot), Workload{.batch = 1, .context = context}, stored, 1};
}

[[nodiscard]] constexpr VariantFacts variant_facts(const PlanRequest& request) {
  const PlanTotals t = plan_totals(request);
  VariantFacts f{t.weights, t.kv, t.arena, t.peak, t.load_peak, t.weight_bytes_per_step, 0, 0, t.flops_per_token};
  f.modules = request.model.model.module_count();
  emit_ops(request, false, [&](const PlanOp& op) { f.ops += op.repeat; });
  return f;
}

/// `base` (the program's own kernels of the same level) with the variant's in their places.
[[nodiscard]] constexpr kernels::KernelTable kernels_of(const VariantTable& v, const kernels::KernelTable& base) {
  using namespace kernels;
  KernelTable t = base;
  const auto take = [](auto& mine, auto* theirs) {
    if (theirs != nullptr) mine = theirs;
  };
  for (int w = 0; w < weight_format_count; ++w) {
    take(t.embed_fns[w], v.embed[w]);
    for (int a = 0; a < activation_format_count; ++a) {
      take(t.store_fns[w][a], v.store[w][a]);
      take(t.residual_fns[w][a], v.residual[w][a]);
      for (int f = 0; f < activation_count; ++f) take(t.activated_fns[w][a][f], v.activated[w][a][f]);
      for (int f = 0; f < activation_count; ++f) take(t.gated_fns[w][a][f], v.gated[w][a][f]);
      take(t.qkv_fns[w][a], v.qkv[w][a]);
    }
  }
  for (int k = 0; k < kv_format_count; ++k) {
    take(t.append_fns[k], v.append[k]);
    take(t.attention_fns[k], v.attention[k]);
  }
  take(t.norm, v.norm);
  return t;
}

}  // namespace ttt

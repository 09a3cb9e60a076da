// The gate: a model on a device for a workload, checked whole before anything runs.
#pragma once

#include <ttt/checks/join.hpp>
#include <ttt/checks/kernels_exist.hpp>
#include <ttt/plan/plan.hpp>

namespace ttt {

/// The first rule that a request breaks: shapes first, then kernels.
[[nodiscard]] constexpr Diagnosis diagnose(const PlanRequest& request) {
  if (const Diagnosis d = checks::ShapesAgree(request.model.model); !d.ok()) return d;
  return checks::KernelsExist(request);
}

/// A plain bool, for `if constexpr`.
template <auto Model, Device D, auto... Options>
inline constexpr bool fits = diagnose(plan_request<Model, D, Options...>()).ok();

/// True, or the program is refused with a sentence that names module, issue, numbers and what to try.
///
/// `static_assert(accepts<llama_3_2_1b, cpu, Batch<1>, Context<4096>>);`
template <auto Model, Device D, auto... Options>
inline constexpr bool accepts = holds<typename types::as_model<type_of<Model>>::type,
                                      diagnose(plan_request<Model, D, Options...>())>();

/// A model that passed the gate: what a program may load.
template <auto Model, Device D, auto... Options>
  requires(accepts<Model, D, Options...>)
struct Compiled {
  static constexpr auto model = Model;
  static constexpr PlanTotals totals = ttt::totals<Model, D, Options...>;
};

}  // namespace ttt

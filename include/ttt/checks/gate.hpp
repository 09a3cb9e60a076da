// The gate: a model on a device for a workload, checked whole before anything runs.
#pragma once

#include <ttt/checks/fits_local_memory.hpp>
#include <ttt/checks/join.hpp>
#include <ttt/checks/own_kernels_support.hpp>
#include <ttt/plan/plan.hpp>

namespace ttt {

/// Every rule over a request, in order: shapes (all else builds on them, so that a fault there ends the walk), kernels
/// and knobs, shardings, memory. As many faults as `out` has room for.
template <std::size_t N>
constexpr void find_faults(const PlanRequest& request, Findings<N>& out) {
  out.add(checks::ShapesAgree(request.model.model));
  if (!out.ok()) return;
  checks::KernelsExist(request, out);
  if (out.full()) return;
  checks::OwnKernelsSupport(request, out);
  if (out.full()) return;
  const std::size_t before = out.count;
  checks::ShardingsDivide(request, out);
  for (std::size_t i = before; i < out.count; ++i)
    if (out.found[i].advice == Advice::none) checks::advise_sharding(request, out.found[i]);
  const bool divides = out.count == before;
  if (!out.full()) checks::FitsMemory(request, out);
  if (divides && !out.full()) checks::FitsLocalMemory(request, out);
}

/// The first rule that a request breaks.
template <class Request = PlanRequest>  // a template, so that only programs that ask compile the rules
[[nodiscard]] constexpr Diagnosis diagnose(const Request& request) {
  Findings<1> found;
  find_faults(request, found);
  return found.found[0];
}

/// All independent faults of a model on a device, at most 32: `constexpr auto faults = explain(model,
/// ttnn::wormhole_n150{}, Batch<1>, Context<4096>);`. Each is a `Diagnosis`; `issue_text` and `advice_text` say it.
template <Joinable M, Device D, class... Options>
[[nodiscard]] constexpr Findings<32> explain(const M&, const D&, const Options&...) {
  Findings<32> found;
  find_faults({configured_of<M>(), device_traits<D>, workload_of<Options{}...>()}, found);
  return found;
}

/// A plain bool, for `if constexpr`.
template <auto Model, Device D, auto... Options>
inline constexpr bool fits = diagnose(plan_request<Model, D, Options...>()).ok();

/// True, or the program is refused with a sentence that names module, issue, numbers and what to try.
///
/// `static_assert(accepts<llama_3_2_1b, cpu, Batch<1>, Context<4096>>);`
template <auto Model, Device D, auto... Options>
inline constexpr bool accepts = report::verdict<typename report::sentence<
    typename types::as_model<type_of<Model>>::type, diagnose(plan_request<Model, D, Options...>())>::type>::value;

/// A model that passed the gate: what a program may load.
template <auto Model, Device D, auto... Options>
  requires(accepts<Model, D, Options...>)
struct Compiled {
  static constexpr auto model = Model;
  static constexpr PlanTotals totals = ttt::totals<Model, D, Options...>;
};

}  // namespace ttt

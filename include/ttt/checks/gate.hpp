// The gate: a model on a device for a workload, checked whole before anything runs.
#pragma once

#include <utility>

#include <ttt/checks/join.hpp>
#include <ttt/checks/rules.hpp>
#include <ttt/plan/plan.hpp>

namespace ttt {

namespace checks {

/// A request as a type: `request` is its value. Compilers limit the steps of one constant expression, so each rule, each
/// layer's local memory and each trial of an advice is one of its own here, where `diagnose` has them all in one.
template <auto Model, Device D, auto... Options>
struct Asked {
  static constexpr PlanRequest request = plan_request<Model, D, Options...>();
};

/// The first fault that one rule finds, without advice where that is found by trying.
template <class A, Rule R>
inline constexpr Diagnosis first_fault = [] {
  Findings<1> found;
  find_faults_of(R, A::request, found);
  return found.found[0];
}();

/// What is left of FitsLocalMemory for one of the modules that `each_distinct` gives, once a remedy is followed.
template <class A, Remedy R, std::size_t Number>
inline constexpr Diagnosis local_fault = [] {
  Diagnosis d;
  std::size_t next = 0;
  A::request.model.model.each_distinct([&](const ModuleSpec&, std::size_t r, std::size_t i, int index) {
    if (next++ == Number) d = ModuleFitsLocalMemory(followed(A::request, R), r, i, index);
  });
  return d;
}();
/// The first of them.
template <class A, Remedy R>
inline constexpr Diagnosis first_local_fault = [] {
  constexpr std::size_t modules = [] {
    std::size_t count = 0;
    A::request.model.model.each_distinct([&](const auto&...) { ++count; });
    return count;
  }();
  return []<std::size_t... I>(std::index_sequence<I...>) {
    Findings<1> found;
    (found.add(local_fault<A, R, I>), ...);
    return found.found[0];
  }(std::make_index_sequence<modules>{});
}();
template <class A>
inline constexpr Diagnosis first_fault<A, Rule::local_memory> = first_local_fault<A, Remedy{}>;

/// The first fault of all rules.
template <class A, Rule R = Rule::shapes>
[[nodiscard]] constexpr Diagnosis fault_of() {
  constexpr int next = static_cast<int>(R) + 1;
  if constexpr (!first_fault<A, R>.ok() || next == rule_count) {
    return first_fault<A, R>;
  } else {
    return fault_of<A, static_cast<Rule>(next)>();
  }
}

/// What the trials for a fault D came to, from T on.
template <class A, Diagnosis D, Trial T>
struct Tried {
  static constexpr bool helped = [] {
    constexpr bool there = helps_there(A::request, D, T);
    if constexpr (there && D.issue == Issue::buffers_exceed_local_memory)
      return first_local_fault<A, T.with(T.middle())>.ok();
    else
      return there;
  }();
  static constexpr Trial last = Tried<A, D, next_trial(A::request, D, T, helped)>::last;
};
template <class A, Diagnosis D, Trial T>
  requires(T.over())
struct Tried<A, D, T> {
  static constexpr Trial last = T;
};

/// `diagnose` of a request that is a type.
template <class A>
inline constexpr Diagnosis diagnosis = [] {
  constexpr Diagnosis d = fault_of<A>();
  if constexpr (d.ok() || d.advice != Advice::none) {
    return d;
  } else {
    return advised(d, Tried<A, d, trial_at(A::request, d, 0)>::last);
  }
}();

}  // namespace checks

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
inline constexpr bool fits = checks::fault_of<checks::Asked<Model, D, Options...>>().ok();

/// True, or the program is refused with a sentence that names module, issue, numbers and what to try.
///
/// `static_assert(accepts<llama_3_2_1b, cpu, Batch<1>, Context<4096>>);`
template <auto Model, Device D, auto... Options>
inline constexpr bool accepts =
    report::verdict<typename report::sentence<typename types::as_model<type_of<Model>>::type,
                                              checks::diagnosis<checks::Asked<Model, D, Options...>>>::type>::value;

/// A model that passed the gate: what a program may load.
template <auto Model, Device D, auto... Options>
  requires(accepts<Model, D, Options...>)
struct Compiled {
  static constexpr auto model = Model;
  static constexpr PlanTotals totals = ttt::totals<Model, D, Options...>;
};

}  // namespace ttt

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

/// The first faults that one rule finds, without advice where that is found by trying.
template <class A, Rule R, std::size_t N>
inline constexpr Findings<N> first_faults = [] {
  Findings<N> found;
  find_faults_of(R, A::request, found);
  return found;
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
template <class A, Remedy R, std::size_t N>
inline constexpr Findings<N> first_local_faults = [] {
  constexpr std::size_t modules = [] {
    std::size_t count = 0;
    A::request.model.model.each_distinct([&](const auto&...) { ++count; });
    return count;
  }();
  return []<std::size_t... I>(std::index_sequence<I...>) {
    Findings<N> found;
    (found.add(local_fault<A, R, I>), ...);
    return found;
  }(std::make_index_sequence<modules>{});
}();
template <class A, std::size_t N>
inline constexpr Findings<N> first_faults<A, Rule::local_memory, N> = first_local_faults<A, Remedy{}, N>;

/// The first fault of all rules.
template <class A, Rule R = Rule::shapes>
[[nodiscard]] constexpr Diagnosis fault_of() {
  constexpr int next = static_cast<int>(R) + 1;
  constexpr Diagnosis first = first_faults<A, R, 1>.found[0];
  if constexpr (!first.ok() || next == rule_count) {
    return first;
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
      return first_local_faults<A, T.with(T.middle()), 1>.ok();
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

/// A fault with its advice.
template <class A, Diagnosis D>
inline constexpr Diagnosis advised_fault = [] {
  if constexpr (D.ok() || D.advice != Advice::none) {
    return D;
  } else {
    return advised(D, Tried<A, D, trial_at(A::request, D, 0)>::last);
  }
}();

/// `diagnose` of a request that is a type.
template <class A>
inline constexpr Diagnosis diagnosis = advised_fault<A, fault_of<A>()>;

/// `find_faults` of a request that is a type.
template <class A, std::size_t N, Rule R = Rule::shapes, bool ShapesAgree = true, bool Divides = true>
constexpr void add_faults(Findings<N>& out) {
  if constexpr (is_asked(R, ShapesAgree, Divides)) {
    constexpr std::size_t count = first_faults<A, R, N>.count;
    if constexpr (R == Rule::local_memory) {
      for (const Diagnosis& d : first_faults<A, R, N>)
        out.add(advised_like(d, advised_fault<A, first_faults<A, R, N>.found[0]>));
    } else {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (out.add(advised_fault<A, first_faults<A, R, N>.found[I]>), ...);
      }(std::make_index_sequence<count>{});
    }
    constexpr int next = static_cast<int>(R) + 1;
    if constexpr (next < rule_count)
      add_faults<A, N, static_cast<Rule>(next), ShapesAgree && (R != Rule::shapes || count == 0),
                 Divides && (R != Rule::shardings || count == 0)>(out);
  }
}

/// A request whose model, device and options are types.
template <class M, class D, class... Options>
struct AskedOfTypes {
  static constexpr PlanRequest request{configured_of<M>(), device_traits<D>, workload_of<Options{}...>()};
};

}  // namespace checks

/// All independent faults of a model on a device, at most 32: `constexpr auto faults = explain(model,
/// ttnn::wormhole_n150{}, Batch<1>, Context<4096>);`. Each is a `Diagnosis`; `issue_text` and `advice_text` say it.
template <Joinable M, Device D, class... Options>
[[nodiscard]] constexpr Findings<32> explain(const M&, const D&, const Options&...) {
  Findings<32> found;
  checks::add_faults<checks::AskedOfTypes<M, D, Options...>>(found);
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

// What a module has from around it: the policy of its model, of its run, and whether it counts in `layers.N`.
#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <ttt/spec/option.hpp>

namespace ttt::types {

/// `M` inside a model or a run with a policy (void: none). `Counted`: it was split off a longer run, and keeps its
/// number in `layers.N` although it stands alone.
template <class ModelPolicy, class RunPolicy, bool Counted, class M>
struct Within : M {
  using plain = M;
  using model_policy = ModelPolicy;
  using run_policy = RunPolicy;
  static constexpr bool counted = Counted;
};

/// The same facts of any module; a plain one has nothing around it.
template <class M>
struct surroundings {
  using plain = M;
  using model_policy = void;
  using run_policy = void;
  static constexpr bool counted = false;
};
template <class ModelPolicy, class RunPolicy, bool Counted, class M>
struct surroundings<Within<ModelPolicy, RunPolicy, Counted, M>> : Within<ModelPolicy, RunPolicy, Counted, M> {};

/// The normal form: nothing around it is the module itself.
template <class ModelPolicy, class RunPolicy, bool Counted, class M>
struct within {
  using type = Within<ModelPolicy, RunPolicy, Counted, M>;
};
template <class M>
struct within<void, void, false, M> {
  using type = M;
};

}  // namespace ttt::types

// The types that the knobs in a model's type name: own kernels, own weight formats.
#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <ttt/policy/policy.hpp>
#include <ttt/types/model.hpp>

namespace ttt::types {

// `Of<Knob>::type`: the list of types that one knob names.

/// Those in a policy's knobs; none in `void`.
template <class P, template <class> class Of>
struct named_in_policy {
  using type = boost::mp11::mp_list<>;
};
template <class... Knobs, template <class> class Of>
struct named_in_policy<Policy<Knobs...>, Of> {
  using type = boost::mp11::mp_append<boost::mp11::mp_list<>, typename Of<Knobs>::type...>;
};

/// Those of a module, its parts and what is around it.
template <class M, template <class> class Of>
struct named_in_module {
  template <class T>
  static auto part() {
    if constexpr (requires { typename T::policy; }) {
      return named_in_policy<typename T::policy, Of>{};
    } else {
      return named_in_policy<void, Of>{};
    }
  }
  static auto attention() {
    if constexpr (requires { typename M::attention; }) {
      return part<typename M::attention>();
    } else {
      return named_in_policy<void, Of>{};
    }
  }
  static auto mlp() {
    if constexpr (requires { typename M::mlp; }) {
      return part<typename M::mlp>();
    } else {
      return named_in_policy<void, Of>{};
    }
  }
  using around = surroundings<M>;
  using type = boost::mp11::mp_append<typename named_in_policy<typename around::model_policy, Of>::type,
                                      typename named_in_policy<typename around::run_policy, Of>::type,
                                      typename decltype(part<M>())::type, typename decltype(attention())::type,
                                      typename decltype(mlp())::type>;
};
template <class R, template <class> class Of>
struct named_in_run;
template <int Count, class... Modules, template <class> class Of>
struct named_in_run<Run<Count, Modules...>, Of> {
  using type = boost::mp11::mp_append<boost::mp11::mp_list<>, typename named_in_module<Modules, Of>::type...>;
};

/// Every one that a model's type names, each once.
template <class M, template <class> class Of>
struct named_in_model;
template <class... Runs, template <class> class Of>
struct named_in_model<Model<Runs...>, Of> {
  using type = boost::mp11::mp_unique<
      boost::mp11::mp_append<boost::mp11::mp_list<>, typename named_in_run<Runs, Of>::type...>>;
};

}  // namespace ttt::types

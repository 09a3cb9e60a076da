// A user's activations among a model's modules, and where their composed kernels come from.
#pragma once

#include <vector>

#include <ttt/runtime/load_options.hpp>

namespace ttt::types {

/// The user's activations in a model type, composed into kernels of one ISA level each when asked for.
template <class M>
struct own_activations;
template <class... Runs>
struct own_activations<Model<Runs...>> {
  template <class Module>
  static void collect(std::vector<OwnActivationSource>& found) {
    if constexpr (requires { typename Module::mlp; }) {
      collect<typename Module::mlp>(found);
    } else if constexpr (requires { typename Module::activation; }) {
      if constexpr (OwnActivation<typename Module::activation>)
        found.push_back(
            {Module::numbers.own_activation, &kernels::own_activation_kernels<typename Module::activation>});
    }
  }
  template <int Count, class... Modules>
  static void collect_run(Run<Count, Modules...>, std::vector<OwnActivationSource>& found) {
    (collect<Modules>(found), ...);
  }
  static std::vector<OwnActivationSource> list() {
    std::vector<OwnActivationSource> found;
    (collect_run(Runs{}, found), ...);
    return found;
  }
};

}  // namespace ttt::types

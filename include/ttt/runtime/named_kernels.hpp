// The kernels a model's type names: a header-only program compiles these and no others.
#pragma once

#include <ttt/kernels/with.hpp>
#include <ttt/policy/configured.hpp>

namespace ttt::types {

#if defined(TTT_SEPARATE_COMPILATION)
/// The linked library holds all; nothing need be named.
template <class M, auto... More>
inline constexpr kernels::KernelSource named_kernels = nullptr;
#else
/// The default ones, the activations and weight formats written in the model, and `More`.
template <class M, auto... More>
inline constexpr kernels::KernelSelection named_selection = [] {
  kernels::KernelSelection s = kernels::selection<More...>;
  const ModelView model = view_of<M>();
  for (std::size_t r = 0; r < model.runs.size(); ++r) {
    for (std::size_t m = 0; m < model.runs[r].modules.size(); ++m) {
      const ModuleSpec& module = model.runs[r].modules[m];
      if (module.has_mlp()) s = kernels::also(s, module.mlp.activation);
      const WrittenConfig& c = model_configs<M>::value[r][m];
      for (const HardwareConfig* said : {&c.model, &c.run, &c.self, &c.attention, &c.mlp}) {
        for (const DType format : said->weights) s = kernels::also(s, format);
        s = kernels::also(s, said->kv);
      }
    }
  }
  return s;
}();
template <class M, auto... More>
inline constexpr kernels::KernelSource named_kernels = &kernels::selected_table<named_selection<M, More...>>;
#endif

}  // namespace ttt::types

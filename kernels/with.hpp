// `ttt::with<DType::fp32, Activation::gelu>`: the kernels a header-only program holds besides the default ones.
#pragma once

#include <ttt/kernels/table.hpp>
#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/kernels/select_table.hpp>
#endif

namespace ttt {

/// For `LoadOptions::kernels`: formats of weights and activation functions, in any order. A program that links
/// ttt_runtime has every kernel; there this is all of them, whatever is named.
template <auto... More>
inline constexpr kernels::KernelSource with =
#if defined(TTT_SEPARATE_COMPILATION)
    &kernels::kernel_table;
#else
    &kernels::selected_table<kernels::selection<More...>>;
#endif

}  // namespace ttt

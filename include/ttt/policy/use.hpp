// Use<MyAttention>: the knob that puts a kernel of the user's own into a model, and the kernels a model's type names.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <ttt/policy/knob_types.hpp>
#include <ttt/policy/knobs.hpp>
#include <ttt/policy/own_kernel.hpp>

namespace ttt {

/// Never defined: naming an object of it is the compile error for a struct that is no kernel. It says what is missing:
/// NotAnOwnKernel<MyAttention, lacks::cost<OpCost(const OpShape&)>>.
template <class Kernel, class What>
struct NotAnOwnKernel;
/// The same for two kernels of one name in a model.
template <class Kernel, class Other>
struct SameNameAs;

/// What a struct must have to be a kernel, with its type; `constant`: it is there, but no constant expression.
namespace lacks {
template <class Type>
struct name;  ///< and of letters, digits, `_` and `-`
template <class Type, OpKind... One>
struct op;  ///< one that can be replaced
template <class Type>
struct supports;
template <class Type>
struct scratch_bytes;
template <class Type>
struct cost;
template <class Type>
struct run;
template <class Function>
struct constant;
}  // namespace lacks

namespace types {

template <class K>
struct missing_part {
  static constexpr auto find() {
    using std::type_identity;
    if constexpr (!kernels::HasName<K>) {
      return type_identity<lacks::name<std::string_view>>{};
    } else if constexpr (!kernels::HasOp<K>) {
      return type_identity<lacks::op<OpKind, OpKind::qkv, OpKind::attention, OpKind::gated, OpKind::activated,
                                     OpKind::projection, OpKind::linear>>{};
    } else if constexpr (!kernels::HasSupports<K>) {
      using missing = lacks::supports<bool(const OpShape&)>;
      if constexpr (requires(OpShape s) { { K::supports(s) } -> std::same_as<bool>; }) {
        return type_identity<lacks::constant<missing>>{};
      } else {
        return type_identity<missing>{};
      }
    } else if constexpr (!kernels::HasScratch<K>) {
      using missing = lacks::scratch_bytes<std::int64_t(const OpShape&, int)>;
      if constexpr (requires(OpShape s) { { K::scratch_bytes(s, 1) } -> std::convertible_to<std::int64_t>; }) {
        return type_identity<lacks::constant<missing>>{};
      } else {
        return type_identity<missing>{};
      }
    } else if constexpr (!kernels::HasCost<K>) {
      using missing = lacks::cost<OpCost(const OpShape&)>;
      if constexpr (requires(OpShape s) { { K::cost(s) } -> std::convertible_to<OpCost>; }) {
        return type_identity<lacks::constant<missing>>{};
      } else {
        return type_identity<missing>{};
      }
    } else if constexpr (K::op == OpKind::attention) {
      return type_identity<lacks::run<void(const kernels::AttentionArgs&, kernels::Part) noexcept>>{};
    } else if constexpr (K::op == OpKind::qkv) {
      return type_identity<lacks::run<void(const kernels::QkvArgs&, kernels::Part) noexcept>>{};
    } else {
      return type_identity<lacks::run<void(const kernels::MatmulArgs&, kernels::Part) noexcept>>{};
    }
  }
  using type = typename decltype(find())::type;
};

/// True for a kernel; for anything else the program is refused, once, with what it lacks.
template <class Refusal>
constexpr bool refuse_kernel() {
  return sizeof(Refusal) != 0;
}
template <class K>
constexpr bool is_own_kernel() {
  if constexpr (kernels::OwnKernel<K>) {
    return true;
  } else {
    return refuse_kernel<NotAnOwnKernel<K, typename missing_part<K>::type>>();
  }
}

}  // namespace types

/// Runs the op that `K` is for with `K`: `Policy<Use<MyAttention>>` on a module, a layer, a run or the model.
template <class K>
struct Use {
  using Auto = Kernel<KernelVariant::automatic>;
  using own_kernel = K;
  static constexpr Axis axis = types::is_own_kernel<K>() ? Axis::kernel : Axis{};  // refused where it is written
  static constexpr void apply(HardwareConfig& c) {
    if constexpr (kernels::OwnKernel<K>) {
      c.kernel = KernelVariant::own;
      c.own_kernel = K::name;
    }
  }
};

namespace types {

template <class Knob>
struct kernel_of_knob {
  using type = boost::mp11::mp_list<>;
};
template <class Knob>
  requires requires { typename Knob::own_kernel; }
struct kernel_of_knob<Knob> {
  using type = boost::mp11::mp_list<typename Knob::own_kernel>;
};
/// The own kernels in a policy's knobs.
template <class P>
using kernels_in = named_in_policy<P, kernel_of_knob>;

/// The entries of a list of kernels, whose names differ.
template <class List>
struct kernel_entries;
template <class... Ks>
struct kernel_entries<boost::mp11::mp_list<Ks...>> {
  template <class A, class B>
  static constexpr bool differ() {
    if constexpr (std::is_same_v<A, B> || std::string_view(A::name) != std::string_view(B::name)) {
      return true;
    } else {
      return refuse_kernel<NotAnOwnKernel<A, SameNameAs<A, B>>>();
    }
  }
  template <class A>
  static constexpr bool differs_from_all = (differ<A, Ks>() && ...);
  static constexpr std::array<OwnKernelEntry, sizeof...(Ks)> value = [] {
    static_assert((differs_from_all<Ks> && ...));
    return std::array<OwnKernelEntry, sizeof...(Ks)>{own_kernel_entry<Ks>()...};
  }();
};

/// Every own kernel that a model's type names, each once.
template <class M>
struct own_kernels {
  using list = typename named_in_model<M, kernel_of_knob>::type;
  static constexpr std::span<const OwnKernelEntry> value{kernel_entries<list>::value};
};

}  // namespace types
}  // namespace ttt

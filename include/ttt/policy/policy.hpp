// Policy<knobs...>: an unordered set of knobs.
#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <ttt/policy/knobs.hpp>

namespace ttt::types {

template <class... Knobs>
struct Policy {
  using is_policy = void;
  static constexpr HardwareConfig config = [] {
    HardwareConfig c;
    (Knobs::apply(c), ...);
    return c;
  }();
};

template <class A, class B>
using earlier_axis = boost::mp11::mp_bool<(A::axis < B::axis)>;
template <class... Knobs>
using sorted_policy = boost::mp11::mp_sort<Policy<Knobs...>, earlier_axis>;

template <Axis... Axes>
inline constexpr bool axes_differ = [] {
  constexpr Axis all[] = {Axes..., Axis{}};
  for (std::size_t i = 0; i < sizeof...(Axes); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (all[i] == all[j]) return false;
  return true;
}();

}  // namespace ttt::types

namespace ttt {

/// `Policy<HiFi4, Kv<DType::fp16>>`: knobs in any order are the same type. An axis turned twice is no Policy.
template <Knob... Knobs>
  requires types::axes_differ<Knobs::axis...>
inline constexpr types::sorted_policy<Knobs...> Policy{};

}  // namespace ttt

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

/// Whether a knob of axis `theirs` says all that one of axis `mine` says: the same axis, that of all groups, or the
/// cache's form of its page.
[[nodiscard]] constexpr bool covers(Axis theirs, Axis mine) {
  const int ahead = static_cast<int>(mine) - static_cast<int>(theirs);
  const bool groups = theirs == Axis::fidelity || theirs == Axis::weights || theirs == Axis::shard;
  const int members = groups                    ? static_cast<int>(weight_group_count)
                      : theirs == Axis::scores  ? 2
                      : theirs == Axis::kv_form ? 1  // `PagedKv` says the page as well
                                                : 0;
  return ahead >= 0 && ahead <= members;
}

/// Two policies of one place as one: the later one's knobs, and of the earlier one's what those do not cover.
template <class Earlier, class Later>
struct both_policies;
template <class Later>
struct both_policies<void, Later> {
  using type = Later;
};
template <class Earlier>
struct both_policies<Earlier, void> {
  using type = Earlier;
};
template <>
struct both_policies<void, void> {
  using type = void;
};
template <class... Mine, class... Theirs>
struct both_policies<Policy<Mine...>, Policy<Theirs...>> {
  template <class K>
  using covered = boost::mp11::mp_bool<(covers(Theirs::axis, K::axis) || ...)>;
  using type = boost::mp11::mp_sort<boost::mp11::mp_append<boost::mp11::mp_remove_if<Policy<Mine...>, covered>,
                                                           Policy<Theirs...>>, earlier_axis>;
};

}  // namespace ttt::types

namespace ttt {

/// `Policy<HiFi4, Kv<DType::fp16>>`: knobs in any order are the same type. An axis turned twice is no Policy.
template <Knob... Knobs>
  requires types::axes_differ<Knobs::axis...>
inline constexpr types::sorted_policy<Knobs...> Policy{};

}  // namespace ttt

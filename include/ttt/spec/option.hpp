// How a module takes options: values in any order after its sizes.
#pragma once

#include <cstdint>
#include <type_traits>

namespace ttt {

/// Which members of a ModuleSpec count.
enum class ModuleKind : std::uint8_t { embedding, linear, rms_norm, layer_norm, attention, mlp, transformer_layer, own };

/// The plain type of a value given as a template argument.
template <auto Value>
using type_of = std::remove_cvref_t<decltype(Value)>;

/// An option that configures hardware, not mathematics: `Policy<...>` (policy/ defines it).
template <class T>
concept PolicyOption = requires { typename T::is_policy; };

namespace types {

/// The first `Policy<...>` among the options, or void: a module without one inherits everything.
template <class... Options>
struct policy_among {
  using type = void;
};
template <class First, class... Rest>
struct policy_among<First, Rest...> {
  using type = typename policy_among<Rest...>::type;
};
template <PolicyOption First, class... Rest>
struct policy_among<First, Rest...> {
  using type = First;
};

/// Never defined: naming an object of it is the compile error for an option that is for another kind of module.
template <class Option, class Spec>
struct NotAnOptionOf;

/// Base of every module type.
template <class... Options>
struct Module {
  static_assert((0 + ... + PolicyOption<Options>) <= 1, "a module takes one Policy<...>: write all its knobs in it");
  using is_module = void;
  using policy = typename policy_among<Options...>::type;
};

/// `numbers` after every mathematical option has changed what it is about.
template <class Spec, class... Options>
constexpr Spec with_options(Spec numbers) {
  [[maybe_unused]] auto apply = [&]<class Option>() {
    if constexpr (!PolicyOption<Option>) {
      if constexpr (requires { Option::apply(numbers); }) {
        Option::apply(numbers);
      } else {
        static_cast<void>(sizeof(NotAnOptionOf<Option, Spec>));
      }
    }
  };
  (apply.template operator()<Options>(), ...);
  return numbers;
}

}  // namespace types

/// Anything that may stand between `>>`.
template <class T>
concept ModuleType = requires { typename T::is_module; };

}  // namespace ttt

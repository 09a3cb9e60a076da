// A module of the user's own: shapes, weight names and a reference, written in the user's code.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>

#include <ttt/spec/option.hpp>
#include <ttt/spec/text.hpp>

namespace ttt {

/// One weight of an own module: a [rows, columns] matrix, fp32 when the reference sees it. A vector has 1 row.
struct WeightShape {
  Name name{};
  int rows = 1;
  int columns = 0;
  constexpr bool operator==(const WeightShape&) const = default;
};

/// What an own module's reference computes with. x: [rows, in], y: [rows, out], row-major fp32; `weights` in the
/// order the module lists them.
struct OwnModuleArgs {
  const float* x;
  float* y;
  int rows;
  const float* const* weights;
};

inline constexpr int own_module_weights_limit = 8;

/// The value form of an own module.
struct OwnModuleSpec {
  Name type{};
  int in = 0;
  int out = 0;
  int weight_count = 0;
  std::array<WeightShape, own_module_weights_limit> weights{};
  void (*reference)(const OwnModuleArgs&) = nullptr;
  constexpr bool operator==(const OwnModuleSpec&) const = default;
};

/// What a user's struct must have to stand between `>>` (see customization.hpp for a complete example).
template <class T>
concept OwnModule = requires(const OwnModuleArgs& args) {
  { T::type } -> std::convertible_to<std::string_view>;
  { T::in } -> std::convertible_to<int>;
  { T::out } -> std::convertible_to<int>;
  T::weights.size();
  T::reference(args);
};

template <OwnModule T>
constexpr OwnModuleSpec own_module_spec() {
  static_assert(T::weights.size() <= own_module_weights_limit, "an own module has at most 8 weights");
  OwnModuleSpec s{.type = Name(T::type), .in = T::in, .out = T::out, .reference = &T::reference};
  for (const WeightShape& w : T::weights) s.weights[static_cast<std::size_t>(s.weight_count++)] = w;
  return s;
}

}  // namespace ttt

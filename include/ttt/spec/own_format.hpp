// The formats of a user's own that a program has registered, as values.
#pragma once

#include <string_view>

#include <ttt/spec/dtype.hpp>

namespace ttt {

namespace kernels {
struct OwnFormatKernels;  // kernels/own_format_table.hpp
enum class Isa : int;
}  // namespace kernels

/// A registered format. Static, and never gone.
struct OwnFormat {
  DType type = DType::automatic;
  std::string_view name;
  const kernels::OwnFormatKernels* (*kernels)(kernels::Isa) noexcept = nullptr;  ///< null: this program composed none
  const OwnFormat* next = nullptr;
};

namespace own_formats {

/// The one registered last. Read and written atomically: names are looked up while other threads register.
inline const OwnFormat* last = nullptr;

/// Calls f(format) for each.
inline void each(auto&& f) {
  for (const OwnFormat* one = __atomic_load_n(&last, __ATOMIC_ACQUIRE); one != nullptr; one = one->next) f(*one);
}
[[nodiscard]] inline const OwnFormat* find(DType t) noexcept {
  const OwnFormat* found = nullptr;
  each([&](const OwnFormat& one) { found = one.type == t ? &one : found; });
  return found;
}
inline std::string_view name(DType t) noexcept {
  const OwnFormat* const found = find(t);
  return found != nullptr ? found->name : "own";
}

}  // namespace own_formats
}  // namespace ttt

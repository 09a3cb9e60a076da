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

/// The first that `wanted(format)` is true of, or null.
[[nodiscard]] inline const OwnFormat* first_of(auto&& wanted) noexcept {
  for (const OwnFormat* f = __atomic_load_n(&last, __ATOMIC_ACQUIRE); f != nullptr; f = f->next)
    if (wanted(*f)) return f;
  return nullptr;
}
[[nodiscard]] inline const OwnFormat* find(DType t) noexcept {
  return first_of([t](const OwnFormat& f) { return f.type == t; });
}
inline std::string_view name(DType t) noexcept {
  const OwnFormat* const found = find(t);
  return found != nullptr ? found->name : "own";
}

}  // namespace own_formats
}  // namespace ttt

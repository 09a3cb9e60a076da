// A real number that can be a template argument.
#pragma once

namespace ttt {

/// Wraps a double so that `Eps<1e-5>` and `Rope<500'000>` work on every compiler, and so that the compiler prints
/// the number. Converts from and to double.
struct Real {
  double v = 0;
  constexpr Real() = default;
  constexpr Real(double value) : v(value) {}  // NOLINT: implicit by design
  constexpr Real(int value) : v(value) {}     // NOLINT: implicit; clang before 18 needs the exact type
  constexpr operator double() const { return v; }
  constexpr bool operator==(const Real&) const = default;
};

}  // namespace ttt

// Diagnosis: what a rule found, as a structural value. One rule, one sentence, two moments (design rule 6): the
// compile-time gate spells it in types, the run-time adaptor in text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ttt {

enum class Issue : std::uint8_t {
  none,
#define TTT_ISSUE(name, kind, sentence, ...) name,
#include <ttt/checks/issues.def>
#undef TTT_ISSUE
};

enum class Advice : std::uint8_t {
  none,
#define TTT_ADVICE(name, count, sentence) name,
#include <ttt/checks/advices.def>
#undef TTT_ADVICE
};

/// The part of a module a rule speaks of.
enum class PartName : std::uint8_t { whole, attention, mlp };

/// The outcome of a rule; `issue == none` means the rule holds.
struct Diagnosis {
  Issue issue = Issue::none;
  std::array<std::int64_t, 4> numbers{};
  Advice advice = Advice::none;
  std::array<std::int64_t, 2> advice_numbers{};
  int module = 0;  ///< index among all modules, repetitions counted
  PartName part = PartName::whole;

  [[nodiscard]] constexpr bool ok() const { return issue == Issue::none; }
  constexpr bool operator==(const Diagnosis&) const = default;
};

[[nodiscard]] constexpr std::string_view name_of(Issue issue) {
  constexpr std::string_view names[] = {"none",
#define TTT_ISSUE(name, kind, sentence, ...) #name,
#include <ttt/checks/issues.def>
#undef TTT_ISSUE
  };
  return names[static_cast<std::size_t>(issue)];
}

}  // namespace ttt

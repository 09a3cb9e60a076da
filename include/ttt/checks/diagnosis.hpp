// Diagnosis: what a rule found, as a structural value. One rule, one sentence, two moments (design rule 6): the
// compile-time gate spells it in types, the run-time adaptor in text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ttt/spec/module.hpp>

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

/// `Diagnosis::module` of what concerns the model as a whole: its memory, its workload, a path into it.
inline constexpr int whole_model = -1;

/// The outcome of a rule; `issue == none` means the rule holds.
struct Diagnosis {
  Issue issue = Issue::none;
  std::array<std::int64_t, 4> numbers{};
  Advice advice = Advice::none;
  std::array<std::int64_t, 2> advice_numbers{};
  int module = 0;  ///< index among all modules, repetitions counted, or `whole_model`
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

/// Where rules put what they find: the first, or all.
template <std::size_t Limit>
struct Findings {
  std::array<Diagnosis, Limit> found{};
  std::size_t count = 0;

  [[nodiscard]] constexpr bool full() const { return count == Limit; }
  constexpr void add(const Diagnosis& d) {
    if (!d.ok() && !full()) found[count++] = d;
  }
  [[nodiscard]] constexpr const Diagnosis* begin() const { return found.data(); }
  [[nodiscard]] constexpr const Diagnosis* end() const { return found.data() + count; }
  [[nodiscard]] constexpr bool ok() const { return count == 0; }
};

}  // namespace ttt

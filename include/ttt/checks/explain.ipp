// Definitions of explain.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <ttt/checks/explain.hpp>

namespace ttt {
namespace explain_text {

/// Replaces {0}, {1}, ... by numbers.
inline std::string filled(std::string_view sentence, std::span<const std::int64_t> numbers) {
  std::string out;
  for (std::size_t i = 0; i < sentence.size(); ++i) {
    const bool place = sentence[i] == '{' && i + 2 < sentence.size() && sentence[i + 2] == '}';
    if (!place) {
      out += sentence[i];
      continue;
    }
    const auto number = static_cast<std::size_t>(sentence[i + 1] - '0');
    out += number < numbers.size() ? std::to_string(numbers[number]) : "?";
    i += 2;
  }
  return out;
}

}  // namespace explain_text

TTT_INLINE std::string issue_text(const Diagnosis& d) {
  static constexpr std::string_view sentences[] = {"nothing is wrong",
#define TTT_ISSUE(name, kind, sentence, ...) sentence,
#include <ttt/checks/issues.def>
#undef TTT_ISSUE
  };
  return explain_text::filled(sentences[static_cast<std::size_t>(d.issue)], d.numbers);
}

TTT_INLINE std::string advice_text(const Diagnosis& d) {
  static constexpr std::string_view sentences[] = {"nothing to do",
#define TTT_ADVICE(name, count, sentence) sentence,
#include <ttt/checks/advices.def>
#undef TTT_ADVICE
  };
  return explain_text::filled(sentences[static_cast<std::size_t>(d.advice)], d.advice_numbers);
}

TTT_INLINE Error error_of(const Diagnosis& d, const ModelView& model) {
  static constexpr ErrorKind kinds[] = {ErrorKind::internal,
#define TTT_ISSUE(name, kind, sentence, ...) ErrorKind::kind,
#include <ttt/checks/issues.def>
#undef TTT_ISSUE
  };
  std::string where = path_of(model, d.module);
  if (model.module(d.module).kind == ModuleKind::transformer_layer) {
    if (d.part == PartName::attention) where += ".attention";
    if (d.part == PartName::mlp) where += ".mlp";
  }
  return make_error(kinds[static_cast<std::size_t>(d.issue)], name_of(d.issue), std::move(where), issue_text(d),
                    advice_text(d));
}

}  // namespace ttt

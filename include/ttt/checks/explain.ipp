// Definitions of explain.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <ttt/checks/explain.hpp>
#include <ttt/policy/hardware_config.hpp>

namespace ttt {
namespace explain_text {

/// A number as its unit spells it.
inline std::string spelled(std::string_view unit, std::int64_t number) {
  if (unit == "dtype") return std::string(name_of(static_cast<DType>(number)));
  if (unit == "fidelity") return std::string(name_of(static_cast<Fidelity>(number)));
  if (unit == "kv_form") return std::string(name_of(static_cast<KvForm>(number)));
  if (unit == "qkv") return std::string(name_of(static_cast<QkvForm>(number)));
  if (unit == "qkv_layout") return std::string(name_of(static_cast<QkvLayout>(number)));
  if (unit == "layout") return std::string(name_of(static_cast<Layout>(number)));
  if (unit == "kernel") return std::string(name_of(static_cast<KernelVariant>(number)));
  if (unit == "sharding") return std::string(name_of(static_cast<Sharding>(number)));
  if (unit == "group") return std::string(name_of(static_cast<WeightGroup>(number)));
  return std::to_string(number);
}

/// Replaces {0}, {dtype:1}, ... by numbers and names.
inline std::string filled(std::string_view sentence, std::span<const std::int64_t> numbers) {
  std::string out;
  while (!sentence.empty()) {
    const std::size_t open = sentence.find('{');
    const std::size_t close = open == std::string_view::npos ? open : sentence.find('}', open);
    if (close == std::string_view::npos) break;
    out += sentence.substr(0, open);
    const std::string_view place = sentence.substr(open + 1, close - open - 1);
    const std::size_t colon = place.find(':');
    const auto number = static_cast<std::size_t>(place.back() - '0');
    out += number < numbers.size()
               ? spelled(colon == std::string_view::npos ? "" : place.substr(0, colon), numbers[number])
               : "?";
    sentence.remove_prefix(close + 1);
  }
  return out + std::string(sentence);
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

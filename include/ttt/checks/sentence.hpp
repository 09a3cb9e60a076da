// A diagnosis in words, made at compile time: what a static_assert can say (C++26) and what an Error says.
#pragma once

#include <ttt/catalog/ttnn/decoder_use.hpp>
#include <ttt/checks/diagnosis.hpp>
#include <ttt/policy/hardware_config.hpp>
#include <ttt/policy/op_kind.hpp>
#include <ttt/types/path_pattern.hpp>

namespace ttt {

/// Text with room of its own, for a static_assert's message. What does not fit is cut; no sentence is that long
/// (tests/static/checks/sentence.cpp).
struct Sentence {
  static constexpr std::size_t room = 767;
  char chars[room + 1]{};
  std::size_t length = 0;

  [[nodiscard]] constexpr const char* data() const { return chars; }
  [[nodiscard]] constexpr std::size_t size() const { return length; }
  [[nodiscard]] constexpr std::string_view view() const { return {chars, length}; }

  constexpr void add(std::string_view text) {
    for (const char c : text)
      if (length < room) chars[length++] = c;
  }
  constexpr void add(std::int64_t number) {
    char digits[20]{};
    std::size_t first = 20;
    const bool negative = number < 0;
    auto rest = negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    do {
      digits[--first] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (negative) add("-");
    add(std::string_view(digits + first, 20 - first));
  }
};

namespace sentences {

/// The tags that C++ spells other than the value's name.
[[nodiscard]] constexpr std::string_view tag_of(KvForm f) { return f == KvForm::paged ? "PagedKv<32>" : "ContiguousKv"; }
[[nodiscard]] constexpr std::string_view tag_of(QkvForm f) { return f == QkvForm::fused ? "FusedQkv" : "SeparateQkv"; }
[[nodiscard]] constexpr std::string_view tag_of(QkvLayout l) {
  return l == QkvLayout::plain ? "PlainQkv" : "ColumnParallelQkv";
}
[[nodiscard]] constexpr std::string_view tag_of(Layout l) { return l == Layout::row_major ? "RowMajor" : "TileMajor"; }

/// A number as its unit spells it: `{dtype:0}` is a format's name, `{0}` the number itself.
constexpr void add_number(Sentence& to, std::string_view unit, std::int64_t number) {
  if (unit == "dtype") return to.add(name_of(static_cast<DType>(number)));
  if (unit == "fidelity") return to.add(name_of(static_cast<Fidelity>(number)));
  if (unit == "kv_form") return to.add(name_of(static_cast<KvForm>(number)));
  if (unit == "kv_form_tag") return to.add(tag_of(static_cast<KvForm>(number)));
  if (unit == "qkv") return to.add(name_of(static_cast<QkvForm>(number)));
  if (unit == "qkv_tag") return to.add(tag_of(static_cast<QkvForm>(number)));
  if (unit == "qkv_layout") return to.add(name_of(static_cast<QkvLayout>(number)));
  if (unit == "qkv_layout_tag") return to.add(tag_of(static_cast<QkvLayout>(number)));
  if (unit == "layout") return to.add(name_of(static_cast<Layout>(number)));
  if (unit == "layout_tag") return to.add(tag_of(static_cast<Layout>(number)));
  if (unit == "kernel") return to.add(name_of(static_cast<KernelVariant>(number)));
  if (unit == "sharding") return to.add(name_of(static_cast<Sharding>(number)));
  if (unit == "device_op") return to.add(name_of(static_cast<catalog::ttnn::DecoderOp>(number)));
  if (unit == "group") return to.add(name_of(static_cast<WeightGroup>(number)));
  if (unit == "op") return to.add(name_of(static_cast<OpKind>(number)));
  if (unit == "op") return to.add(name_of(static_cast<OpKind>(number)));
  if (unit == "device_op") return to.add(name_of(static_cast<catalog::ttnn::DecoderOp>(number)));
  to.add(number);
}

/// A sentence of issues.def or advices.def with its numbers.
template <std::size_t N>
constexpr void add_filled(Sentence& to, std::string_view sentence, const std::array<std::int64_t, N>& numbers) {
  for (;;) {
    const std::size_t open = sentence.find('{');
    to.add(sentence.substr(0, open));
    if (open == std::string_view::npos) return;
    const std::size_t close = sentence.find('}', open);
    const std::string_view place = sentence.substr(open + 1, close - open - 1);
    const std::size_t colon = place.find(':');
    add_number(to, colon == std::string_view::npos ? "" : place.substr(0, colon),
               numbers[static_cast<std::size_t>(place.back() - '0')]);
    sentence.remove_prefix(close + 1);
  }
}

inline constexpr std::string_view of_issues[] = {"nothing is wrong",
#define TTT_ISSUE(name, kind, sentence, ...) sentence,
#include <ttt/checks/issues.def>
#undef TTT_ISSUE
};
inline constexpr std::string_view of_advices[] = {"nothing to do",
#define TTT_ADVICE(name, count, sentence) sentence,
#include <ttt/checks/advices.def>
#undef TTT_ADVICE
};
constexpr void add_issue(Sentence& to, const Diagnosis& d) {
  add_filled(to, of_issues[static_cast<std::size_t>(d.issue)], d.numbers);
}
constexpr void add_advice(Sentence& to, const Diagnosis& d) {
  add_filled(to, of_advices[static_cast<std::size_t>(d.advice)], d.advice_numbers);
}

/// The module as a path: `layers.15.attention`, `embedding`, `model`.
constexpr void add_place(Sentence& to, const Diagnosis& d, const ModelView& model) {
  if (d.module == whole_model) return to.add("model");
  write_path(model, d.module, [&](auto piece) { to.add(piece); });
  if (model.module(d.module).kind != ModuleKind::transformer_layer) return;
  if (d.part == PartName::attention) to.add(".attention");
  if (d.part == PartName::mlp) to.add(".mlp");
}

}  // namespace sentences

/// `layers.15.attention: 32 heads do not divide over 5 chips; try: shard the heads over 4 chips: ...`.
[[nodiscard]] constexpr Sentence sentence_of(const Diagnosis& d, const ModelView& model) {
  Sentence s;
  sentences::add_place(s, d, model);
  s.add(": ");
  sentences::add_issue(s, d);
  s.add("; try: ");
  sentences::add_advice(s, d);
  return s;
}

}  // namespace ttt

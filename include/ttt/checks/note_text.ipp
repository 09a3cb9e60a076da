// Definitions of note_text.hpp.
#pragma once

#include <ttt/checks/note_text.hpp>
#include <ttt/checks/sentence.hpp>

namespace ttt {

TTT_INLINE std::string note_text(const Remark& r, const ModelView& model) {
  static constexpr std::string_view all[] = {
#define TTT_NOTE(name, sentence) sentence,
#include <ttt/checks/notes.def>
#undef TTT_NOTE
  };
  Sentence s;
  if (r.module >= 0) {
    sentences::add_place(s, {.module = r.module, .part = r.part}, model);
    s.add(": ");
  }
  sentences::add_filled(s, all[static_cast<std::size_t>(r.note)], r.numbers);
  return std::string(s.view());
}

}  // namespace ttt

// Definitions of explain.hpp.
#pragma once

#include <string>

#include <ttt/checks/explain.hpp>
#include <ttt/checks/sentence.hpp>

namespace ttt {

TTT_INLINE std::string issue_text(const Diagnosis& d) {
  Sentence s;
  sentences::add_issue(s, d);
  return std::string(s.view());
}

TTT_INLINE std::string advice_text(const Diagnosis& d) {
  Sentence s;
  sentences::add_advice(s, d);
  return std::string(s.view());
}

TTT_INLINE Error error_of(const Diagnosis& d, const ModelView& model) {
  static constexpr ErrorKind kinds[] = {ErrorKind::internal,
#define TTT_ISSUE(name, kind, sentence, ...) ErrorKind::kind,
#include <ttt/checks/issues.def>
#undef TTT_ISSUE
  };
  Sentence where;
  sentences::add_place(where, d, model);
  return make_error(kinds[static_cast<std::size_t>(d.issue)], name_of(d.issue), std::string(where.view()), issue_text(d),
                    advice_text(d));
}

}  // namespace ttt

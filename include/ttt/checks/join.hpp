// What `>>` refuses on the line where it stands.
#pragma once

#include <ttt/checks/report.hpp>
#include <ttt/checks/shapes.hpp>

namespace ttt::types {

/// Looks at the joined model's last two neighbours and at the module that was added; what stands further left was
/// looked at when it was joined. Tying is looked at once the embedding and the head are both there.
template <class Left, class Right>
struct JoinGate {
  using joined = join_t<Left, Right>;
  static constexpr Diagnosis diagnosis = [] {
    const Diagnosis d = checks::ShapesAgree(view_of<joined>());
    const bool begins = view_of<joined>().module(0).kind == ModuleKind::embedding;
    return d.issue == Issue::tied_to_nothing && !begins ? Diagnosis{} : d;
  }();
  static constexpr bool ok = diagnosis.ok();
  template <class M = joined>
  using Verdict = report::verdict<typename report::sentence<M, diagnosis>::type>;
};

}  // namespace ttt::types

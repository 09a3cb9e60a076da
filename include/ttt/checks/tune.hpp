// What `tune<path, policy>` refuses: a path that names nothing.
#pragma once

#include <ttt/checks/report.hpp>
#include <ttt/policy/tune.hpp>

namespace ttt {

namespace checks {

/// The last layer a path needs is there, and it names something.
[[nodiscard]] constexpr Diagnosis PathNamesSomething(const ModelView& model, const PathPattern& path) {
  const int layers = layer_count(model);
  const bool by_number = path.what == PathPattern::What::layers && path.last != PathPattern::every;
  if (by_number && path.last >= layers)
    return layers > 0 ? Diagnosis{Issue::layer_is_not_there, {path.last, layers}, Advice::UseLayer, {layers - 1},
                                  whole_model}
                      : Diagnosis{Issue::path_names_nothing, {layers}, Advice::NameModulePath, {}, whole_model};
  if (path.ok() && names_something(path, model)) return {};
  return {Issue::path_names_nothing, {layers}, Advice::NameModulePath, {}, whole_model};
}

}  // namespace checks

namespace types {

template <class M, PathPattern Path>
struct TuneGate {
  static constexpr Diagnosis diagnosis = checks::PathNamesSomething(view_of<M>(), Path);
  static constexpr bool ok = diagnosis.ok();
  template <class Model = M>
  using Verdict = report::verdict<typename report::sentence<Model, diagnosis>::type>;
};

}  // namespace types
}  // namespace ttt

// Definitions of paths.hpp.
#pragma once

#include <ttt/checks/explain.hpp>
#include <ttt/checks/paths.hpp>
#include <ttt/checks/tune.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

TTT_INLINE Result<void> check_paths(const ModelView& model, std::span<const PathPolicy> tuning) {
  for (const PathPolicy& p : tuning) {
    const Diagnosis d = checks::PathNamesSomething(model, path_pattern(p.path));
    if (d.ok()) continue;
    Error e = error_of(d, model);
    e.module = in_quotes(p.path);
    return e;
  }
  return {};
}

}  // namespace ttt

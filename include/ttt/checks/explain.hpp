// A Diagnosis as text and as an Error: the same sentence the compiler prints in types.
#pragma once

#include <string>

#include <ttt/checks/diagnosis.hpp>
#include <ttt/io/error.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/types/path.hpp>

namespace ttt {

/// The sentence of an issue with its numbers.
[[nodiscard]] TTT_INLINE std::string issue_text(const Diagnosis& d);
/// The sentence of a suggestion with its numbers.
[[nodiscard]] TTT_INLINE std::string advice_text(const Diagnosis& d);
/// Requires: `!d.ok()`. `model` gives the module its path.
[[nodiscard]] TTT_INLINE Error error_of(const Diagnosis& d, const ModelView& model);

}  // namespace ttt

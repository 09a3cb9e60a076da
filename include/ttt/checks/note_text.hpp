// A Remark as text.
#pragma once

#include <string>

#include <ttt/checks/notes.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

/// `layers.0.attention: 8 kv heads over 16 chips: ...`.
[[nodiscard]] TTT_INLINE std::string note_text(const Remark& r, const ModelView& model);

}  // namespace ttt

// Unicode's four normal forms.
#pragma once

#include <ttt/runtime/tokenizer/aligned_text.hpp>

namespace ttt::tokenizer {

enum class NormalForm { nfc, nfd, nfkc, nfkd };

/// `text` in the normal form; in time O(n log n) whatever the text (a run of combining marks is sorted, not
/// bubbled). A composed character comes from its base, the parts of a decomposed one from the whole. Source:
/// Unicode Standard Annex 15; the tables are utf8proc's.
[[nodiscard]] AlignedText normalized(const AlignedText& text, NormalForm form);

}  // namespace ttt::tokenizer

// Definitions of kept_text.hpp.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/policy/kept_text.hpp>

namespace ttt {

TTT_INLINE Result<std::string_view> kept(std::string_view text) {
  if (text.empty()) return std::string_view();
  if (text.size() > longest_kept_text)
    return make_error(ErrorKind::request, "policy_text_too_long", "policy",
                      in_quotes(text.substr(0, 40)) + " ... has " + std::to_string(text.size()) + " bytes",
                      "use at most " + std::to_string(longest_kept_text));
  struct Texts {
    std::mutex mutex;
    std::set<std::string, std::less<>> all;  // its elements never move
  };
  static Texts* const texts = new Texts;  // never deleted: views outlive the statics that hold them
  const std::lock_guard lock(texts->mutex);
  if (const auto known = texts->all.find(text); known != texts->all.end()) return std::string_view(*known);
  if (texts->all.size() >= most_kept_texts)
    return make_error(
        ErrorKind::memory, "policy_texts_exhausted", "policy",
        "this program keeps " + std::to_string(most_kept_texts) + " different texts of policies already",
        "use the names of kernels and the knobs of devices that were read before");
  return std::string_view(*texts->all.emplace(text).first);
}

}  // namespace ttt

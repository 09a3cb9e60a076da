// Definitions of own_formats.hpp.
#pragma once

#include <mutex>
#include <string>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/runtime/own_formats.hpp>

namespace ttt {

TTT_INLINE Result<void> keep_formats(std::span<OwnFormat* const> formats) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  for (OwnFormat* const format : formats) {
    const OwnFormat* same = nullptr;
    own_formats::each([&](const OwnFormat& known) {
      if (known.type == format->type || known.name == format->name) same = &known;
    });
    if (same != nullptr && (same->type != format->type || same->name != format->name))
      return make_error(ErrorKind::request, "own_format_twice", "register_format",
                        in_quotes(format->name) + " and " + in_quotes(same->name) + ", which is registered already, " +
                            (same->name == format->name ? "are two formats of one name" : "have one number"),
                        "give one of the two another name");
    if (same != nullptr) continue;
    format->next = own_formats::last;
    __atomic_store_n(&own_formats::last, format, __ATOMIC_RELEASE);
  }
  return {};
}

}  // namespace ttt

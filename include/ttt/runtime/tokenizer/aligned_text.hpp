// Text on its way through normalisers and pre-tokenisers, which may remember where each byte came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/utf8.hpp>

namespace ttt::tokenizer {

/// A range of bytes of the text that `encode` was given.
struct Origin {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// A range of bytes.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// Well-formed UTF-8 and, if tracked, the origin of every byte. Origins cost eight bytes each, so that only
/// detailed encoding tracks them.
class AlignedText {
 public:
  explicit AlignedText(bool tracked = false) : tracked_(tracked) {}

  /// A part of the input as it is: each byte comes from its whole character. `start`: its place in the input.
  AlignedText(std::string_view text, std::uint32_t start, bool tracked) : text_(text), tracked_(tracked) {
    if (!tracked) return;
    origins_.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t n = utf8_length(text[i]);
      const auto at = static_cast<std::uint32_t>(start + i);
      origins_.insert(origins_.end(), n, {at, static_cast<std::uint32_t>(at + n)});
      i += n;
    }
  }

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::string_view text(Span s) const { return text().substr(s.begin, s.end - s.begin); }
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] bool tracked() const { return tracked_; }

  /// Where byte `i` came from; {0, 0} when untracked or past the end.
  [[nodiscard]] Origin origin(std::size_t i) const { return i < origins_.size() ? origins_[i] : Origin{}; }
  /// Where a range came from.
  [[nodiscard]] Origin origin(Span s) const {
    return s.begin < s.end ? Origin{origin(s.begin).begin, origin(s.end - 1).end} : Origin{};
  }

  void reserve(std::size_t bytes) {
    text_.reserve(bytes);
    if (tracked_) origins_.reserve(bytes);
  }
  void append(std::string_view bytes, Origin origin) {
    text_ += bytes;
    if (tracked_) origins_.insert(origins_.end(), bytes.size(), origin);
  }
  void append(char32_t c, Origin origin) {
    const std::size_t before = text_.size();
    append_utf8(text_, c);
    if (tracked_) origins_.insert(origins_.end(), text_.size() - before, origin);
  }
  void append(const AlignedText& from, Span s) {
    text_ += from.text(s);
    if (tracked_)
      origins_.insert(origins_.end(), from.origins_.begin() + s.begin, from.origins_.begin() + s.end);
  }

 private:
  std::string text_;
  std::vector<Origin> origins_;
  bool tracked_ = false;
};

}  // namespace ttt::tokenizer

// Tokens and their ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/io/result.hpp>

namespace ttt::tokenizer {

/// All texts lie in one arena; a lookup is one probe of a flat table. Immutable once read.
class Vocabulary {
 public:
  static constexpr std::int64_t kMaxId = 4'194'303;  ///< the largest published vocabularies hold 262,144
  static constexpr std::size_t kMaxTokenBytes = 65'535;

  /// {"token": id, …}. Of equal tokens the last counts. Errors: tokenizer_malformed.
  [[nodiscard]] static Result<Vocabulary> read(const json::Value& object, const std::string& file);

  /// −1 if there is none.
  [[nodiscard]] std::int32_t id_of(std::string_view token) const noexcept;
  [[nodiscard]] std::optional<std::string_view> token_of(std::int32_t id) const noexcept;
  /// Distinct tokens.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct Entry {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
    std::int32_t id = -1;
  };
  struct Slot {
    std::uint32_t tag = 0;    // half of the hash: most wrong entries are seen without touching them
    std::uint32_t entry = 0;  // index + 1; 0: empty
  };
  [[nodiscard]] std::string_view text_of(const Entry& e) const {
    return std::string_view(arena_).substr(e.offset, e.length);
  }
  [[nodiscard]] std::size_t place(std::string_view token, std::uint64_t hash) const noexcept;
  std::string arena_;
  std::vector<Entry> entries_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> by_id_;  // index into entries + 1; 0: no such id
  std::size_t size_ = 0;
};

}  // namespace ttt::tokenizer

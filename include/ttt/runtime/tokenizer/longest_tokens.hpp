// The longest token at each place of a word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <ttt/runtime/tokenizer/pair_table.hpp>

namespace ttt::tokenizer {

/// Reads a word from its end and knows at each byte the longest token that begins there, in amortised
/// constant time: a trie of the tokens spelled backwards, where what cannot go on falls back to the longest
/// reading that can. Trying ever shorter ends at each place instead takes the square of a word's length.
/// Source: Aho and Corasick 1975.
class LongestTokens {
 public:
  static constexpr std::uint32_t kMaxNodes = 1U << 23;

  /// A token of `bytes` bytes; 0: there is none.
  struct Token {
    std::uint32_t bytes = 0;
    std::int32_t id = -1;
  };
  /// Where in a word a token may stand.
  enum class Place : std::uint8_t { first, later };

  /// Of equal tokens at the same place the last counts. False when the trie is full.
  [[nodiscard]] bool add(std::string_view token, Place place, std::int32_t id);
  /// After the last `add` and before the first `before`.
  void link();

  /// The state at the byte before `state`'s (0 at the word's end).
  [[nodiscard]] std::uint32_t before(std::uint32_t state, char byte) const;
  /// The longest token that begins at the byte of `state`.
  [[nodiscard]] Token longest(std::uint32_t state, Place place) const {
    const Node& node = nodes_[nodes_[state].longest[static_cast<std::size_t>(place)]];
    return {node.depth, node.ids[static_cast<std::size_t>(place)]};
  }

 private:
  struct Node {
    std::uint32_t parent = 0;
    std::uint32_t depth = 0;        // bytes
    std::uint32_t fallback = 0;     // the longest proper reading of what lies behind
    std::uint32_t longest[2] = {};  // by place: this node or the nearest fallback that ends a token; 0: none
    std::int32_t ids[2] = {-1, -1};
    char byte = 0;
  };
  PairTable children_;  // (node, byte) → (node, 0)
  std::vector<Node> nodes_ = std::vector<Node>(1);
};

}  // namespace ttt::tokenizer

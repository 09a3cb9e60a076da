#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/longest_tokens.hpp>

namespace ttt::tokenizer {

TTT_INLINE bool LongestTokens::add(std::string_view token, Place place, std::int32_t id) {
  std::uint32_t at = 0;
  for (std::size_t i = token.size(); i-- > 0;) {
    const std::uint64_t key = PairTable::key_of(at, static_cast<unsigned char>(token[i]));
    if (const auto* child = children_.find(key)) {
      at = child->first;
      continue;
    }
    if (nodes_.size() >= kMaxNodes) return false;
    const auto made = static_cast<std::uint32_t>(nodes_.size());
    children_.set(key, made, 0);
    Node node;
    node.parent = at;
    node.depth = nodes_[at].depth + 1;
    node.byte = token[i];
    nodes_.push_back(node);
    at = made;
  }
  if (at != 0) {
    nodes_[at].ids[static_cast<std::size_t>(place)] = id;
    nodes_[at].longest[static_cast<std::size_t>(place)] = at;
  }
  return true;
}

TTT_INLINE void LongestTokens::link() {
  // A fallback is shorter than its node: shorter nodes come first (sorted by counting).
  std::vector<std::uint32_t> starts;
  for (const Node& node : nodes_) {
    if (node.depth + 2 > starts.size()) starts.resize(node.depth + 2);
    ++starts[node.depth + 1];
  }
  for (std::size_t depth = 1; depth < starts.size(); ++depth) starts[depth] += starts[depth - 1];
  std::vector<std::uint32_t> order(nodes_.size());
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) order[starts[nodes_[i].depth]++] = i;
  for (const std::uint32_t i : order) {
    Node& node = nodes_[i];
    if (node.depth > 1) node.fallback = before(nodes_[node.parent].fallback, node.byte);
    for (std::size_t place = 0; place < 2; ++place) {
      if (node.longest[place] == 0) node.longest[place] = nodes_[node.fallback].longest[place];
    }
  }
}

TTT_INLINE std::uint32_t LongestTokens::before(std::uint32_t state, char byte) const {
  while (true) {
    const auto* child = children_.find(PairTable::key_of(state, static_cast<unsigned char>(byte)));
    if (child != nullptr) return child->first;
    if (state == 0) return 0;
    state = nodes_[state].fallback;
  }
}

}  // namespace ttt::tokenizer

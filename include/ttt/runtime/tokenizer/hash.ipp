#pragma once

#include <chrono>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/hash.hpp>

namespace ttt::tokenizer {

TTT_INLINE std::uint64_t hash_seed() noexcept {
  static const std::uint64_t seed = [] {
    int here = 0;  // its address moves with the system's address randomisation
    const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    return mixed(now ^ 0xA0761D6478BD642FULL, reinterpret_cast<std::uintptr_t>(&here) | 1) | 1;
  }();
  return seed;
}

}  // namespace ttt::tokenizer

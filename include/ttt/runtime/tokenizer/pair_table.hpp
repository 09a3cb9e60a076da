// A hash table from 64-bit keys to pairs of 32-bit numbers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ttt/runtime/tokenizer/hash.hpp>

namespace ttt::tokenizer {

/// Open addressing, at most half full, keys below 2^64 − 1. It never shrinks.
class PairTable {
 public:
  struct Slot {
    std::uint64_t key = kEmpty;
    std::uint32_t first = 0;
    std::uint32_t second = 0;
  };

  [[nodiscard]] static constexpr std::uint64_t key_of(std::uint32_t high, std::uint32_t low) noexcept {
    return std::uint64_t{high} << 32 | low;
  }

  void reserve(std::size_t count) {
    if (count * 2 > slots_.size()) rehash(std::bit_ceil(count * 2 + 16));
  }
  /// Adds a key or replaces its values.
  void set(std::uint64_t key, std::uint32_t first, std::uint32_t second) {
    reserve(count_ + 1);
    Slot& slot = slots_[place(key)];
    if (slot.key == kEmpty) ++count_;
    slot = {key, first, second};
  }
  /// nullptr if there is none.
  [[nodiscard]] const Slot* find(std::uint64_t key) const noexcept {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[place(key)];
    return slot.key == kEmpty ? nullptr : &slot;
  }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

 private:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};
  [[nodiscard]] std::size_t place(std::uint64_t key) const noexcept {
    std::size_t i = hash_of(key) & (slots_.size() - 1);
    while (slots_[i].key != key && slots_[i].key != kEmpty) i = (i + 1) & (slots_.size() - 1);
    return i;
  }
  void rehash(std::size_t size) {
    std::vector<Slot> old(size);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.key != kEmpty) slots_[place(slot.key)] = slot;
    }
  }
  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace ttt::tokenizer

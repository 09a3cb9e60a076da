// Memory that is counted: everything a loaded model holds is a Buffer, so that the plan's bytes can be held
// equal to what is really there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <ttt/io/mapping.hpp>
#include <ttt/io/result.hpp>

namespace ttt {

/// What memory is for; the plan totals the same classes.
enum class MemoryClass : std::uint8_t {
  weights,  ///< packed tensors
  kv,       ///< caches of sessions
  arena,    ///< a session's intermediate buffers
  staging   ///< what loading needs and gives back
};
inline constexpr int memory_classes = 4;

[[nodiscard]] constexpr std::string_view name_of(MemoryClass c) noexcept {
  switch (c) {
    case MemoryClass::weights:
      return "weights";
    case MemoryClass::kv:
      return "kv";
    case MemoryClass::arena:
      return "arena";
    case MemoryClass::staging:
      return "staging";
  }
  return "?";
}

/// Bytes of the process's living Buffers, as asked for (without alignment and page rounding).
struct MemoryCounters {
  struct Count {
    std::uint64_t current = 0;
    std::uint64_t peak = 0;  ///< highest `current` since the start or the last reset_memory_peaks()
  };
  std::array<Count, memory_classes> classes{};
  Count total;  ///< its peak is that of the sum, not the sum of peaks

  [[nodiscard]] const Count& operator[](MemoryClass c) const { return classes[static_cast<std::size_t>(c)]; }
};

/// A snapshot; exact when no other thread makes or frees Buffers meanwhile.
[[nodiscard]] MemoryCounters memory_counters();
/// Sets every peak to its current value.
void reset_memory_peaks();

/// A block of zeroed memory, aligned to 64 bytes; from 4 MiB on to 2 MiB, and the kernel is asked for huge
/// pages there (fewer TLB misses while weights stream past). Pages that large blocks never touch cost
/// nothing.
class Buffer {
 public:
  static constexpr std::size_t alignment = 64;
  static constexpr std::size_t large = std::size_t{4} << 20;  ///< from here on mapped by pages
  static constexpr std::size_t huge_page = std::size_t{2} << 20;

  /// An empty buffer: no memory, not counted.
  Buffer() = default;
  /// `what` names the purpose in the error ("weights of layers.3.attention.qkv"). Zero bytes make an empty
  /// buffer. Errors: out_of_memory.
  [[nodiscard]] static Result<Buffer> create(std::size_t bytes, MemoryClass memory_class,
                                             std::string_view what);

  /// The mapped bytes of a file, counted like any others; `data()` is read-only then.
  [[nodiscard]] static Buffer of(Mapping mapping, MemoryClass memory_class);

  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        class_(other.class_),
        mapping_(std::move(other.mapping_)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(class_, other.class_);
    std::swap(mapping_, other.mapping_);
    return *this;
  }
  ~Buffer();

  [[nodiscard]] std::byte* data() { return data_; }
  [[nodiscard]] const std::byte* data() const { return data_; }
  /// Bytes asked for.
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] MemoryClass memory_class() const { return class_; }
  [[nodiscard]] bool is_mapped() const { return mapping_.data() != nullptr; }
  /// The block as an array of plain numbers or structs.
  template <class T>
  [[nodiscard]] T* as() {
    return reinterpret_cast<T*>(data_);
  }
  template <class T>
  [[nodiscard]] const T* as() const {
    return reinterpret_cast<const T*>(data_);
  }

 private:
  Buffer(std::byte* data, std::size_t size, MemoryClass c) : data_(data), size_(size), class_(c) {}
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  MemoryClass class_ = MemoryClass::staging;
  Mapping mapping_;
};

}  // namespace ttt

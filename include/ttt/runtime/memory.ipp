#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/memory.hpp>

namespace ttt {

namespace memory {

struct Counter {
  std::atomic<std::uint64_t> current{0};
  std::atomic<std::uint64_t> peak{0};

  void add(std::uint64_t bytes) noexcept {
    const std::uint64_t now = current.fetch_add(bytes) + bytes;
    for (std::uint64_t seen = peak.load(); seen < now && !peak.compare_exchange_weak(seen, now);) {
    }
  }
  [[nodiscard]] MemoryCounters::Count read() const { return {current.load(), peak.load()}; }
};
struct Counters {
  Counter classes[memory_classes];
  Counter total;
};
inline Counters& counters() noexcept {
  static Counters all;
  return all;
}

inline void count(std::size_t bytes, MemoryClass c) noexcept {
  counters().classes[static_cast<std::size_t>(c)].add(bytes);
  counters().total.add(bytes);
}

inline std::byte* map_large(std::size_t bytes) noexcept {
  if (bytes > SIZE_MAX / 2) return nullptr;
  const std::size_t mapped = bytes + Buffer::huge_page;  // slack to cut a 2 MiB boundary out of
  void* const raw = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  const auto begin = reinterpret_cast<std::uintptr_t>(raw);
  const std::uintptr_t aligned = (begin + Buffer::huge_page - 1) / Buffer::huge_page * Buffer::huge_page;
  const std::size_t kept = (bytes + 4095) / 4096 * 4096;
  const std::size_t before = aligned - begin;
  const std::size_t after = mapped - std::min(mapped, before + kept);
  auto* const data = static_cast<std::byte*>(raw) + before;
  if (before >= 4096) ::munmap(raw, before);
  if (after >= 4096) ::munmap(data + kept, after / 4096 * 4096);
#if defined(MADV_HUGEPAGE)
  ::madvise(data, kept, MADV_HUGEPAGE);  // only advice: without it pages are small
#endif
  return data;
}

}  // namespace memory

TTT_INLINE MemoryCounters memory_counters() {
  MemoryCounters out;
  for (std::size_t c = 0; c < memory_classes; ++c) out.classes[c] = memory::counters().classes[c].read();
  out.total = memory::counters().total.read();
  return out;
}

TTT_INLINE void reset_memory_peaks() {
  for (auto& c : memory::counters().classes) c.peak.store(c.current.load());
  memory::counters().total.peak.store(memory::counters().total.current.load());
}

TTT_INLINE Result<Buffer> Buffer::create(std::size_t bytes, MemoryClass memory_class, std::string_view what) {
  if (bytes == 0) return Buffer();
  std::byte* data = nullptr;
  if (bytes >= large) {
    data = memory::map_large(bytes);
  } else {
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    data = static_cast<std::byte*>(std::aligned_alloc(alignment, rounded));
    if (data != nullptr) std::memset(data, 0, rounded);
  }
  if (data == nullptr) {
    return make_error(ErrorKind::memory, "out_of_memory", std::string(what),
                      std::to_string(bytes) + " bytes of " + std::string(name_of(memory_class)) +
                          " could not be had; " + std::to_string(memory::counters().total.current.load()) +
                          " bytes are in use",
                      "use a smaller context, batch or weight format, or free memory");
  }
  memory::count(bytes, memory_class);
  return Buffer(data, bytes, memory_class);
}

TTT_INLINE Buffer Buffer::of(Mapping mapping, MemoryClass memory_class) {
  Buffer b(const_cast<std::byte*>(mapping.data()), mapping.size(), memory_class);
  b.mapping_ = std::move(mapping);
  memory::count(b.size_, memory_class);
  return b;
}

TTT_INLINE Buffer::~Buffer() {
  if (data_ == nullptr) return;
  if (is_mapped()) {
    mapping_ = Mapping();
  } else if (size_ >= large) {
    ::munmap(data_, (size_ + 4095) / 4096 * 4096);
  } else {
    std::free(data_);
  }
  memory::counters().classes[static_cast<std::size_t>(class_)].current.fetch_sub(size_);
  memory::counters().total.current.fetch_sub(size_);
}

}  // namespace ttt

// operator new, counted. What the standard library forwards to it (arrays, nothrow) is counted with it.
#include "count_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::uint64_t> calls{0};
}

namespace ttt::tool {
std::uint64_t allocations_counted() { return calls.load(std::memory_order_relaxed); }
}  // namespace ttt::tool

void* operator new(std::size_t bytes) {
  calls.fetch_add(1, std::memory_order_relaxed);
  if (void* const p = std::malloc(bytes > 0 ? bytes : 1)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

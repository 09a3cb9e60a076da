#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <ttt/runtime/memory.hpp>
#include "../catch.hpp"

namespace {

using ttt::Buffer;
using ttt::MemoryClass;

Buffer make(std::size_t bytes, MemoryClass c = MemoryClass::arena) {
  auto buffer = Buffer::create(bytes, c, "test");
  REQUIRE(buffer);
  return std::move(*buffer);
}

}  // namespace

TEST_CASE("buffers are zeroed and aligned, from small to mapped", "[memory]") {
  for (const std::size_t bytes :
       {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{4096},
        Buffer::large - 1, Buffer::large, Buffer::large + 1, 3 * Buffer::large + 4097}) {
    for (int round = 0; round < 2; ++round) {  // the second comes from memory the first has written to
      Buffer buffer = make(bytes);
      CAPTURE(bytes, round);
      CHECK(buffer.size() == bytes);
      CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) %
                (bytes >= Buffer::large ? Buffer::huge_page : Buffer::alignment) ==
            0);
      CHECK(std::all_of(buffer.data(), buffer.data() + bytes, [](std::byte b) { return b == std::byte{0}; }));
      std::fill_n(buffer.data(), bytes, std::byte{0xAB});
    }
  }
}

TEST_CASE("the counters hold exactly the bytes asked for, by class", "[memory]") {
  const auto before = ttt::memory_counters();
  ttt::reset_memory_peaks();
  {
    const Buffer weights = make(1'000, MemoryClass::weights);
    const Buffer more = make(Buffer::large + 7, MemoryClass::weights);
    const Buffer kv = make(333, MemoryClass::kv);
    { const Buffer staging = make(50'000, MemoryClass::staging); }
    const auto now = ttt::memory_counters();
    CHECK(now[MemoryClass::weights].current - before[MemoryClass::weights].current ==
          1'000 + Buffer::large + 7);
    CHECK(now[MemoryClass::kv].current - before[MemoryClass::kv].current == 333);
    CHECK(now[MemoryClass::staging].current == before[MemoryClass::staging].current);
    CHECK(now[MemoryClass::staging].peak - before[MemoryClass::staging].current == 50'000);
    CHECK(now.total.current - before.total.current == 1'333 + Buffer::large + 7);
    CHECK(now.total.peak - before.total.current == 51'333 + Buffer::large + 7);
  }
  const auto after = ttt::memory_counters();
  CHECK(after.total.current == before.total.current);
  CHECK(after.total.peak - before.total.current == 51'333 + Buffer::large + 7);
  ttt::reset_memory_peaks();
  CHECK(ttt::memory_counters().total.peak == before.total.current);
}

TEST_CASE("a moved buffer is counted once and freed once", "[memory]") {
  const auto before = ttt::memory_counters().total.current;
  {
    Buffer a = make(100);
    std::byte* const data = a.data();
    Buffer b = std::move(a);
    CHECK(b.data() == data);
    CHECK(ttt::memory_counters().total.current == before + 100);
    b = make(200);
    a = Buffer();
    std::vector<Buffer> many;
    for (int i = 0; i < 10; ++i) many.push_back(make(10));
    CHECK(ttt::memory_counters().total.current <= before + 400);
    CHECK(ttt::memory_counters().total.current >= before + 300);
  }
  CHECK(ttt::memory_counters().total.current == before);
}

TEST_CASE("an empty buffer holds nothing", "[memory]") {
  const auto before = ttt::memory_counters().total.current;
  const Buffer none = make(0);
  CHECK(none.data() == nullptr);
  CHECK(none.size() == 0);
  CHECK(ttt::memory_counters().total.current == before);
}

TEST_CASE("memory that cannot be had is an error that names bytes and purpose", "[memory]") {
  const auto before = ttt::memory_counters().total.current;
  for (const std::size_t bytes : {std::size_t{1} << 62, SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2}) {
    const auto buffer = Buffer::create(bytes, MemoryClass::kv, "cache of session 3");
    REQUIRE_FALSE(buffer);
    CHECK(buffer.error().kind == ttt::ErrorKind::memory);
    CHECK(buffer.error().link == "docs/errors.md#out_of_memory");
    CHECK(buffer.error().module == "cache of session 3");
    CHECK(buffer.error().issue.find(std::to_string(bytes) + " bytes of kv") == 0);
  }
  CHECK(ttt::memory_counters().total.current == before);
}

TEST_CASE("threads that make and free buffers leave the counters as they were", "[memory]") {
  const auto before = ttt::memory_counters().total.current;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (std::size_t i = 0; i < 1000; ++i) {
        auto buffer = Buffer::create(i * 13 + static_cast<std::size_t>(t), MemoryClass::staging, "thread");
        if (!buffer) return;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(ttt::memory_counters().total.current == before);
}

// Token ids at random: what is read where only sizes matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ttt/runtime/sampler.hpp>

namespace ttt {

/// `count` ids in [0, vocab), the same for a seed on every platform.
[[nodiscard]] inline std::vector<std::int32_t> random_ids(std::uint64_t seed, std::size_t count, int vocab) {
  CounterRandom random(seed);
  std::vector<std::int32_t> ids(count);
  for (std::int32_t& id : ids) id = static_cast<std::int32_t>(random.next() * vocab);
  return ids;
}

}  // namespace ttt

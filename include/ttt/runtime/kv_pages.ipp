// Definitions of kv_pages.hpp.
#pragma once

#include <algorithm>
#include <limits>
#include <string>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/kv_pages.hpp>

namespace ttt {

TTT_INLINE Result<std::unique_ptr<KvPool>> KvPool::create(const KvPoolPlan& plan) {
  if (plan.pages > std::numeric_limits<std::int32_t>::max() ||
      plan.pages > std::numeric_limits<std::int64_t>::max() / std::max<std::int64_t>(1, plan.page_bytes))
    return make_error(ErrorKind::memory, "out_of_memory", "keys and values",
                      std::to_string(plan.pages) + " pages of " + std::to_string(plan.page_bytes) +
                          " bytes are more than any machine has",
                      "use a smaller context or batch, or fewer kv_tokens");
  std::unique_ptr<KvPool> pool(new KvPool);
  pool->plan_ = plan;
  TTT_TRY(pool->memory_, Buffer::create(static_cast<std::size_t>(plan.pages * plan.page_bytes), MemoryClass::kv,
                                        "pages of keys and values"));
  pool->free_.resize(static_cast<std::size_t>(plan.pages));
  for (std::size_t i = 0; i < pool->free_.size(); ++i)  // page 0 is taken first
    pool->free_[i] = static_cast<std::int32_t>(pool->free_.size() - 1 - i);
  return pool;
}

TTT_INLINE bool KvPool::take(std::span<std::int32_t> into) noexcept {
  const std::lock_guard lock(mutex_);
  if (into.size() > free_.size()) return false;
  for (std::int32_t& page : into) {
    page = free_.back();
    free_.pop_back();
  }
  return true;
}

TTT_INLINE void KvPool::give_back(std::span<const std::int32_t> pages) noexcept {
  const std::lock_guard lock(mutex_);
  // Never more than there were at first, so that there is room: nothing is allocated.
  for (std::size_t i = pages.size(); i-- > 0;) free_.push_back(pages[i]);
}

TTT_INLINE std::int64_t KvPool::free_pages() const noexcept {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(free_.size());
}

TTT_INLINE Result<std::shared_ptr<KvPools>> SharedKvPools::get() {
  const std::lock_guard lock(mutex_);
  if (std::shared_ptr<KvPools> made = made_.lock()) return made;
  auto pools = std::make_shared<KvPools>();
  for (const KvPoolPlan& plan : plans_) {
    TTT_TRY(std::unique_ptr<KvPool> pool, KvPool::create(plan));
    pools->push_back(std::move(pool));
  }
  made_ = pools;
  return pools;
}

TTT_INLINE std::int64_t SharedKvPools::free_pages(std::size_t pool) const {
  const std::lock_guard lock(mutex_);
  const std::shared_ptr<KvPools> made = made_.lock();
  return made ? (*made)[pool]->free_pages() : plans_[pool].pages;
}

TTT_INLINE bool HeldPages::grow_to(std::int64_t positions) noexcept {
  const std::int64_t more = needed(positions) - count_;
  if (more <= 0) return true;
  if (!pool_->take({numbers_.data() + count_, static_cast<std::size_t>(more)})) return false;
  count_ += more;
  return true;
}

TTT_INLINE void HeldPages::shrink_to(std::int64_t positions) noexcept {
  if (count_ == 0) return;  // moved from, perhaps
  const std::int64_t kept = std::min(needed(positions), count_);
  if (kept == count_) return;
  pool_->give_back({numbers_.data() + kept, static_cast<std::size_t>(count_ - kept)});
  count_ = kept;
}

}  // namespace ttt

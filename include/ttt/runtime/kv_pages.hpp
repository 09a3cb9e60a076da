// Pages of keys and values: the pool that the sessions of a loaded model share, and what one session holds of it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <ttt/runtime/memory.hpp>

namespace ttt {

/// Where one attention module keeps its keys and values.
struct KvPlace {
  int pool = -1;            ///< -1: in the session's own block, contiguous
  std::int64_t keys = 0;    ///< bytes from the beginning of a page, or of the block
  std::int64_t values = 0;
  constexpr bool operator==(const KvPlace&) const = default;
};

/// A pool as planned: pages of so many positions, each with room for all attention modules that have pages of that size.
struct KvPoolPlan {
  int page = 0;                 ///< positions
  std::int64_t page_bytes = 0;  ///< keys and values of all those modules
  std::int64_t pages = 0;
  constexpr bool operator==(const KvPoolPlan&) const = default;
};

/// Pages of one size. Any number of threads take and give back; neither allocates.
class KvPool {
 public:
  /// Memory of the pages is the system's until they are used. Errors: out_of_memory.
  [[nodiscard]] static Result<std::unique_ptr<KvPool>> create(const KvPoolPlan& plan);

  /// Puts the numbers of as many pages as `into` holds there; false, and nothing is taken, when fewer are free.
  [[nodiscard]] bool take(std::span<std::int32_t> into) noexcept;
  void give_back(std::span<const std::int32_t> pages) noexcept;

  [[nodiscard]] const KvPoolPlan& plan() const { return plan_; }
  [[nodiscard]] std::int64_t free_pages() const noexcept;
  /// Page 0.
  [[nodiscard]] std::byte* data() { return memory_.data(); }

 private:
  KvPool() = default;
  KvPoolPlan plan_;
  Buffer memory_;
  std::vector<std::int32_t> free_;  // the last given back is the first taken: it is warm
  mutable std::mutex mutex_;
};

/// The pools of a state, usually one, as long as somebody holds them.
using KvPools = std::vector<std::unique_ptr<KvPool>>;

/// The pools of all states whose caches are alike: made for whoever asks first, gone with the last who holds them.
class SharedKvPools {
 public:
  explicit SharedKvPools(std::vector<KvPoolPlan> plans) : plans_(std::move(plans)) {}
  [[nodiscard]] const std::vector<KvPoolPlan>& plans() const { return plans_; }
  /// Errors: out_of_memory.
  [[nodiscard]] Result<std::shared_ptr<KvPools>> get();
  /// Free pages of a pool; all of them while nobody holds the pools.
  [[nodiscard]] std::int64_t free_pages(std::size_t pool) const;

 private:
  std::vector<KvPoolPlan> plans_;
  std::weak_ptr<KvPools> made_;
  mutable std::mutex mutex_;
};

/// What one session holds of one pool, in the order of its positions; given back when it goes.
class HeldPages {
 public:
  /// Room for the numbers of `most` pages of the pools' `pool`-th.
  HeldPages(std::shared_ptr<KvPools> pools, std::size_t pool, std::int64_t most)
      : pools_(std::move(pools)), pool_((*pools_)[pool].get()), numbers_(static_cast<std::size_t>(most)) {}
  HeldPages(HeldPages&& other) noexcept
      : pools_(std::move(other.pools_)),
        pool_(other.pool_),
        numbers_(std::move(other.numbers_)),
        count_(std::exchange(other.count_, 0)) {}
  HeldPages& operator=(HeldPages&&) = delete;
  ~HeldPages() { shrink_to(0); }

  /// Takes what `positions` need beyond what is held; false, and nothing has changed, when fewer are free.
  [[nodiscard]] bool grow_to(std::int64_t positions) noexcept;
  /// Gives back what `positions` do not need.
  void shrink_to(std::int64_t positions) noexcept;

  [[nodiscard]] const std::shared_ptr<KvPools>& pools() const { return pools_; }
  [[nodiscard]] KvPool& pool() const { return *pool_; }
  /// Pages held.
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// Pages that so many positions need.
  [[nodiscard]] std::int64_t needed(std::int64_t positions) const {
    return (positions + pool_->plan().page - 1) / pool_->plan().page;
  }
  /// The pages' numbers; stays where it is.
  [[nodiscard]] const std::int32_t* numbers() const { return numbers_.data(); }

 private:
  std::shared_ptr<KvPools> pools_;
  KvPool* pool_;
  std::vector<std::int32_t> numbers_;
  std::int64_t count_ = 0;
};

}  // namespace ttt

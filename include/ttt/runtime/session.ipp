// Definitions of session.hpp.
#pragma once

#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/rope_frequencies.hpp>
#include <ttt/runtime/session.hpp>

namespace ttt {

TTT_INLINE Result<void> Session::make_caches(const ModelState& m) {
  Buffer kv;
  if (m.kv_block_bytes > 0) {
    TTT_TRY(kv, Buffer::create(static_cast<std::size_t>(m.kv_block_bytes), MemoryClass::kv,
                               "keys and values of a session"));
  }
  std::vector<HeldPages> pages;
  const std::vector<KvPoolPlan>& pools = m.kv_pools->plans();
  if (!pools.empty()) {
    TTT_TRY(const std::shared_ptr<KvPools> made, m.kv_pools->get());
    pages.reserve(pools.size());
    for (std::size_t i = 0; i < pools.size(); ++i)
      pages.emplace_back(made, i, (m.context() + pools[i].page - 1) / pools[i].page);
  }
  kv_ = std::move(kv);
  pages_ = std::move(pages);
  caches_.clear();
  for (const KvPlace& place : m.kv_places) {
    if (place.pool < 0) {
      caches_.push_back(
          kernels::contiguous_kv(kv_.data() + place.keys, kv_.data() + place.values, kv_capacity(m.context())));
      continue;
    }
    const HeldPages& held = pages_[static_cast<std::size_t>(place.pool)];
    std::byte* const first = held.pool().data();
    const KvPoolPlan& plan = held.pool().plan();
    caches_.push_back(
        {first + place.keys, first + place.values, plan.page, plan.page_bytes, plan.page_bytes, held.numbers()});
  }
  return {};
}

TTT_INLINE Result<void> Session::take_pages(int length) {
  for (HeldPages& held : pages_) {
    if (held.grow_to(length)) continue;
    const KvPoolPlan& plan = held.pool().plan();
    Error refused = make_error(
        ErrorKind::memory, "kv_pages_exhausted", "session",
        std::to_string(held.needed(length) - held.count()) + " more pages of " + std::to_string(plan.page) +
            " positions are needed for " + std::to_string(length) + " tokens, and " +
            std::to_string(held.pool().free_pages()) + " of the model's " + std::to_string(plan.pages) + " are free",
        "reset, shorten or drop another session, or load the model with more kv_tokens (now " +
            std::to_string(plan.pages * plan.page) + ")");
    for (HeldPages& taken : pages_) taken.shrink_to(length_);
    return refused;
  }
  return {};
}

TTT_INLINE void Session::truncate(int length) {
  length_ = length;
  for (HeldPages& held : pages_) held.shrink_to(length);
}

TTT_INLINE Result<Session> Session::copy() const {
  TTT_TRY(Session made, create(state_));
  TTT_CHECK(made.take_pages(length_));
  if (kv_.size() > 0 && length_ > 0) std::memcpy(made.kv_.data(), kv_.data(), kv_.size());
  for (std::size_t i = 0; i < pages_.size(); ++i) {
    const auto bytes = static_cast<std::size_t>(pages_[i].pool().plan().page_bytes);
    for (std::int64_t p = 0; p < pages_[i].needed(length_); ++p)
      std::memcpy(made.pages_[i].pool().data() + static_cast<std::size_t>(made.pages_[i].numbers()[p]) * bytes,
                  pages_[i].pool().data() + static_cast<std::size_t>(pages_[i].numbers()[p]) * bytes, bytes);
  }
  made.program_ = program_;
  made.inv_freq_ = inv_freq_;
  made.rope_scale_ = rope_scale_;
  made.rotary_length_ = rotary_length_;
  made.length_ = length_;
  return made;
}

TTT_INLINE Result<Session> Session::create(std::shared_ptr<const ModelState> state) {
  Session s;
  s.state_ = std::move(state);
  const ModelState& m = *s.state_;
  TTT_CHECK(s.make_caches(m));
  for (int i = 0; i < m.ropes.count; ++i)
    s.inv_freq_.emplace_back(static_cast<std::size_t>(m.ropes.uses[static_cast<std::size_t>(i)].rotary_dim() / 2));
  s.set_rotary(1);
  return s;
}

TTT_INLINE Result<void> Session::adopt(const std::shared_ptr<const ModelState>& state) {
  if (state_ != state && (!same_caches(*state_, *state) || (length_ == 0 && state_->kv_pools != state->kv_pools)))
    TTT_CHECK(make_caches(*state));
  state_ = state;
  return {};
}

TTT_INLINE void Session::reset() {
  truncate(0);
  rotary_length_ = 0;
  set_rotary(1);
}

TTT_INLINE void Session::set_rotary(int sequence_length) {
  const bool first = rotary_length_ == 0;
  // Dynamic frequencies grow with the sequence and, as in transformers, never shrink before a reset; all others
  // are the same for every length.
  if (!first && sequence_length <= rotary_length_) return;
  rotary_length_ = sequence_length;
  for (std::size_t i = 0; i < inv_freq_.size(); ++i) {
    const RopeUse& use = state_->ropes.uses[i];
    if (!first && use.spec.type != RopeType::dynamic) continue;
    const int max_position = state_->max_position > 0 ? state_->max_position : state_->context();
    rope_inverse_frequencies(use.spec, use.head_dim, max_position, sequence_length, inv_freq_[i].data(),
                             rope_scale_[i]);
  }
}

}  // namespace ttt

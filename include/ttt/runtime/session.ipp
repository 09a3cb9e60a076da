// Definitions of session.hpp.
#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/rope_frequencies.hpp>
#include <ttt/runtime/session.hpp>

namespace ttt {

TTT_INLINE Result<void> Session::make_caches(const ModelState& m) {
  const std::int64_t bytes = m.totals.kv / m.request.workload.batch;
  Buffer kv;
  if (bytes > 0) {
    TTT_TRY(kv, Buffer::create(static_cast<std::size_t>(bytes), MemoryClass::kv, "keys and values of a session"));
  }
  kv_ = std::move(kv);
  caches_.clear();
  const std::int64_t capacity = kv_capacity(m.context());
  std::byte* at = kv_.data();
  std::size_t attention = 0;
  m.model.view().each([&](const ModuleSpec& spec, int, std::size_t, std::size_t) {
    if (!spec.has_attention()) return;
    const AttentionSpec& a = spec.attention;
    const DType format = m.caches[attention++].format;
    std::byte* k = at;
    std::byte* v = k + catalog::round_up(catalog::k_cache_bytes(a.kv_heads, a.head_dim, capacity, format), 64);
    caches_.push_back(kernels::contiguous_kv(k, v, capacity));
    at += kv_bytes(a, format, m.context());
  });
  return {};
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
  if (state_ != state && !same_caches(*state_, *state)) TTT_CHECK(make_caches(*state));
  state_ = state;
  return {};
}

TTT_INLINE void Session::reset() {
  length_ = 0;
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

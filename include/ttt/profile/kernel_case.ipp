// Definitions of kernel_case.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/profile/kernel_case.hpp>

namespace ttt {

namespace kernel_case {

inline constexpr int guard = 64;          ///< floats on either side
inline constexpr float untouched = 1e30F;

/// Calls f.operator()<format>() for a format of the kernels.
template <class F>
auto with_format(DType t, F&& f) {
  switch (t) {
    case DType::fp32: return f.template operator()<DType::fp32>();
    case DType::fp16: return f.template operator()<DType::fp16>();
    case DType::int8: return f.template operator()<DType::int8>();
    default: return f.template operator()<DType::bf16>();
  }
}

struct Bound {
  const OwnKernelEntry* kernel;
  const void* args;
};
inline void run_attention(const void* b, kernels::Part p) noexcept {
  const Bound& bound = *static_cast<const Bound*>(b);
  bound.kernel->attention(*static_cast<const kernels::AttentionArgs*>(bound.args), p);
}
inline void run_qkv(const void* b, kernels::Part p) noexcept {
  const Bound& bound = *static_cast<const Bound*>(b);
  bound.kernel->qkv(*static_cast<const kernels::QkvArgs*>(bound.args), p);
}
inline void run_matmul(const void* b, kernels::Part p) noexcept {
  const Bound& bound = *static_cast<const Bound*>(b);
  bound.kernel->matmul(*static_cast<const kernels::MatmulArgs*>(bound.args), p);
}

}  // namespace kernel_case

TTT_INLINE void KernelCase::Floats::make(std::int64_t floats, int off) {
  all.assign(static_cast<std::size_t>(floats + off + 2 * kernel_case::guard + 16), kernel_case::untouched);
  const auto address = reinterpret_cast<std::uintptr_t>(all.data());
  data = all.data() + (64 - address % 64) % 64 / 4 + kernel_case::guard + off;
  count = floats;
}
TTT_INLINE bool KernelCase::Floats::guards_hold() const {
  const auto is_untouched = [](float x) { return x == kernel_case::untouched; };
  return data == nullptr || (std::all_of(all.data(), static_cast<const float*>(data), is_untouched) &&
                             std::all_of(static_cast<const float*>(data) + count, all.data() + all.size(), is_untouched));
}
TTT_INLINE char* KernelCase::Bytes::make(std::int64_t bytes) {
  all.assign(static_cast<std::size_t>(bytes) + 64, 0);
  return all.data() + (64 - reinterpret_cast<std::uintptr_t>(all.data()) % 64) % 64;
}
TTT_INLINE float KernelCase::number() {
  seed_ = seed_ * 1664525U + 1013904223U;
  return static_cast<float>(seed_ >> 8) / 8388608.0F - 1.0F;
}

TTT_INLINE KernelCase::KernelCase(const OpShape& shape, int off, bool second, const void* packed)
    : shape_(shape), off_(off) {
  const OpShape& s = shape_;
  // Rows of one session follow each other and are its last positions.
  for (int session = 0, row = 0; session < s.sessions; ++session) {
    const int end = static_cast<int>(std::int64_t{s.rows} * (session + 1) / s.sessions);
    for (; row < end; ++row) rows_.push_back({0, s.keys - end + row, session});
  }
  const std::int64_t head_rows = std::int64_t{s.rows} * s.heads * s.head_dim;
  if (s.op == OpKind::attention) {
    make_caches(packed != nullptr);
    x_.make(head_rows, off);
    for (std::int64_t i = 0; i < head_rows; ++i) x_.data[i] = 2 * number();
    attention_.heads = s.heads;
    attention_.kv_heads = s.kv_heads;
    attention_.head_dim = s.head_dim;
    attention_.rows = rows_.data();
    attention_.row_count = s.rows;
    attention_.q = x_.data;
    attention_.caches = caches_.data();
    attention_.scale = 1.0F / std::sqrt(static_cast<float>(s.head_dim));
    attention_.softcap = second ? 20 : 0;
    attention_.window = second ? s.keys / 2 + 1 : 0;
    attention_.kv_format = s.kv;
    attention_.prompt_operands = attention_.decode_operands = s.operands;
    return;
  }
  make_matrix(packed);
  x_.make(std::int64_t{s.rows} * s.k, off);
  for (std::int64_t i = 0; i < x_.count; ++i) x_.data[i] = number();
  norm_.resize(static_cast<std::size_t>(s.k));
  for (float& w : norm_) w = 1 + 0.3F * number();
  matmul_.x = x_.data;
  matmul_.ldx = s.k;
  matmul_.row_count = s.rows;
  matmul_.norm = {s.norm ? kernels::NormKind::rms : kernels::NormKind::none, 1e-5F, norm_.data(), nullptr};
  matmul_.out = s.op == OpKind::gated ? s.n / 2 : s.n;
  matmul_.ldy = matmul_.out;
  matmul_.weight_format = s.weights;
  matmul_.operand_format = s.operands;
  matmul_.activation = s.activation;
  if (s.op != OpKind::qkv) return;
  make_caches(packed != nullptr);
  const int rotary = s.head_dim / 2 * 2;
  for (int r = 0; r < s.rows; ++r)
    for (int i = 0; i < rotary; ++i) {
      const float angle = static_cast<float>(r + 1) / static_cast<float>(i % (rotary / 2) + 1);
      cos_sin_.push_back(i < rotary / 2 ? std::cos(angle) : std::sin(angle));
    }
  qkv_.heads = s.heads;
  qkv_.kv_heads = s.kv_heads;
  qkv_.head_dim = s.head_dim;
  qkv_.rotary_dim = rotary;
  qkv_.rows = rows_.data();
  qkv_.cos_sin = cos_sin_.data();
  qkv_.caches = caches_.data();
  qkv_.kv_format = s.kv;
  qkv_.append = kernel_case::with_format(
      s.kv, []<DType KV>() -> kernels::AppendFn { return &kernels::reference::Cache<KV>::append; });
}

TTT_INLINE void KernelCase::append_by(kernels::AppendFn append) {
  if (append != nullptr) qkv_.append = append;
}

TTT_INLINE void KernelCase::make_caches(bool alike) {
  const OpShape& s = shape_;
  const std::int64_t capacity = catalog::round_up(s.keys, catalog::kv_lanes);
  const std::int64_t k_bytes = catalog::k_cache_bytes(s.kv_heads, s.head_dim, capacity, s.kv);
  const std::int64_t v_bytes = catalog::v_cache_bytes(s.kv_heads, s.head_dim, capacity, s.kv);
  cache_bytes_.resize(static_cast<std::size_t>(2 * s.sessions));
  std::vector<char*> halves;
  for (std::size_t i = 0; i < cache_bytes_.size(); ++i) halves.push_back(cache_bytes_[i].make(i % 2 == 0 ? k_bytes : v_bytes));
  for (std::size_t i = 0; i < halves.size(); i += 2) caches_.push_back(kernels::contiguous_kv(halves[i], halves[i + 1], capacity));
  std::vector<float> key(static_cast<std::size_t>(s.head_dim)), value = key;
  for (std::size_t filled = 0; filled < (alike ? 1 : caches_.size()); ++filled)
    for (int position = 0; position < s.keys; ++position)
      for (int head = 0; head < s.kv_heads; ++head) {
        for (float& x : key) x = number();
        for (float& x : value) x = number();
        kernel_case::with_format(s.kv, [&]<DType KV>() {
          kernels::reference::Cache<KV>::append(caches_[filled], s.head_dim, head, position, key.data(), value.data());
        });
      }
  for (std::size_t i = 2; alike && i < halves.size(); ++i)
    std::memcpy(halves[i], halves[i % 2], static_cast<std::size_t>(i % 2 == 0 ? k_bytes : v_bytes));
}

TTT_INLINE void KernelCase::make_matrix(const void* ready) {
  const OpShape& s = shape_;
  const bool gated = s.op == OpKind::gated;
  std::vector<int> segments{gated ? s.n / 2 : s.n};
  if (gated) segments.push_back(s.n / 2);
  if (s.op == OpKind::qkv) segments = {s.heads * s.head_dim, s.kv_heads * s.head_dim, s.kv_heads * s.head_dim};
  std::int64_t padded = 0;
  for (const int n : segments) padded += catalog::padded_outputs(n);
  if (ready != nullptr) {
    matmul_.w = {ready, nullptr, static_cast<int>(padded), s.k};
    return;
  }
  weight_bytes_.resize(1);
  char* packed = weight_bytes_[0].make(catalog::packed_bytes(padded, s.k, s.weights));
  bias_.resize(static_cast<std::size_t>(padded));
  for (float& b : bias_) b = number();
  const float scale = 1.7F / std::sqrt(static_cast<float>(s.k));
  std::vector<float> rows;
  std::int64_t panel = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const kernels::PanelPlacement at = gated ? kernels::PanelPlacement{static_cast<std::int64_t>(i), 2}
                                             : kernels::PanelPlacement{panel, 1};
    rows.resize(static_cast<std::size_t>(segments[i]) * static_cast<std::size_t>(s.k));
    for (float& x : rows) x = scale * number();
    kernels::pack_rows(s.weights, DType::fp32, rows.data(), 0, segments[i], s.k, packed, at);
    panel += catalog::padded_outputs(segments[i]) / catalog::panel_rows;
  }
  matmul_.w = {packed, bias_.data(), static_cast<int>(padded), s.k};
}

TTT_INLINE void KernelCase::prepare(std::int64_t scratch_stride, int parts) {
  const OpShape& s = shape_;
  scratch_.make(scratch_stride / 4 * parts, 0);
  const bool heads = s.op == OpKind::attention || s.op == OpKind::qkv;
  y_.make(heads ? std::int64_t{s.rows} * s.heads * s.head_dim : std::int64_t{s.rows} * matmul_.out, off_);
  std::uint32_t seed = 7;  // what a residual is added to
  for (std::int64_t i = 0; i < y_.count; ++i) {
    seed = seed * 1664525U + 1013904223U;
    y_.data[i] = static_cast<float>(seed >> 8) / 8388608.0F - 1.0F;
  }
  attention_.y = qkv_.q = matmul_.y = y_.data;
  attention_.scratch = matmul_.scratch = scratch_.data;
  attention_.scratch_stride = matmul_.scratch_stride = scratch_stride / 4;
  if (s.op == OpKind::attention) {
    const std::int64_t items = catalog::split_items(s.sessions, s.heads, s.kv_heads, parts);
    const std::int64_t floats = catalog::split_floats(items, s.heads, s.kv_heads, s.head_dim, s.keys, 0);
    char* const split = split_.make(items * catalog::arrival_bytes + floats * 4);
    attention_.split = {reinterpret_cast<std::uint32_t*>(split),
                        reinterpret_cast<float*>(split + items * catalog::arrival_bytes), items, floats};
  }
  if (s.op != OpKind::qkv) return;
  kv_.make(std::int64_t{2} * s.rows * s.kv_heads * s.head_dim, off_);
  qkv_.kv = kv_.data;
  qkv_.matmul = matmul_;
  qkv_.matmul.y = nullptr;
}

TTT_INLINE void KernelCase::run(const OwnKernelEntry& kernel, ThreadTeam& team, int parts) {
  kernel_case::Bound bound{&kernel, &matmul_};
  TeamOp op{kernel_case::run_matmul, &bound, parts};
  if (shape_.op == OpKind::attention) {
    bound.args = &attention_;
    op.run = kernel_case::run_attention;
  } else if (shape_.op == OpKind::qkv) {
    bound.args = &qkv_;
    op.run = kernel_case::run_qkv;
  }
  team.run({&op, 1});
}

TTT_INLINE std::vector<float> KernelCase::output() const {
  std::vector<float> out(y_.data, y_.data + y_.count);
  if (shape_.op != OpKind::qkv) return out;
  for (const kernels::Row& row : rows_)
    for (int head = 0; head < shape_.kv_heads; ++head)
      for (int d = 0; d < shape_.head_dim; ++d)
        kernel_case::with_format(shape_.kv, [&]<DType KV>() {
          using Cache = kernels::reference::Cache<KV>;
          const kernels::KvView& cache = caches_[static_cast<std::size_t>(row.session)];
          out.push_back(Cache::k(cache, shape_.head_dim, head, row.position, d));
          out.push_back(Cache::v(cache, shape_.head_dim, head, row.position, d));
        });
  return out;
}

TTT_INLINE bool KernelCase::in_bounds() const {
  return x_.guards_hold() && y_.guards_hold() && kv_.guards_hold() && scratch_.guards_hold();
}

}  // namespace ttt

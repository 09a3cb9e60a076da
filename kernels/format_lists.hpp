// The formats that kernels are made for, in the order of the tables.
#pragma once

#include <ttt/spec/dtype.hpp>

namespace ttt::kernels {

inline constexpr DType weight_formats[] = {DType::fp32, DType::fp16, DType::bf16,
                                           DType::int8, DType::int4, DType::int4m};
inline constexpr DType activation_formats[] = {DType::fp32, DType::bf16, DType::int8};
inline constexpr DType kv_formats[] = {DType::fp32, DType::fp16, DType::bf16, DType::int8};
inline constexpr int weight_format_count = 6;
inline constexpr int activation_format_count = 3;
inline constexpr int kv_format_count = 4;
inline constexpr int activation_count = 6;  ///< of ttt::Activation, `own` left out

/// Where a format stands in the tables, or -1: no kernel takes it.
[[nodiscard]] constexpr int weight_index(DType t) noexcept {
  for (int i = 0; i < weight_format_count; ++i)
    if (weight_formats[i] == t) return i;
  return -1;
}
[[nodiscard]] constexpr int activation_index(DType t) noexcept {
  for (int i = 0; i < activation_format_count; ++i)
    if (activation_formats[i] == t) return i;
  return -1;
}
[[nodiscard]] constexpr int kv_index(DType t) noexcept {
  for (int i = 0; i < kv_format_count; ++i)
    if (kv_formats[i] == t) return i;
  return -1;
}

}  // namespace ttt::kernels

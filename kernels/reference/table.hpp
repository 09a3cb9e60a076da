// The scalar level: every kernel as its readable twin, the definition of correctness.
#pragma once

#include <ttt/kernels/reference/attention.hpp>
#include <ttt/kernels/reference/embed.hpp>
#include <ttt/kernels/reference/matmul.hpp>
#include <ttt/kernels/reference/norm.hpp>
#include <ttt/kernels/reference/qkv.hpp>
#include <ttt/kernels/reference/sampling.hpp>
#include <ttt/kernels/table.hpp>

namespace ttt::kernels::reference {

/// What the table is filled from: the kernels of one level under the names the table knows.
struct Level {
  template <DType W>
  static constexpr EmbedFn embed = &reference::embed<W>;
  template <DType W, DType A>
  static constexpr MatmulFn store = &reference::store<W, A, false>;
  template <DType W, DType A>
  static constexpr MatmulFn residual = &reference::store<W, A, true>;
  template <DType W, DType A, Activation F>
  static constexpr MatmulFn activated = &reference::activated<W, A, Act<F>>;
  template <DType W, DType A, Activation F>
  static constexpr MatmulFn gated = &reference::gated<W, A, Act<F>>;
  template <DType W, DType A, class Functor>
  static constexpr MatmulFn own_activated = &reference::activated<W, A, Functor>;
  template <DType W, DType A, class Functor>
  static constexpr MatmulFn own_gated = &reference::gated<W, A, Functor>;
  template <DType W, DType A, DType KV>
  static constexpr QkvFn qkv = &reference::qkv<W, A, KV>;
  template <DType KV>
  static constexpr AttentionFn attention = &reference::attention<KV>;
  static constexpr NormFn norm = &reference::norm;
  static constexpr SamplingKernels sampling = level_sampling;
};

}  // namespace ttt::kernels::reference

// The scalar level: every kernel as its readable twin, the definition of correctness.
#pragma once

#include <ttt/kernels/reference/attention.hpp>
#include <ttt/kernels/reference/coding.hpp>
#include <ttt/kernels/reference/embed.hpp>
#include <ttt/kernels/reference/matmul.hpp>
#include <ttt/kernels/reference/norm.hpp>
#include <ttt/kernels/reference/qkv.hpp>
#include <ttt/kernels/reference/sampling.hpp>
#include <ttt/kernels/table.hpp>

namespace ttt::kernels::reference {

/// What the table is filled from: the kernels of one level under the names the table knows.
struct Level {
  template <auto W>
  static constexpr EmbedFn embed = &reference::embed<W>;
  template <auto W, DType A>
  static constexpr MatmulFn store = &reference::store<W, A, false>;
  template <auto W, DType A>
  static constexpr MatmulFn residual = &reference::store<W, A, true>;
  template <auto W, DType A, Activation F>
  static constexpr MatmulFn activated = &reference::activated<W, A, Act<F>>;
  template <auto W, DType A, Activation F>
  static constexpr MatmulFn gated = &reference::gated<W, A, Act<F>>;
  template <auto W, DType A, class Functor>
  static constexpr MatmulFn own_activated = &reference::activated<W, A, Functor>;
  template <auto W, DType A, class Functor>
  static constexpr MatmulFn own_gated = &reference::gated<W, A, Functor>;
  template <auto W, DType A>
  static constexpr QkvFn qkv = &reference::qkv<W, A>;
  template <auto W>
  static constexpr CodeFn code = &reference::code<typename DescriptionOf<W>::type>;
  template <DType KV>
  static constexpr AppendFn append = &Cache<KV>::append;
  template <DType KV>
  static constexpr AttentionFn attention = &reference::attention<KV>;
  static constexpr NormFn norm = &reference::norm;
  static constexpr SamplingKernels sampling = level_sampling;
};

}  // namespace ttt::kernels::reference

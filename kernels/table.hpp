// The kernels of one instruction-set level as pointers, found by the formats they are keyed on.
//
// To add a weight format: name it in `weight_formats` (kernels/format_lists.hpp), give it a `Weights<DType::…>` in
// kernels/reference/weights.hpp (an accessor) and one in kernels/cpu/body/formats.inc (a vector load), or, if
// its numbers share scales, a description in spec/block_format.hpp; the rest is composed. Formats of a user's own need
// no edit (kernels/own_format.hpp).
#pragma once

#include <string_view>

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/format_lists.hpp>
#include <ttt/kernels/groups.hpp>
#include <ttt/kernels/isa.hpp>
#include <ttt/kernels/own_format_table.hpp>
#include <ttt/kernels/sampling.hpp>

namespace ttt::kernels {

/// Every kernel of one level. Rows of the arrays are weight formats, then activation formats, then what the
/// op adds. Null where `catalog::is_product` says that there is none: int8 activations times plain weights.
struct KernelTable {
  Isa isa;
  std::string_view name;
  bool has_bf16_dot;  ///< bf16 weights times bf16 activations run on the dot-product instruction
  EmbedFn embed_fns[weight_format_count];
  CodeFn code_fns[weight_format_count];  ///< null where numbers stand alone
  MatmulFn store_fns[weight_format_count][activation_format_count];
  MatmulFn residual_fns[weight_format_count][activation_format_count];
  MatmulFn activated_fns[weight_format_count][activation_format_count][activation_count];
  MatmulFn gated_fns[weight_format_count][activation_format_count][activation_count];
  QkvFn qkv_fns[weight_format_count][activation_format_count];
  AppendFn append_fns[kv_format_count];
  AttentionFn attention_fns[kv_format_count];
  NormFn norm;
  SamplingKernels sampling;

  /// The kernels by format; null where there is none.
  [[nodiscard]] EmbedFn embed(DType w) const noexcept {
    if (const OwnFormatKernels* const own = own_format_kernels(w, isa)) return own->embed;
    return weight_index(w) < 0 ? nullptr : embed_fns[weight_index(w)];
  }
  /// How weights are coded when they are packed.
  [[nodiscard]] CodeFn code(DType w) const noexcept {
    if (const OwnFormatKernels* const own = own_format_kernels(w, isa)) return own->code;
    return weight_index(w) < 0 ? nullptr : code_fns[weight_index(w)];
  }
  /// One of the embeddings, for rotary tables alone, where the format does not count.
  [[nodiscard]] EmbedFn any_embed() const noexcept {
    for (const EmbedFn f : embed_fns)
      if (f != nullptr) return f;
    return nullptr;
  }
  /// y = act-free product, soft-capped when asked.
  [[nodiscard]] MatmulFn store(DType w, DType a) const noexcept {
    if (const OwnFormatKernels* const own = own_kernels(w, a)) return own->store[activation_index(a)];
    return known(w, a) ? store_fns[weight_index(w)][activation_index(a)] : nullptr;
  }
  /// y += product.
  [[nodiscard]] MatmulFn residual(DType w, DType a) const noexcept {
    if (const OwnFormatKernels* const own = own_kernels(w, a)) return own->residual[activation_index(a)];
    return known(w, a) ? residual_fns[weight_index(w)][activation_index(a)] : nullptr;
  }
  /// y = act(product).
  [[nodiscard]] MatmulFn activated(DType w, DType a, Activation f) const noexcept {
    if (f == Activation::own) return nullptr;
    if (const OwnFormatKernels* const own = own_kernels(w, a)) return own->activated[activation_index(a)][static_cast<int>(f)];
    if (!known(w, a)) return nullptr;
    return activated_fns[weight_index(w)][activation_index(a)][static_cast<int>(f)];
  }
  /// y = act(gate) * up.
  [[nodiscard]] MatmulFn gated(DType w, DType a, Activation f) const noexcept {
    if (f == Activation::own) return nullptr;
    if (const OwnFormatKernels* const own = own_kernels(w, a)) return own->gated[activation_index(a)][static_cast<int>(f)];
    if (!known(w, a)) return nullptr;
    return gated_fns[weight_index(w)][activation_index(a)][static_cast<int>(f)];
  }
  /// Queries, keys and values; the caches are appended to by `append` of their format, which its arguments carry.
  [[nodiscard]] QkvFn qkv(DType w, DType a) const noexcept {
    if (const OwnFormatKernels* const own = own_kernels(w, a)) return own->qkv[activation_index(a)];
    return known(w, a) ? qkv_fns[weight_index(w)][activation_index(a)] : nullptr;
  }
  [[nodiscard]] AppendFn append(DType kv) const noexcept {
    return kv_index(kv) < 0 ? nullptr : append_fns[kv_index(kv)];
  }
  [[nodiscard]] AttentionFn attention(DType kv) const noexcept {
    return kv_index(kv) < 0 ? nullptr : attention_fns[kv_index(kv)];
  }

 private:
  /// Of a registered format and operands that it has kernels for.
  [[nodiscard]] const OwnFormatKernels* own_kernels(DType w, DType a) const noexcept {
    return activation_index(a) >= 0 && activation_index(a) < OwnFormatKernels::operands ? own_format_kernels(w, isa) : nullptr;
  }
  [[nodiscard]] static constexpr bool known(DType w, DType a) noexcept {
    return weight_index(w) >= 0 && activation_index(a) >= 0;
  }
};

/// A program's kernels by level.
using KernelSource = const KernelTable* (*)(Isa) noexcept;

/// What a program holds that names nothing: everything when it links the runtime; header-only, what bf16 checkpoints
/// with SiLU need (kernels/select_table.hpp, `ttt::with`).
[[nodiscard]] TTT_INLINE const KernelTable* default_kernels(Isa isa) noexcept;

/// The kernels of a level, or null where this build does not carry it (another architecture). Whether the
/// processor can run them is `isa_supported`.
[[nodiscard]] TTT_INLINE const KernelTable* kernel_table(Isa isa) noexcept;

/// One level's table; each is compiled in its own translation unit of the linked runtime.
[[nodiscard]] TTT_INLINE const KernelTable* scalar_kernels() noexcept;
#if defined(__x86_64__)
[[nodiscard]] TTT_INLINE const KernelTable* x86_64_v2_kernels() noexcept;
[[nodiscard]] TTT_INLINE const KernelTable* avx2_kernels() noexcept;
[[nodiscard]] TTT_INLINE const KernelTable* avx512_kernels() noexcept;
[[nodiscard]] TTT_INLINE const KernelTable* avx512_vnni_bf16_kernels() noexcept;
#endif

}  // namespace ttt::kernels

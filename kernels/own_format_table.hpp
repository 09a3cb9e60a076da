// The kernels of a weight format of a user's own: declared here, light; kernels/own_format.hpp composes them.
#pragma once

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/format_lists.hpp>
#include <ttt/kernels/groups.hpp>
#include <ttt/kernels/isa.hpp>
#include <ttt/spec/own_format.hpp>

namespace ttt::kernels {

/// One level's kernels for one format; rows and columns of the arrays as in KernelTable (kernels/table.hpp).
struct OwnFormatKernels {
  static constexpr int operands = 2;  ///< fp32 and bf16; there are none for whole numbers
  EmbedFn embed;
  CodeFn code;
  MatmulFn store[operands];
  MatmulFn residual[operands];
  MatmulFn activated[operands][activation_count];
  MatmulFn gated[operands][activation_count];
  QkvFn qkv[operands];
  void (*fetch_row)(const Packed& packed, std::int64_t row, float* y) noexcept;
};

/// A format's kernels at a level, composed in the translation unit that includes <ttt/kernels/own_format.hpp>. Weak: null,
/// and refused with `kernel_not_linked` when a model needs it, where no unit of a program does.
template <OwnBlockFormat F>
[[nodiscard, gnu::weak]] const OwnFormatKernels* kernels_of_format(Isa isa) noexcept;

/// The one entry of a format in a program.
template <OwnBlockFormat F>
inline OwnFormat own_format_entry{types::own_number<F>(), F::name, &kernels_of_format<F>};

/// The kernels of a format at a level: null for ttt's own formats and for one that is not registered.
[[nodiscard]] inline const OwnFormatKernels* own_format_kernels(DType format, Isa isa) noexcept {
  if (!is_own_format(format)) return nullptr;
  const OwnFormat* const found = own_formats::find(format);
  return found == nullptr || found->kernels == nullptr ? nullptr : found->kernels(isa);
}

}  // namespace ttt::kernels

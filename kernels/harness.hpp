// check_kernel<MyAttention>(): an own kernel against the scalar reference, and against the clock.
//
//     #include <ttt/kernels/harness.hpp>
//     int main() { return ttt::check_kernel<MyAttention>().ok() ? 0 : 1; }
//
// Programs that link ttt_runtime need no more; header-only ones include <ttt/everything.hpp>. It is declared here, where
// kernels are, and defined in profile/check_kernel.ipp: it runs on the engine's threads and measures the machine.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/kernels/own_format_table.hpp>
#include <ttt/kernels/own_kernel.hpp>
#include <ttt/policy/use.hpp>

namespace ttt {

struct KernelCheckOptions {
  double tolerance = 1e-3;  ///< error allowed, relative to the largest number of the reference
  bool measure = true;      ///< time the kernel, the one it would replace, and the machine
  bool print = true;        ///< the table on standard output as it grows
};

/// What check_kernel found.
struct KernelReport {
  double worst_error = 0;  ///< largest |difference| / largest |reference| over all shapes, beyond one rounding of formats
  double tolerance = 0;
  bool same_bits = true;   ///< over 1, 2 and 3 threads, 7 parts, and addresses off alignment
  bool in_bounds = true;   ///< nothing was written beside the output and the scratch asked for
  int shapes = 0;          ///< that ran
  int unsupported = 0;     ///< that the kernel says it does not support
  std::string replaces;    ///< the kernel of the last shape that this one would replace: "avx2::attention<fp16>"
  double gb_s = 0;         ///< of the last shape, by the kernel's own `cost`
  double gflop_s = 0;
  double replaced_gb_s = 0;  ///< the same work by the kernel it would replace
  double replaced_gflop_s = 0;
  double limit_gb_s = 0;     ///< of this machine: streaming reads
  double limit_gflop_s = 0;  ///< and fp32 multiply-adds from registers
  std::string fault;         ///< why nothing could be run: no reference in this program, no memory; else empty
  [[nodiscard]] bool ok() const {
    return fault.empty() && shapes > 0 && same_bits && in_bounds && worst_error <= tolerance;
  }
};

/// Odd sizes, and one as large as models have, in every format that ttt's kernels know.
[[nodiscard]] std::vector<OpShape> shapes_to_check(OpKind op);

/// What `check_kernel` does, for an entry.
[[nodiscard]] KernelReport check_kernel_entry(const OwnKernelEntry& kernel, std::span<const OpShape> shapes,
                                              const KernelCheckOptions& options);

/// Runs the kernel over the shapes, or over `shapes_to_check` if none are given, on random numbers: with 1, 2 and 3 threads,
/// in 7 parts, on addresses off alignment; attention also with a window and a soft-cap. Prints a line for each shape: the
/// worst error against the scalar reference, GB/s and GFLOP/s, the same of the kernel it would replace; and the machine's
/// limits. `OpShape::keys` are the positions in each session's cache, `rows` the tokens of all of them.
template <class K>
[[nodiscard]] KernelReport check_kernel(std::initializer_list<OpShape> shapes = {}, const KernelCheckOptions& options = {}) {
  if constexpr (types::is_own_kernel<K>()) {
    const std::vector<OpShape> all = shapes.size() > 0 ? std::vector<OpShape>(shapes) : shapes_to_check(K::op);
    return check_kernel_entry(types::own_kernel_entry<K>(), all, options);
  } else {
    return {};
  }
}

/// What `check_format` does, for an entry.
[[nodiscard]] KernelReport check_format_entry(OwnFormat& format, const KernelCheckOptions& options);

/// The products that a weight format of your own was composed into (kernels/own_format.hpp), in the same way, with fp32 and
/// with bf16 operands; beside them, where they are timed, the same products with bf16 weights. Errors count against the scalar reference on the
/// same coded weights.
template <OwnBlockFormat F>
[[nodiscard]] KernelReport check_format(const F&, const KernelCheckOptions& options = {}) {
  return check_format_entry(kernels::own_format_entry<F>, options);
}

}  // namespace ttt

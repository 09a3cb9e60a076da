// Definitions of kernels/harness.hpp: check_format.
#pragma once

#include <ttt/profile/check_kernel.ipp>
#include <ttt/runtime/own_formats.hpp>

namespace ttt {

TTT_INLINE KernelReport check_format_entry(OwnFormat& format, const KernelCheckOptions& options) {
  namespace here = kernel_check;
  KernelReport all;
  all.tolerance = options.tolerance;
  OwnFormat* const one = &format;
  const Result<kernels::Isa> isa = selected_isa();
  if (const Result<void> kept = keep_formats({&one, 1}); !kept) all.fault = kept.error().issue;
  else if (!isa) all.fault = isa.error().issue;
  const kernels::KernelTable* const best = isa ? kernels::default_kernels(*isa) : nullptr;
  for (const OpKind op : {OpKind::linear, OpKind::projection, OpKind::activated, OpKind::gated, OpKind::qkv}) {
    std::vector<OpShape> shapes = shapes_to_check(op);
    for (const DType operands : {DType::fp32, DType::bf16}) {
      if (!all.fault.empty()) return all;
      std::vector<OpShape> mine;  // of all formats: those of one, with this one in its place
      for (OpShape s : shapes) {
        const bool to_be_timed = std::int64_t{s.n} * s.k > 1'000'000;  // the reference takes its time over it
        if (s.weights != DType::bf16 || s.operands != operands || s.kv != kernels::kv_formats[0]) continue;
        if (to_be_timed && !options.measure) continue;
        if (op == OpKind::qkv && !to_be_timed && std::int64_t{s.n} * s.k > 100'000) {  // as odd, and as quick as the others
          s.heads = 3;
          s.head_dim = 20;
          s.n = (s.heads + 2 * s.kv_heads) * s.head_dim;
          s.k = 121;
        }
        s.weights = format.type;
        mine.push_back(s);
      }
      OwnKernelEntry kernel = here::from_table(*best, mine.front());
      if (!here::is_there(kernel)) {
        all.fault = "this program holds no kernels for " + std::string(format.name) + ": include <ttt/kernels/own_format.hpp>";
        return all;
      }
      kernel.name = format.name;
      kernel.op = op;
      kernel.supports = [](const OpShape&) { return true; };
      kernel.cost = [](const OpShape& s) {
        const double numbers = static_cast<double>(s.n) * s.k;
        return OpCost{2 * s.rows * numbers, numbers * bits_of(s.weights) / 8};
      };
      const int shapes_before = all.shapes;
      const double worst = all.worst_error;
      const bool same = all.same_bits, inside = all.in_bounds;
      all = here::check(kernel, mine, options, DType::bf16);
      all.shapes += shapes_before;
      all.worst_error = std::max(all.worst_error, worst);
      all.same_bits = all.same_bits && same;
      all.in_bounds = all.in_bounds && inside;
    }
  }
  return all;
}

}  // namespace ttt

// Definitions of kernels/harness.hpp: declared with the kernels, defined here, where threads and limits are known.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include <ttt/io/linkage.hpp>
#include <ttt/kernels/harness.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/profile/kernel_case.hpp>
#include <ttt/profile/limits.hpp>
#include <ttt/profile/probe.hpp>
#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/isa.hpp>

namespace ttt {

namespace kernel_check {

/// A table's kernel for a shape, in the form of an own one; no function where the table has none.
TTT_INLINE OwnKernelEntry from_table(const kernels::KernelTable& t, const OpShape& s) {
  OwnKernelEntry e{.name = t.name, .op = s.op};
  switch (s.op) {
    case OpKind::attention: e.attention = t.attention(s.kv); break;
    case OpKind::qkv: e.qkv = t.append(s.kv) == nullptr ? nullptr : t.qkv(s.weights, s.operands); break;
    case OpKind::gated: e.matmul = t.gated(s.weights, s.operands, s.activation); break;
    case OpKind::activated: e.matmul = t.activated(s.weights, s.operands, s.activation); break;
    case OpKind::projection: e.matmul = t.residual(s.weights, s.operands); break;
    default: e.matmul = t.store(s.weights, s.operands); break;
  }
  return e;
}
TTT_INLINE bool is_there(const OwnKernelEntry& e) { return e.attention != nullptr || e.qkv != nullptr || e.matmul != nullptr; }

/// Scratch of one part in bytes: as the plan deals it out.
TTT_INLINE std::int64_t stride_of(const OwnKernelEntry& e, const OpShape& s, int parts) {
  if (e.scratch_bytes != nullptr) {
    const std::int64_t bytes = std::max<std::int64_t>(0, e.scratch_bytes(s, parts));
    return catalog::round_up((bytes + parts - 1) / parts, 64);
  }
  return catalog::round_up(4 * std::max(catalog::attention_scratch_floats(s.head_dim),
                                        catalog::matmul_scratch_floats(s.k, s.rows)),
                           64);
}

TTT_INLINE std::string formats_of(const OpShape& s) {
  if (s.op == OpKind::attention) return std::string(name_of(s.kv));
  const std::string product = fmt::format("{}, {}", name_of(s.weights), name_of(s.operands));
  return s.op == OpKind::qkv ? fmt::format("{}, {}", product, name_of(s.kv)) : product;
}
TTT_INLINE std::string words(const OpShape& s) {
  if (s.op == OpKind::attention)
    return fmt::format("{}: {} rows, {} keys, {}/{} x {}", formats_of(s), s.rows, s.keys, s.heads, s.kv_heads, s.head_dim);
  return fmt::format("{}: {} rows, {} x {}{}", formats_of(s), s.rows, s.n, s.k, s.norm ? ", norm" : "");
}

/// One step of the narrowest format that the op rounds to on its way, relative: two right kernels may differ by it.
TTT_INLINE double rounding_of(const OpShape& s) {
  if (s.op == OpKind::attention) return 0;
  const double operands = s.operands == DType::bf16 ? 0x1p-8 : s.operands == DType::int8 ? 0x1p-7 : 0;
  if (s.op != OpKind::qkv || s.kv == DType::fp32) return operands;
  return std::max(operands, s.kv == DType::bf16 ? 0x1p-7 : 0x1p-10);
}
/// Largest difference beyond rounding relative to the largest number wanted; infinite where one is no number.
TTT_INLINE double error_of(const std::vector<float>& got, const std::vector<float>& wanted, double rounding) {
  double most = 0, largest = 1e-30;
  for (const float x : wanted) largest = std::max(largest, static_cast<double>(std::fabs(x)));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double d = std::fabs(static_cast<double>(got[i]) - wanted[i]);
    if (!(d <= most)) most = std::isnan(d) ? INFINITY : d;
  }
  return std::max(0.0, most / largest - rounding);
}

/// Seconds of the shortest of several runs.
TTT_INLINE double seconds_of(KernelCase& c, const OwnKernelEntry& e, ThreadTeam& team) {
  const int parts = team.size();
  c.prepare(stride_of(e, c.shape(), parts), parts);
  double least = INFINITY, total = 0;
  for (int i = 0; i < 1000 && (i < 4 || total < 0.02); ++i) {
    const double start = probing::now();
    c.run(e, team, parts);
    const double t = probing::now() - start;
    least = std::min(least, t);
    total += t;
  }
  return least;
}

TTT_INLINE void say(const KernelCheckOptions& o, const std::string& line) {
  if (o.print) std::fputs(line.c_str(), stdout);
}

}  // namespace kernel_check

TTT_INLINE std::vector<OpShape> shapes_to_check(OpKind op) {
  std::vector<OpShape> out;
  const auto with_formats = [&](OpShape s) {
    const bool attention = op == OpKind::attention;
    for (const DType kv : kernels::kv_formats) {
      if (!attention && op != OpKind::qkv && kv != kernels::kv_formats[0]) continue;
      for (const DType w : kernels::weight_formats) {
        if (attention && w != kernels::weight_formats[0]) continue;
        for (const DType a : kernels::activation_formats) {
          if (attention ? a != kernels::activation_formats[0] : !catalog::is_product(w, a)) continue;
          s.kv = kv;
          s.weights = w;
          s.operands = a;
          out.push_back(s);
        }
      }
    }
  };
  struct Heads {
    int rows, sessions, keys, heads, kv_heads, head_dim;
  };
  if (op == OpKind::attention) {
    for (const Heads h : {Heads{1, 1, 1, 1, 1, 2}, {5, 1, 17, 6, 2, 10}, {13, 2, 40, 8, 1, 80}, {33, 2, 300, 9, 3, 64},
                          {1, 1, 257, 4, 4, 128}, {1, 1, 2048, 32, 8, 64}})
      with_formats({.op = op, .rows = h.rows, .sessions = h.sessions, .keys = h.keys, .heads = h.heads,
                    .kv_heads = h.kv_heads, .head_dim = h.head_dim});
    return out;
  }
  if (op == OpKind::qkv) {
    for (const Heads h : {Heads{1, 1, 1, 1, 1, 2}, {5, 1, 17, 6, 2, 10}, {13, 2, 40, 8, 1, 80}, {1, 1, 64, 32, 8, 64}})
      with_formats({.op = op, .rows = h.rows, .sessions = h.sessions, .keys = h.keys, .heads = h.heads,
                    .kv_heads = h.kv_heads, .head_dim = h.head_dim, .n = (h.heads + 2 * h.kv_heads) * h.head_dim,
                    .k = h.heads == 32 ? 2048 : 6 * h.head_dim + 1, .norm = h.rows != 5});
    return out;
  }
  const int halves = op == OpKind::gated ? 2 : 1;
  struct Size {
    int rows, n, k;
  };
  for (const Size z : {Size{1, 1, 1}, {5, 17, 3}, {13, 160, 47}, {30, 96, 258}, {1, 8192 / halves, 2048}})
    with_formats({.op = op, .rows = z.rows, .n = halves * z.n, .k = z.k, .norm = z.rows == 13});
  return out;
}

namespace kernel_check {

/// `instead`: the weights of the kernel that is timed beside it; automatic: the same.
TTT_INLINE KernelReport check(const OwnKernelEntry& kernel, std::span<const OpShape> shapes, const KernelCheckOptions& options,
                              DType instead) {
  namespace here = kernel_check;
  KernelReport report;
  report.tolerance = options.tolerance;
  const auto failed = [&](std::string why) {
    report.fault = std::move(why);
    here::say(options, fmt::format("{}: {}\n", kernel.name, report.fault));
    return report;
  };
  const Result<kernels::Isa> isa = selected_isa();
  if (!isa) return failed(isa.error().issue);
  const kernels::KernelTable* scalar = kernels::default_kernels(kernels::Isa::scalar);
  const kernels::KernelTable* best = kernels::default_kernels(*isa);
  std::vector<std::unique_ptr<ThreadTeam>> teams;
  for (const int threads : {1, 2, 3, available_cores()}) {
    Result<std::unique_ptr<ThreadTeam>> team = ThreadTeam::create(threads);
    if (!team) return failed(team.error().issue);
    teams.push_back(std::move(*team));
    if (const Result<void> room = teams.back()->reserve(1, std::max(7, threads)); !room) return failed(room.error().issue);
  }
  if (options.measure) {
    const Result<MachineLimits> limits = measure_limits(*teams.back(), *isa);
    if (!limits) return failed(limits.error().issue);
    report.limit_gb_s = limits->read_bytes_per_s / 1e9;
    report.limit_gflop_s = limits->flop_per_s / 1e9;
  }
  here::say(options, fmt::format("{} for {}, {} threads, {}\n{:<44}{:>10}{:>6}", kernel.name, name_of(kernel.op),
                                 available_cores(), kernels::name_of(*isa), "", "error", "bits"));
  here::say(options, options.measure ? fmt::format("{:>9}{:>9}   {}\n", "GB/s", "GFLOP/s", "instead of") : "\n");

  for (OpShape s : shapes) {
    s.op = kernel.op;
    const bool attends = s.op == OpKind::attention || s.op == OpKind::qkv;
    const bool fits = s.rows > 0 && s.sessions > 0 && (s.rows + s.sessions - 1) / s.sessions <= s.keys;
    if (attends && !fits) return failed("a shape's rows have no positions: give at least as many keys as a session has rows");
    if (!kernel.supports(s)) {
      ++report.unsupported;
      continue;
    }
    OpShape other = s;
    if (instead != DType::automatic) other.weights = instead;
    const OwnKernelEntry reference = here::from_table(*scalar, s), replaced = here::from_table(*best, other);
    if (!here::is_there(reference)) return failed("this program holds no reference kernel for " + here::formats_of(s));
    double worst = 0;
    bool same = true;
    for (const bool second : {false, true}) {
      if (second && s.op != OpKind::attention) continue;
      std::vector<float> wanted, first;
      for (const int off : {0, 1, 3}) {
        KernelCase c(s, off, second);
        if (off == 0) {
          c.prepare(here::stride_of(reference, s, 1), 1);
          c.run(reference, *teams[0], 1);
          wanted = c.output();
        }
        c.append_by(best->append(s.kv));
        for (std::size_t t = 0; t < 4; ++t) {
          const int parts = t < 3 ? static_cast<int>(t) + 1 : 7;
          c.prepare(here::stride_of(kernel, s, parts), parts);
          c.run(kernel, *teams[std::min<std::size_t>(t, 2)], parts);
          const std::vector<float> got = c.output();
          worst = std::max(worst, here::error_of(got, wanted, here::rounding_of(s)));
          if (first.empty()) first = got;
          same = same && got == first;
          report.in_bounds = report.in_bounds && c.in_bounds();
        }
      }
    }
    ++report.shapes;
    report.worst_error = std::max(report.worst_error, worst);
    report.same_bits = report.same_bits && same;
    std::string line = fmt::format("{:<44}{:>10.1e}{:>6}", here::words(s), worst, same ? "same" : "OTHER");
    if (options.measure) {
      KernelCase c(s, 0, false);
      c.append_by(best->append(s.kv));
      const OpCost cost = kernel.cost(s);
      const double mine = here::seconds_of(c, kernel, *teams.back());
      report.gb_s = cost.bytes / mine / 1e9;
      report.gflop_s = cost.flops / mine / 1e9;
      line += fmt::format("{:>9.2f}{:>9.2f}", report.gb_s, report.gflop_s);
      if (here::is_there(replaced)) {
        KernelCase theirs_case(other, 0, false);
        theirs_case.append_by(best->append(other.kv));
        const double theirs = here::seconds_of(instead == DType::automatic ? c : theirs_case, replaced, *teams.back());
        const double wider = instead == DType::automatic ? 1 : bits_of(instead) / bits_of(s.weights);
        report.replaces = fmt::format("{}::{}<{}>", best->name, name_of(s.op), here::formats_of(other));
        report.replaced_gb_s = wider * cost.bytes / theirs / 1e9;
        report.replaced_gflop_s = cost.flops / theirs / 1e9;
        line += fmt::format("   {} {:.2f} GB/s {:.2f} GFLOP/s", report.replaces, report.replaced_gb_s, report.replaced_gflop_s);
      }
    }
    here::say(options, line + "\n");
  }
  if (report.unsupported > 0) here::say(options, fmt::format("not supported by it: {} shapes\n", report.unsupported));
  if (options.measure)
    here::say(options, fmt::format("limits here: {:.1f} GB/s, {:.1f} GFLOP/s\n", report.limit_gb_s, report.limit_gflop_s));
  if (!report.in_bounds) here::say(options, "it writes beside its output or its scratch\n");
  here::say(options, fmt::format("{} shapes, worst error {:.1e} of the largest number ({:.0e} allowed): {}\n", report.shapes,
                                 report.worst_error, report.tolerance, report.ok() ? "fine" : "WRONG"));
  return report;
}

}  // namespace kernel_check

TTT_INLINE KernelReport check_kernel_entry(const OwnKernelEntry& kernel, std::span<const OpShape> shapes,
                                           const KernelCheckOptions& options) {
  return kernel_check::check(kernel, shapes, options, DType::automatic);
}

}  // namespace ttt

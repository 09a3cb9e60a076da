// One bound op of a Program.
#pragma once

#include <cstring>

#include <ttt/runtime/program.hpp>

namespace ttt {

/// One op ready to run: the kernel and its arguments. Pointers are bound once; a step changes row counts and, where
/// rows are chosen, the map.
struct Program::Call {
  const PlanOp* op = nullptr;
  union Args {
    kernels::EmbedArgs embed;
    kernels::MatmulArgs matmul;
    kernels::QkvArgs qkv;
    kernels::AttentionArgs attention;
    kernels::NormOpArgs norm;
    OwnModuleArgs own;
    Args() { std::memset(static_cast<void*>(this), 0, sizeof(*this)); }
  } args;
  union Fn {
    kernels::EmbedFn embed = nullptr;
    kernels::MatmulFn matmul;
    kernels::QkvFn qkv;
    kernels::AttentionFn attention;
    kernels::NormFn norm;
    void (*own)(const OwnModuleArgs&);
  } fn;
  int caches = -1;  // attention module's number

  /// One function for each kind, with the signature the team runs.
  template <auto Args::*Member, auto Fn::*Function>
  static void run(const void* call, kernels::Part part) noexcept {
    const Call& c = *static_cast<const Call*>(call);
    (c.fn.*Function)(c.args.*Member, part);
  }
  static void run_own(const void* call, kernels::Part) noexcept {
    const Call& c = *static_cast<const Call*>(call);
    c.fn.own(c.args.own);
  }
};

}  // namespace ttt

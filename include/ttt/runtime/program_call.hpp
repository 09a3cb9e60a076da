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
  const kernels::DeviceEngine* engine = nullptr;  // of an emulated device
  kernels::DeviceMode mode{};
  int caches = -1;  // attention module's number

  /// One function for each kind, with the signature the team runs.
  template <auto Args::*Member, auto Fn::*Function>
  static void run(const void* call, kernels::Part part) noexcept {
    const Call& c = *static_cast<const Call*>(call);
    (c.fn.*Function)(c.args.*Member, part);
  }
  template <auto Args::*Member, auto kernels::DeviceEngine::*Function>
  static void run_on_device(const void* call, kernels::Part part) noexcept {
    const Call& c = *static_cast<const Call*>(call);
    (c.engine->*Function)(c.args.*Member, c.mode, part);
  }
  /// The op's function on the engine.
  void (*on_device())(const void*, kernels::Part) noexcept {
    using E = kernels::DeviceEngine;
    switch (op->kind) {
      case OpKind::embed:
      case OpKind::rotary: return run_on_device<&Args::embed, &E::embed>;
      case OpKind::qkv: return run_on_device<&Args::qkv, &E::qkv>;
      case OpKind::attention: return run_on_device<&Args::attention, &E::attention>;
      case OpKind::gated: return run_on_device<&Args::matmul, &E::gated>;
      case OpKind::activated: return run_on_device<&Args::matmul, &E::activated>;
      case OpKind::projection: return run_on_device<&Args::matmul, &E::residual>;
      case OpKind::linear: return run_on_device<&Args::matmul, &E::store>;
      case OpKind::norm: return run_on_device<&Args::norm, &E::norm>;
      case OpKind::own: break;
    }
    return run_own;
  }
  static void run_own(const void* call, kernels::Part) noexcept {
    const Call& c = *static_cast<const Call*>(call);
    c.fn.own(c.args.own);
  }
};

}  // namespace ttt

// Variants compiled ahead of time: made once with the machine's compiler, kept in the user's cache, found by what
// they were made for.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/runtime/state.hpp>
#include <ttt/runtime/variant_table.hpp>

namespace ttt {

/// A variant that was found or made, checked and loaded. It stays loaded as long as the process runs.
struct CompiledVariant {
  std::string key;       ///< of spec, policy, level and ttt's identity
  std::string library;   ///< the shared object
  std::string source;    ///< what it was compiled from
  std::string compiler;  ///< its path and version
  std::vector<std::string> flags;
  double compile_s = 0;  ///< when it was made
  bool made_now = false;
  std::uint64_t bytes = 0;  ///< of the shared object
  kernels::KernelSource kernels = nullptr;  ///< for LoadOptions::kernels, with the same isa
  VariantFacts facts{};
};

/// Whether there is anything to look for. True also where looking fails, so that it is found out why.
[[nodiscard]] bool has_compiled();

/// The newest variant in the cache that was made for this plan: null when there
/// is none. `identity` is that of CompileHow. Errors: compiled_variant_rejected (altered since it was made, not to be
/// loaded, another plan), cache_refused, and those of variant_source.
[[nodiscard]] Result<std::optional<CompiledVariant>> find_compiled(const ModelState& plan, std::string_view identity);

/// How to compile.
struct CompileHow {
  std::string identity{};  ///< of this build of ttt: its version and `headers`. A variant serves no other
  std::string include{};   ///< the folder that holds `ttt/`
  std::string headers{};   ///< what `headers_hash(include)` must be; empty: not checked
  std::string compiler{};  ///< as $CXX: a program and arguments; empty: c++, g++ or clang++, the first there is
  std::vector<std::string> flags{};  ///< after ttt's own
  double limit_s = 600;
  const std::atomic<bool>* cancel = nullptr;
};

/// Finds the variant for this plan, compiler and flags in the cache, or makes it. Errors: compiler_missing,
/// compile_headers (not there, or another version's), compile_failed, compile_timeout, compile_cancelled, compile_busy,
/// process_not_started, and those of `find_compiled` and of writing files.
[[nodiscard]] Result<CompiledVariant> compile_variant(const ModelState& plan, const CompileHow& how);

/// SHA-256 of all headers below `include`/ttt: of each, in the order of their paths, the path, a zero byte, its size in
/// digits, a zero byte and its content. Errors: file_unreadable.
[[nodiscard]] Result<std::string> headers_hash(const std::string& include);

}  // namespace ttt

// From a shared object in the cache to kernels that the engine can call.
#pragma once

#include <string>

#include <ttt/adaptor/compiled_variant.hpp>
#include <ttt/io/cache_folder.hpp>

namespace ttt {

/// Checks and loads the variant that the record `name` (`KEY-BUILD.json`) in the cache describes. Errors:
/// compiled_variant_rejected, cache_refused, file_missing.
[[nodiscard]] Result<CompiledVariant> load_compiled(const CacheFolder& cache, const std::string& name,
                                                    const ModelState& plan, std::string_view key);

/// The record that goes with a shared object: what its SHA-256 must be, and how it was made.
[[nodiscard]] std::string record_of(const CompiledVariant& variant, std::string_view sha256);

}  // namespace ttt

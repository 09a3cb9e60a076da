// The C++ source of a variant: a planned model as a type, its policy and its kernels' level.
#pragma once

#include <string>
#include <string_view>

#include <ttt/io/result.hpp>
#include <ttt/runtime/state.hpp>
#include <ttt/runtime/variant_table.hpp>

namespace ttt {

/// The source without its entry: everything that the kernels depend on, and nothing else, so that it also
/// stands for the variant in its key. Holds names of this library and numbers; no text of any file. Errors:
/// compile_unsupported (own modules, activations and kernels; numbers that no type can hold).
[[nodiscard]] Result<std::string> variant_source(const ModelState& plan);

/// What a variant is found by: SHA-256 of the source and of `identity`, which says which build of ttt it serves.
[[nodiscard]] std::string variant_key(std::string_view source, std::string_view identity);

/// The entry that follows the source in the file that is compiled.
[[nodiscard]] std::string variant_entry(const ModelState& plan, std::string_view key);

/// The knobs a configuration turns as C++ statements on `c`, a line each: `c.kv = DType::bf16;`. Equal texts, equal
/// policies.
[[nodiscard]] std::string statements_of(const HardwareConfig& config);

/// What the table's facts are computed for on this side.
[[nodiscard]] PlanRequest variant_request(const ModelState& plan);

}  // namespace ttt

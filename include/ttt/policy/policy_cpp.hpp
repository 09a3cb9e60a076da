// Policies as the C++ that declares them, to paste into a program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ttt/policy/policy_text.hpp>

namespace ttt {

/// `Policy<HiFi4, PagedKv<256>>`: valid C++ after `#include <ttt/model.hpp>` and `using namespace ttt;`, with
/// the same HardwareConfig. A kernel of the user's stands as `Use<NAME>` (`-` becomes `_`): a policy knows
/// its name and not its type.
[[nodiscard]] std::string cpp_of(const HardwareConfig& config);

/// A set as lines of C++ that end in `name`, from a declared `model` on:
///
///     constexpr auto tuned_1 = tune<"model", Policy<Kv<DType::bf16>>>(llama);
///     constexpr auto tuned = tune<"layers.15.attention", Policy<HiFi4>>(tuned_1);
///
/// A preset is no part of a type: a comment says what to load with.
[[nodiscard]] std::vector<std::string> cpp_of(const PolicySet& policies, std::string_view model = "model",
                                              std::string_view name = "tuned");

}  // namespace ttt

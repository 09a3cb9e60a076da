// What a subcommand is: a name, what it takes, and a function.
#pragma once

#include <span>
#include <string_view>

#include "options.hpp"

namespace ttt::tool {

struct Positional {
  std::string_view name;  ///< "MODEL"
  std::string_view help;
  bool optional = false;
};

struct Command {
  std::string_view name;
  std::string_view summary;
  std::span<const Positional> positionals;    ///< the optional ones last
  std::span<const std::string_view> options;  ///< keys of the option table
  std::string_view examples;
  Result<int> (*run)(const Arguments&);  ///< gives the exit status
};

extern const Command run_command, logits_command, forward_command, generate_ids_command, tokenize_command,
    detokenize_command, embed_command, compile_command, pack_command, describe_command, plan_command, check_command, emit_command, synth_command, bench_command,
    profile_command, verify_command, tune_command, optimize_command, selftest_command, devices_command;

/// In the order of the help.
[[nodiscard]] std::span<const Command* const> all_commands();

inline constexpr Positional model_positional[] = {
    {"MODEL", "a HuggingFace folder, a hub id in the HuggingFace cache, or demo"}};

}  // namespace ttt::tool

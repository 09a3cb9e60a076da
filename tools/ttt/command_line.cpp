#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/nearest.hpp>

namespace ttt::tool {

namespace {

constexpr const Command* commands[] = {&run_command,          &logits_command,   &forward_command,
                                       &generate_ids_command, &tokenize_command, &detokenize_command, &embed_command,
                                       &describe_command,     &check_command,    &plan_command,
                                       &emit_command,         &pack_command,     &compile_command,
                                       &profile_command,      &optimize_command, &verify_command,
                                       &tune_command,         &bench_command,    &synth_command,
                                       &selftest_command,     &devices_command};

Error unknown_command(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Command* c : commands) names.push_back(c->name);
  const std::string_view near = nearest_name(name, names);
  return command_line_error(
      "command_unknown", "command", "there is no command " + in_quotes(name),
      near.empty() ? fmt::format("use one of: {}", fmt::join(names, ", "))
                   : fmt::format("did you mean {}? All commands: {}", near, fmt::join(names, ", ")));
}

/// What is left over after the options and positionals that exist.
Error unknown_argument(const Command& command, const std::vector<std::string>& left) {
  const auto dashed = [](const std::string& word) { return word.size() > 1 && word[0] == '-'; };
  const auto found = std::find_if(left.begin(), left.end(), dashed);
  const std::string see = fmt::format("`ttt {} --help` lists what it takes", command.name);
  if (found == left.end())
    return command_line_error("command_superfluous", std::string(command.name),
                              in_quotes(left.front()) + " is one argument too many", see);
  std::vector<std::string_view> spellings{"--help"};
  for (const std::string_view key : command.options)
    for (std::string_view rest = option_spec(key).spelling; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      spellings.push_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  const std::string word = found->substr(0, found->find('='));
  const std::string_view near = nearest_name(word, spellings);
  return command_line_error("option_unknown", std::string(command.name),
                            "there is no option " + in_quotes(word),
                            near.empty() ? see : fmt::format("did you mean {}? {}", near, see));
}

/// Declares the command's options to CLI11, all as texts: their types are the table's business.
void declare(CLI::App& app, const Command& command) {
  for (const Positional& p : command.positionals) {
    const std::string help(p.help);
    app.add_option(std::string(p.name), help)->expected(1)->allow_extra_args(false)->type_name("");
  }
  for (const std::string_view key : command.options) {
    const OptionSpec& o = option_spec(key);
    const std::string help(o.help);
    if (o.type == OptionType::flag) {
      app.add_flag(std::string(o.spelling), help)->disable_flag_override();
      continue;
    }
    app.add_option(std::string(o.spelling), help)
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(o.type == OptionType::texts ? CLI::MultiOptionPolicy::TakeAll
                                                          : CLI::MultiOptionPolicy::TakeLast)
        ->type_name(std::string(o.words));
  }
  app.allow_extras();
  app.footer("\nExamples:\n" + std::string(command.examples));
}

Result<Arguments> arguments_of(CLI::App& app, const Command& command) {
  Arguments out;
  std::vector<std::string> left = app.remaining();
  left.erase(std::remove(left.begin(), left.end(), "--"),
             left.end());  // what ends the options is no argument
  if (!left.empty()) return unknown_argument(command, left);
  for (const std::string_view key : command.options) {
    const OptionSpec& o = option_spec(key);
    const CLI::Option* given = app.get_option(std::string(o.spelling.substr(o.spelling.rfind(',') + 1)));
    if (given->count() == 0) continue;
    std::vector<std::string> values = given->results();
    if (o.type != OptionType::texts) values.erase(values.begin(), values.end() - 1);
    TTT_CHECK(out.add(o, values));
  }
  for (const Positional& p : command.positionals) {
    const CLI::Option* given = app.get_option(std::string(p.name));
    if (given->count() == 0 && p.optional) continue;
    if (given->count() == 0 || given->results().back().empty())
      return command_line_error("command_incomplete", std::string(p.name),
                                fmt::format("ttt {} needs {}: {}", command.name, p.name, p.help),
                                fmt::format("`ttt {} --help` shows examples", command.name));
    out.add_positional(p.name, given->results().back());
  }
  return out;
}

Result<Request> parse_for(const Command& command, const std::vector<std::string>& words) {
  CLI::App app(std::string(command.summary), "ttt " + std::string(command.name));
  app.get_formatter()->column_width(34);
  declare(app, command);
  std::vector<std::string> backwards(words.rbegin(), words.rend() - 1);
  try {
    app.parse(std::move(backwards));
  } catch (const CLI::CallForHelp&) {
    return Request{.command = nullptr, .arguments = {}, .help = app.help()};
  } catch (const CLI::Error& fault) {
    std::string what = fault.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    return command_line_error("option_value", std::string(command.name), what.substr(0, 300),
                              fmt::format("`ttt {} --help` lists what it takes", command.name));
  }
  TTT_TRY(Arguments arguments, arguments_of(app, command));
  return Request{.command = &command, .arguments = std::move(arguments), .help = {}};
}

}  // namespace

std::span<const Command* const> all_commands() { return commands; }

std::string overview() {
  std::string out =
      "ttt: transformers as C++ types, and from HuggingFace folders.\n\nusage: ttt COMMAND ...\n\n";
  for (const Command* c : commands) out += fmt::format("  {:14}{}\n", c->name, c->summary);
  out +=
      "\n`ttt COMMAND --help` shows a command's options and examples. MODEL is a HuggingFace folder, the id "
      "of a\n"
      "model in the HuggingFace cache, or demo. Exit status: 0 success, 2 wrong command line, 1 any other "
      "error.\n"
      "\nExamples:\n"
      "  ttt run demo -p \"Once upon a time\"\n"
      "  ttt describe path/to/model\n"
      "  ttt bench path/to/model --json\n";
  return out;
}

Result<Request> parse_command_line(const std::vector<std::string>& words) {
  if (words.empty())
    return command_line_error("command_missing", "command", "no command was given",
                              "`ttt --help` lists all; for a start: ttt run demo -p \"Once upon a time\"");
  const std::string& first = words.front();
  if (first == "--help" || first == "-h" || first == "help")
    return Request{.command = nullptr, .arguments = {}, .help = overview()};
  for (const Command* c : commands)
    if (c->name == first) return parse_for(*c, words);
  if (first.starts_with("-"))
    return command_line_error("option_unknown", "ttt",
                              "there is no option " + in_quotes(first) + " before a command",
                              "put options behind the command: ttt run MODEL --json");
  return unknown_command(first);
}

}  // namespace ttt::tool

#include "profiling.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiling.hpp"
#include "console.hpp"

namespace ttt::tool {

Result<ProfileOptions> profile_options(const Arguments& arguments, const Found& found, HowToRun& how,
                                       const std::optional<SavedProfile>& earlier, Lengths usual, std::size_t prompt_ids) {
  const int longest = longest_context(found.config.spec);
  if (earlier) {
    const ProfileTotals& before = earlier->report.totals;
    if (before.prompt_tokens > 0) usual.prompt = before.prompt_tokens;
    if (before.decode_tokens > 0) usual.decode = before.decode_tokens;
  }
  // Shorter models are profiled on what they hold, unless lengths were asked for.
  const int roomy = std::max(1, std::min(usual.prompt, longest - 32));
  ProfileOptions options;
  options.prompt = prompt_ids > 0 ? static_cast<int>(prompt_ids) : arguments.integer("prompt_tokens", roomy);
  options.decode = arguments.integer("decode", std::clamp(longest - options.prompt, 1, usual.decode));
  const std::int64_t positions = std::int64_t{options.prompt} + options.decode;
  if (positions > longest)
    return make_error(ErrorKind::request, "context_full", "--prompt",
                      fmt::format("a prompt of {} and {} tokens behind it need {} positions, but the model holds {}",
                                  options.prompt, options.decode, positions, longest),
                      "give fewer tokens");
  how.options.workload.context = static_cast<int>(positions);
  options.repeat = arguments.integer("repeat", 5);
  options.factor = arguments.real("factor", 1.5);
  options.seed = static_cast<std::uint64_t>(arguments.whole("seed", 0));
  options.calibration.again = arguments.has("calibrate");
  options.calibration.library = build_identity();
  options.calibration.progress = progress_bar("calibrating", Unit::count);
  options.calibration.note = [](std::string_view text) { note(fmt::format("note: {}\n", text)); };
  return options;
}

Result<std::optional<SavedProfile>> given_report(const Arguments& arguments, std::string_view option) {
  std::optional<SavedProfile> out;
  if (!arguments.has(option)) return out;
  TTT_TRY(SavedProfile read, read_saved_profile(arguments.text(option)));
  out.emplace(std::move(read));
  return out;
}

Result<std::optional<TuneFloor>> given_floor(const Arguments& arguments) {
  std::optional<TuneFloor> out;
  if (!arguments.has("floor")) return out;
  const auto floor = tune_floor_from(arguments.text("floor"));
  if (!floor) return command_line_error("option_value", "--floor", floor.error().issue, floor.error().suggestion);
  out.emplace(*floor);
  return out;
}

Result<Arguments> with_model_of(const Arguments& given, std::string_view command, std::string_view option,
                                const std::optional<SavedProfile>& earlier) {
  Arguments arguments = given;
  if (given.has("MODEL")) return arguments;
  if (!earlier || earlier->report.model.empty())
    return command_line_error("command_incomplete", "MODEL",
                              fmt::format("ttt {} needs MODEL, or {} with a report that names its model", command,
                                          first_spelling(option_spec(option))),
                              fmt::format("`ttt {} --help` shows examples", command));
  arguments.add_positional("MODEL", earlier->report.model);
  return arguments;
}

}  // namespace ttt::tool

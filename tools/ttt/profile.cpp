// ttt profile: where a model's time goes, where it should, and what to try.
#include <fmt/format.h>

#include <optional>

#include <ttt/io/file.hpp>
#include <ttt/profile.hpp>
#include <ttt/runtime/tuned_model.hpp>

#include "command.hpp"
#include "compiling.hpp"
#include "console.hpp"
#include "count_allocations.hpp"
#include "loading.hpp"
#include "policy_text.hpp"
#include "saved_profile.hpp"

namespace ttt::tool {

namespace {

/// What a profile depends on.
constexpr std::string_view measured_with[] = {"prompt_tokens", "decode", "repeat",  "factor",
                                              "threads",       "device", "preset", "variant"};

Result<std::vector<std::int32_t>> prompt_ids(const Arguments& arguments, const Found& found) {
  if (!arguments.has("text")) return std::vector<std::int32_t>{};
  TTT_TRY(const Tokenizer tokenizer, Tokenizer::load(found.config.folder));
  return tokenizer.encode(arguments.text("text"), true);
}

/// Measures MODEL, or the model of an earlier report, over the lengths of that report where none are given.
Result<int> profile_model(const Arguments& arguments, const std::optional<SavedProfile>& earlier) {
  const ProfileTotals before = earlier ? earlier->report.totals : ProfileTotals{};
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard"));
  TTT_TRY(const Found found, find_config(arguments, how));
  TTT_TRY(const std::vector<std::int32_t> ids, prompt_ids(arguments, found));
  ProfileOptions options;
  const int longest = longest_context(found.config.spec);
  // Shorter models are profiled on what they hold, unless lengths were asked for.
  options.prompt = ids.empty() ? std::min(arguments.integer("prompt_tokens", before.prompt_tokens > 0 ? before.prompt_tokens : 512), arguments.has("prompt_tokens") ? 1 << 24 : std::max(1, longest - 32))
                               : static_cast<int>(ids.size());
  options.decode = arguments.integer("decode", std::clamp(longest - options.prompt, 1, before.decode_tokens > 0 ? before.decode_tokens : 64));
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
  options.command = command_again("profile", arguments, measured_with);
  options.calibration.again = arguments.has("calibrate");
  options.calibration.library = build_identity();
  options.calibration.progress = progress_bar("calibrating", Unit::count);
  options.calibration.note = [](std::string_view text) { note(fmt::format("note: {}\n", text)); };
  options.allocations = allocations_counted;
  TTT_TRY(const std::shared_ptr<TunedModel> model, load_tuned(found, how));
  options.progress = progress_bar("repetitions", Unit::count);
  TTT_TRY(ProfileReport report, profile(*model, options, ids));
  options.progress = options.calibration.progress = {};
  report.model = arguments.text("MODEL");
  if (const std::string file = arguments.text("trace"); !file.empty())
    TTT_CHECK(write_atomic(file, std::string_view(chrome_trace_of(report))));
  json::Writer out;
  out.begin_object();
  write_report(out, report);
  out.member("model", report.model).member("command", options.command);
  write_how(out, model->runner()->state(), how, found);
  TTT_CHECK(show_profile(arguments, report, std::move(out.end_object()).text(), earlier, true));
  return 0;
}

Result<int> run_profile(const Arguments& given) {
  std::optional<SavedProfile> earlier;
  if (given.has("compare")) {
    TTT_TRY(SavedProfile read, read_saved_profile(given.text("compare")));
    earlier = std::move(read);
  }
  Arguments arguments = given;
  if (!given.has("MODEL")) {
    if (!earlier || earlier->report.model.empty())
      return command_line_error("command_incomplete", "MODEL", "ttt profile needs MODEL, or --compare with a report that names its model",
                                "`ttt profile --help` shows examples");
    arguments.add_positional("MODEL", earlier->report.model);
  }
  if (!is_saved_profile(arguments.text("MODEL"))) return profile_model(arguments, earlier);
  TTT_TRY(const SavedProfile saved, read_saved_profile(arguments.text("MODEL")));
  TTT_CHECK(show_saved_profile(arguments, saved, earlier));
  return 0;
}

constexpr Positional profile_positional[] = {
    {"MODEL", "a HuggingFace folder, a hub id in the HuggingFace cache, demo, or a report that --json wrote (.json); with --compare the earlier report's if left out", true}};
constexpr std::string_view options[] = {"prompt_tokens", "decode", "repeat", "factor",    "text",   "layers", "html", "compare", "trace",        "calibrate", "threads",
                                        "device",        "policy", "preset", "variant", "seed", "packed_cache", "json"};

}  // namespace

const Command profile_command{
    "profile",
    "where the time goes, op by op, beside what it should be",
    profile_positional,
    options,
    "  ttt profile path/to/model\n"
    "  ttt profile path/to/model --prompt 512 --decode 64 --trace threads.json\n"
    "  ttt profile path/to/model --json > before.json\n"
    "  ttt profile path/to/model --policy weights=int8 --compare before.json --html page.html\n"
    "  ttt profile after.json --compare before.json\n"
    "  ttt profile path/to/model --policy 'layers.3.mlp:weights=int8' --json\n",
    run_profile};

}  // namespace ttt::tool

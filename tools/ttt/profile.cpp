// ttt profile: where a model's time goes, where it should, and what to try.
#include <fmt/format.h>

#include <optional>

#include <ttt/io/file.hpp>
#include <ttt/profile.hpp>
#include <ttt/runtime/tuned_model.hpp>

#include "command.hpp"
#include "console.hpp"
#include "count_allocations.hpp"
#include "loading.hpp"
#include "policy_text.hpp"
#include "profiling.hpp"
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
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard"));
  TTT_TRY(const Found found, find_decoder(arguments, how));
  TTT_TRY(const std::vector<std::int32_t> ids, prompt_ids(arguments, found));
  TTT_TRY(ProfileOptions options, profile_options(arguments, found, how, earlier, {}, ids.size()));
  options.command = command_again("profile", arguments, measured_with);
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
  TTT_TRY(const std::optional<SavedProfile> earlier, given_report(given, "compare"));
  TTT_TRY(const Arguments arguments, with_model_of(given, "profile", "compare", earlier));
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

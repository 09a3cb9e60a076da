// ttt tune: search for the policies that serve a goal best, within a floor of accuracy.
#include <fmt/format.h>

#include <ttt/io/file.hpp>
#include <ttt/policy/policy_json.hpp>
#include <ttt/profile/tune_passage.hpp>
#include <ttt/tune.hpp>

#include "command.hpp"
#include "compiling.hpp"
#include "console.hpp"
#include "loading.hpp"
#include "policy_text.hpp"
#include "profiling.hpp"
#include "token_ids.hpp"

namespace ttt::tool {

namespace {

/// The tokens that numbers are verified on; none where chance decides.
Result<std::vector<std::int32_t>> tokens_for(const Arguments& arguments, const Found& found) {
  if (arguments.has("ids") || arguments.has("text")) return ids_or_text(arguments, "text", found);
  return passage_ids(tune_passage, longest_context(found.config.spec), found);
}

/// Where the state goes that Ctrl-C leaves and no option names.
std::string default_state(const std::string& model) {
  std::uint32_t h = 2166136261U;
  for (const char c : model) h = (h ^ static_cast<unsigned char>(c)) * 16777619U;
  return fmt::format("ttt-tune-{:08x}.json", h);
}

Result<void> keep_interrupted(const TuneReport& report, const TuneOptions& options, const std::string& folder) {
  std::string file = options.state_file;
  if (file.empty()) {
    file = default_state(folder + std::string(name_of(options.goal)));
    if (is_regular_file(file)) {  // somebody's
      note(fmt::format("note: interrupted; {} is there already, so nothing was kept: --resume FILE names another\n", file));
      return {};
    }
    TTT_CHECK(save_tune_state(report.state, file));
  }
  note(fmt::format("note: interrupted; go on with --resume {}\n", file));
  return {};
}

Result<int> tune_model(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard"));
  TuneOptions options;
  TTT_TRY(options.goal, tune_goal_named(arguments.text("goal", "latency")));
  TTT_TRY(options.floor, given_floor(arguments));
  TTT_TRY(const std::string policy_file, policy_file_of(arguments, "resume"));
  TTT_TRY(const Found found, find_decoder(arguments, how));
  TTT_TRY(options.ids, tokens_for(arguments, found));
  options.minutes = arguments.real("minutes", 2);
  options.prompt = arguments.integer("prompt_tokens", 0);
  options.seed = static_cast<std::uint64_t>(arguments.whole("seed", 0));
  options.presets = !arguments.has("preset");
  options.state_file = arguments.text("resume");
  options.stop = &interrupted();
  options.calibration.library = build_identity();
  options.calibration.progress = progress_bar("calibrating", Unit::count);
  how.options.workload.context = std::min(512, longest_context(found.config.spec));  // of the profile; the search has its own
  TTT_TRY(const std::shared_ptr<TunedModel> model, load_tuned(found, how));
  watch_interrupts();
  options.progress = progress_bar("tuning, tenths of a second", Unit::count);
  auto tuned = tune(*model, options);
  options.progress = options.calibration.progress = {};
  TTT_TRY(TuneReport report, std::move(tuned));
  report.model = arguments.text("MODEL");
  if (!policy_file.empty()) TTT_CHECK(save_policy(report.best.policy, policy_file));
  if (report.interrupted) TTT_CHECK(keep_interrupted(report, options, found.config.folder));
  if (!arguments.has("json")) {
    TTT_CHECK(print(text_of(report, arguments.has("layers"))));
    return 0;
  }
  json::Writer out;
  out.begin_object().member("model", report.model);
  write_report(out, report);
  out.member("device", report.device).member("isa", report.isa).member("threads", model->runner()->state().threads);
  out.member("variant", found.variant).end_object();
  TTT_CHECK(print(out.text() + "\n"));
  return 0;
}

constexpr std::string_view options[] = {"goal", "floor", "minutes", "resume", "policy_out", "prompt_tokens", "ids", "text", "layers",
                                        "threads", "device", "policy", "preset", "variant", "seed", "packed_cache", "json"};

}  // namespace

const Command tune_command{
    "tune",
    "search for the policies that are fastest, or smallest, and still right",
    model_positional,
    options,
    "  ttt tune path/to/model --out fast.json && ttt run path/to/model --policy fast.json\n"
    "  ttt tune path/to/model --goal memory --floor kl=0.02,agreement=0.97 --minutes 5\n"
    "  ttt tune path/to/model --goal throughput --floor balanced --resume search.json --json\n",
    tune_model};

}  // namespace ttt::tool

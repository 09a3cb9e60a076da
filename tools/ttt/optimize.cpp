// ttt optimize: try what a profile suggests, one change after the other, and keep what helps and stays right.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include <ttt/io/in_quotes.hpp>
#include <ttt/policy/policy_json.hpp>
#include <ttt/profile.hpp>
#include <ttt/profile/tune_passage.hpp>

#include "command.hpp"
#include "console.hpp"
#include "loading.hpp"
#include "policy_text.hpp"
#include "profiling.hpp"
#include "token_ids.hpp"

namespace ttt::tool {

namespace {

/// Options that only a new profile has a use for.
constexpr std::string_view of_profiling[] = {"repeat", "factor", "calibrate"};

Result<void> check_use(const Arguments& arguments, bool saved) {
  for (const std::string_view key : of_profiling)
    if (saved && arguments.has(key)) {
      const std::string option = first_spelling(option_spec(key));
      return command_line_error("option_conflict", option, fmt::format("with --from nothing is profiled, so that {} has no meaning", option),
                                "leave one out");
    }
  if (const std::string& model = arguments.text("MODEL"); is_saved_profile(model))
    return command_line_error("option_value", "MODEL", in_quotes(model) + " is a report and no model", "give the report as --from");
  return {};
}

/// What the report found, worst first.
std::string found_text(const ProfileReport& report) {
  constexpr std::size_t shown = 4;
  const std::vector<Bottleneck> found = report.bottlenecks();
  std::string out;
  for (std::size_t i = 0; i < std::min(found.size(), shown); ++i) {
    const Bottleneck& b = found[i];
    out += fmt::format("{}, {}: ", b.path, name_of(b.phase));
    out += b.fault == Fault::accuracy ? "less precise than in other layers\n"
                                      : fmt::format("{:.4g} ms (expected: {:.4g} ms)\n", b.actual_ms, b.expected_ms);
  }
  if (found.size() > shown) out += fmt::format("... and {} more\n", found.size() - shown);
  if (found.empty()) out += fmt::format("Nothing takes {:.3g} times as long as it should.\n", report.factor);
  return out + "\n";
}
void write_found(json::Writer& out, const ProfileReport& report) {
  out.key("bottlenecks").begin_array();
  for (const Bottleneck& b : report.bottlenecks()) {
    out.begin_object().member("path", b.path).member("phase", name_of(b.phase)).member("actual_ms", b.actual_ms);
    out.member("expected_ms", b.expected_ms).member("fault", name_of(b.fault)).end_object();
  }
  out.end_array();
}

/// The report to begin with: the one that was kept, or a new one. Errors: report_differs, those of profiling.
Result<ProfileReport> report_for(const Arguments& arguments, const std::optional<SavedProfile>& saved, TunedModel& model,
                                 ProfileOptions options) {
  if (!saved) {
    options.progress = progress_bar("profiling", Unit::count);
    return profile(model, options);
  }
  TTT_CHECK(check_report(saved->report, model.runner()->state(), arguments.text("from")));
  const int then = saved->report.totals.threads, now = model.runner()->state().threads;
  if (then != now) note(fmt::format("note: the report is of {} threads, and these are {}\n", then, now));
  return saved->report;
}

Result<int> optimize_model(const Arguments& given) {
  TTT_TRY(const std::optional<SavedProfile> saved, given_report(given, "from"));
  TTT_TRY(const Arguments arguments, with_model_of(given, "optimize", "from", saved));
  TTT_CHECK(check_use(arguments, saved.has_value()));
  TTT_TRY(const std::string policy_file, policy_file_of(arguments, "from"));
  OptimizeOptions options;
  TTT_TRY(const std::optional<TuneFloor> floor, given_floor(arguments));
  if (floor) {
    options.most_kl = floor->kl.value_or(std::numeric_limits<double>::infinity());
    options.least_agreement = floor->agreement.value_or(0);
    options.as_near_as = floor->preset;
  }
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard"));
  TTT_TRY(const Found found, find_decoder(arguments, how));
  TTT_TRY(options.ids, ids_or_text(arguments, "text", found));
  if (options.ids.empty()) options.ids = passage_ids(tune_passage, longest_context(found.config.spec), found);
  TTT_TRY(const ProfileOptions passes, profile_options(arguments, found, how, saved, {256, 32}));
  options.passes.prompt = passes.prompt;
  options.passes.decode = passes.decode;
  options.passes.seed = passes.seed;
  options.pairs = arguments.integer("pairs", options.pairs);
  options.stop = &interrupted();
  TTT_TRY(const std::shared_ptr<TunedModel> model, load_tuned(found, how));
  watch_interrupts();
  TTT_TRY(const ProfileReport report, report_for(arguments, saved, *model, passes));
  if (report.noise.competing) note(fmt::format("note: {}\n", report.noise.text));
  options.progress = progress_bar("changes", Unit::count);
  auto optimized = optimize(*model, report, options);
  options.progress = {};
  TTT_TRY(OptimizeReport done, std::move(optimized));
  done.model = arguments.text("MODEL");
  if (!policy_file.empty()) TTT_CHECK(save_policy(done.all, policy_file));
  if (!arguments.has("json")) {
    TTT_CHECK(print(found_text(report) + text_of(done, arguments.has("layers"))));
    return 0;
  }
  json::Writer out;
  out.begin_object().member("model", done.model);
  write_found(out, report);
  write_report(out, done);
  out.member("device", done.device).member("isa", done.isa).member("threads", model->runner()->state().threads);
  out.member("variant", found.variant).end_object();
  TTT_CHECK(print(out.text() + "\n"));
  return 0;
}

constexpr Positional optimize_positional[] = {
    {"MODEL", "a HuggingFace folder, a hub id in the HuggingFace cache, or demo; with --from the report's if left out", true}};
constexpr std::string_view options[] = {"from",    "floor",  "pairs",     "policy_out", "prompt_tokens", "decode", "repeat", "factor", "ids",  "text",
                                        "calibrate", "layers", "threads", "device", "policy", "preset", "variant", "seed", "packed_cache", "json"};

}  // namespace

const Command optimize_command{
    "optimize",
    "try what a profile suggests, and keep what helps and stays right",
    optimize_positional,
    options,
    "  ttt optimize path/to/model --out faster.json && ttt run path/to/model --policy faster.json\n"
    "  ttt optimize path/to/model --policy 'layers.3.attention:kernel=naive' --floor kl=0.005\n"
    "  ttt profile path/to/model --json > report.json && ttt optimize --from report.json --json\n",
    optimize_model};

}  // namespace ttt::tool

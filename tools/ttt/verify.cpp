// ttt verify: are the numbers of a policy right, and if not, which module is at fault.
#include <fmt/format.h>

#include <algorithm>

#include <ttt/verify.hpp>

#include "command.hpp"
#include "console.hpp"
#include "loading.hpp"
#include "policy_text.hpp"
#include "token_ids.hpp"

namespace ttt::tool {

namespace {

/// Read where nothing else is asked for: plain words that every tokenizer has.
constexpr std::string_view some_text =
    "Once upon a time there was a little girl who lived in a house by the sea. Every morning she walked down to the "
    "water to see what the waves had left for her, and one day she found a small box made of dark wood.";

/// What a verdict depends on.
constexpr std::string_view verified_with[] = {"against",   "ids",     "prompt",  "tokens", "one_by_one", "module", "threshold",
                                              "outlier", "threads", "device", "mesh", "preset", "variant", "seed"};

/// The tokens that are asked for, or some text's; none where the file or chance decide.
Result<std::vector<std::int32_t>> tokens_for(const Arguments& arguments, const Found& found) {
  TTT_TRY(std::vector<std::int32_t> ids, ids_or_text(arguments, "prompt", found));
  const std::string against = arguments.text("against", "exact");
  const bool file = against != "exact" && against != "scalar";
  if (file || arguments.has("ids") || arguments.has("prompt") || arguments.has("seed")) return ids;
  const int most = std::min(arguments.integer("tokens", 48), longest_context(found.config.spec));
  ids = passage_ids(some_text, most, found);
  if (arguments.has("tokens") && ids.size() < static_cast<std::size_t>(most)) ids.clear();  // fewer than were asked for
  return ids;
}

Result<int> verify_model(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard", Devices::emulated));
  TTT_TRY(const Found found, find_config(arguments, how));
  VerifyOptions options;
  TTT_TRY(options.ids, tokens_for(arguments, found));
  options.against = arguments.text("against", "exact");
  options.tokens = std::min(arguments.integer("tokens", 48), longest_context(found.config.spec));
  options.decode = arguments.integer("one_by_one", -1);
  options.threshold = arguments.real("threshold", 0);
  options.outlier = arguments.real("outlier", options.outlier);
  options.seed = static_cast<std::uint64_t>(arguments.whole("seed", 0));
  options.command = command_again("verify", arguments, verified_with);
  // What runs is made beside the model, for the tokens there are.
  how.options.workload.context = std::min(16, longest_context(found.config.spec));
  TTT_TRY(const std::shared_ptr<TunedModel> model, load_tuned(found, how));
  options.progress = progress_bar("passes", Unit::count);
  const std::string module = arguments.text("module");
  auto verified = arguments.has("module") ? verify_module(*model, module, options) : verify(*model, options);
  options.progress = {};
  TTT_TRY(VerifyReport report, std::move(verified));
  report.model = arguments.text("MODEL");
  const ModelState& state = model->runner()->state();
  if (const std::string file = arguments.text("out"); !file.empty()) TTT_CHECK(write_activations(file, state, *report.recording));
  const int status = report.ok() ? 0 : 1;
  if (!arguments.has("json")) {
    TTT_CHECK(print(text_of(report, arguments.has("layers"))));
    return status;
  }
  json::Writer out;
  out.begin_object();
  write_report(out, report);
  out.member("model", report.model);
  write_how(out, state, how, found);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return status;
}

constexpr std::string_view options[] = {"against", "ids",    "prompt", "tokens",  "one_by_one", "module",       "threshold", "outlier", "layers",
                                        "out",     "threads", "device", "mesh", "policy", "preset",     "variant", "seed", "packed_cache", "json"};

}  // namespace

const Command verify_command{
    "verify",
    "whether a policy's numbers are right, module by module, and which is at fault",
    model_positional,
    options,
    "  ttt verify path/to/model --preset speed\n"
    "  ttt verify path/to/model --policy 'layers.3.mlp:weights=int4' -p \"Once upon a time\"\n"
    "  ttt verify path/to/model --against hidden_states.safetensors --json\n"
    "  ttt verify path/to/model --module layers.15.attention --layers\n",
    verify_model};

}  // namespace ttt::tool

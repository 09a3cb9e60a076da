// ttt verify: are the numbers of a policy right, and if not, which module is at fault.
#include <fmt/format.h>

#include <algorithm>

#include <ttt/io/file.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/runtime/tokenizer/tokenizer.hpp>
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

/// The command that verifies the model as it was verified: what suggestions put their change behind.
std::string same_command(const Arguments& arguments) {
  std::string out = "ttt verify " + arguments.text("MODEL");
  for (const std::string_view key :
       {"against", "ids", "prompt", "tokens", "one_by_one", "module", "threshold", "outlier", "threads", "device", "preset", "variant", "seed"})
    if (arguments.has(key)) {
      const std::string value = arguments.text(key);
      const bool plain = value.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./") == std::string::npos;
      std::string quoted = "'";
      for (const char c : value) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
      out += fmt::format(" {} {}", first_spelling(option_spec(key)), plain ? value : quoted + "'");
    }
  for (const std::string& policy : arguments.texts("policy")) out += fmt::format(" --policy '{}'", policy);
  return out;
}

/// The tokens that are asked for; none where the file or chance decide.
Result<std::vector<std::int32_t>> tokens_for(const Arguments& arguments, const Found& found) {
  if (arguments.has("ids") && arguments.has("prompt"))
    return command_line_error("option_conflict", "--ids", "--ids and -p both give the tokens", "leave one out");
  std::vector<std::int32_t> ids;
  const std::string against = arguments.text("against", "exact");
  const bool file = against != "exact" && against != "scalar";
  if (arguments.has("ids")) {
    TTT_TRY(ids, parse_ids(arguments.text("ids"), "--ids"));
    TTT_CHECK(check_ids(ids, found.config.spec.vocab_size));
  } else if (arguments.has("prompt")) {
    TTT_TRY(const Tokenizer tokenizer, Tokenizer::load(found.config.folder));
    TTT_TRY(ids, tokenizer.encode(arguments.text("prompt"), true));
  } else if (!file && !arguments.has("seed") && is_regular_file(found.config.folder + "/tokenizer.json")) {
    const auto tokenizer = Tokenizer::load(found.config.folder);
    if (const auto read = tokenizer ? tokenizer->encode(some_text, true) : Result<std::vector<std::int32_t>>(tokenizer.error()); read)
      ids = std::move(*read);
    const auto most = static_cast<std::size_t>(std::min(arguments.integer("tokens", 48), longest_context(found.config.spec)));
    if (ids.size() > most) ids.resize(most);
    // A vocabulary that the model does not have, or fewer words than were asked for.
    if (!check_ids(ids, found.config.spec.vocab_size) || (arguments.has("tokens") && ids.size() < most)) ids.clear();
  }
  if (const int longest = longest_context(found.config.spec); ids.size() > static_cast<std::size_t>(longest))
    return make_error(ErrorKind::request, "context_full", "tokens",
                      fmt::format("there are {} tokens, but the model holds {} positions", ids.size(), longest),
                      "give fewer tokens");
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
  options.command = same_command(arguments);
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
                                        "out",     "threads", "device", "policy", "preset",     "variant", "seed", "packed_cache", "json"};

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

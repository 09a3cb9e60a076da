// ttt emit: a model and its policies as a TTNN program, and a test that holds each of its ops against ttt's.
#include <fmt/format.h>

#include <algorithm>

#include <ttt/adaptor/emit/ttnn_program.hpp>
#include <ttt/adaptor/emit/ttnn_test.hpp>
#include <ttt/io/file.hpp>
#include <ttt/profile/op_activations.hpp>
#include <ttt/runtime/random_ids.hpp>

#include "command.hpp"
#include "console.hpp"
#include "planning.hpp"
#include "token_ids.hpp"

namespace ttt::tool {

namespace {

/// What stands behind a path's last slash.
std::string last_part(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

/// --ids, or as many ids as were asked for, spread over the vocabulary by --seed.
Result<std::vector<std::int32_t>> ids_to_test(const Arguments& arguments, const Found& found, const ModelState& plan) {
  const int vocabulary = found.config.spec.vocab_size;
  if (arguments.has("ids")) {
    TTT_TRY(std::vector<std::int32_t> ids, parse_ids(arguments.text("ids"), "--ids"));
    TTT_CHECK(check_ids(ids, vocabulary));
    ids.resize(static_cast<std::size_t>(ttnn_test_tokens(plan, static_cast<int>(ids.size()))));
    return ids;
  }
  const int tokens = ttnn_test_tokens(plan, arguments.integer("tokens", 48));
  return random_ids(static_cast<std::uint64_t>(arguments.whole("seed", 0)), static_cast<std::size_t>(tokens), vocabulary);
}

/// What ttt's ops make of the tokens in fp32.
Result<void> write_reference(const std::string& file, const Found& found, std::vector<std::int32_t> ids) {
  HowToRun how;
  how.options.preset = Preset::exact;
  how.options.workload.context = static_cast<int>(ids.size());
  how.options.workload.logits_rows = static_cast<int>(std::min<std::size_t>(ids.size(), 256));
  TTT_TRY(const std::unique_ptr<Runner> runner, load_runner(found, how));
  Recording recording;
  recording.ids = std::move(ids);
  TTT_CHECK(record(*runner, recording));
  return write_op_activations(file, runner->state(), recording);
}

/// The test, with its activations beside it: `llama_test.py` and `llama_test.safetensors`.
Result<void> write_test(const Arguments& arguments, const Found& found, const ModelState& plan, const EmitOptions& options) {
  const std::string file = arguments.text("test");
  const std::string stem = file.ends_with(".py") ? file.substr(0, file.size() - 3) : file;
  const std::string program = last_part(arguments.text("program_out")), activations = last_part(stem) + ".safetensors";
  TTT_TRY(std::vector<std::int32_t> ids, ids_to_test(arguments, found, plan));
  TTT_TRY(const std::string test, ttnn_test(plan, options, program, activations, static_cast<int>(ids.size())));
  TTT_CHECK(write_reference(stem + ".safetensors", found, std::move(ids)));
  return write_atomic(file, test);
}

Result<int> emit_model(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard", Devices::described));
  const std::string file = arguments.text("program_out");
  if (arguments.has("test") && file.empty())
    return command_line_error("command_incomplete", "--test", "a test needs the program in a file", "give -o FILE.py, in the test's folder");
  TTT_TRY(const Found found, find_config(arguments, how));
  if (OwnedModel(found.config.spec).view().is_encoder())
    return make_error(ErrorKind::request, "emit_unsupported", "MODEL", "it is an encoder, and programs are written for decoders",
                      "run it in emulation: `ttt forward MODEL --device ttnn:wormhole_n150 --inputs F.safetensors --out G.safetensors`");
  set_workload(arguments, found.config.spec, how);
  TTT_TRY(const std::shared_ptr<ModelState> plan, plan_model(found, how));
  EmitOptions options;
  options.title = last_part(arguments.text("MODEL"));
  options.names = found.config.names;
  TTT_TRY(const std::string program, ttnn_program(*plan, options));
  if (arguments.has("test")) TTT_CHECK(write_test(arguments, found, *plan, options));
  if (!file.empty()) TTT_CHECK(write_atomic(file, program));
  const auto lines = std::count(program.begin(), program.end(), '\n');
  if (!arguments.has("json")) {
    if (file.empty()) {
      TTT_CHECK(print(program));
    } else {
      note(fmt::format("{}: {} lines\n", file, lines));
    }
    return 0;
  }
  json::Writer out;
  out.begin_object();
  out.member(file.empty() ? "program" : "out", file.empty() ? program : file).member("lines", static_cast<std::int64_t>(lines));
  if (arguments.has("test")) out.member("test", arguments.text("test"));
  out.member("batch", plan->request.workload.batch).member("context", plan->context());
  write_how(out, *plan, how, found);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

constexpr std::string_view options[] = {"program_out", "test",  "device", "mesh",    "policy", "preset",
                                        "variant",     "batch", "context", "ids",   "tokens", "seed", "json"};

}  // namespace

const Command emit_command{"emit",
                           "write a model and its policies as a TTNN program",
                           model_positional,
                           options,
                           "  ttt emit path/to/model --device ttnn:wormhole_n150 -o program.py\n"
                           "  ttt emit path/to/model --device ttnn:wormhole_n300 --preset speed --batch 32 -o program.py\n"
                           "  ttt emit path/to/model --device ttnn:wormhole_n150 -o program.py --test program_test.py\n",
                           emit_model};

}  // namespace ttt::tool

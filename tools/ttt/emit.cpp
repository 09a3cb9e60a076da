// ttt emit: a model and its policies as a TTNN program.
#include <fmt/format.h>

#include <algorithm>

#include <ttt/adaptor/emit/ttnn_program.hpp>
#include <ttt/io/file.hpp>

#include "command.hpp"
#include "console.hpp"
#include "planning.hpp"

namespace ttt::tool {

namespace {

/// The last part of MODEL's path, or of its hub id.
std::string title_of(const Arguments& arguments) {
  std::string title = arguments.text("MODEL");
  while (title.ends_with('/')) title.pop_back();
  return title.substr(title.rfind('/') + 1);
}

Result<int> emit_model(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard", Devices::described));
  TTT_TRY(const Found found, find_config(arguments, how));
  set_workload(arguments, found.config.spec, how);
  TTT_TRY(const std::shared_ptr<ModelState> plan, plan_model(found, how));
  EmitOptions options;
  options.title = title_of(arguments);
  options.names = found.config.names;
  TTT_TRY(const std::string program, ttnn_program(*plan, options));
  const std::string file = arguments.text("program_out");
  if (!file.empty()) TTT_CHECK(write_atomic(file, program));
  if (!arguments.has("json")) {
    if (file.empty()) {
      TTT_CHECK(print(program));
    } else {
      note(fmt::format("{}: {} lines\n", file, std::count(program.begin(), program.end(), '\n')));
    }
    return 0;
  }
  json::Writer out;
  out.begin_object();
  if (file.empty()) {
    out.member("program", program);
  } else {
    out.member("out", file);
  }
  out.member("lines", std::count(program.begin(), program.end(), '\n'));
  out.member("batch", plan->request.workload.batch).member("context", plan->context());
  write_how(out, *plan, how, found);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

constexpr std::string_view options[] = {"program_out", "device", "mesh", "policy", "preset", "variant", "batch", "context", "json"};

}  // namespace

const Command emit_command{"emit",
                           "write a model and its policies as a TTNN program",
                           model_positional,
                           options,
                           "  ttt emit path/to/model --device ttnn:wormhole_n150 -o program.py\n"
                           "  ttt emit path/to/model --device ttnn:wormhole_n300 --preset speed --batch 32 -o program.py\n",
                           emit_model};

}  // namespace ttt::tool

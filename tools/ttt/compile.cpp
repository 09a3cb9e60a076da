// ttt compile: a model's static variant, made ahead of time.
#include <fmt/format.h>

#include <algorithm>

#include <ttt/adaptor/find_model.hpp>
#include <ttt/io/file.hpp>
#include <ttt/types/declaration.hpp>

#include "command.hpp"
#include "compiling.hpp"
#include "console.hpp"
#include "planning.hpp"

namespace ttt::tool {

namespace {

/// The model's name as an identifier: what the declaration and the copies are called.
std::string name_of_model(const Arguments& arguments) {
  std::string name = arguments.text("MODEL");
  while (name.ends_with('/')) name.pop_back();
  return identifier_of(name.substr(name.rfind('/') + 1)).substr(0, 64);
}

/// Copies of the source and the shared object, to read and to keep; the command loads neither.
Result<void> copy_to(const std::string& folder, const std::string& name, const CompiledVariant& variant) {
  TTT_CHECK(make_folder(folder));
  TTT_TRY(const std::string source, read_file(variant.source));
  TTT_CHECK(write_atomic(path_in(folder, name + ".cpp"), source));
  TTT_TRY(const std::string library, read_file(variant.library));
  return write_atomic(path_in(folder, name + ".so"), library);
}

struct Report {
  Found found;
  std::shared_ptr<ModelState> plan;
  CompiledVariant variant;
  std::string declaration;
  std::vector<std::string> kernels;
};

Result<void> print_text(const Report& r) {
  const CompiledVariant& v = r.variant;
  const std::string made = v.made_now ? fmt::format("compiled in {:.1f} s", v.compile_s)
                                      : fmt::format("was compiled before, in {:.1f} s", v.compile_s);
  return print(fmt::format("{}\nvariant: {} ({} bytes)\nkernels: {}\ncompiler: {}\nlibrary: {}\n", r.declaration, made,
                           v.bytes, fmt::join(r.kernels, ", "), v.compiler, v.library));
}

Result<void> print_json(const Report& r, const HowToRun& how) {
  const CompiledVariant& v = r.variant;
  json::Writer out;
  out.begin_object().member("declaration", r.declaration).member("key", v.key).member("library", v.library);
  out.member("source", v.source).member("bytes", v.bytes).member("cached", !v.made_now);
  out.member("compile_s", v.compile_s).member("compiler", v.compiler).key("flags").begin_array();
  for (const std::string& flag : v.flags) out.value(flag);
  out.end_array().key("kernels").begin_array();
  for (const std::string& kernel : r.kernels) out.value(kernel);
  out.end_array().key("totals").begin_object().member("weights", v.facts.weights).member("kv", v.facts.kv);
  out.member("arena", v.facts.arena).member("peak", v.facts.peak).member("load_peak", v.facts.load_peak).end_object();
  write_how(out, *r.plan, how, r.found);
  return print(std::move(out.end_object()).text() + "\n");
}

Result<int> compile_model(const Arguments& arguments) {
  TTT_TRY(const HowToRun how, how_to_run(arguments, "standard"));
  Report r;
  TTT_TRY(const std::string folder, find_model(arguments.text("MODEL")));
  TTT_TRY(r.found.config, read_config(folder));
  TTT_TRY(r.plan, plan_to_compile(r.found.config, how));
  TTT_TRY(const CompileHow compile, how_to_compile());
  watch_interrupts();
  TTT_TRY(r.variant, compile_variant(*r.plan, compile));
  const std::string name = name_of_model(arguments);
  if (arguments.has("output_folder")) TTT_CHECK(copy_to(arguments.text("output_folder"), name, r.variant));
  r.found.variant = "compiled";
  r.declaration = declaration_of(r.plan->model.view(), name);
  for (const PlanOp& op : r.plan->ops)
    if (std::string kernel = kernel_name(*r.plan, op);
        std::find(r.kernels.begin(), r.kernels.end(), kernel) == r.kernels.end())
      r.kernels.push_back(std::move(kernel));
  TTT_CHECK(arguments.has("json") ? print_json(r, how) : print_text(r));
  return 0;
}

constexpr std::string_view options[] = {"output_folder", "device", "policy", "preset", "json"};

}  // namespace

const Command compile_command{"compile",
                              "compile a model's static variant ahead of time; the other commands then use it",
                              model_positional,
                              options,
                              "  ttt compile path/to/model\n"
                              "  ttt compile path/to/model --preset exact --policy kv=bf16 -o out --json\n",
                              compile_model};

}  // namespace ttt::tool

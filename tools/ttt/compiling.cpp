#include "compiling.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include <ttt/io/file.hpp>
#include <ttt/io/in_quotes.hpp>

#include "compile_identity.hpp"
#include "console.hpp"

namespace ttt::tool {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// TTT_INCLUDE, else beside the command as it is installed, else the tree it was built from.
std::string include_folder() {
  if (std::string set = environment("TTT_INCLUDE"); !set.empty()) return set;
  char buffer[4096];
  const ssize_t n = ::readlink("/proc/self/exe", buffer, sizeof buffer);
  const std::string_view self(buffer, n < 0 ? 0 : static_cast<std::size_t>(n));
  const std::string beside = std::string(self.substr(0, self.rfind('/'))) + "/../include";
  if (is_regular_file(path_in(beside, "ttt/adaptor/compile_unit.hpp"))) return beside;
  return TTT_INCLUDE;
}

/// The command that makes what was asked for.
std::string command_to_compile(const Arguments& arguments, const HowToRun& how) {
  const auto plain = [](std::string_view text) {
    for (const char c : text)
      if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
          std::string_view("/._-+=,:*").find(c) == std::string_view::npos)
        return false;
    return !text.empty();
  };
  const auto word = [&](const std::string& text) { return plain(text) ? text : in_quotes(text); };
  std::string out = "ttt compile " + word(arguments.text("MODEL")) + " --preset " + std::string(name_of(how.options.preset));
  for (const std::string& policy : arguments.texts("policy")) out += " --policy " + word(policy);
  if (arguments.has("device")) out += " --device " + word(arguments.text("device"));
  return out;
}

}  // namespace

std::string build_identity() { return "ttt " TTT_VERSION ", headers " TTT_HEADERS; }

Result<std::shared_ptr<ModelState>> plan_to_compile(const ModelConfig& config, const HowToRun& how) {
  const OwnedModel model(config.spec);
  LoadOptions options = how.options;
  options.names = config.names;
  options.workload = {.context = 0};
  options.threads = 1;
  DType stored = config.dtype == DType::automatic ? DType::bf16 : config.dtype;
  if (auto checkpoint = Checkpoint::open(config.folder)) {
    const CheckpointSource source(std::move(*checkpoint), config.names);
    const bool bare = lacks_prefix(options.names, [&](std::string_view n) { return source.find(n).has_value(); });
    stored = stored_format(source, tensors_of(model.view(), options.names, !bare));
  }
  return plan_state({.model = model.view(), .max_position = config.spec.max_sequence_length}, stored, options);
}

Result<std::optional<CompiledVariant>> compiled_variant(const Arguments& arguments, const ModelConfig& config,
                                                        const HowToRun& how) {
  const bool demanded = how.variant == "compiled";
  if (!demanded && !has_compiled()) return std::optional<CompiledVariant>();
  const auto plan = plan_to_compile(config, how);
  if (!plan && demanded) return plan.error();
  if (!plan) return std::optional<CompiledVariant>();  // it is refused again, and better, when it is planned to run
  auto found = find_compiled(**plan, build_identity());
  if (!found && demanded) return found.error();
  if (!found) {
    note(fmt::format("note: the compiled variant is not used: {} ({})\n", found.error().issue, found.error().file));
    return std::optional<CompiledVariant>();
  }
  if (!*found && demanded)
    return make_error(ErrorKind::config, "compiled_variant_missing", "--variant",
                      "no variant has been compiled for this model, policy and level by this version of ttt",
                      "run `" + command_to_compile(arguments, how) + "`, or use --variant auto");
  return found;
}

Result<CompileHow> how_to_compile() {
  CompileHow how;
  how.identity = build_identity();
  how.include = include_folder();
  how.headers = TTT_HEADERS;
  how.compiler = environment("CXX");
  const std::string flags = environment("TTT_CXXFLAGS");
  for (std::size_t at = flags.find_first_not_of(' '); at < flags.size(); at = flags.find_first_not_of(' ', at)) {
    const std::size_t end = std::min(flags.find(' ', at), flags.size());
    how.flags.push_back(flags.substr(at, end - at));
    at = end;
  }
  if (const std::string limit = environment("TTT_COMPILE_TIMEOUT"); !limit.empty()) {
    TTT_TRY(const std::int64_t seconds, whole_number(limit, "TTT_COMPILE_TIMEOUT", 1, 86400));
    how.limit_s = static_cast<double>(seconds);
  }
  how.cancel = &interrupted();
  return how;
}

}  // namespace ttt::tool

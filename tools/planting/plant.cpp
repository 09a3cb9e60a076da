// plant: profiles a model with a fault planted on purpose, and prints the report as JSON. What `ttt profile` must find.
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/adaptor/find_model.hpp>
#include <ttt/engine.hpp>
#include <ttt/everything.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/kernels/own_kernel.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/isa.hpp>

#include "../ttt/console.hpp"
#include "../ttt/options.hpp"

namespace {

using namespace ttt;

constexpr const char* usage =
    "plant --fault NAME [--layer N] [--policy TEXT] [--threads N] [--prompt N] [--decode N] [--repeat N] [--json|--text] MODEL\n"
    "\n"
    "Profiles MODEL (a HuggingFace folder, a hub id in the cache) with a fault, and prints the report as JSON:\n"
    "  none             nothing\n"
    "  slow_kernel      layer N's feed-forward network runs an own kernel that does its work three times\n"
    "  left_fp32        all weights are int8, but layer N's, which were left in fp32\n"
    "  low_fidelity     layer N's attention scores and values are computed at the lowest fidelity there is\n"
    "  many_threads     twice as many threads as there are cores\n"
    "  naive_attention  layer N's attention runs the plain loops\n"
    "  competing        another process keeps half of the cores busy\n"
    "--policy and --threads are laid over the fault: with what the report suggests, the fault is gone.\n";

/// The level's own kernel, three times over. Its outputs do not depend on how often it runs.
template <OpKind Kind>
void run_thrice(const kernels::MatmulArgs& a, kernels::Part part) noexcept {
  static const kernels::KernelTable* const table = kernels::kernel_table(*selected_isa());
  const kernels::MatmulFn run = Kind == OpKind::gated ? table->gated(a.weight_format, a.operand_format, a.activation)
                                                      : table->activated(a.weight_format, a.operand_format, a.activation);
  for (int i = 0; i < 3; ++i) run(a, part);
}
template <OpKind Kind>
constexpr OwnKernelEntry slow_kernel() {
  return {.name = Kind == OpKind::gated ? "slow_gated" : "slow_activated",
          .op = Kind,
          .supports = [](const OpShape&) { return true; },
          .scratch_bytes = [](const OpShape& s, int parts) {
            return std::int64_t{4} * parts * catalog::matmul_scratch_floats(s.k, s.rows);
          },
          .cost = [](const OpShape& s) {
            return OpCost{2.0 * s.rows * s.n * s.k, static_cast<double>(s.n) * s.k * bits_of(s.weights) / 8};
          },
          .matmul = &run_thrice<Kind>};
}

/// Processes that compute, on half of the cores, for as long as this object lives.
class Competitor {
 public:
  void start() {
    for (int i = 0; i < (available_cores() + 1) / 2; ++i) {
      const pid_t child = ::fork();
      if (child == 0) compete();
      if (child > 0) children_.push_back(child);
    }
  }
  ~Competitor() {
    for (const pid_t child : children_) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }

 private:
  [[noreturn]] static void compete() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::alarm(600);  // whatever happens to the one that made it
    for (;;) asm volatile("" ::: "memory");
  }
  std::vector<pid_t> children_;
};

struct Request {
  std::string fault, model, policy;
  int layer = 0, threads = 0, prompt = 256, decode = 32, repeat = 5;
  bool text = false;
};

constexpr std::string_view faults[] = {"none",         "slow_kernel",     "left_fp32", "low_fidelity",
                                       "many_threads", "naive_attention", "competing"};

Error incomplete(std::string_view what, const std::string& issue) {
  return tool::command_line_error("command_incomplete", what, issue, "`tools/plant --help` lists what it takes");
}

Result<Request> request_of(const std::vector<std::string>& words) {
  Request r;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--json" || word == "--text") {
      r.text = word == "--text";
      continue;
    }
    if (!word.starts_with("-")) {
      if (!r.model.empty())
        return tool::command_line_error("command_superfluous", "plant", in_quotes(word) + " is one argument too many",
                                        "`tools/plant --help` lists what it takes");
      r.model = word;
      continue;
    }
    struct Number {
      std::string_view option;
      int Request::*to;
      double low;
    };
    constexpr Number numbers[] = {{"--layer", &Request::layer, 0},
                                  {"--threads", &Request::threads, 0},
                                  {"--prompt", &Request::prompt, 1},
                                  {"--decode", &Request::decode, 1},
                                  {"--repeat", &Request::repeat, 1}};
    const auto number = std::find_if(std::begin(numbers), std::end(numbers), [&](const Number& n) { return n.option == word; });
    if (number == std::end(numbers) && word != "--fault" && word != "--policy")
      return tool::command_line_error("option_unknown", "plant", "there is no option " + in_quotes(word),
                                      "`tools/plant --help` lists what it takes");
    if (++i == words.size()) return incomplete(word, word + " needs a value");
    if (word == "--fault") r.fault = words[i];
    else if (word == "--policy") r.policy += (r.policy.empty() ? "" : ",") + words[i];
    else {
      TTT_TRY(const std::int64_t value, tool::whole_number(words[i], word, number->low, 1 << 24));
      r.*number->to = static_cast<int>(value);
    }
  }
  if (r.fault.empty()) return incomplete("--fault", "plant needs --fault NAME: what is to be wrong");
  if (std::find(std::begin(faults), std::end(faults), r.fault) == std::end(faults))
    return tool::command_line_error("option_value", "--fault", in_quotes(r.fault) + " is none of its values",
                                    fmt::format("give one of: {}", fmt::join(faults, ", ")));
  if (r.model.empty())
    return incomplete("MODEL", "plant needs MODEL: a HuggingFace folder, a hub id in the HuggingFace cache, or demo");
  return r;
}

/// The fault as policies; what is no policy is put into the options.
Result<std::string> plant(const Request& r, const ModelView& model, LoadOptions& options) {
  const std::string layer = fmt::format("layers.{}", r.layer);
  if (r.fault == "many_threads") options.threads = 2 * available_cores();
  if (r.fault == "naive_attention") return layer + ".attention:kernel=naive";
  if (r.fault == "low_fidelity") return layer + ".attention:kv=int8,scores=LoFi";
  if (r.fault == "left_fp32") return "weights=int8," + layer + ":weights=fp32,fidelity=HiFi4";
  if (r.fault == "slow_kernel") {
    bool gated = false;
    model.each([&](const ModuleSpec& m, int, std::size_t, std::size_t) { gated = gated || (m.has_mlp() && m.mlp.gated); });
    const OwnKernelEntry kernel = gated ? slow_kernel<OpKind::gated>() : slow_kernel<OpKind::activated>();
    TTT_CHECK(register_kernel_entry("cpu", name_of(kernel.op), kernel));
    return layer + ".mlp:kernel=own:" + std::string(kernel.name);
  }
  return std::string();
}

Result<void> run(const Request& r) {
  TTT_TRY(const std::string folder, find_model(r.model));
  TTT_TRY(const ModelConfig config, read_config(folder));
  LoadOptions options;
  options.workload.context = r.prompt + r.decode;
  const OwnedModel values(config.spec);
  TTT_TRY(const std::string policy, plant(r, values.view(), options));
  // One after the other: what is laid over the fault comes later, and wins.
  for (const std::string& text : {policy, r.policy}) {
    if (text.empty()) continue;
    TTT_TRY(const PolicySet set, parse_policy(text));
    options.policy = merged(options.policy, set.whole);
    options.tuning.insert(options.tuning.end(), set.tuning.begin(), set.tuning.end());
  }
  if (r.threads > 0) options.threads = r.threads;
  TTT_TRY(const LoadedModel model, from_huggingface(r.model, options));
  // The machine is measured before anything competes.
  TTT_CHECK(calibrated(*model.state().kernels, {}));
  Competitor competitor;
  if (r.fault == "competing") competitor.start();
  ProfileOptions how;
  how.prompt = r.prompt;
  how.decode = r.decode;
  how.repeat = r.repeat;
  how.command = fmt::format("plant --fault {} --layer {} {}", r.fault, r.layer, r.model);
  TTT_TRY(const ProfileReport report, model.profile(how));
  return tool::print(r.text ? text_of(report) : json_of(report));
}

}  // namespace

int main(int argc, char** argv) {
  tool::prepare_console();
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const auto given = [&](std::string_view option) { return std::find(words.begin(), words.end(), option) != words.end(); };
  const Result<void> done = [&]() -> Result<void> {
    if (given("--help") || given("-h")) return tool::print(usage);
    TTT_TRY(const Request request, request_of(words));
    return run(request);
  }();
  if (done || tool::is_output_closed(done.error())) return 0;
  tool::report(done.error(), given("--json"));
  return tool::exit_status(done.error());
}

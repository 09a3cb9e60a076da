// plant: profiles a model with a fault planted on purpose, and prints the report as JSON. What `ttt profile` must find.
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <vector>

#include <ttt/adaptor/find_model.hpp>
#include <ttt/engine.hpp>
#include <ttt/everything.hpp>
#include <ttt/kernels/own_kernel.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/isa.hpp>

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

int fail(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return 1;
}

bool is_number(const char* text, int& value) {
  const auto end = std::from_chars(text, text + std::strlen(text), value);
  return end.ec == std::errc() && *end.ptr == 0 && value >= 0 && value <= 1 << 24;
}

bool read(int argc, char** argv, Request& r) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--json" || word == "--text") r.text = word == "--text";
    else if (word == "--fault" && more) r.fault = argv[++i];
    else if (word == "--policy" && more) r.policy += (r.policy.empty() ? "" : ",") + std::string(argv[++i]);
    else if (word == "--layer" && more && is_number(argv[i + 1], r.layer)) ++i;
    else if (word == "--threads" && more && is_number(argv[i + 1], r.threads)) ++i;
    else if (word == "--prompt" && more && is_number(argv[i + 1], r.prompt)) ++i;
    else if (word == "--decode" && more && is_number(argv[i + 1], r.decode)) ++i;
    else if (word == "--repeat" && more && is_number(argv[i + 1], r.repeat)) ++i;
    else if (!word.starts_with("-") && r.model.empty()) r.model = word;
    else return false;
  }
  return !r.fault.empty() && !r.model.empty();
}

/// What the fault is as policies; whether there is such a fault.
bool plant(const Request& r, const ModelView& model, LoadOptions& options, std::string& policy) {
  const std::string layer = fmt::format("layers.{}", r.layer);
  if (r.fault == "none" || r.fault == "competing") return true;
  if (r.fault == "many_threads") options.threads = 2 * available_cores();
  else if (r.fault == "naive_attention") policy = layer + ".attention:kernel=naive";
  else if (r.fault == "low_fidelity") policy = layer + ".attention:kv=int8,scores=LoFi";
  else if (r.fault == "left_fp32") policy = "weights=int8," + layer + ":weights=fp32,fidelity=HiFi4";
  else if (r.fault == "slow_kernel") {
    bool gated = false;
    model.each([&](const ModuleSpec& m, int, std::size_t, std::size_t) { gated = gated || (m.has_mlp() && m.mlp.gated); });
    const OwnKernelEntry kernel = gated ? slow_kernel<OpKind::gated>() : slow_kernel<OpKind::activated>();
    const auto kept = register_kernel_entry("cpu", name_of(kernel.op), kernel);
    if (!kept) return false;
    policy = layer + ".mlp:kernel=own:" + std::string(kernel.name);
  } else {
    return false;
  }
  return true;
}

int run(const Request& r) {
  const auto folder = find_model(r.model);
  if (!folder) return fail(folder.error().text());
  const auto config = read_config(*folder);
  if (!config) return fail(config.error().text());
  LoadOptions options;
  options.workload.context = r.prompt + r.decode;
  std::string policy;
  const OwnedModel values(config->spec);
  if (!plant(r, values.view(), options, policy)) return fail("no such fault: " + r.fault + "\n\n" + usage);
  // One after the other: what is laid over the fault comes later, and wins.
  for (const std::string& text : {policy, r.policy}) {
    if (text.empty()) continue;
    const auto set = parse_policy(text);
    if (!set) return fail(set.error().text());
    options.policy = merged(options.policy, set->whole);
    options.tuning.insert(options.tuning.end(), set->tuning.begin(), set->tuning.end());
  }
  if (r.threads > 0) options.threads = r.threads;
  const auto model = from_huggingface(r.model, options);
  if (!model) return fail(model.error().text());
  // The machine is measured before anything competes.
  if (const auto c = calibrated(*model->state().kernels, {}); !c) return fail(c.error().text());
  Competitor competitor;
  if (r.fault == "competing") competitor.start();
  ProfileOptions how;
  how.prompt = r.prompt;
  how.decode = r.decode;
  how.repeat = r.repeat;
  how.command = fmt::format("plant --fault {} --layer {} {}", r.fault, r.layer, r.model);
  const auto report = model->profile(how);
  if (!report) return fail(report.error().text());
  std::fputs((r.text ? text_of(*report) : json_of(*report)).c_str(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Request request;
  if (argc > 1 && std::string_view(argv[1]) == "--help") {
    std::fputs(usage, stdout);
    return 0;
  }
  if (!read(argc, argv, request)) {
    std::fputs(usage, stderr);
    return 2;
  }
  return run(request);
}

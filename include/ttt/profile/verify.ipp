// Definitions of verify.hpp, of VerifyReport, and of what handles of a loaded model say of `verify`.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/checks/paths.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/profile/activations_file.hpp>
#include <ttt/profile/preset_alone.hpp>
#include <ttt/profile/recording.hpp>
#include <ttt/profile/verify.hpp>
#include <ttt/profile/verify_cures.hpp>
#include <ttt/profile/verify_judge.hpp>
#include <ttt/profile/verify_rows.hpp>
#include <ttt/runtime/random_ids.hpp>
#include <ttt/runtime/token_ids.hpp>

namespace ttt {

namespace verifying {

inline Result<std::unique_ptr<Runner>> reference_beside(const TunedModel& model, const VerifyOptions& options,
                                                        std::int64_t tokens) {
  LoadOptions exact = in_fp32(model.options());
  if (options.against == "scalar") exact.isa = "scalar";
  return runner_beside(model, std::move(exact), tokens, false);
}

inline bool is_file(const VerifyOptions& o) { return o.against != "exact" && o.against != "scalar"; }

/// The tokens that the options name, or random ones. Errors: token_out_of_range, verify_impossible.
inline Result<std::vector<std::int32_t>> chosen_ids(const TunedModel& model, const VerifyOptions& options) {
  const std::shared_ptr<const ModelState> state = model.runner()->shared_state();
  TTT_CHECK(check_token_ids(options.ids, state->vocab));
  if (!options.ids.empty() || is_file(options)) return options.ids;
  if (options.tokens < 1 || options.tokens > 1 << 20)
    return make_error(ErrorKind::request, "verify_impossible", "tokens",
                      std::to_string(options.tokens) + " is not in [1, 1048576]", "give a number in that range");
  const int most = state->max_position > 0 ? std::min(options.tokens, state->max_position) : options.tokens;
  return random_ids(options.seed, static_cast<std::size_t>(most), state->vocab);
}

/// The modules that a path names, by op. Errors: layer_is_not_there, path_names_nothing.
inline Result<std::vector<char>> ops_named(const ModelState& state, std::string_view path) {
  const PathPolicy asked{std::string(path), {}};
  TTT_CHECK(check_paths(state.model.view(), {&asked, 1}));
  const PathPattern pattern = path_pattern(asked.path);
  std::vector<char> modules(static_cast<std::size_t>(state.model.view().module_count()), 0), ops;
  each_place(state.model.view(), [&](const ModuleSpec& m, const PlaceInModel& at, std::size_t, std::size_t, int index) {
    modules[static_cast<std::size_t>(index)] = names(pattern, m, at) ? 1 : 0;
  });
  bool any = false;
  for (const PlanOp& op : state.ops) {
    const bool part = pattern.part == PartName::whole || op.name == OpName::none || pattern.part == part_of(op.name);
    ops.push_back(modules[static_cast<std::size_t>(op.module)] != 0 && part && op.kind != OpKind::rotary ? 1 : 0);
    any = any || ops.back() != 0;
  }
  if (!any)  // a final norm, which the head takes in
    return make_error(ErrorKind::request, "path_names_nothing", std::string(path),
                      "no op of the plan is this module's alone: it is fused into another", "name the module that follows it");
  return ops;
}

inline int one_by_one(const TunedModel& model, const VerifyOptions& options, int tokens) {
  if (model.runner()->state().encoder) return 0;  // a sequence is one pass
  return options.decode < 0 ? std::min(8, tokens / 4) : std::min(options.decode, tokens - 1);
}

/// The ops named, and those of the same modules in some other layers, whose errors say what is usual: up to four, the
/// nearest ones whose inputs are held.
inline std::vector<char> with_twins(const ModelState& state, const std::vector<char>& only, const Recording& inputs) {
  std::vector<char> out = only;
  const std::vector<ModuleOps> modules = modules_of(state);
  for (const ModuleOps& m : modules) {
    if (only[m.first] == 0 || m.layer < 0) continue;
    int taken = 0;
    for (int away = 1; away < static_cast<int>(modules.size()) && taken < 4; ++away)
      for (const ModuleOps& other : modules) {
        if (other.module != m.module || std::abs(other.layer - m.layer) != away || other.layer < 0) continue;
        if (inputs.before(state, other.first) == nullptr) continue;
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(other.first), out.begin() + static_cast<std::ptrdiff_t>(other.last) + 1, char{1});
        ++taken;
      }
  }
  return out;
}

/// What runs and is compared.
struct Work {
  TunedModel& model;
  const VerifyOptions& options;
  std::shared_ptr<const Recording> reference;
  double rounding = 0x1p-25;
  std::vector<std::string> notes{};
};

inline Result<void> record_reference(Work& w, std::vector<std::int32_t> ids) {
  auto made = std::make_shared<Recording>();
  TTT_TRY(const std::unique_ptr<Runner> runner, reference_beside(w.model, w.options, static_cast<std::int64_t>(ids.size())));
  made->ids = std::move(ids);
  made->decode = one_by_one(w.model, w.options, static_cast<int>(made->ids.size()));
  made->source = "fp32, " + std::string(runner->state().kernels->name);
  TTT_CHECK(record(*runner, *made));
  w.reference = std::move(made);
  return {};
}

inline Result<void> read_reference(Work& w, std::vector<std::int32_t> ids) {
  TTT_TRY(HeldActivations held, read_activations(w.options.against, *w.model.runner()->shared_state(), std::move(ids)));
  auto made = std::make_shared<Recording>(std::move(held.recording));
  made->decode = one_by_one(w.model, w.options, static_cast<int>(made->ids.size()));
  w.rounding = held.rounding;
  if (!held.unused.empty()) {
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(held.unused.size(), 5); ++i)
      names += (i > 0 ? ", " : "") + held.unused[i].substr(0, 60);
    w.notes.push_back(std::to_string(held.unused.size()) + " tensors of the file are not looked at: " + names +
                      (held.unused.size() > 5 ? ", ..." : ""));
  }
  w.reference = std::move(made);
  return {};
}

inline Result<void> possible(const TunedModel& model) {
  if (model.runner()->shared_state()->vocab > 0) return {};
  return make_error(ErrorKind::request, "verify_impossible", "model",
                    "it does not begin with an embedding, so that there are no tokens to run",
                    "verify the model that the module belongs to");
}

inline void say(VerifyReport& report, const Work& w, const ModelState& state) {
  report.reference = w.reference->source;
  report.device = std::string(state.request.device.name);
  report.isa = std::string(state.kernels->name);
  report.tokens = static_cast<int>(w.reference->tokens());
  report.decode = w.reference->decode;
  report.threshold = w.options.threshold;
  report.outlier = w.options.outlier;
  report.notes = w.notes;
  report.recording = w.reference;
  report.fused = fused_values(state);
}

}  // namespace verifying

TTT_INLINE double VerifyRow::inherited() const {
  if (!total || !own) return 0;
  return std::sqrt(std::max(0.0, total->rel * total->rel - own->rel * own->rel));
}

TTT_INLINE Result<VerifyReport> verify(TunedModel& model, const VerifyOptions& options) {
  TTT_CHECK(verifying::possible(model));
  TTT_TRY(std::vector<std::int32_t> ids, verifying::chosen_ids(model, options));
  verifying::Work w{model, options, {}};
  const bool file = verifying::is_file(options);
  const auto done = [&](std::uint64_t n) {
    if (options.progress) options.progress(n, 4);
  };
  TTT_CHECK(file ? verifying::read_reference(w, std::move(ids)) : verifying::record_reference(w, std::move(ids)));
  done(1);
  const Recording& reference = *w.reference;
  TTT_TRY(const std::unique_ptr<Runner> runner, runner_beside(model, model.options(), reference.tokens()));
  Recording whole, alone;
  whole.ids = alone.ids = reference.ids;
  whole.decode = alone.decode = reference.decode;
  TTT_CHECK(record(*runner, whole, {.inner = false}));
  done(2);
  TTT_CHECK(record(*runner, alone, {.inner = !file, .inputs = &reference}));
  done(3);

  const ModelState& state = runner->state();
  VerifyReport report;
  verifying::say(report, w, state);
  report.rows = verify_rows({state, reference, &whole, alone, w.rounding, {}});
  judge(report, options);
  if (const float* const logits = state.encoder ? nullptr : reference.find(state.ops.size() - 1, Role::logits)) {
    report.logits = true;
    report.distance = logits_distance(whole.find(state.ops.size() - 1, Role::logits), logits, reference.tokens(), state.output_width);
  }
  if (options.suggest) TTT_CHECK(find_cures(model, reference, options, w.rounding, report));
  if (!file) model.keep(w.reference);
  done(4);
  return report;
}

TTT_INLINE Result<VerifyReport> verify_module(TunedModel& model, std::string_view path, const VerifyOptions& options,
                                              std::shared_ptr<const Recording> recording) {
  TTT_CHECK(verifying::possible(model));
  verifying::Work w{model, options, std::move(recording)};
  TTT_TRY(const std::vector<char> only, verifying::ops_named(*model.runner()->shared_state(), path));
  const bool file = verifying::is_file(options);
  if (!w.reference && !file && options.ids.empty() && options.text.empty()) w.reference = model.recording();
  if (!w.reference) {
    TTT_TRY(std::vector<std::int32_t> ids, verifying::chosen_ids(model, options));
    TTT_CHECK(file ? verifying::read_reference(w, std::move(ids)) : verifying::record_reference(w, std::move(ids)));
    if (!file) model.keep(w.reference);
  }
  TTT_TRY(const std::unique_ptr<Runner> runner, runner_beside(model, model.options(), w.reference->tokens()));
  const ModelState& state = runner->state();
  for (const ModuleOps& m : modules_of(state))
    if (only[m.first] != 0 && m.first > 0 && state.ops[m.first].kind != OpKind::embed &&
        w.reference->before(state, m.first) == nullptr)
      return make_error(ErrorKind::request, "activations_missing", m.path,
                        "what it is given is not recorded", "compare the whole model, or record with `ttt verify --out`");
  const std::vector<char> run = verifying::with_twins(state, only, *w.reference);
  const auto fed = [&](Runner& with) -> Result<std::shared_ptr<Recording>> {
    auto made = std::make_shared<Recording>();
    made->ids = w.reference->ids;
    made->decode = w.reference->decode;
    made->source = "fp32 on the given inputs";
    TTT_CHECK(record(with, *made, {.inputs = w.reference.get(), .only = run}));
    return made;
  };
  // What is recorded may say what a module is given, and not what it makes of it: then the reference runs that module.
  const Recording* against = w.reference.get();
  std::shared_ptr<Recording> made;
  if (file) {
    TTT_TRY(const std::unique_ptr<Runner> twin, verifying::reference_beside(model, options, w.reference->tokens()));
    TTT_TRY(made, fed(*twin));
    against = made.get();
  }
  TTT_TRY(const std::shared_ptr<Recording> alone, fed(*runner));

  VerifyReport report;
  verifying::say(report, w, state);
  report.rows = verify_rows({state, *against, nullptr, *alone, 0x1p-25, run, w.reference.get()});
  judge(report, options);
  std::vector<std::string> named;
  for (const ModuleOps& m : modules_of(state)) {
    if (only[m.first] == 0) continue;
    named.push_back(m.path);
    if (m.layer >= 0) named.push_back("layers." + std::to_string(m.layer));
  }
  std::erase_if(report.rows, [&](const VerifyRow& row) {
    const std::string module = row.level == VerifyRow::Level::op ? row.path.substr(0, row.path.rfind('.')) : row.path;
    return std::find(named.begin(), named.end(), module) == named.end();
  });
  report.first_bad = first_wrong(report.rows);
  if (options.suggest) TTT_CHECK(find_cures(model, *w.reference, options, 0x1p-25, report, against));
  return report;
}

TTT_INLINE Result<VerifyReport> LoadedModel::verify(const VerifyOptions& options) const {
  if (options.text.empty()) return ttt::verify(*tuned_, options);
  VerifyOptions with_ids = options;
  TTT_TRY(with_ids.ids, encode(options.text));
  return ttt::verify(*tuned_, with_ids);
}
TTT_INLINE Result<VerifyReport> LoadedModel::verify() const { return verify(VerifyOptions{}); }
TTT_INLINE Result<VerifyReport> ModuleHandle::verify(const VerifyOptions& options) const {
  return verify_module(*model_, path_, options);
}
TTT_INLINE Result<VerifyReport> ModuleHandle::verify() const { return verify(VerifyOptions{}); }

}  // namespace ttt

#include "loading.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <ttt/adaptor/find_model.hpp>
#include <ttt/adaptor/variants.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/kernels/ttnn/engine.hpp>
#include <ttt/policy/device_registry.hpp>
#include <ttt/policy/mesh.hpp>
#include <ttt/policy/preset_name.hpp>
#include <ttt/runtime/isa.hpp>

#include "compiling.hpp"
#include "console.hpp"
#include "machine.hpp"
#include "policy_text.hpp"

namespace ttt::tool {

namespace {

/// `--device`: a level of the cpu, or a device as `ttt devices` lists them.
Result<void> choose_device(const std::string& name, Devices allowed, HowToRun& how) {
  if (name.starts_with("cpu:")) {
    TTT_TRY(const kernels::Isa isa, isa_from_name(name.substr(4), "--device"));
    how.options.isa = std::string(kernels::name_of(isa));
    return {};
  }
  const auto device = find_device(name.empty() ? "cpu" : name);
  if (!device && device.error().link.ends_with("#device_unknown"))
    return command_line_error("option_value", "--device", device.error().issue, device.error().suggestion);
  if (device) how.device = *device;
  if (device && (how.device.kind == DeviceKind::cpu || allowed == Devices::described)) return {};
  if (device && allowed == Devices::emulated && how.device.kind == DeviceKind::ttnn) return {};
  return make_error(
      ErrorKind::hardware, "device_unavailable", "--device",
      fmt::format("{} is not here: this build and machine have {}", in_quotes(name),
                  fmt::join(existing_devices(), ", ")),
      device ? "use one of those; `ttt check` and `ttt plan` judge it without having it" : device.error().suggestion);
}

/// `--mesh`, over the product's own.
Result<void> choose_mesh(const Arguments& arguments, HowToRun& how) {
  if (!arguments.has("mesh")) return {};
  const auto mesh = mesh_from_text(arguments.text("mesh"));
  if (!mesh)
    return command_line_error(mesh.error().link.ends_with("#mesh_malformed") ? "option_value" : "option_out_of_range",
                              "--mesh", mesh.error().issue, mesh.error().suggestion);
  if (how.device.kind == DeviceKind::cpu && *mesh != MeshSize{})
    return command_line_error("option_conflict", "--mesh", "the cpu is one device, and a mesh is of several chips",
                              "leave --mesh out, or name chips: --device ttnn:wormhole_n150");
  how.device = on_mesh(how.device, mesh->rows, mesh->columns);
  return {};
}

void note_cached(const PackedCacheUse& use) {
  if (!use.note.empty())
    note(fmt::format("note: the packed weights {} kept: {} ({})\n",
                     use.kind == PackedCacheUse::Kind::unused ? "are not" : "were not usable and are newly", use.note, use.file));
  if (use.kind == PackedCacheUse::Kind::written)
    note(fmt::format("note: packed weights kept for the next start: {} ({:.0f} MB)\n", use.file,
                     static_cast<double>(use.bytes) / 1e6));
}

Result<void> check_memory(const ModelState& plan) {
  const std::int64_t needed = std::max(plan.totals.peak, plan.totals.load_peak);
  const std::int64_t there = available_memory();
  if (there == 0 || needed <= there) return {};
  const std::int64_t fixed = plan.totals.weights + plan.totals.arena;
  const std::int64_t per_position = plan.totals.kv / std::max(1, plan.context());
  const std::int64_t fits = per_position > 0 && there > fixed ? (there - fixed) / per_position : 0;
  return make_error(ErrorKind::memory, "does_not_fit", "model",
                    fmt::format("the plan needs {} bytes (weights {}, kv {}, arena {}), and {} are available",
                                needed, plan.totals.weights, plan.totals.kv, plan.totals.arena, there),
                    fits > 16 ? fmt::format("a context of about {} would fit", fits / 16 * 16)
                              : "use a smaller model, or a machine with more memory");
}

}  // namespace

std::vector<std::string> existing_devices() {
  std::vector<std::string> out{"cpu"};
  for (const kernels::Isa isa : kernels::all_isas)
    if (kernels::isa_supported(isa) && kernels::kernel_table(isa) != nullptr)
      out.push_back("cpu:" + std::string(kernels::name_of(isa)));
  return out;
}

Result<HowToRun> how_to_run(const Arguments& arguments, std::string_view default_preset, Devices devices) {
  HowToRun how;
  TTT_TRY(PolicySet set, policy_of(arguments));
  if (const std::string device = arguments.text("device"); device.empty() || device.starts_with("cpu"))
    TTT_CHECK(check_pages(set));
  how.variant = arguments.text("variant", "auto");
  TTT_TRY(how.options.preset, preset_named(arguments.text("preset", set.preset ? name_of(*set.preset) : default_preset)));
  how.options.threads = arguments.integer("threads", 0);
  how.options.split_all = arguments.text("split", "auto") == "all";
  how.options.pin_threads = arguments.has("pin");
  how.options.packed_cache = arguments.text("packed_cache");
  how.options.policy = set.whole;
  how.options.tuning = std::move(set.tuning);
  TTT_CHECK(choose_device(arguments.text("device"), devices, how));
  TTT_CHECK(choose_mesh(arguments, how));
  if (devices == Devices::emulated && how.device.kind == DeviceKind::ttnn) {
    how.options.engine = &kernels::ttnn::tensix_engine();
    how.options.device = how.device;
  }
  return how;
}

Result<Found> find_config(const Arguments& arguments, const HowToRun& how) {
  TTT_TRY(const std::string folder, find_model(arguments.text("MODEL")));
  Found found;
  TTT_TRY(found.config, read_config(folder));
  const OwnedModel model(found.config.spec);
  const Variant* known = find_exact(model.view());
  found.variant = known != nullptr && how.variant != "dynamic" ? "exact" : "dynamic";
  if (how.device.kind == DeviceKind::cpu && (how.variant == "auto" || how.variant == "compiled")) {
    TTT_TRY(const std::optional<CompiledVariant> compiled, compiled_variant(arguments, found.config, how));
    if (compiled) {
      found.variant = "compiled";
      found.kernels = compiled->kernels;
    }
  }
  if (how.variant != "exact" || known != nullptr) return found;
  const NearestVariant near = find_nearest(model.view(), found.config.spec.model_type);
  return make_error(
      ErrorKind::config, "variant_not_found", "--variant",
      fmt::format("no known model has these numbers; the nearest, {}, differs in {} fields, first: {}",
                  near.variant->name, near.fields, near.first),
      "use --variant auto");
}

Result<Found> find_decoder(const Arguments& arguments, const HowToRun& how) {
  TTT_TRY(Found found, find_config(arguments, how));
  const OwnedModel model(found.config.spec);
  if (!model.view().is_encoder()) return found;
  return make_error(ErrorKind::request, "encoder_does_not_generate", "MODEL",
                    fmt::format("a {} model is an encoder: its tokens see whole sequences, and no next token follows from them",
                                found.config.spec.model_type),
                    "run sequences with `ttt forward MODEL --inputs F.safetensors --out G.safetensors`; `ttt verify`, `check` and "
                    "`plan` judge policies");
}

namespace {

/// The tensors of a folder, after checking that the plan's bytes are there.
Result<std::unique_ptr<CheckpointSource>> checked_source(const StateInput& input, const Found& found, HowToRun& how,
                                                         Loading loading = Loading::to_run) {
  how.options.names = found.config.names;
  how.options.kernels = found.kernels;
  TTT_TRY(Checkpoint checkpoint, Checkpoint::open(found.config.folder));
  auto source = std::make_unique<CheckpointSource>(std::move(checkpoint), found.config.names);
  const std::vector<TensorSpec> tensors = tensors_for(input.model, *source, how.options);
  TTT_TRY(const std::shared_ptr<ModelState> plan,
          plan_state(input, stored_format(*source, tensors), how.options));
  if (loading != Loading::ahead) TTT_CHECK(check_memory(*plan));
  if (loading == Loading::to_compare) how.options.packed_cache = "off";
  how.options.progress = progress_bar(loading == Loading::ahead ? "packing" : "loading");
  return source;
}

}  // namespace

Result<LoadedWeights> load_weights_of(const Found& found, HowToRun how, Loading loading) {
  const OwnedModel model(found.config.spec);
  const StateInput input{.model = model.view(), .max_position = found.config.spec.max_sequence_length};
  TTT_TRY(std::unique_ptr<CheckpointSource> source, checked_source(input, found, how, loading));
  TTT_TRY(std::shared_ptr<const ModelState> state,
          loading == Loading::ahead ? pack_ahead(input, *source, how.options) : make_state(input, *source, how.options));
  how.options.progress = {};  // the bar goes before a note comes
  return LoadedWeights{std::move(source), std::move(state)};
}

Result<std::unique_ptr<Runner>> load_runner(const Found& found, HowToRun how) {
  TTT_TRY(LoadedWeights loaded, load_weights_of(found, how, Loading::to_run));
  note_cached(loaded.state->weights.cached);
  TTT_TRY(std::unique_ptr<Runner> runner, Runner::create(std::move(loaded.state)));
  if (how.options.pin_threads && (!pin_this_thread() || (runner->team().size() > 1 && !runner->team().pinned())))
    note("note: the system does not let every thread be tied to a CPU; they run where it puts them\n");
  return runner;
}

Result<std::shared_ptr<TunedModel>> load_tuned(const Found& found, HowToRun how) {
  const OwnedModel model(found.config.spec);
  const StateInput input{.model = model.view(), .max_position = found.config.spec.max_sequence_length};
  TTT_TRY(std::unique_ptr<CheckpointSource> source, checked_source(input, found, how));
  TTT_TRY(std::shared_ptr<TunedModel> tuned, TunedModel::create(input, std::move(source), how.options));
  how.options.progress = {};
  note_cached(tuned->runner()->state().weights.cached);
  return tuned;
}

int longest_context(const ArchitectureSpec& spec) {
  constexpr int limit = 1 << 24;
  const OwnedModel model(spec);
  for (const RopeUse& use : ropes_of(model.view()).uses)
    if (use.spec.type == RopeType::dynamic) return limit;
  return spec.max_sequence_length > 0 ? std::min(spec.max_sequence_length, limit) : limit;
}

Result<int> say_written(const Arguments& arguments, std::span<const TensorDeclaration> declared, std::size_t tokens,
                        const ModelState& state, const HowToRun& how, const Found& found) {
  if (!arguments.has("json")) {
    for (const TensorDeclaration& d : declared)
      note(fmt::format("{} [{}]\n", d.name, fmt::join(d.shape, ", ")));
    return 0;
  }
  json::Writer out;
  out.begin_object().member("out", arguments.text("out")).member("tokens", tokens);
  out.key("tensors").begin_object();
  for (const TensorDeclaration& d : declared) {
    out.key(d.name).begin_array();
    for (const std::int64_t n : d.shape) out.value(n);
    out.end_array();
  }
  out.end_object();
  write_how(out, state, how, found);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

void write_how(json::Writer& out, const ModelState& state, const HowToRun& how, const Found& found) {
  out.member("device", how.device.name);
  if (state.kernels != nullptr) out.member("isa", state.kernels->name).member("threads", state.threads);
  if (how.device.kind != DeviceKind::cpu) out.member("mesh", fmt::format("{}x{}", how.device.mesh_rows, how.device.mesh_columns));
  out.member("variant", found.variant);
  write_policy(out, state, name_of(how.options.preset), how.options.tuning);
}

}  // namespace ttt::tool

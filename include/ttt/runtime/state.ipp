// Definitions of state.hpp: check, plan, load.
#pragma once

#include <algorithm>
#include <atomic>

#include <ttt/checks/explain.hpp>
#include <ttt/checks/gate.hpp>
#include <ttt/checks/paths.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/policy/devices/cpu.hpp>
#include <ttt/policy/tuning.hpp>
#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/isa.hpp>
#include <ttt/runtime/own_formats.hpp>
#include <ttt/runtime/own_kernels.hpp>
#include <ttt/runtime/state.hpp>

namespace ttt {

TTT_INLINE ModuleConfig ModelState::config(int module) const {
  ModuleConfig found{};
  model.view().each([&](const ModuleSpec&, int index, std::size_t run, std::size_t place) {
    if (index == module) found = request.model.resolved(request.device, run, place);
  });
  return found;
}
TTT_INLINE HardwareConfig ModelState::config(const PlanOp& op) const {
  const ModuleConfig c = config(op.module);
  const PartName part = part_of(op.name);
  return part == PartName::mlp ? c.mlp : part == PartName::attention ? c.attention : c.self;
}

TTT_INLINE Result<Workload> checked_workload(Workload w, const ModelView& model, int max_position) {
  auto refuse = [](const char* field, int value, int low, int high) {
    return make_error(ErrorKind::request, "workload_out_of_range", field,
                      std::to_string(value) + " is not in [" + std::to_string(low) + ", " + std::to_string(high) + "]",
                      "choose a value in that range");
  };
  constexpr int limit = 1 << 24;
  // Dynamic rotary frequencies stretch with the sequence: such a model has no hard end.
  bool stretches = false;
  const Ropes ropes = ropes_of(model);
  for (const RopeUse& use : ropes.uses) stretches = stretches || use.spec.type == RopeType::dynamic;
  int most = max_position > 0 && !stretches ? std::min(max_position, limit) : limit;
  if (const ModuleSpec& first = model.module(0); first.kind == ModuleKind::embedding && first.embedding.positions > 0)
    most = std::min(most, first.embedding.positions);
  if (w.context == 0) w.context = std::min(most, 4096);
  if (w.context < 1 || w.context > most) return refuse("context", w.context, 1, most);
  if (w.batch < 1 || w.batch > 4096) return refuse("batch", w.batch, 1, 4096);
  if (w.chunk < 0 || w.chunk > longest_chunk) return refuse("chunk", w.chunk, 0, longest_chunk);
  if (w.kv_tokens < 0 || w.kv_tokens > std::int64_t{1} << 40)
    return make_error(ErrorKind::request, "workload_out_of_range", "kv_tokens",
                      std::to_string(w.kv_tokens) + " is not in [0, 2^40]",
                      "choose a value in that range; 0 is room for every session's whole context");
  if (w.logits_rows < 0 || w.logits_rows > limit) return refuse("logits_rows", w.logits_rows, 0, limit);
  return w;
}

namespace state_parts {

/// Code that only the user's program can bring: activations and modules of its own.
TTT_INLINE Result<void> own_code_is_there(const ModelState& s) {
  Result<void> outcome;
  s.model.view().each([&](const ModuleSpec& m, int index, std::size_t, std::size_t) {
    const bool own_activation = m.has_mlp() && m.mlp.activation == Activation::own;
    bool found = !own_activation;
    for (const OwnActivationSource& source : s.own_activations) found = found || source.name == m.mlp.own_activation;
    const bool missing = !found || (m.kind == ModuleKind::own && m.own.reference == nullptr);
    if (!missing || !outcome) return;
    const std::string name(own_activation ? m.mlp.own_activation.view() : m.own.type.view());
    outcome = make_error(ErrorKind::hardware, "kernel_not_linked", s.path(index),
                         "the program holds no code for \"" + name + "\", which is no activation or module of ttt's",
                         "load the model from its type (`ttt::load`, `ttt::make`), which brings the code along");
  });
  return outcome;
}

[[nodiscard]] TTT_INLINE bool holds_kernel(const kernels::KernelTable& t, const PlanOp& op) {
  switch (op.kind) {
    case OpKind::embed: return t.embed(op.weights) != nullptr;
    case OpKind::rotary: return t.any_embed() != nullptr;
    case OpKind::qkv: return t.qkv(op.weights, op.operands) != nullptr && t.append(op.kv) != nullptr;
    case OpKind::attention: return t.attention(op.kv) != nullptr;
    case OpKind::gated:
      return op.activation == Activation::own || t.gated(op.weights, op.operands, op.activation) != nullptr;
    case OpKind::activated:
      return op.activation == Activation::own || t.activated(op.weights, op.operands, op.activation) != nullptr;
    case OpKind::projection: return t.residual(op.weights, op.operands) != nullptr;
    case OpKind::linear: return t.store(op.weights, op.operands) != nullptr;
    case OpKind::norm:
    case OpKind::own: break;
  }
  return true;
}

/// A header-only program holds the kernels it names; a catalogue entry alone runs nothing. All that is missing is named.
TTT_INLINE Result<void> kernels_are_there(const ModelState& s) {
  std::string where, formats, names;
  const auto lacks = [&](std::string_view name, const std::string& cpp) {
    if ((", " + names + ",").find(", " + cpp + ",") != std::string::npos) return;
    formats += (formats.empty() ? "" : ", ") + std::string(name);
    names += (names.empty() ? "" : ", ") + cpp;
  };
  for (const PlanOp& op : s.ops) {
    if (s.own_kernel_of(op) != nullptr || holds_kernel(s.table_of(op), op)) continue;
    if (where.empty()) where = s.path(op);
    for (const DType format : {op.weights, op.kv}) {
      if (is_own_format(format))
        return make_error(ErrorKind::hardware, "kernel_not_linked", s.path(op),
                          "the program holds no kernels for weights in " + std::string(name_of(format)),
                          "include <ttt/kernels/own_format.hpp> where the format is named, and register it: register_format(" +
                              std::string(name_of(format)) + ")");
      if (format != DType::automatic) lacks(name_of(format), "DType::" + std::string(name_of(format)));
    }
    if (op.kind == OpKind::gated || op.kind == OpKind::activated)
      lacks(name_of(op.activation),
            "Activation::" + std::string(op.activation == Activation::gelu_tanh ? "gelu_tanh" : name_of(op.activation)));
  }
  if (where.empty()) return {};
  return make_error(ErrorKind::hardware, "kernel_not_linked", where,
                    "this header-only program does not hold all kernels for " + formats,
                    "set LoadOptions::kernels to ttt::with<" + names + ">, or link ttt_runtime, which holds all");
}

/// What an engine computes: a row of chips, ttt's own ops, formats that the device multiplies.
TTT_INLINE Result<void> engine_has_ops(const ModelState& s) {
  const auto refuse = [&](std::string where, std::string issue, std::string suggestion) {
    return make_error(ErrorKind::hardware, "not_emulated", std::move(where), std::move(issue), std::move(suggestion));
  };
  const DeviceTraits& device = s.request.device;
  const std::string mesh = std::to_string(device.mesh_rows) + " by " + std::to_string(device.mesh_columns) + " chips";
  if (device.mesh_rows > 1 && device.mesh_columns > 1)
    return refuse("--device", mesh + " are a grid, and meshes of one row are emulated", "use --mesh 1x8");
  if (device.chips() > s.engine->most_chips)
    return refuse("--device", mesh + " are more than the " + std::to_string(s.engine->most_chips) + " that are emulated",
                  "use --mesh 1x" + std::to_string(s.engine->most_chips));
  for (const PlanOp& op : s.ops) {
    const bool activates = op.kind == OpKind::gated || op.kind == OpKind::activated;
    if (op.kind == OpKind::own || op.variant == KernelVariant::own)
      return refuse(s.path(op), "it runs code of the user's own, which is not the device's", "run the model on the cpu");
    if (multiplies(op.kind) && !s.engine->holds_weights(op.weights))
      return refuse(s.path(op), "products with weights in " + std::string(name_of(op.weights)) + " are not emulated",
                    "use bf16, bfloat8_b or bfloat4_b");
    if ((op.kind == OpKind::qkv || op.kind == OpKind::attention) && !s.engine->holds_weights(op.kv))
      return refuse(s.path(op), "a cache in " + std::string(name_of(op.kv)) + " is not emulated", "use bf16, bfloat8_b or bfloat4_b");
    if (activates && !s.engine->holds_activation(op.activation))
      return refuse(s.path(op), "the activation is of the user's own", "run the model on the cpu");
  }
  return {};
}

/// Every attention's place: in the session's own block, or in the pages of its size. The plan counts the same bytes.
TTT_INLINE void place_caches(ModelState& s) {
  std::vector<KvPoolPlan> pools;
  std::size_t attention = 0;
  s.model.view().each([&](const ModuleSpec& m, int, std::size_t, std::size_t) {
    if (!m.has_attention() || s.encoder) return;
    const AttentionSpec& a = m.attention;
    const CacheForm& form = s.caches[attention++];
    const bool paged = form.form == KvForm::paged;
    KvPlace place;
    if (paged) {
      const auto same = [&](const KvPoolPlan& p) { return p.page == form.page; };
      place.pool = static_cast<int>(std::find_if(pools.begin(), pools.end(), same) - pools.begin());
      if (place.pool == static_cast<int>(pools.size()))
        pools.push_back({form.page, 0, kv_pages(s.request.workload, form.page)});
    }
    const std::int64_t positions = paged ? form.page : kv_capacity(s.context());
    const auto one = [&] {  // keys, or values
      return s.engine != nullptr ? s.engine->cache_bytes(a.kv_heads, a.head_dim, positions, form.format)
                                 : catalog::k_cache_bytes(a.kv_heads, a.head_dim, positions, form.format);
    };
    std::int64_t& bytes = paged ? pools[static_cast<std::size_t>(place.pool)].page_bytes : s.kv_block_bytes;
    place.keys = bytes;
    place.values = bytes + catalog::round_up(one(), 64);
    bytes = added(bytes, 1, s.engine != nullptr ? 2 * catalog::round_up(one(), 64) : kv_bytes(a, form.format, positions));
    s.kv_places.push_back(place);
  });
  s.kv_pools = std::make_shared<SharedKvPools>(std::move(pools));
}

}  // namespace state_parts

TTT_INLINE Result<std::shared_ptr<ModelState>> plan_state(const StateInput& input, DType stored,
                                                          const LoadOptions& options) {
  auto state = std::make_shared<ModelState>();
  ModelState& s = *state;
  if (input.model.runs.empty() || input.model.module_count() == 0)
    return make_error(ErrorKind::config, "empty_model", "model", "it has no modules",
                      "begin with Embedding<vocab, hidden>");
  TTT_CHECK(keep_formats(input.own_formats));
  TTT_CHECK(check_paths(input.model, options.tuning));
  ConfiguredRuns runs = with_tuning(input.model, input.written, options.tuning);
  s.model = std::move(runs.model);
  s.written = std::move(runs.written);
  for (const auto& run : s.written) s.written_view.emplace_back(run);
  s.own_activations = input.own_activations;
  s.own_kernels = known_kernels(input.own_kernels, options.engine != nullptr ? options.device.kind : DeviceKind::cpu);
  s.max_position = input.max_position;

  TTT_TRY(const kernels::Isa isa, options.isa.empty() ? selected_isa() : isa_from_name(options.isa, "isa"));
  const kernels::KernelSource source = options.kernels != nullptr ? options.kernels
                                       : input.kernels != nullptr ? input.kernels
                                                                  : &kernels::default_kernels;
  s.kernels = source(isa);
  s.naive = source(kernels::Isa::scalar);
  if (s.kernels == nullptr || s.naive == nullptr)
    return make_error(ErrorKind::hardware, "isa_unavailable", "isa",
                      "this build carries no kernels for " + std::string(kernels::name_of(isa)),
                      "choose one that `ttt devices` lists");
  s.threads = options.threads > 0 ? options.threads : available_cores();

  TTT_TRY(Workload workload, checked_workload(options.workload, input.model, input.max_position));
  s.engine = options.engine;
  if (s.engine != nullptr)  // its pages are whole tiles
    workload.context = static_cast<int>(catalog::round_up(workload.context, options.device.tile));
  DeviceTraits device = s.engine != nullptr ? options.device : cpu::traits;
  device.threads = s.threads;
  if (s.engine == nullptr) {
    device.bf16_dot = s.kernels->has_bf16_dot;
    if (options.memory_limit > 0) device.memory_bytes = options.memory_limit;
  }
  s.request = {{s.model.view(), s.written_view, options.preset, options.policy, s.own_kernels},
               device, workload, stored, s.threads, options.split_all};
  s.pin_threads = options.pin_threads;
  TTT_CHECK(own_kernels_are_there(s.request.model, device));
  if (const Diagnosis d = diagnose(s.request); !d.ok()) return error_of(d, s.model.view());
  TTT_CHECK(state_parts::own_code_is_there(s));

  s.ropes = ropes_of(s.model.view());
  s.encoder = s.model.view().is_encoder();
  s.output = emit_ops(s.request, true, [&](const PlanOp& op) { s.ops.push_back(op); });
  TTT_CHECK(s.engine != nullptr ? state_parts::engine_has_ops(s) : state_parts::kernels_are_there(s));
  s.model.view().each([&](const ModuleSpec& m, int, std::size_t run, std::size_t place) {
    if (!m.has_attention()) return;
    const HardwareConfig c = s.request.model.resolved(s.request.device, run, place).attention;
    s.caches.push_back(s.encoder ? CacheForm{.format = c.kv}
                                 : CacheForm{c.kv, c.kv_form, c.kv_form == KvForm::paged ? kv_page(workload, c) : 0});
  });
  state_parts::place_caches(s);
  s.arena = arena_layout(s.request);
  s.totals = plan_totals(s.request, s.arena.total);
  const ModuleSpec& first = s.model.view().module(0);
  if (first.kind == ModuleKind::embedding) {
    s.vocab = first.embedding.vocab;
    s.positions = first.embedding.positions;
    s.token_types = first.embedding.token_types;
  }
  s.input_width = first.kind == ModuleKind::embedding ? 0 : first.in();
  const ModuleSpec& last = s.model.view().runs.back().modules.back();
  s.output_width = last.out();
  s.pools = last.kind == ModuleKind::linear && last.linear.pools;
  return state;
}

TTT_INLINE std::vector<TensorSpec> tensors_for(const ModelView& model, const TensorSource& source,
                                               const LoadOptions& options) {
  const bool prefix_missing =
      lacks_prefix(options.names, [&](std::string_view name) { return source.find(name).has_value(); });
  std::vector<TensorSpec> tensors = tensors_of(model, options.names, !prefix_missing);
  if (options.names_are_paths)
    for (TensorSpec& t : tensors) t.name = t.path;
  return tensors;
}

namespace state_parts {

TTT_INLINE Result<std::shared_ptr<const ModelState>> loaded(const StateInput& input, const TensorSource& source,
                                                            const LoadOptions& options, bool only_cache) {
  const std::vector<TensorSpec> tensors = tensors_for(input.model, source, options);
  TTT_TRY(const std::shared_ptr<ModelState> state, plan_state(input, stored_format(source, tensors), options));
  // The rule of memory holds the steady peak; the loader's buffer may come on top of it.
  if (options.memory_limit > 0 && state->totals.load_peak > options.memory_limit)
    return make_error(ErrorKind::memory, "does_not_fit", "model",
                      "loading needs " + std::to_string(state->totals.load_peak) + " bytes, and " +
                          std::to_string(options.memory_limit) + " are allowed",
                      "use a smaller weight format, or raise memory_limit");
  TTT_CHECK(check_tensors(source, state->model.view(), options.names, tensors));
  TTT_TRY(state->weights,
          load_weights(source, state->request, tensors, {options.progress, options.packed_cache, only_cache, state->engine}));
  static std::atomic<std::uint64_t> lineages = 0;
  state->lineage = ++lineages;
  return std::shared_ptr<const ModelState>(state);
}

}  // namespace state_parts

TTT_INLINE Result<std::shared_ptr<const ModelState>> make_state(const StateInput& input, const TensorSource& source,
                                                                const LoadOptions& options) {
  return state_parts::loaded(input, source, options, false);
}
TTT_INLINE Result<std::shared_ptr<const ModelState>> pack_ahead(const StateInput& input, const TensorSource& source,
                                                                const LoadOptions& options) {
  return state_parts::loaded(input, source, options, true);
}

}  // namespace ttt

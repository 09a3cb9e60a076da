// Definitions of runner.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/runner.hpp>

namespace ttt {

/// One op ready to run: the kernel and its arguments. Pointers are bound once; a step changes row counts and, where
/// rows are chosen, the map.
struct Runner::Call {
  const PlanOp* op = nullptr;
  union Args {
    kernels::EmbedArgs embed;
    kernels::MatmulArgs matmul;
    kernels::QkvArgs qkv;
    kernels::AttentionArgs attention;
    kernels::NormOpArgs norm;
    OwnModuleArgs own;
    Args() { std::memset(static_cast<void*>(this), 0, sizeof(*this)); }
  } args;
  union Fn {
    kernels::EmbedFn embed = nullptr;
    kernels::MatmulFn matmul;
    kernels::QkvFn qkv;
    kernels::AttentionFn attention;
    kernels::NormFn norm;
    void (*own)(const OwnModuleArgs&);
  } fn;
  int caches = -1;  // attention module's number

  /// One function for each kind, with the signature the team runs.
  template <auto Args::*Member, auto Fn::*Function>
  static void run(const void* call, kernels::Part part) noexcept {
    const Call& c = *static_cast<const Call*>(call);
    (c.fn.*Function)(c.args.*Member, part);
  }
  static void run_own(const void* call, kernels::Part) noexcept {
    const Call& c = *static_cast<const Call*>(call);
    c.fn.own(c.args.own);
  }
};

TTT_INLINE Runner::~Runner() = default;

TTT_INLINE float* Runner::buffer(Role role) const {
  return reinterpret_cast<float*>(const_cast<std::byte*>(arena_.data()) + state_->arena.offset_of(role));
}

TTT_INLINE Result<std::unique_ptr<Runner>> Runner::create(std::shared_ptr<const ModelState> state) {
  std::unique_ptr<Runner> runner(new Runner);
  Runner& r = *runner;
  r.state_ = std::move(state);
  const ModelState& s = *r.state_;
  TTT_TRY(r.arena_, Buffer::create(static_cast<std::size_t>(s.arena.total), MemoryClass::arena, "activations"));
  TTT_TRY(r.team_, ThreadTeam::create(s.threads));
  TTT_CHECK(r.team_->reserve(static_cast<int>(s.ops.size()), s.request.parts));
  const auto batch = static_cast<std::size_t>(s.request.workload.batch);
  r.rows_.resize(static_cast<std::size_t>(s.arena.rows));
  r.row_map_.resize(static_cast<std::size_t>(std::max(s.arena.logits_rows, s.arena.rows)));
  r.inv_freq_.assign(static_cast<std::size_t>(s.ropes.count), std::vector<const float*>(batch));
  r.rope_scale_.assign(static_cast<std::size_t>(s.ropes.count), std::vector<float>(batch, 1.0F));
  std::size_t attentions = 0;
  s.model.view().each([&](const ModuleSpec& m, int, std::size_t, std::size_t) { attentions += m.has_attention(); });
  r.caches_.resize(attentions * batch);
  r.bind();
  return runner;
}

TTT_INLINE void Runner::bind() {
  const ModelState& s = *state_;
  const ModelView view = s.model.view();
  const auto batch = static_cast<std::size_t>(s.request.workload.batch);
  const std::int64_t stride = s.arena.scratch_stride / 4;
  int attention_number = -1;

  auto norm_of = [&](const ModuleSpec& m, const NormWeights& w) {
    return kernels::NormArgs{m.norm.layer ? kernels::NormKind::layer : kernels::NormKind::rms,
                             static_cast<float>(m.norm.eps.v), w.weight, w.bias};
  };
  auto matmul = [&](const PlanOp& op, const kernels::Packed& w, const kernels::NormArgs& norm) {
    kernels::MatmulArgs a{};
    a.x = buffer(op.in);
    a.ldx = op.k;
    a.norm = norm;
    a.w = w;
    a.y = buffer(op.out);
    a.out = op.kind == OpKind::gated ? op.n / 2 : op.n;
    a.ldy = a.out;
    a.scratch = buffer(Role::scratch);
    a.scratch_stride = stride;
    return a;
  };
  auto cos_sin = [&](int rope) { return buffer(Role::cos_sin) + std::int64_t{s.arena.rows} * s.ropes.width_before(rope); };

  for (const PlanOp& op : s.ops) {
    auto call = std::make_unique<Call>();
    Call& c = *call;
    c.op = &op;
    const ModuleSpec& m = view.module(op.module);
    const ModuleWeights& w = s.weights.modules[static_cast<std::size_t>(op.module)];
    const bool in_mlp = op.name == OpName::mlp_gate_up || op.name == OpName::mlp_up || op.name == OpName::mlp_down;
    kernels::NormArgs norm{};
    if (op.norm_module >= 0)
      norm = norm_of(view.module(op.norm_module),
                     s.weights.modules[static_cast<std::size_t>(op.norm_module)].attention_norm);
    else if (op.norm)
      norm = norm_of(m, in_mlp ? w.mlp_norm : w.attention_norm);

    TeamOp team{nullptr, &c, s.request.parts};
    switch (op.kind) {
      case OpKind::embed:
      case OpKind::rotary: {
        c.fn.embed = s.kernels->embed(op.kind == OpKind::embed ? op.weights : DType::fp32);
        kernels::EmbedArgs& a = c.args.embed;
        a.rows = rows_.data();
        if (op.kind == OpKind::embed) {
          a.table = w.table;
          a.scale = static_cast<float>(m.embedding.scale.v);
          a.y = buffer(op.out);
        }
        if (op.rope >= 0) {
          const auto rope = static_cast<std::size_t>(op.rope);
          a.inv_freq = inv_freq_[rope].data();
          a.rope_scale = rope_scale_[rope].data();
          a.rotary_dim = s.ropes.uses[rope].rotary_dim();
          a.cos_sin = cos_sin(op.rope);
        }
        team.run = Call::run<&Call::Args::embed, &Call::Fn::embed>;
        break;
      }
      case OpKind::qkv: {
        ++attention_number;
        c.fn.qkv = s.kernels->qkv(op.weights, op.operands, op.kv);
        kernels::QkvArgs& a = c.args.qkv;
        a.matmul = matmul(op, w.qkv, norm);
        a.matmul.y = nullptr;
        a.heads = m.attention.heads;
        a.kv_heads = m.attention.kv_heads;
        a.head_dim = m.attention.head_dim;
        a.rotary_dim = m.attention.rotary_dim();
        a.interleaved = m.attention.rope.interleaved;
        a.q_norm = w.q_norm;
        a.k_norm = w.k_norm;
        a.qk_norm_eps = static_cast<float>(m.attention.qk_norm_eps.v);
        a.rows = rows_.data();
        a.cos_sin = op.rope >= 0 ? cos_sin(op.rope) : nullptr;
        a.q = buffer(Role::q);
        a.kv = buffer(Role::kv);
        a.caches = caches_.data() + static_cast<std::size_t>(attention_number) * batch;
        team.run = Call::run<&Call::Args::qkv, &Call::Fn::qkv>;
        break;
      }
      case OpKind::attention: {
        c.fn.attention = s.kernels->attention(op.kv);
        kernels::AttentionArgs& a = c.args.attention;
        a.heads = m.attention.heads;
        a.kv_heads = m.attention.kv_heads;
        a.head_dim = m.attention.head_dim;
        a.rows = rows_.data();
        a.q = buffer(Role::q);
        a.caches = caches_.data() + static_cast<std::size_t>(attention_number) * batch;
        a.scale = m.attention.scale.v > 0 ? static_cast<float>(m.attention.scale.v)
                                          : 1.0F / std::sqrt(static_cast<float>(m.attention.head_dim));
        a.softcap = static_cast<float>(m.attention.softcap.v);
        a.window = m.attention.sliding_window;
        a.y = buffer(Role::attention);
        a.scratch = buffer(Role::scratch);
        a.scratch_stride = stride;
        team.run = Call::run<&Call::Args::attention, &Call::Fn::attention>;
        break;
      }
      case OpKind::gated:
      case OpKind::activated: {
        const bool gated = op.kind == OpKind::gated;
        c.fn.matmul = gated ? s.kernels->gated(op.weights, op.operands, op.activation)
                            : s.kernels->activated(op.weights, op.operands, op.activation);
        for (const OwnActivationSource& own : s.own_activations)
          if (op.activation == Activation::own && own.name == m.mlp.own_activation) {
            const kernels::OwnActivationKernels composed = own.kernels(s.kernels->isa);
            c.fn.matmul = gated ? composed.gated(op.weights, op.operands) : composed.activated(op.weights, op.operands);
          }
        c.args.matmul = matmul(op, w.up, norm);
        team.run = Call::run<&Call::Args::matmul, &Call::Fn::matmul>;
        break;
      }
      case OpKind::projection:
      case OpKind::linear: {
        c.fn.matmul = op.kind == OpKind::projection ? s.kernels->residual(op.weights, op.operands)
                                                    : s.kernels->store(op.weights, op.operands);
        c.args.matmul = matmul(op, in_mlp ? w.down : op.name == OpName::attention_o ? w.o : w.linear, norm);
        if (m.kind == ModuleKind::linear) c.args.matmul.softcap = static_cast<float>(m.linear.softcap.v);
        team.run = Call::run<&Call::Args::matmul, &Call::Fn::matmul>;
        break;
      }
      case OpKind::norm:
        c.fn.norm = s.kernels->norm;
        c.args.norm = {buffer(op.in), buffer(op.out), 0, m.norm.width, norm_of(m, w.attention_norm)};
        team.run = Call::run<&Call::Args::norm, &Call::Fn::norm>;
        break;
      case OpKind::own:
        c.fn.own = m.own.reference;
        c.args.own = {buffer(op.in), buffer(op.out), 0, w.own.data()};
        team.run = Call::run_own;
        team.parts = 1;
        break;
    }
    calls_.push_back(std::move(call));
    program_.push_back(team);
  }
}

TTT_INLINE Result<void> Runner::check(std::span<const BatchItem> items) const {
  const ModelState& s = *state_;
  auto refuse = [](const char* name, std::string where, std::string issue, std::string suggestion) {
    return make_error(ErrorKind::request, name, std::move(where), std::move(issue), std::move(suggestion));
  };
  if (items.size() > static_cast<std::size_t>(s.request.workload.batch))
    return refuse("batch_too_large", "step",
                  std::to_string(items.size()) + " sessions, but the model was loaded for a batch of " +
                      std::to_string(s.request.workload.batch),
                  "load it with a larger batch");
  std::int64_t rows = 0, results = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const BatchItem& item = items[i];
    const std::int64_t count =
        s.vocab > 0 ? static_cast<std::int64_t>(item.tokens.size()) : std::int64_t{item.row_count};
    const std::string where = "step, session " + std::to_string(i);
    if (item.session == nullptr || &item.session->state() != &s)
      return refuse("wrong_state", where, "the session does not belong to this loaded model",
                    "make it with the model's session()");
    for (std::size_t j = 0; j < i; ++j)
      if (items[j].session == item.session)
        return refuse("wrong_state", where, "the session occurs twice in one step", "give each session once");
    if (count < 1) return refuse("empty_step", where, "no tokens were given", "give at least one token");
    if (s.vocab == 0 && item.rows == nullptr)
      return refuse("empty_step", where, "the model takes rows and none were given", "set `rows` and `row_count`");
    if (count > item.session->room())
      return refuse("context_full", where,
                    std::to_string(count) + " tokens do not fit: " + std::to_string(item.session->length()) + " of " +
                        std::to_string(s.context()) + " positions are taken",
                    "reset the session, shorten the prompt, or load the model with a larger context");
    for (const std::int32_t token : item.tokens)
      if (s.vocab > 0 && (token < 0 || token >= s.vocab))
        return refuse("token_out_of_range", where,
                      "token id " + std::to_string(token) + " is not in [0, " + std::to_string(s.vocab - 1) + "]",
                      "use ids of the model's own tokenizer");
    rows += count;
    results += item.logits == BatchItem::Logits::all ? count : item.logits == BatchItem::Logits::last ? 1 : 0;
  }
  if (rows == 0) return refuse("empty_step", "step", "no sessions were given", "give at least one");
  if (rows > s.arena.rows)
    return refuse("batch_too_large", "step",
                  std::to_string(rows) + " tokens, but a step of this plan holds " + std::to_string(s.arena.rows),
                  "send the prompt in chunks of that size, or load the model with a larger chunk");
  if (s.output == Role::logits && results > s.arena.logits_rows)
    return refuse("batch_too_large", "step",
                  std::to_string(results) + " rows of logits, but this plan holds " +
                      std::to_string(s.arena.logits_rows),
                  "ask for the last token's logits, or load the model with more logits_rows");
  return {};
}

TTT_INLINE void Runner::prepare(std::span<const BatchItem> items) {
  const ModelState& s = *state_;
  const auto batch = static_cast<std::size_t>(s.request.workload.batch);
  std::int32_t row = 0, results = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const BatchItem& item = items[i];
    Session& session = *item.session;
    const auto count = s.vocab > 0 ? static_cast<std::int32_t>(item.tokens.size()) : item.row_count;
    session.set_rotary(std::max(session.length_ + count, item.sequence_length));
    for (std::size_t rope = 0; rope < inv_freq_.size(); ++rope) {
      inv_freq_[rope][i] = session.inv_freq_[rope].data();
      rope_scale_[rope][i] = session.rope_scale_[rope];
    }
    for (std::size_t a = 0; a < session.caches_.size(); ++a) caches_[a * batch + i] = session.caches_[a];
    if (s.vocab == 0)
      std::memcpy(buffer(Role::x) + std::int64_t{row} * s.input_width, item.rows,
                  static_cast<std::size_t>(count) * static_cast<std::size_t>(s.input_width) * 4);
    for (std::int32_t t = 0; t < count; ++t, ++row) {
      const std::int32_t token = s.vocab > 0 ? item.tokens[static_cast<std::size_t>(t)] : 0;
      rows_[static_cast<std::size_t>(row)] = {token, session.length_ + t, static_cast<std::int32_t>(i)};
      const bool wanted = item.logits == BatchItem::Logits::all ||
                          (item.logits == BatchItem::Logits::last && t + 1 == count);
      if (wanted) row_map_[static_cast<std::size_t>(results++)] = row;
    }
  }
  // Without logits every row is a result.
  output_rows_ = s.output == Role::logits ? results : row;
  output_ = buffer(s.output);
  for (const auto& call : calls_) {
    Call& c = *call;
    switch (c.op->kind) {
      case OpKind::embed:
      case OpKind::rotary: c.args.embed.row_count = row; break;
      case OpKind::qkv: c.args.qkv.matmul.row_count = row; break;
      case OpKind::attention: c.args.attention.row_count = row; break;
      case OpKind::norm: c.args.norm.row_count = row; break;
      case OpKind::own: c.args.own.rows = row; break;
      case OpKind::gated:
      case OpKind::activated:
      case OpKind::projection:
      case OpKind::linear:
        c.args.matmul.row_count = c.op->out == Role::logits ? results : row;
        c.args.matmul.row_map = c.op->out == Role::logits && results != row ? row_map_.data() : nullptr;
        break;
    }
  }
}

TTT_INLINE Result<void> Runner::step(std::span<const BatchItem> items, const Tap* tap) {
  TTT_CHECK(check(items));
  prepare(items);
  std::size_t ops = program_.size();
  // Without a row of logits to compute, the head would run on nothing.
  if (state_->output == Role::logits && output_rows_ == 0) --ops;
  if (tap == nullptr) {
    team_->run({program_.data(), ops});
  } else {
    const int rows = calls_.front()->op->kind == OpKind::embed || calls_.front()->op->kind == OpKind::rotary
                         ? calls_.front()->args.embed.row_count
                         : output_rows_;
    for (std::size_t begin = 0; begin < ops;) {
      std::size_t end = begin + 1;
      while (end < ops && calls_[end]->op->module == calls_[begin]->op->module) ++end;
      team_->run({program_.data() + begin, end - begin});
      const PlanOp& last = *calls_[end - 1]->op;
      if (last.kind != OpKind::rotary && last.out != Role::logits)
        (*tap)(last.module, buffer(last.out), rows, state_->model.view().module(last.module).out());
      begin = end;
    }
  }
  for (const BatchItem& item : items)
    item.session->length_ +=
        state_->vocab > 0 ? static_cast<int>(item.tokens.size()) : item.row_count;
  return {};
}

}  // namespace ttt

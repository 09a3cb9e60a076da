// Definitions of program.hpp.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/plan/parts.hpp>
#include <ttt/runtime/program_call.hpp>

namespace ttt {

TTT_INLINE Program::~Program() = default;

TTT_INLINE float* Program::buffer(Role role) const {
  return reinterpret_cast<float*>(arena_->data() + state_->arena.offset_of(role));
}

TTT_INLINE int Program::count_of(const BatchItem& item) const {
  return state_->vocab > 0 ? static_cast<int>(item.tokens.size()) : item.row_count;
}

TTT_INLINE Result<std::shared_ptr<Program>> Program::create(std::shared_ptr<const ModelState> state,
                                                            std::shared_ptr<Buffer> arena, const void* owner) {
  std::shared_ptr<Program> made(new Program);
  Program& p = *made;
  p.state_ = std::move(state);
  p.owner_ = owner;
  const ModelState& s = *p.state_;
  const auto bytes = static_cast<std::size_t>(s.arena.total);
  if (!arena || arena->size() < bytes) {
    TTT_TRY(Buffer own, Buffer::create(bytes, MemoryClass::arena, "activations"));
    arena = std::make_shared<Buffer>(std::move(own));
  }
  p.arena_ = std::move(arena);
  if (!s.kv_pools->plans().empty()) {
    TTT_TRY(p.kv_pools_, s.kv_pools->get());
  }
  const auto batch = static_cast<std::size_t>(s.request.workload.batch);
  p.rows_.resize(static_cast<std::size_t>(s.arena.rows));
  if (s.encoder) p.seen_.resize(p.rows_.size());
  p.row_map_.resize(static_cast<std::size_t>(std::max(s.arena.logits_rows, s.arena.rows)));
  p.inv_freq_.assign(static_cast<std::size_t>(s.ropes.count), std::vector<const float*>(batch));
  p.rope_scale_.assign(static_cast<std::size_t>(s.ropes.count), std::vector<float>(batch, 1.0F));
  p.caches_.resize(s.caches.size() * batch);
  p.bind();
  return made;
}

TTT_INLINE Result<void> Program::check(std::span<const BatchItem> items) const {
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
    const std::int64_t count = count_of(item);
    const auto where = [i] { return "step, session " + std::to_string(i); };  // made only to refuse: a string may allocate
    for (std::size_t j = 0; j < i; ++j)
      if (items[j].session == item.session)
        return refuse("wrong_state", where(), "the session occurs twice in one step", "give each session once");
    if (count < 1) return refuse("empty_step", where(), "no tokens were given", "give at least one token");
    if (s.vocab == 0 && item.rows == nullptr)
      return refuse("empty_step", where(), "the model takes rows and none were given", "set `rows` and `row_count`");
    if (count > item.session->room())
      return refuse("context_full", where(),
                    std::to_string(count) + " tokens do not fit: " + std::to_string(item.session->length()) + " of " +
                        std::to_string(s.context()) + " positions are taken",
                    "reset the session, shorten the prompt, or load the model with a larger context");
    if (!item.types.empty() && static_cast<std::int64_t>(item.types.size()) != count)
      return refuse("token_types_differ", where(),
                    std::to_string(item.types.size()) + " token types were given for " + std::to_string(count) + " tokens",
                    "give one for each token, or none");
    for (const std::int32_t type : item.types)
      if (type < 0 || type >= std::max(1, s.token_types))
        return refuse("token_type_out_of_range", where(),
                      "token type " + std::to_string(type) + " is not in [0, " + std::to_string(std::max(1, s.token_types) - 1) + "]",
                      s.token_types > 0 ? "use the types of the model's own tokenizer" : "leave the types out: the model has none");
    for (const std::int32_t token : item.tokens)
      if (s.vocab > 0 && (token < 0 || token >= s.vocab))
        return refuse("token_out_of_range", where(),
                      "token id " + std::to_string(token) + " is not in [0, " + std::to_string(s.vocab - 1) + "]",
                      "use ids of the model's own tokenizer");
    rows += count;
    results += item.logits == BatchItem::Logits::all && !s.pools ? count : item.logits != BatchItem::Logits::none ? 1 : 0;
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

/// Positions that are told apart: an op does not outgrow one thread from one token to the next.
inline constexpr int keys_together = 64;

TTT_INLINE void Program::choose_parts(const PartsFor& now) {
  if (now == parts_for_) return;
  parts_for_ = now;
  StepShape step{.rows = static_cast<double>(now.rows),
                 .sessions = static_cast<double>(now.sessions),
                 .keys = (static_cast<double>(now.keys) + 0.5) * keys_together,
                 .decode = now.rows == now.sessions};
  const PartsRule rule(state_->request, state_->ops);
  for (std::size_t i = 0; i < ops_.size(); ++i) {
    const PlanOp& op = *calls_[i]->op;
    step.rows = op.out == Role::logits ? now.results : now.rows;
    ops_[i].parts = rule.parts(op, step);
  }
}

TTT_INLINE void Program::prepare(std::span<const BatchItem> items) {
  const ModelState& s = *state_;
  const auto batch = static_cast<std::size_t>(s.request.workload.batch);
  std::int32_t row = 0, results = 0;
  std::int64_t keys = 0;  // of all rows
  // Another program may have used the arena since.
  std::memset(buffer(Role::partials), 0, static_cast<std::size_t>(s.arena.split_items * catalog::arrival_bytes));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const BatchItem& item = items[i];
    Session& session = *item.session;
    const std::int32_t count = count_of(item);
    session.set_rotary(std::max(session.length_ + count, item.sequence_length));
    for (std::size_t rope = 0; rope < inv_freq_.size(); ++rope) {
      inv_freq_[rope][i] = session.inv_freq_[rope].data();
      rope_scale_[rope][i] = session.rope_scale_[rope];
    }
    for (std::size_t a = 0; a < session.caches_.size(); ++a) caches_[a * batch + i] = session.caches_[a];
    keys += std::int64_t{count} * (s.encoder ? count : session.length_ + count / 2);
    if (s.vocab == 0)
      std::memcpy(buffer(Role::x) + std::int64_t{row} * s.input_width, item.rows,
                  static_cast<std::size_t>(count) * static_cast<std::size_t>(s.input_width) * 4);
    for (std::int32_t t = 0; t < count; ++t, ++row) {
      const std::int32_t token = s.vocab > 0 ? item.tokens[static_cast<std::size_t>(t)] : 0;
      const std::int32_t type = item.types.empty() ? 0 : item.types[static_cast<std::size_t>(t)];
      rows_[static_cast<std::size_t>(row)] = {token, session.length_ + t, static_cast<std::int32_t>(i), type};
      if (s.encoder) seen_[static_cast<std::size_t>(row)] = {token, count - 1, static_cast<std::int32_t>(i), type};
      const bool wanted = s.pools ? t == 0 && item.logits != BatchItem::Logits::none
                                  : item.logits == BatchItem::Logits::all ||
                                        (item.logits == BatchItem::Logits::last && t + 1 == count);
      if (wanted) row_map_[static_cast<std::size_t>(results++)] = row;
    }
  }
  choose_parts({row, results, static_cast<std::int32_t>(items.size()),
                static_cast<std::int32_t>(keys / row / keys_together)});
  // Without logits every row is a result.
  step_rows_ = row;
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

TTT_INLINE void Program::run_tapped(std::size_t count, ThreadTeam& team, OpTap& tap) {
  for (std::size_t i = 0; i < count; ++i) {
    const Call& c = *calls_[i];
    const PlanOp& op = *c.op;
    const bool reads = op.kind != OpKind::embed && op.kind != OpKind::rotary;
    const OpValue in = reads ? OpValue{op.in, buffer(op.in), step_rows_, op.kind == OpKind::attention ? op.n : op.k}
                             : OpValue{};
    if (!tap.before(i, in)) continue;
    team.run({ops_.data() + i, 1});
    OpValue out[2] = {{op.out, buffer(op.out), op.out == Role::logits ? output_rows_ : step_rows_,
                       op.kind == OpKind::gated ? op.n / 2 : op.n}};
    std::size_t values = op.kind == OpKind::rotary ? 0 : 1;
    if (op.kind == OpKind::qkv) {
      const kernels::QkvArgs& a = c.args.qkv;
      out[0].width = a.heads * a.head_dim;
      out[values++] = {Role::kv, a.kv, step_rows_, 2 * a.kv_heads * a.head_dim};
    }
    tap.after(i, {out, values});
  }
}

TTT_INLINE void Program::run(std::span<const BatchItem> items, ThreadTeam& team, const Tap* tap,
                             std::span<double> seconds, ThreadRecorder* recorder, OpTap* op_tap) {
  prepare(items);
  std::size_t count = ops_.size();
  // Without a row of logits to compute, the head would run on nothing.
  if (state_->output == Role::logits && output_rows_ == 0) --count;
  if (op_tap != nullptr) {
    run_tapped(count, team, *op_tap);
  } else if (!seconds.empty()) {
    std::fill(seconds.begin(), seconds.end(), 0.0);
    for (std::size_t op = 0; op < count; ++op) {
      const auto start = std::chrono::steady_clock::now();
      team.run({ops_.data() + op, 1});
      if (op < seconds.size())
        seconds[op] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
  } else if (tap == nullptr) {
    team.run({ops_.data(), count}, recorder);
  } else {
    for (std::size_t begin = 0; begin < count;) {
      std::size_t end = begin + 1;
      while (end < count && calls_[end]->op->module == calls_[begin]->op->module) ++end;
      team.run({ops_.data() + begin, end - begin});
      const PlanOp& last = *calls_[end - 1]->op;
      if (last.kind != OpKind::rotary && last.out != Role::logits)
        (*tap)(last.module, buffer(last.out), step_rows_, state_->model.view().module(last.module).out());
      begin = end;
    }
  }
  if (state_->encoder) return;  // the next step is another sequence
  for (const BatchItem& item : items) item.session->length_ += count_of(item);
}

}  // namespace ttt

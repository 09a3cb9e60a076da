// Definitions of runner.hpp.
#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/runner.hpp>

namespace ttt {

TTT_INLINE Result<std::unique_ptr<Runner>> Runner::create(std::shared_ptr<const ModelState> state) {
  std::unique_ptr<Runner> runner(new Runner);
  Runner& r = *runner;
  TTT_TRY(r.current_, Program::create(std::move(state), nullptr, runner.get()));
  const ModelState& s = r.current_->state();
  TTT_TRY(r.team_, ThreadTeam::create(s.threads, s.pin_threads));
  TTT_CHECK(r.team_->reserve(static_cast<int>(s.ops.size()), s.request.parts));
  return runner;
}

TTT_INLINE std::shared_ptr<Program> Runner::current() const {
  const std::lock_guard lock(current_mutex_);
  return current_;
}

TTT_INLINE std::shared_ptr<const ModelState> Runner::shared_state() const { return current()->shared_state(); }

TTT_INLINE const std::shared_ptr<Program>* Runner::program_for(const Session& session) const {
  const ModelState& now = current_->state();
  const ModelState& its = session.state();
  if (&its == &now) return &current_;
  if (its.lineage != now.lineage) return nullptr;
  if (session.length() == 0 || same_caches(its, now)) return &current_;
  const bool here = session.program_ && session.program_->owner() == this && &session.program_->state() == &its;
  return here ? &session.program_ : nullptr;
}

TTT_INLINE const ModelState& Runner::state_for(const Session& session) const {
  const std::shared_ptr<Program>* const program = program_for(session);
  return program != nullptr ? (*program)->state() : session.state();
}

TTT_INLINE Result<void> Runner::step(std::span<const BatchItem> items, const Tap* tap,
                                   std::span<double> seconds, ThreadRecorder* recorder, OpTap* op_tap) {
  const std::shared_ptr<Program>* chosen = &current_;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto where = [i] { return "step, session " + std::to_string(i); };  // made only to refuse: a string may allocate
    const std::shared_ptr<Program>* const its = items[i].session != nullptr ? program_for(*items[i].session) : nullptr;
    if (its == nullptr)
      return make_error(ErrorKind::request, "wrong_state", where(), "the session does not belong to this loaded model",
                        "make it with the model's session()");
    if (i == 0) chosen = its;
    if (its->get() != chosen->get())
      return make_error(ErrorKind::request, "mixed_states", where(),
                        "its keys and values are of another configuration than those of session 0: one of the two "
                        "began before the model's KV format was changed",
                        "step sessions of before and after the change apart, or reset the older ones");
  }
  const std::shared_ptr<Program> program = *chosen;  // a session may let go of its own
  TTT_CHECK(program->check(items));
  for (const BatchItem& item : items) {
    if (item.session->program_ == program) continue;
    TTT_CHECK(item.session->adopt(program->shared_state()));
    item.session->program_ = program;
  }
  for (const BatchItem& item : items)
    if (auto taken = program->take_pages(item); !taken) {
      for (const BatchItem& each : items) each.session->truncate(each.session->length());
      return taken.error();
    }
  program->run(items, *team_, tap, seconds, recorder, op_tap);
  output_ = program->output();
  output_rows_ = program->output_rows();
  return {};
}

TTT_INLINE Result<void> Runner::adopt(std::shared_ptr<const ModelState> state) {
  const std::shared_ptr<Program> before = current();
  if (!state || state->lineage != before->state().lineage)
    return make_error(ErrorKind::request, "wrong_state", "state", "it is no state of this loaded model",
                      "change the model through its own handle");
  TTT_TRY(std::shared_ptr<Program> program, Program::create(std::move(state), before->arena(), this));
  const ModelState& s = program->state();
  turn_.lock_first();
  const std::lock_guard turn(turn_, std::adopt_lock);
  TTT_CHECK(team_->reserve(static_cast<int>(s.ops.size()), s.request.parts));
  const std::lock_guard lock(current_mutex_);
  current_.swap(program);
  output_ = nullptr;
  output_rows_ = 0;
  return {};
}

}  // namespace ttt

// Definitions of scheduler_rounds.hpp.
#pragma once

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/scheduler_rounds.hpp>
#include <ttt/runtime/token_ids.hpp>

namespace ttt {

namespace scheduler_parts {

/// Lets go of a mutex while a round is driven, and ends the round whatever happens in it.
template <class Rounds>
class Driving {
 public:
  Driving(Rounds& rounds, std::unique_lock<std::mutex>& lock) : rounds_(rounds), lock_(lock) {
    rounds_.driving = true;
    rounds_.driver = pthread_self();
    lock_.unlock();
  }
  Driving(const Driving&) = delete;
  Driving& operator=(const Driving&) = delete;
  ~Driving() {
    lock_.lock();
    rounds_.driving = false;
    rounds_.changed.notify_all();
  }

 private:
  Rounds& rounds_;
  std::unique_lock<std::mutex>& lock_;
};

}  // namespace scheduler_parts

TTT_INLINE Result<std::shared_ptr<Scheduler::Text>> Scheduler::Rounds::submit(std::vector<std::int32_t> prompt,
                                                                             GenerateOptions how, PieceCallback piece) {
  const std::shared_ptr<const ModelState> state = runner->shared_state();
  if (!how.eos) how.eos = options.defaults.eos;
  if (!how.sampling) how.sampling = options.defaults.sampling;
  TTT_CHECK(check_token_ids(prompt, state->vocab, "prompt"));
  TTT_TRY(Course course, Course::create(*state, tokenizer, std::move(prompt), std::move(how)));
  auto text = std::make_shared<Text>(std::move(course), std::move(piece));
  const std::lock_guard lock(mutex);
  if (waiting.size() >= static_cast<std::size_t>(options.most_waiting))
    return make_error(ErrorKind::request, "queue_full", "prompt",
                      std::to_string(waiting.size()) + " texts wait, which is the most this scheduler holds",
                      "wait until some have ended, or create it with a larger most_waiting");
  waiting.push_back(text);
  return text;
}

TTT_INLINE bool Scheduler::Rounds::step() {
  std::unique_lock lock(mutex);
  if (driving) {
    if (pthread_equal(driver, pthread_self()) != 0) return false;  // from a callback
    changed.wait(lock);
    return left();
  }
  if (!left()) return false;
  const scheduler_parts::Driving drive(*this, lock);
  round();
  return true;
}

TTT_INLINE void Scheduler::Rounds::cancel(Text& text) {
  text.cancelled = true;
  const std::lock_guard lock(mutex);
  const auto at = std::find_if(waiting.begin(), waiting.end(), [&](const TextPtr& t) { return t.get() == &text; });
  if (at == waiting.end()) return;  // a round sees it
  text.course.end(GenerationEnd::cancelled);
  text.over = true;
  waiting.erase(at);
  changed.notify_all();
}

TTT_INLINE void Scheduler::Rounds::round() {
  if (!telling.empty()) tell();  // what a callback that threw left
  if (rounds++ % 16 == 0) sweep();
  admit();
  step_all();
  tell();
}

/// Waiting texts whose request was cancelled from outside.
TTT_INLINE void Scheduler::Rounds::sweep() {
  const std::lock_guard lock(mutex);
  std::erase_if(waiting, [&](const TextPtr& t) {
    if (!t->course.cancelled()) return false;
    t->course.end(GenerationEnd::cancelled);
    t->over = true;
    return true;
  });
}

/// Whether there are pages for a text's whole prompt and a token behind it, beside those that running prompts still need.
TTT_INLINE bool Scheduler::Rounds::pages_for(const Text& text) const {
  const std::shared_ptr<const ModelState> state = runner->shared_state();
  const std::vector<KvPoolPlan>& pools = state->kv_pools->plans();
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const auto pages = [&](std::size_t tokens) {
      return (static_cast<std::int64_t>(tokens) + pools[i].page - 1) / pools[i].page;
    };
    const auto most = [&](const Text& t) {
      return pages(std::min(t.course.ids().size() + 1, static_cast<std::size_t>(state->context())));
    };
    std::int64_t needed = most(text);
    for (const TextPtr& t : running) needed += most(*t) - pages(static_cast<std::size_t>(t->session->length()));
    if (needed > state->kv_pools->free_pages(i)) return false;
  }
  return true;
}

TTT_INLINE void Scheduler::Rounds::admit() {
  const std::shared_ptr<const ModelState> state = runner->shared_state();
  while (running.size() < static_cast<std::size_t>(state->request.workload.batch)) {
    TextPtr text;
    {
      const std::lock_guard lock(mutex);
      if (waiting.empty()) return;
      text = waiting.front();
      // With nobody else running it is tried all the same: sessions beside this scheduler may hold pages.
      if (!running.empty() && !pages_for(*text)) return;
      waiting.pop_front();
    }
    text->course.stats.waiting_s += text->lap();
    if (text->course.goes_on(state->longest())) {
      Result<void> started = text->course.start(*state);
      if (started && spare.empty()) {
        Result<Session> made = Session::create(state);
        if (made)
          spare.push_back(std::move(*made));
        else
          started = made.error();
      }
      if (started) {
        text->session.emplace(std::move(spare.back()));
        spare.pop_back();
        const std::lock_guard lock(mutex);
        running.push_back(std::move(text));
        continue;
      }
      text->course.fail(started.error());
    }
    telling.push_back(std::move(text));
  }
}

/// Removes a running text; its session waits for the next one.
TTT_INLINE void Scheduler::Rounds::take_out(std::size_t at) {
  Text& text = *running[at];
  text.session->reset();
  if (spare.size() < spare.capacity()) spare.push_back(std::move(*text.session));
  text.session.reset();
  const std::lock_guard lock(mutex);
  running.erase(running.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Gives everybody what was said for them.
TTT_INLINE void Scheduler::Rounds::tell() {
  std::reverse(telling.begin(), telling.end());
  while (!telling.empty()) {
    const TextPtr text = std::move(telling.back());
    telling.pop_back();
    const std::string said = std::exchange(text->said, {});
    const bool ended = !text->course.running();
    if (text->piece && !said.empty() && !text->piece(said)) text->cancelled = true;
    const std::lock_guard lock(mutex);
    if (!text->piece) text->ready += said;
    if (ended) text->over = true;
  }
}

}  // namespace ttt

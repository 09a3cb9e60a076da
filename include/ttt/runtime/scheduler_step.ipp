// Definitions of scheduler_rounds.hpp: one step of the texts that run.
#pragma once

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/scheduler_rounds.hpp>

namespace ttt {

namespace scheduler_parts {

TTT_INLINE bool is_exhausted(const Error& e) { return e.link.ends_with("#kv_pages_exhausted"); }

}  // namespace scheduler_parts

TTT_INLINE void Scheduler::Rounds::step_all() {
  {
    const std::lock_guard turn(runner->turn());
    for (const TextPtr& t : running)
      if (t->cancelled && t->course.running()) t->course.end(GenerationEnd::cancelled);
    // Sessions of before and after a change of the caches' form cannot share a step: each form has its own.
    done.clear();
    for (;;) {
      const ModelState* state = nullptr;
      alike.clear();
      for (const TextPtr& t : running) {
        const ModelState* const its = &runner->state_for(*t->session);
        if (!t->course.goes_on(its->longest()) || std::find(done.begin(), done.end(), its) != done.end()) continue;
        if (state == nullptr) state = its;
        if (its == state) alike.push_back(t.get());
      }
      if (state == nullptr) break;
      step_alike(*state);
      done.push_back(state);
    }
  }
  for (std::size_t i = 0; i < running.size();) {
    Text& t = *running[i];
    const bool ended = !t.course.running();
    if (ended) t.said += t.course.rest();
    if (ended || !t.said.empty()) telling.push_back(running[i]);
    if (ended)
      take_out(i);
    else
      ++i;
  }
}

/// Steps the texts in `alike`, all of one state.
TTT_INLINE void Scheduler::Rounds::step_alike(const ModelState& state) {
  fill(state);
  while (!items.empty() && !run_items()) {
  }
}

/// Decoding texts first, then prompts in the order of their texts, as far as the step's tokens go.
TTT_INLINE void Scheduler::Rounds::fill(const ModelState& state) {
  int room = options.step_tokens > 0 ? std::min(options.step_tokens, state.arena.rows) : state.arena.rows;
  room = std::max(room, static_cast<int>(alike.size()));  // a token for everybody
  items.clear();
  stepping.clear();
  auto take = [&](Text* t, int tokens, int left) {
    const std::span<const std::int32_t> ids = t->course.ids();
    items.push_back({.session = &*t->session,
                     .tokens = ids.subspan(ids.size() - static_cast<std::size_t>(left), static_cast<std::size_t>(tokens)),
                     .logits = tokens == left ? BatchItem::Logits::last : BatchItem::Logits::none,
                     .sequence_length = static_cast<int>(ids.size())});
    stepping.push_back(t);
    room -= tokens;
  };
  for (Text* const t : alike)
    if (t->left() == 1) take(t, 1, 1);
  if (!items.empty() && options.prompt_tokens > 0) room = std::min(room, options.prompt_tokens);
  for (Text* const t : alike)
    if (const int left = t->left(); left > 1 && room > 0) take(t, std::min(left, room), left);
}

/// One step of `items`. False when it was refused and is to be tried with what is left of them.
TTT_INLINE bool Scheduler::Rounds::run_items() {
  const auto count_them = [&] {
    const std::lock_guard lock(mutex);
    ++stats.steps;
    for (const BatchItem& item : items)
      (item.tokens.size() > 1 ? stats.prompt_tokens : stats.decoded_tokens) += static_cast<std::int64_t>(item.tokens.size());
  };
  Result<void> stepped = runner->step(items);
  if (stepped) {
    count_them();
    choosing.clear();
    for (std::size_t i = 0; i < items.size(); ++i)
      if (items[i].logits == BatchItem::Logits::last) choosing.push_back(stepping[i]);
    choose();
    return true;
  }
  if (scheduler_parts::is_exhausted(stepped.error())) return give_way(stepped.error());
  // Something is wrong with one of them: each alone, so that the others go on.
  if (items.size() == 1) {
    stepping[0]->course.fail(stepped.error());
    return true;
  }
  const std::vector<BatchItem> all = items;
  const std::vector<Text*> texts = stepping;
  for (std::size_t i = 0; i < all.size(); ++i) {
    items.assign(1, all[i]);
    stepping.assign(1, texts[i]);
    while (!items.empty() && !run_items()) {
    }
  }
  return true;
}

/// No page is free: the text that came last gives its own to the others and waits again, in front. The first keeps what it
/// has and so gets to its end; alone, and still without a page, it fails. True when nothing is left to try.
TTT_INLINE bool Scheduler::Rounds::give_way(const Error& why) {
  if (running.size() == 1) {
    running[0]->course.fail(why);
    return true;
  }
  TextPtr last = running.back();
  for (std::size_t i = 0; i < stepping.size(); ++i) {
    if (stepping[i] != last.get()) continue;
    stepping.erase(stepping.begin() + static_cast<std::ptrdiff_t>(i));
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  if (!last->course.running()) {  // it ends with this round anyway: its pages are enough
    last->session->reset();
    std::rotate(running.begin(), running.end() - 1, running.end());
    return false;
  }
  take_out(running.size() - 1);
  last->lap();
  const std::lock_guard lock(mutex);
  waiting.push_front(std::move(last));
  ++stats.preempted;
  return false;
}

TTT_INLINE void Scheduler::Rounds::choose_part(const void* rounds, kernels::Part part) noexcept {
  Rounds& r = *const_cast<Rounds*>(static_cast<const Rounds*>(rounds));
  const auto width = static_cast<std::size_t>(r.choosing[0]->session->state().output_width);
  for (auto i = static_cast<std::size_t>(part.index); i < r.choosing.size(); i += static_cast<std::size_t>(part.count))
    r.chosen[i] = r.choosing[i]->course.choose({r.runner->output() + i * width, width});
}

/// The next id of every text in `choosing`, whose rows of logits stand in the runner's output; on all threads where
/// that pays.
TTT_INLINE void Scheduler::Rounds::choose() {
  if (choosing.empty()) return;
  const std::int64_t numbers =
      static_cast<std::int64_t>(choosing.size()) * choosing[0]->session->state().output_width;
  const int parts = numbers < (1 << 17) ? 1 : std::min(runner->team().size(), static_cast<int>(choosing.size()));
  if (parts == 1) {
    choose_part(this, {0, 1});
  } else {
    const TeamOp op{&Rounds::choose_part, this, parts};
    runner->team().run({&op, 1});
  }
  for (std::size_t i = 0; i < choosing.size(); ++i) {
    Text& t = *choosing[i];
    GenerationStats& its = t.course.stats;
    const bool first = its.new_tokens == (chosen[i] ? 1 : 0);
    (first ? its.prompt_s : its.decode_s) += t.lap();
    if (chosen[i]) t.said += t.course.text_of(*chosen[i]);
  }
}

}  // namespace ttt

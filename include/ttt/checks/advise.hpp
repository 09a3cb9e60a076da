// Advice that is found by trying: what to change about a fault, in order, and whether it helps.
#pragma once

#include <ttt/checks/fits_local_memory.hpp>
#include <ttt/checks/shardings_divide.hpp>

namespace ttt::checks {

/// What to try about heads, columns or rows that do not divide: a mesh of one row on which they do, fewer chips than now first,
/// then more, then one; or whole copies on every chip. First what fits, too; else whatever divides, and the rule on memory goes
/// on from there.
constexpr void try_to_divide(const PlanRequest& request, const Diagnosis& d, Trials& trials) {
  const bool heads = d.issue == Issue::heads_do_not_divide || d.issue == Issue::kv_heads_do_not_divide;
  const Advice mesh = heads ? Advice::ShardHeads : Advice::UseMesh;
  const int now = request.device.chips();
  for (const bool fitting : {true, false}) {
    for (int chips = now - 1; chips > 1; --chips) trials.add(mesh, chips, fitting);
    try_more_chips(request, mesh, trials, fitting);
    if (now > 1) trials.add(Advice::UseMesh, 1, fitting);
    trials.add(Advice::UseShardingOfAll, static_cast<int>(Sharding::replicate), fitting);
  }
}

/// The trial at one place of the list for a fault that came without advice.
[[nodiscard]] constexpr Trial trial_at(const PlanRequest& request, const Diagnosis& d, int place) {
  Trials trials(place);
  if (d.issue == Issue::does_not_fit) {
    try_to_fit_memory(request, d, trials);
  } else if (d.issue == Issue::buffers_exceed_local_memory) {
    try_to_fit_local_memory(request, d, trials);
  } else {
    try_to_divide(request, d, trials);
  }
  return trials.found();
}

/// Whether the rule that found the fault holds for the whole model once an advice is followed; where that takes a look at
/// every core's memory, for the module at fault: most of what is tried does not help even that.
[[nodiscard]] constexpr bool helps_there(const PlanRequest& request, const Diagnosis& d, const Trial& trial) {
  const Remedy remedy = trial.with(trial.middle());
  const PlanRequest other = followed(request, remedy);
  if (d.issue == Issue::does_not_fit) {
    if (remedy.advice == Advice::UseMesh && !shardings_divide(other)) return false;
    const PlanBytes bytes = plan_bytes(other);
    return bytes.peak <= d.numbers[1] && (remedy.advice != Advice::UseWeights || bytes.weights < d.numbers[2]);
  }
  const ModelView::Place at = request.model.model.place_of(d.module);
  if (d.issue == Issue::buffers_exceed_local_memory) {
    if (remedy.advice == Advice::UseMesh && !shardings_divide(other, at)) return false;
    return ModuleFitsLocalMemory(other, at.run, at.place, d.module).ok();
  }
  return shardings_divide(other, at) && (!trial.fitting || fits_memory(other));
}
[[nodiscard]] constexpr bool helps(const PlanRequest& request, const Diagnosis& d, const Trial& trial) {
  if (!helps_there(request, d, trial)) return false;
  Findings<1> found;
  if (d.issue == Issue::buffers_exceed_local_memory)
    FitsLocalMemory(followed(request, trial.with(trial.middle())), found);
  return found.ok();
}

/// What is tried after a trial: itself, narrowed down, or the next of the list where none of its numbers helped.
[[nodiscard]] constexpr Trial next_trial(const PlanRequest& request, const Diagnosis& d, Trial trial, bool helped) {
  (helped ? trial.low : trial.high) = trial.middle();
  trial.helped = trial.helped || helped;
  return trial.over() && !trial.helped ? trial_at(request, d, trial.place + 1) : trial;
}

/// A fault with what the last trial came to.
[[nodiscard]] constexpr Diagnosis advised(Diagnosis d, const Trial& last) {
  if (last.advice != Advice::none) {
    const Remedy remedy = last.with(last.low);
    d.advice = remedy.advice;
    d.advice_numbers = remedy.numbers;
  } else if (d.issue == Issue::does_not_fit) {
    d.advice = Advice::UseLargerDevice;
    d.advice_numbers = {d.numbers[0], d.numbers[1]};
  } else if (d.issue == Issue::buffers_exceed_local_memory) {
    d.advice = Advice::UseLargerDevice;
    d.advice_numbers = {d.numbers[1], d.numbers[2]};
  } else {  // a module says otherwise itself; its group came with the diagnosis
    d.advice = Advice::UseSharding;
    d.advice_numbers[1] = static_cast<int>(Sharding::replicate);
  }
  return d;
}

/// A fault of one more core's memory with the advice for the first of them, which was tried on the whole model.
[[nodiscard]] constexpr Diagnosis advised_like(Diagnosis d, const Diagnosis& first) {
  if (first.advice == Advice::UseLargerDevice) return advised(d, Trial{});
  d.advice = first.advice;
  d.advice_numbers = first.advice_numbers;
  return d;
}

/// A fault with its advice, tried here and now.
[[nodiscard]] constexpr Diagnosis advised(const PlanRequest& request, const Diagnosis& d) {
  if (d.ok() || d.advice != Advice::none) return d;
  Trial t = trial_at(request, d, 0);
  while (!t.over()) t = next_trial(request, d, t, helps(request, d, t));
  return advised(d, t);
}

}  // namespace ttt::checks

// From rows to what to try: changes of policy whose effect the model of expected times can tell.
#pragma once

#include <string>
#include <vector>

#include <ttt/profile/profile_rows.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

/// What candidates are judged with. `rates_for`: those of another number of threads.
struct SuggestSource {
  const TunedModel& model;
  const RowSource& rows;
  const Calibration& calibration;
  MachineNow now;
  std::string command;  ///< that measured: a suggestion's is this and its policy behind it
};

/// Fills the suggestions of flagged rows and gives those for the model as a whole. A row's come by what they save, what
/// takes away its own fault before what would make it faster otherwise. Every one has passed the static checks, and saves at
/// least half a percent of a pass by the model of expected times, or makes what is less precise than its like as precise.
[[nodiscard]] std::vector<Suggestion> suggest(const SuggestSource& source, const PhaseRows& prompt, const PhaseRows& decode,
                                              std::vector<ProfileRow>& rows);

}  // namespace ttt

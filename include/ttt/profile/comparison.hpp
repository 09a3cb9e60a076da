// Comparison: two reports of one model beside each other, and which differences are more than noise.
#pragma once

#include <string>
#include <vector>

#include <ttt/profile/profile_report.hpp>

namespace ttt {

/// One row of both reports. Times in milliseconds of a pass.
struct Difference {
  Phase phase = Phase::prompt;
  std::string path;
  int layer = -1;
  std::string module, op;  ///< as in ProfileRow
  Spread before, after;
  double delta_ms = 0;     ///< of the medians; less than 0 is faster
  bool beyond_noise = false;
};

struct Comparison {
  std::string before, after;            ///< the models' names
  std::vector<Difference> rows;         ///< in the later report's order
  std::vector<std::string> only_before, only_after;  ///< "decode layers.3.mlp.up": rows that the other has not
  std::vector<std::string> notes;       ///< why the runs are less comparable than they might be
  std::string text;                     ///< what it comes to, in sentences
};

/// Whether two medians differ by more than passes scatter. From ten passes on each side, the middle halves must be apart:
/// then the 95 % intervals of both medians are too (median ± 1.57 (q3 − q1) / √n: McGill, Tukey and Larsen, "Variations of
/// Box Plots", 1978). With fewer, no pass of one may lie among the other's: of 5 and 5 passes of the same thing that happens
/// once in 126. A difference below 2 % never counts: as much lies between two processes that do the same.
/// `disturbed`: something else used the machine. Then even the calmest pass of the slower must be slower than three quarters
/// of the other's, of at least ten each.
[[nodiscard]] bool beyond_noise(const Spread& before, int before_passes, const Spread& after, int after_passes,
                                bool disturbed = false);

/// Rows are matched by phase and path. Phases whose work is not the same (other lengths) are listed, and never beyond the
/// noise.
[[nodiscard]] Comparison compare(const ProfileReport& before, const ProfileReport& after);

}  // namespace ttt

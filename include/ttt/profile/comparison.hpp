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

/// Whether two medians differ by more than passes scatter. The middle halves must be apart by as much as the wider one is wide,
/// and the medians by 3 %; with fewer than ten passes on a side by twice as much, and by 10 %. That asks for more than the 95 %
/// intervals of both medians (median ± 1.57 (q3 − q1) / √n: McGill, Tukey and Larsen, "Variations of Box Plots", 1978), because
/// passes of one process are more alike than those of two.
/// `disturbed`: something else used the machine. Then even the calmest pass of the slower must be slower than three quarters
/// of the other's, of at least ten each.
[[nodiscard]] bool beyond_noise(const Spread& before, int before_passes, const Spread& after, int after_passes,
                                bool disturbed = false);

/// How much faster or slower the machine itself may have made times from one run to the next: between which ratios of
/// (after / before) times lie that the changed rates of reading and of arithmetic explain.
struct MachineDrift {
  double fastest = 1, slowest = 1;
  [[nodiscard]] bool explains(double before_ms, double after_ms) const {
    return after_ms >= before_ms * fastest && after_ms <= before_ms * slowest;
  }
};
[[nodiscard]] MachineDrift drift_between(const ProfileReport& before, const ProfileReport& after);

/// Rows are matched by phase, path and op. Phases whose work is not the same (other lengths) are listed, and never beyond the
/// noise; nor is what the machine's drift explains.
[[nodiscard]] Comparison compare(const ProfileReport& before, const ProfileReport& after);

}  // namespace ttt

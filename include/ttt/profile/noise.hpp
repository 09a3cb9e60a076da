// Noise: what disturbed a measurement, in the operating system's signs and in the spread of what was measured.
#pragma once

#include <string>

#include <ttt/profile/load_signs.hpp>
#include <ttt/profile/measurement.hpp>

namespace ttt {

/// Whether something else was at work on the machine. Rows are then judged by their calmest passes, and what is slow on any
/// layer by chance is blamed on none.
struct Noise {
  bool competing = false;   ///< others kept a good part of a core busy, or took cores away from this process
  LoadSigns signs;
  double prompt_spread = 0; ///< the middle half of the passes' times, relative to their median
  double decode_spread = 0;
  double disturbed = 0;     ///< share of decoding steps that took more than 1.5 times the calmest quarter's
  double forced_per_s = 0;  ///< times a second that a thread of this process had to give up its core
  double scattered = 0;     ///< share of slow parts of steps that were slow on another layer than the step before
  std::string text;         ///< a sentence for people; empty when it was quiet
};

[[nodiscard]] Noise noise_of(const Measurement& measurement, int cores);

}  // namespace ttt

// ProfileOptions: what `model.profile` is asked to run and how it judges what it sees.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ttt/io/progress.hpp>
#include <ttt/profile/calibration.hpp>

namespace ttt {

struct ProfileOptions {
  int prompt = 512;  ///< prompt tokens; fewer where the model was loaded for a shorter context
  int decode = 64;   ///< tokens decoded behind the prompt
  int repeat = 5;    ///< times both are run, after one that does not count
  double factor = 1.5;  ///< a row is flagged from this multiple of its expected time on
  std::uint64_t seed = 0;  ///< of the random token ids
  std::string text{};  ///< a prompt to read in place of random ids; needs the model's tokenizer
  std::vector<std::int32_t> ids{};  ///< or its token ids; both replace `prompt`
  bool suggest = true;  ///< evaluate what could be changed
  std::string command = "ttt profile MODEL";  ///< what a suggestion's command begins with
  CalibrationOptions calibration{};
  Progress progress{};  ///< called with repetitions done, and in all
  /// How many heap allocations this program has made, where it counts them (profile/count_allocations.hpp); may be null.
  std::uint64_t (*allocations)() = nullptr;
};

}  // namespace ttt

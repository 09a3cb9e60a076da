// How long a prompt and a decoding step take, and how two of them compare.
#pragma once

namespace ttt {

/// Milliseconds of a prompt and of a decoding step, medians; 0: not measured.
struct PassTimes {
  double prompt_ms = 0, decode_ms = 0;
};

/// Time after over time before: the median of pairs, and a confidence interval of 95 %.
struct TimeRatio {
  double median = 1, low = 1, high = 1;
};

}  // namespace ttt

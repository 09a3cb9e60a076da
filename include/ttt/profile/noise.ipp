// Definitions of noise.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/noise.hpp>

namespace ttt {

namespace noises {

inline constexpr double most_others = 0.25, most_stolen = 0.15;  ///< cores
inline constexpr double most_forced_per_s = 400;
inline constexpr double most_disturbed = 0.25, least_scattered = 0.6;

inline double disturbed_share(const PhaseSamples& phase) {
  if (phase.pass.size() < 8) return 0;
  const double calm = Spread::of(phase.pass).quarter;
  const auto slow = std::count_if(phase.pass.begin(), phase.pass.end(), [&](double s) { return s > 1.5 * calm; });
  return static_cast<double>(slow) / static_cast<double>(phase.pass.size());
}

/// Of all (op, pass) that took more than 1.5 times the op's calmest quarter, the share whose op was not slow in the pass
/// before: near 1 where slowness wanders, near 0 where it belongs to an op.
inline double scattered_share(const PhaseSamples& phase) {
  double slow = 0, alone = 0;
  for (const OpSamples& op : phase.ops) {
    const double limit = 1.5 * Spread::of(op.wall).quarter;
    for (std::size_t i = 1; i < op.wall.size(); ++i) {
      if (op.wall[i] <= limit) continue;
      slow += 1;
      if (op.wall[i - 1] <= limit) alone += 1;
    }
  }
  return slow > 0 ? alone / slow : 0;
}

}  // namespace noises

TTT_INLINE Noise noise_of(const Measurement& m, int cores) {
  using namespace noises;
  Noise n;
  n.signs = m.signs;
  n.prompt_spread = Spread::of(m.prompt.pass).width();
  n.decode_spread = Spread::of(m.decode.pass).width();
  n.disturbed = disturbed_share(m.decode);
  n.scattered = scattered_share(m.decode);
  n.forced_per_s = m.signs.seconds > 0 ? static_cast<double>(m.signs.forced_switches) / m.signs.seconds : 0;
  // A team larger than the machine takes its own cores away from itself.
  const bool crowded = m.threads > cores;
  const bool seen = m.signs.others > most_others || m.signs.stolen > most_stolen;
  const bool forced = !crowded && n.forced_per_s > most_forced_per_s;
  const bool wanders = !crowded && n.disturbed > most_disturbed && n.scattered > least_scattered;
  n.competing = seen || forced || wanders;
  if (!n.competing) return n;
  std::string why;
  const auto add = [&](std::string s) { why += (why.empty() ? "" : ", ") + std::move(s); };
  if (m.signs.others > most_others) add(fmt::format("other processes kept {:.1f} cores busy", m.signs.others));
  if (m.signs.stolen > most_stolen) add(fmt::format("{:.1f} cores were taken away from underneath", m.signs.stolen));
  if (forced) add(fmt::format("threads had to give up their core {:.0f} times a second", n.forced_per_s));
  if (wanders) add(fmt::format("{:.0f} % of the steps were slow, each somewhere else", 100 * n.disturbed));
  n.text = why + ": times of single ops are not to be trusted";
  return n;
}

}  // namespace ttt

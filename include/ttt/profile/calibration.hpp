// Calibration: what this machine and the kernels on it reach, measured once and kept: what expected times are reckoned from.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/progress.hpp>
#include <ttt/io/result.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/plan/rates.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

/// The machine with a number of threads at work, all of them together.
struct ThreadsAtWork {
  int threads = 1;
  std::vector<DeviceRates::Reading> reading;  ///< by how many bytes are read again and again
  double fp32_flop_per_s = 0;   ///< multiply-adds from registers, two operations each
  double bf16_flop_per_s = 0;   ///< bf16 dot products; 0 where the level has none
  double int8_flop_per_s = 0;   ///< 8-bit dot products
  double op_s = 0;              ///< an op on top of its work: begin, wait for the others, fetch what is not at hand
  double exchange_s = 0;        ///< for one thread to get a byte that another has written
  double slowdown = 1;          ///< of a kernel on each of them, beside one thread by itself with as much to do
  [[nodiscard]] double memory_bytes_per_s() const { return reading.empty() ? 0 : reading.back().bytes_per_s; }
};

struct Calibration {
  std::string processor;  ///< processor_identity()
  std::string isa;        ///< the level measured
  std::string library;    ///< whose kernels were measured
  std::vector<ThreadsAtWork> threads;  ///< ascending; the first is one thread
  KernelRates kernels;
  double seconds = 0;     ///< it took
  double busy_cores = -1; ///< that others kept busy meanwhile; -1 where nobody says

  /// The entry of the most threads that are not more than these. Requires: `threads` is not empty.
  [[nodiscard]] const ThreadsAtWork& with(int count) const;
};

/// How the machine does at the moment, beside its calibration: 1 as then, 0.5 half as fast.
struct MachineNow {
  double memory = 1;      ///< reading as much as a model's step does
  double arithmetic = 1;  ///< fp32 multiply-adds
  double set = 0;         ///< bytes read for the first
};

/// What expected times are reckoned with for a team of that many threads.
[[nodiscard]] DeviceRates rates_of(const Calibration& calibration, int threads, MachineNow now = {});

/// Measures the machine at a level of instructions with the kernels of a table: about two seconds, 256 MiB and all cores
/// meanwhile. Errors: out_of_memory, threads_*.
[[nodiscard]] Result<Calibration> measure_calibration(const kernels::KernelTable& kernels, const Progress& progress = {});

/// Samples the two rates that move most, between the passes of a measurement: figures of a shared machine can be compared
/// with their neighbours in time alone.
class MachineWatch {
 public:
  /// `set`: bytes that the model's steps read. Requires: calibration and team stay. Errors: out_of_memory.
  [[nodiscard]] static Result<MachineWatch> create(const Calibration& calibration, ThreadTeam& team, kernels::Isa isa,
                                                   double set);
  /// Some milliseconds.
  void sample();
  [[nodiscard]] MachineNow now() const;

 private:
  MachineWatch(const ThreadsAtWork& then, ThreadTeam& team, kernels::Isa isa) : then_(&then), team_(&team), isa_(isa) {}
  const ThreadsAtWork* then_;
  ThreadTeam* team_;
  kernels::Isa isa_;
  Buffer memory_;
  std::vector<double> reading_, computing_;
};

/// A calibration taken while others kept more cores busy than this serves the program that took it, and is taken anew by
/// the next.
inline constexpr double most_busy_cores = 0.5;

struct CalibrationOptions {
  bool again = false;   ///< measure even where a measurement is kept
  std::string library{};  ///< tells builds of the library apart whose kernels differ
  Progress progress{};
  /// Told in a sentence when what was kept could not be used, or the new one not be kept; at most once a call.
  std::function<void(std::string_view)> note{};
};
/// The calibration of this processor, level and library: the program's own, the one kept in the cache folder
/// (profile/calibration_file.hpp), or a new one, which is kept in both. A file that is damaged, is another machine's or was
/// written on a busy one is measured anew; where none can be written the program's memory alone holds it. Any thread; one
/// measures while others wait. Errors: as measure_calibration.
[[nodiscard]] Result<Calibration> calibrated(const kernels::KernelTable& kernels, const CalibrationOptions& options = {});

}  // namespace ttt

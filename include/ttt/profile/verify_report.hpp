// VerifyReport: how far a model's numbers are from the reference's, module by module, and whose fault that is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ttt/profile/deviation.hpp>

namespace ttt {

class Recording;

/// A change of policy under which the module was run again on the reference's inputs.
struct Cure {
  std::string policy;   ///< as --policy and `parse_policy` take it
  std::string command;  ///< that verifies the model with it
  std::string why;
  double error_before = 0, error_after = 0;  ///< the module's own error, measured
  std::int64_t delta_bytes = 0;              ///< of the plan's peak
};

struct VerifyRow {
  enum class Level : std::uint8_t { layer, module, op };
  Level level = Level::module;
  std::string path;    ///< `layers.3`, `layers.3.attention`, `layers.3.attention.qkv`, `head`
  int layer = -1;      ///< -1: none
  std::string module;  ///< attention, mlp, head, ...; `layer`
  std::string from{};  ///< where the reference does not hold what this module was given: the first module of `own`
  /// In a run of the whole model: error inherited from modules before it and its own. Of modules that add to the residual
  /// stream, of what they add; of layers, of the stream behind them. Absent where only the module ran.
  std::optional<Deviation> total{};
  /// The module alone, on the reference's inputs: its own error, of what it adds. Absent for layers whose modules have it.
  std::optional<Deviation> own{};
  double prompt = 0, decode = 0;  ///< own `rel` of the tokens that came as a prompt, and of those that came one by one
  double stream = 0;              ///< of own `rel`, the most that rounding the residual stream itself explains
  double allowed = 0;             ///< largest own `rel` that is not wrong; 0: not judged
  bool odd = false;               ///< configured otherwise than the same module of most other layers
  bool wrong = false;
  std::string why{};              ///< by which rule
  std::string op_at_fault{};      ///< of a module: the op inside it that is wrong, where the module as a whole hides that
  std::vector<Cure> cures{};      ///< of wrong modules: what takes the fault away first, by the bytes it costs

  /// What of `total` came from modules before it.
  [[nodiscard]] double inherited() const;
};

/// A value that the plan computes inside an op and keeps nowhere.
struct FusedValue {
  std::string value;
  std::string op;  ///< where it vanishes: `layers.*.attention.qkv`
};

struct VerifyReport {
  std::string model, reference, device, isa;
  std::vector<VerifyRow> rows;  ///< in the order of the plan
  std::string first_bad;        ///< path of the first module that is wrong by itself; empty: none is
  bool logits = false;          ///< whether there were any to compare
  LogitsDistance distance{};    ///< theirs
  int tokens = 0, decode = 0;
  double threshold = 0, outlier = 0;  ///< as asked for
  std::vector<FusedValue> fused;      ///< what no tap can see
  std::vector<std::string> notes;
  std::shared_ptr<const Recording> recording;  ///< of the reference

  [[nodiscard]] bool ok() const { return first_bad.empty(); }
  /// Null where there is none.
  [[nodiscard]] const VerifyRow* row(std::string_view path) const {
    for (const VerifyRow& r : rows)
      if (r.path == path) return &r;
    return nullptr;
  }
};

}  // namespace ttt

// What an op does in one step: FLOPs, bytes, what it sends; and where its time goes.
#pragma once

#include <ttt/plan/emit.hpp>

namespace ttt {

/// What one op does in one step on one chip.
struct OpWork {
  double flops = 0;
  double bytes = 0;
  double link_bytes = 0;
};

/// The rows of one step and the positions behind each of them. Decoding: a row a session, each with half of the context
/// behind it. A prompt of n tokens: its chunks together read the weights once a chunk, and each row sees half of n. An
/// encoder has no decoding step: its step is a sequence of n tokens (or of the whole context) from each session.
struct StepShape {
  double rows = 1;      ///< tokens
  double sessions = 1;  ///< that read their own keys and values
  double keys = 0;      ///< behind a row, on average
  double reads = 1;     ///< times the weights are read
  bool decode = true;
  double set = 1e18;    ///< bytes that a step reads in all: they come from the cache they fit into
  bool whole = false;   ///< an encoder's: each session's sequence of `keys` tokens, in which every token sees all
};
[[nodiscard]] constexpr StepShape step_shape(const PlanRequest& request) {
  const Workload& w = request.workload;
  if (request.model.model.is_encoder()) {  // a whole sequence of each session, every token of which sees all of it
    const double tokens = w.prompt > 0 ? w.prompt : w.context;
    StepShape whole{w.batch * tokens, static_cast<double>(w.batch), tokens, 1, false};
    whole.whole = true;
    return whole;
  }
  if (w.prompt == 0)
    return {static_cast<double>(w.batch), static_cast<double>(w.batch), w.context / 2.0, 1, true};
  const int rows = request.rows();
  const double chunks = (w.prompt + rows - 1) / rows;
  return {static_cast<double>(w.prompt), chunks, w.prompt / 2.0, chunks, false};
}

[[nodiscard]] constexpr OpWork work_of(const PlanOp& op, const StepShape& step) {
  return {step.rows * (op.flops_per_row + op.flops_per_row_and_key * step.keys),
          step.reads * static_cast<double>(op.weight_bytes) + step.sessions * op.bytes_per_key * step.keys,
          step.rows * op.link_bytes_per_row};
}

/// The precision whose instructions an op computes with.
[[nodiscard]] constexpr Fidelity fidelity_of(const PlanOp& op, bool decode) {
  const Fidelity f = op.kind == OpKind::attention && decode ? op.decode_fidelity : op.fidelity;
  return f == Fidelity::automatic ? Fidelity::hifi4 : f;
}

/// Where an op's time goes, in seconds. Reading and computing overlap; the rest does not.
struct ExpectedTime {
  double reading = 0;
  double computing = 0;
  double sending = 0;
  double overhead = 0;
  double moving = 0;  ///< rows through memory in ops that only move them: Tensix devices, prompts
  [[nodiscard]] constexpr double seconds() const {
    return (reading > computing ? reading : computing) + moving + sending + overhead;
  }
};

}  // namespace ttt

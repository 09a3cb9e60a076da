// Definitions of encoder.hpp.
#pragma once

#include <mutex>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/encoder.hpp>

namespace ttt {

TTT_INLINE Result<EncoderOutput> run_encoder(Runner& runner, const EncoderInput& input, const Tap* tap) {
  const std::shared_ptr<const ModelState> state = runner.shared_state();
  if (!state->encoder)
    return make_error(ErrorKind::request, "not_an_encoder", "model",
                      "its attention is causal: a token sees what stands before it alone",
                      "use Runner::step or generate, or `ttt logits` on the command line");
  EncoderOutput out;
  out.tokens = static_cast<int>(input.ids.size());
  const Tap keep = [&](int module, const float* rows, int count, int width) {
    out.width = width;
    out.hidden.assign(rows, rows + static_cast<std::ptrdiff_t>(count) * width);
    if (tap != nullptr) (*tap)(module, rows, count, width);
  };
  TTT_TRY(Session session, Session::create(state));
  const std::lock_guard turn(runner.turn());
  const BatchItem item{.session = &session, .tokens = input.ids, .types = input.token_types};
  TTT_CHECK(runner.step({&item, 1}, &keep));
  if (state->pools) out.pooled.assign(runner.output(), runner.output() + state->output_width);
  return out;
}

}  // namespace ttt

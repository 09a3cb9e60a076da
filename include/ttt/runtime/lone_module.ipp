// Definitions of lone_module.hpp.
#pragma once

#include <algorithm>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/lone_module.hpp>
#include <ttt/runtime/runner.hpp>

namespace ttt {

TTT_INLINE Result<LoneModule> LoneModule::create(StateInput input, const TensorMap& weights, LoadOptions options) {
  // An attention or feed-forward module alone does not know the width of its rows; its weights do.
  ModuleSpec first = input.model.module(0);
  const bool lone = input.model.module_count() == 1 && first.in() == 0 && (first.has_attention() || first.has_mlp());
  RunSpec run;
  if (lone) {
    const char* name = first.has_attention() ? "attention.q.weight" : first.mlp.gated ? "mlp.gate.weight" : "mlp.up.weight";
    const auto at = weights.find(name);
    if (at == weights.end() || at->second.shape.size() != 2 || at->second.shape[1] < 1 || at->second.shape[1] > (1 << 20))
      return make_error(ErrorKind::file, "tensor_missing", name,
                        "a module alone takes its width from this matrix, which is missing or has no columns",
                        "give it as [outputs, width]");
    first.attention.hidden = first.mlp.hidden = static_cast<int>(at->second.shape[1]);
    run = {{&first, 1}, 1};
    input.model = {{&run, 1}};
  }
  if (options.workload.context == 0) options.workload.context = 4096;
  if (options.workload.chunk == 0) options.workload.chunk = 256;
  if (options.workload.logits_rows == 0) options.workload.logits_rows = options.workload.chunk;  // every row is wanted
  options.names_are_paths = true;
  const MemorySource source(weights);
  TTT_TRY(std::shared_ptr<const ModelState> state, make_state(input, source, options));
  TTT_TRY(std::unique_ptr<Runner> runner, Runner::create(std::move(state)));
  return LoneModule(std::move(runner));
}

TTT_INLINE const ModelState& LoneModule::state() const { return runner_->state(); }

TTT_INLINE Result<Tensor> LoneModule::operator()(const Tensor& x) const {
  const ModelState& s = state();
  const std::int64_t in = s.input_width;
  const bool sized = x.shape.size() == 2 && x.shape[0] > 0 && x.shape[1] == in &&
                     x.data.size() == static_cast<std::size_t>(x.shape[0] * x.shape[1]);
  if (s.vocab > 0 || !sized)
    return make_error(ErrorKind::request, "tensor_shape", "input",
                      s.vocab > 0 ? "the module takes token ids, not rows"
                                  : "the input is not [rows, " + std::to_string(in) + "] with that many numbers",
                      "give rows of that width");
  TTT_TRY(Session session, Session::create(runner_->shared_state()));
  const bool whole = s.encoder || s.pools;  // what is computed of a sequence as a whole is one step, or refused
  Tensor y{{s.pools ? 1 : x.shape[0], s.output_width}, {}};
  y.data.resize(static_cast<std::size_t>(y.shape[0] * s.output_width));
  const std::lock_guard turn(runner_->turn());
  for (std::int64_t row = 0; row < x.shape[0];) {
    const std::int64_t most = s.output == Role::logits ? s.arena.logits_rows : s.arena.rows;
    const std::int64_t rows = whole ? x.shape[0] : std::min<std::int64_t>(most, x.shape[0] - row);
    const BatchItem item{.session = &session,
                         .rows = x.data.data() + row * in,
                         .row_count = static_cast<int>(rows),
                         .logits = BatchItem::Logits::all,
                         .sequence_length = static_cast<int>(x.shape[0])};
    TTT_CHECK(runner_->step({&item, 1}));
    std::memcpy(y.data.data() + row * s.output_width, runner_->output(),
                static_cast<std::size_t>(runner_->output_rows()) * static_cast<std::size_t>(s.output_width) * 4);
    row += rows;
  }
  return y;
}

}  // namespace ttt

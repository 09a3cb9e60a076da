// Definitions of ttnn_program.hpp.
#pragma once

#include <ttt/adaptor/emit/ttnn_model.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

TTT_INLINE Result<std::string> ttnn_program(const ModelState& plan, const EmitOptions& options) {
  TTT_TRY(const emitting::TtnnModel m, emitting::ttnn_model(plan, options));
  using namespace emitting;
  return heading_text(m) + configs_text(m) + layers_text(m) + weights_text(m) + attention_text(m) + feed_forward_text(m) +
         generation_text(m);
}

}  // namespace ttt

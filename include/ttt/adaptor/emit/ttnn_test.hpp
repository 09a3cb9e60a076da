// A unit test for an emitted TTNN program: each of its ops against ttt's own activations.
#pragma once

#include <ttt/adaptor/emit/ttnn_program.hpp>

namespace ttt {

/// The text of a test in Python for the program that `ttnn_program` writes for the same plan. It loads the program from the
/// file `program` beside it, feeds each op of prompt and decoding with what ttt's ops were given (the file `activations`
/// beside it: write_op_activations) and holds what comes out against what ttt's gave, by Pearson's correlation; the least is
/// written for each layer, by its formats and fidelities. `run(ttnn, device)` runs the same ops on empty tensors.
/// `tokens`: those of the activations. Errors: those of ttnn_program.
[[nodiscard]] Result<std::string> ttnn_test(const ModelState& plan, const EmitOptions& options, const std::string& program,
                                            const std::string& activations, int tokens);

/// Tokens that such a test can have of those asked for: what one step of a prompt holds.
[[nodiscard]] int ttnn_test_tokens(const ModelState& plan, int wanted);

}  // namespace ttt

// ttt run --batch: continues many texts at once.
#pragma once

#include "loading.hpp"

namespace ttt::tool {

/// Reads the requests from the file of --batch, runs them through a scheduler, and prints each text as its turn comes, or all
/// in one JSON object. A request that fails has its own error; the exit status is then 1, and the other texts are there.
/// Errors: option_conflict, batch_malformed, those of Document::read, Tokenizer::load and load_runner.
[[nodiscard]] Result<int> run_batch(const Arguments& arguments, HowToRun how);

}  // namespace ttt::tool

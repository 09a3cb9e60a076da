// A user's program in two files: both include the whole library, so a definition that is not inline would clash.
// It is refused what is not there, and generates eight tokens with the demo model (TTT_DEMO names its folder).
#include <cstdio>

#include <ttt/ttt.hpp>

#include "../tiny_model.hpp"

float norm_elsewhere();

int main() {
  const auto missing = ttt::from_huggingface("no/such/model/here");
  if (missing) return 1;
  std::printf("%s\n", missing.error().text().c_str());

  const auto model = ttt::from_huggingface("demo");
  if (!model) return std::printf("%s\n", model.error().text().c_str()), 1;
  auto text = model->generate("Once upon a time", {.max_new_tokens = 8, .sampling = ttt::SamplingParams{}});
  for (const auto piece : text) std::printf("%.*s", static_cast<int>(piece.size()), piece.data());
  if (text.error() != nullptr || text.new_ids().size() != 8) return 1;

  const float first = norm_elsewhere();
  return first > 0.73F && first < 0.74F ? 0 : 1;
}

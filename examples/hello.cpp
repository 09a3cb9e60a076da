// Loads any supported checkpoint and continues a text, piece by piece:
//   example_hello MODEL ["Once upon a time"]
// MODEL is a HuggingFace folder, a hub id that is in the HuggingFace cache, or "demo".
#include <ttt/ttt.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s MODEL [TEXT]\n", argv[0]);
    return 2;
  }
  auto model = ttt::from_huggingface(argv[1]);
  if (!model) {
    std::fprintf(stderr, "%s\n", model.error().text().c_str());
    return 1;
  }
  auto text = model->generate(argc > 2 ? argv[2] : "Once upon a time", {.max_new_tokens = 200});
  for (const std::string_view piece : text) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    std::fflush(stdout);
  }
  std::puts("");
  if (text.error() != nullptr) {
    std::fprintf(stderr, "%s\n", text.error()->text().c_str());
    return 1;
  }
  const ttt::GenerationStats& s = text.stats();
  if (s.new_tokens > 1)
    std::fprintf(stderr, "%d tokens, %.0f per second\n", s.new_tokens, (s.new_tokens - 1) / s.decode_s);
  return 0;
}

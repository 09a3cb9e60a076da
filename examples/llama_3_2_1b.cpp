// Llama-3.2-1B as one C++ expression. With a checkpoint's folder as argument it continues a text:
//   example_llama_3_2_1b path/to/Llama-3.2-1B "Hello"
#include <ttt/ttt.hpp>

#include <cstdio>

using namespace ttt;

constexpr auto llama_3_2_1b =
    Embedding<128256, 2048>
    >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64, RopeLlama3<500'000>>, SwiGlu<8192>>>
    >> RmsNorm<2048>
    >> Linear<2048, 128256, TiedTo<"embedding">>;

// The compiler has checked every shape, fused the ops and planned the memory:
static_assert(accepts<llama_3_2_1b, cpu, Batch<1>, Context<4096>>);
static_assert(plan_ops<llama_3_2_1b, cpu>.size() == 7);
static_assert(totals<llama_3_2_1b, cpu>.weights == 2'471'763'968);

int main(int argc, char** argv) {
  if (argc < 2) {
    const PlanTotals& t = totals<llama_3_2_1b, cpu, Context<4096>>;
    std::printf("weights %.0f MB, keys and values %.0f MB, activations %.1f MB\n", static_cast<double>(t.weights) / 1e6,
                static_cast<double>(t.kv) / 1e6, static_cast<double>(t.arena) / 1e6);
    return 0;
  }
  auto model = ttt::load<llama_3_2_1b, cpu>(argv[1]);
  if (!model) {
    std::fprintf(stderr, "%s\n", model.error().text().c_str());
    return 1;
  }
  auto text = model->generate(argc > 2 ? argv[2] : "Hello", {.max_new_tokens = 64});
  for (const std::string_view piece : text) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    std::fflush(stdout);
  }
  std::puts("");
  if (text.error() != nullptr) std::fprintf(stderr, "%s\n", text.error()->text().c_str());
  return text.error() != nullptr;
}

// A model's paths, its value form and back, and the sentences of its rules.
#include <string>
#include <vector>

#include <ttt/checks/explain.hpp>
#include <ttt/model.hpp>
#include <ttt/spec/architecture.hpp>
#include <ttt/types/spec_of.hpp>
#include "../catch.hpp"
#include "../declaration_cases.hpp"

using namespace ttt;

namespace {

struct Shift : types::Module<> {
  static constexpr std::string_view type = "shift";
  static constexpr int in = 64, out = 64;
  static constexpr std::array weights{WeightShape{"weight", 1, 64}};
  static void reference(const OwnModuleArgs&) {}
};

constexpr auto local = TransformerLayer<64, Attention<4, 2, 16, SlidingWindow<8>>, SwiGlu<96>>;
constexpr auto global = TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;

template <auto Model>
std::vector<std::string> paths_of() {
  const ModelView view = view_of<type_of<Model>>();
  std::vector<std::string> all;
  for (int i = 0; i < view.module_count(); ++i) all.push_back(path_of(view, i));
  return all;
}
using Paths = std::vector<std::string>;

/// From the type to the spec and to runs again.
template <auto Model>
bool comes_back() {
  const ArchitectureSpec spec = spec_of<Model>();
  const OwnedModel values(spec);
  const OwnedModel copy = values;
  return test::same_model(values.view(), view_of<type_of<Model>>()) && test::same_model(copy.view(), values.view());
}

}  // namespace

TEST_CASE("paths name every module of a model", "[model]") {
  CHECK(paths_of<(Embedding<9, 64> >> Repeat<2, (local >> global)> >> RmsNorm<64> >> Linear<64, 9>)>() ==
        Paths{"embedding", "layers.0", "layers.1", "layers.2", "layers.3", "norm", "head"});
  // Numbers count layers, whatever their runs; another layer behind goes on counting.
  CHECK(paths_of<(Embedding<9, 64> >> RmsNorm<64> >> local >> Repeat<2, global> >> Shift{} >> local)>() ==
        Paths{"embedding", "norm", "layers.0", "layers.1", "layers.2", "shift", "layers.3"});
  // Second ones of a name, and repeated modules of any kind.
  CHECK(paths_of<(RmsNorm<64> >> Linear<64, 64> >> LayerNorm<64> >> Linear<64, 9>)>() == Paths{"norm", "head", "norm_2", "head_2"});
  CHECK(paths_of<(Embedding<9, 64> >> Repeat<2, Shift{}>)>() == Paths{"embedding", "layers.0", "layers.1"});
}

TEST_CASE("a model type becomes a spec and the same runs again", "[model]") {
  constexpr auto llama = Embedding<9, 64> >> Repeat<16, global> >> RmsNorm<64> >> Linear<64, 9, TiedTo<"embedding">>;
  CHECK(comes_back<llama>());
  CHECK(comes_back<(Embedding<9, 64> >> Repeat<13, (local >> global)> >> RmsNorm<64>)>());
  CHECK(comes_back<(Embedding<9, 64> >> Repeat<4, (Repeat<5, local> >> global)> >> RmsNorm<64> >> Linear<64, 9>)>());
  CHECK(comes_back<(Repeat<3, global> >> local >> Repeat<2, global>)>());
  CHECK(comes_back<(Embedding<9, 64> >> Shift{} >> Linear<64, 9, Bias>)>());

  const ArchitectureSpec spec = spec_of<llama>("llama", 4096);
  CHECK((spec.vocab_size == 9 && spec.max_sequence_length == 4096 && spec.layers.size() == 19));
  CHECK((spec.layers[1].id == "layers.0" && spec.layers[1].type() == "TransformerLayer"));
  CHECK(spec == spec_of<llama>("llama", 4096));
  CHECK(spec_of(llama) == spec_of<llama>());
}

TEST_CASE("connections may say the order of the layers and nothing else", "[model]") {
  ArchitectureSpec spec = spec_of<(Embedding<9, 64> >> RmsNorm<64> >> Linear<64, 9>)>();
  CHECK(!first_non_sequential(spec));
  spec.connections = {{"embedding", "norm"}, {"norm", "head"}};
  CHECK(!first_non_sequential(spec));
  spec.connections = {{"embedding", "head"}, {"norm", "head"}};
  CHECK(first_non_sequential(spec) == Connection{"embedding", "head"});
  spec.connections = {{"embedding", "norm"}};
  CHECK(first_non_sequential(spec) == Connection{"norm", "head"});
  spec.connections = {{"embedding", "norm"}, {"norm", "head"}, {"head", "embedding"}};
  CHECK(first_non_sequential(spec) == Connection{"head", "embedding"});
}

TEST_CASE("the compiler's sentence and the error's text are one", "[model]") {
  const auto bad = TransformerLayer<2048, Attention<32, 5, 64>, SwiGlu<8192>>;
  const ModelView view = view_of<std::remove_cvref_t<decltype(bad)>>();
  const Diagnosis d = checks::ShapesAgree(view);
  const Error e = error_of(d, view);
  CHECK(e.kind == ErrorKind::config);
  CHECK(e.module == "layers.0.attention");
  CHECK(e.issue == "5 kv heads do not divide 32 heads");
  CHECK(e.suggestion == "use 4 kv heads");
  CHECK(e.link == "docs/errors.md#kv_heads_do_not_divide_heads");
  CHECK(e.text() == "module: layers.0.attention\nissue: 5 kv heads do not divide 32 heads\nsuggestion: use 4 kv heads\n"
                    "see: docs/errors.md#kv_heads_do_not_divide_heads");
}

TEST_CASE("every issue and every piece of advice is a sentence with all its numbers", "[model]") {
  Diagnosis d{.numbers = {1, 2, 3, 4}, .advice_numbers = {1, 2}};  // values of every enumeration, too
#define TTT_ISSUE(name, kind, sentence, ...)                 \
  d.issue = Issue::name;                                     \
  INFO(#name ": " << issue_text(d));                         \
  CHECK(issue_text(d).find_first_of("{}?") == std::string::npos); \
  CHECK(name_of(d.issue) == #name);
#include <ttt/checks/issues.def>
#undef TTT_ISSUE
#define TTT_ADVICE(name, count, sentence)                     \
  d.advice = Advice::name;                                    \
  INFO(#name ": " << advice_text(d));                         \
  CHECK(advice_text(d).find_first_of("{}?") == std::string::npos);
#include <ttt/checks/advices.def>
#undef TTT_ADVICE
}

#include <string>

#include <ttt/io/file.hpp>
#include <ttt/types/declaration.hpp>
#include <ttt/types/spec_of.hpp>
#include "../catch.hpp"
#include "../declaration_cases.hpp"
#include "../golden_data.hpp"

// The printed declarations, compiled: its static_asserts hold them against the models they were printed from.
#include "../static/printed_declarations.cpp"

namespace {

/// The text of tests/static/printed_declarations.cpp.
std::string printed_file() {
  std::string out =
      "// Printed by declaration_of from tests/declaration_cases.hpp; declaration_test says when it is out "
      "of date.\n"
      "#include <ttt/checks/join.hpp>\n#include <ttt/types/view.hpp>\n#include "
      "\"../declaration_cases.hpp\"\n\n"
      "using namespace ttt;\n\n// clang-format off\n";
  for (const auto& one : ttt::test::declaration_cases) out += ttt::declaration_of(one.view, one.name) + "\n";
  int i = 0;
  for (const auto& one : ttt::test::declaration_cases)
    out += "static_assert(ttt::test::same_model(view_of<type_of<" + std::string(one.name) +
           ">>(), ttt::test::declaration_cases[" + std::to_string(i++) + "].view));\n";
  return out;
}

}  // namespace

TEST_CASE("a printed declaration is the C++ that was compiled into this test", "[declaration]") {
  const auto path = ttt::test::source_root() / "tests" / "static" / "printed_declarations.cpp";
  const auto text = ttt::read_file(path.string());
  REQUIRE(text.has_value());
  CHECK(*text == printed_file());
}

TEST_CASE("a printed model's spec equals the one it was printed from", "[declaration]") {
  const auto same = [](const ttt::ArchitectureSpec& a, const ttt::ModelView& b) {
    return a == ttt::spec_of(ttt::OwnedModel(ttt::spec_of(b)).view());
  };
  CHECK(same(ttt::spec_of<printed_llama>(), ttt::test::declaration_cases[0].view));
  CHECK(same(ttt::spec_of<printed_options>(), ttt::test::declaration_cases[1].view));
  CHECK(same(ttt::spec_of<printed_ropes>(), ttt::test::declaration_cases[2].view));
}

TEST_CASE("only what is no default is printed", "[declaration]") {
  CHECK(ttt::declaration_of(ttt::test::declaration_cases[0].view, "my_model") ==
        "constexpr auto my_model =\n"
        "    Embedding<293, 48>\n"
        "    >> Repeat<3, TransformerLayer<48, Attention<6, 2, 12, Rope<10'000>>, SwiGlu<104>>>\n"
        "    >> RmsNorm<48>\n"
        "    >> Linear<48, 293>;\n");
  ttt::AttentionSpec alone{.heads = 4, .kv_heads = 1, .head_dim = 8, .qk_norm = true};
  CHECK(ttt::expression_of(alone) == "Attention<4, 1, 8, Rope<10'000>, QkNorm<>>");
}

TEST_CASE("numbers are printed so that C++ reads the same number", "[declaration]") {
  CHECK(ttt::literal_of(10000) == "10'000");
  CHECK(ttt::literal_of(1) == "1");
  CHECK(ttt::literal_of(1000) == "1000");
  CHECK(ttt::literal_of(130000) == "130'000");
  CHECK(ttt::literal_of(999999999) == "999'999'999");
  CHECK(ttt::literal_of(1e-5) == "1e-05");
  CHECK(ttt::literal_of(0.1) == "0.1");
  CHECK(ttt::literal_of(6.928203230275509) == "6.928203230275509");
  CHECK(std::stod(ttt::literal_of(1e12)) == 1e12);
}

TEST_CASE("a model's name becomes an identifier", "[declaration]") {
  CHECK(ttt::identifier_of("Llama-3.2-1B") == "llama_3_2_1b");
  CHECK(ttt::identifier_of("meta-llama/Llama-3.1-8B/") == "meta_llama_llama_3_1_8b");
  CHECK(ttt::identifier_of("7b") == "model_7b");
  CHECK(ttt::identifier_of("") == "model");
  CHECK(ttt::identifier_of("../..") == "model");
}

// Every golden checkpoint of the supported families: config.json gives the tensors that the weights file
// holds.
#include <algorithm>
#include <string>
#include <vector>

#include <ttt/adaptor/config.hpp>
#include <ttt/adaptor/config_writer.hpp>
#include <ttt/adaptor/describe.hpp>
#include <ttt/adaptor/spec_fields.hpp>
#include <ttt/io/checkpoint.hpp>
#include <ttt/types/spec_of.hpp>
#include "../catch.hpp"
#include "../golden_data.hpp"

using namespace ttt;

namespace {

constexpr std::string_view folders[] = {"llama",
                                        "llama-legacycfg-tied-bias",
                                        "llama-rope-dynamic",
                                        "llama-rope-linear",
                                        "llama-rope-yarn",
                                        "llama3-rope",
                                        "mistral",
                                        "qwen2",
                                        "qwen3",
                                        "real/stories260K"};

std::string shape_of(const std::vector<std::int64_t>& dims) {
  std::string out;
  for (const auto d : dims) out += (out.empty() ? "" : "x") + std::to_string(d);
  return out;
}

ModelConfig read(std::string_view folder) {
  auto config = read_config(test::golden(folder).string());
  INFO(folder);
  if (!config) FAIL(config.error().text());
  return *config;
}

const AttentionSpec& attention(const ModelConfig& c, std::size_t layer) {
  return c.spec.layers.at(layer + 1).module.attention;
}

void check_written_and_read(const ArchitectureSpec& spec) {
  const auto text = spec_to_config(spec);
  REQUIRE(text.has_value());
  const auto document = json::Document::parse(*text, "config.json");
  REQUIRE(document.has_value());
  const auto again = spec_from_config(document->root(), "config.json");
  REQUIRE(again.has_value());
  CHECK(*again == spec);
}

}  // namespace

TEST_CASE("every golden config needs exactly the tensors of its file", "[config][golden]") {
  for (const std::string_view folder : folders) {
    TTT_NEEDS_GOLDEN(folder);
    const ModelConfig config = read(folder);
    const auto checkpoint = Checkpoint::open(test::golden(folder).string());
    REQUIRE(checkpoint.has_value());
    std::vector<std::string> needed, held;
    for (const TensorSpec& t : tensors_of(OwnedModel(config.spec).view(), config.names)) {
      std::vector<std::int64_t> shape{t.columns};
      if (is_matrix(t.role)) shape.insert(shape.begin(), t.rows);
      needed.push_back(t.name + " " + shape_of(shape));
    }
    for (std::size_t i = 0; i < checkpoint->size(); ++i) {
      const TensorEntry& t = *(*checkpoint)[i].entry;
      held.push_back(t.name + " " + shape_of({t.shape.begin(), t.shape.end()}));
    }
    std::sort(needed.begin(), needed.end());
    std::sort(held.begin(), held.end());
    INFO(folder);
    CHECK(needed == held);
  }
}

TEST_CASE("every golden config survives being written and read again", "[config][golden]") {
  for (const std::string_view folder : folders) {
    TTT_NEEDS_GOLDEN(folder);
    const ModelConfig config = read(folder);
    const auto text = spec_to_config(config.spec, {.dtype = config.dtype, .bos = 1, .eos = {2}, .pad = {}});
    INFO(folder);
    if (!text) FAIL(text.error().text());
    const auto document = json::Document::parse(*text, "config.json");
    REQUIRE(document.has_value());
    const auto back = spec_from_config(document->root(), "config.json");
    INFO(*text);
    REQUIRE(back.has_value());
    CHECK(*back == config.spec);
    // The ids that the reader gives are the paths that the model's view gives.
    CHECK(spec_of(OwnedModel(config.spec).view(), config.spec.model_type, config.spec.max_sequence_length) ==
          config.spec);
  }
}

TEST_CASE("what changes the mathematics is read from each family's config", "[config][golden]") {
  TTT_NEEDS_GOLDEN("");
  SECTION("llama with biases, tied, old spelling") {
    const ModelConfig c = read("llama-legacycfg-tied-bias");
    CHECK(attention(c, 0).qkv_bias);
    CHECK(attention(c, 0).output_bias);
    CHECK(attention(c, 0).rope.theta == Real(50000));
    CHECK(c.spec.layers[1].module.mlp.bias);
    CHECK(c.spec.layers.back().module.linear.tied_to.view() == "embedding");
    CHECK(c.dtype == DType::bf16);
  }
  SECTION("rotary positions of every type") {
    const RopeSpec dynamic = attention(read("llama-rope-dynamic"), 0).rope;
    CHECK(dynamic.type == RopeType::dynamic);
    CHECK(dynamic.original_max_position == 32);
    CHECK(dynamic.factor == Real(2));
    const RopeSpec linear = attention(read("llama-rope-linear"), 0).rope;
    CHECK(linear.type == RopeType::linear);
    CHECK(linear.factor == Real(2.5));
    const RopeSpec yarn = attention(read("llama-rope-yarn"), 2).rope;
    CHECK(yarn.type == RopeType::yarn);
    CHECK(yarn.original_max_position == 32);
    CHECK(yarn.factor == Real(4));
    const RopeSpec llama3 = attention(read("llama3-rope"), 0).rope;
    CHECK(llama3.type == RopeType::llama3);
    CHECK(llama3.factor == Real(8));
    CHECK(llama3.original_max_position == 32);
    CHECK(llama3.theta == Real(500000));
  }
  SECTION("mistral's window is every layer's") {
    const ModelConfig c = read("mistral");
    for (std::size_t i = 0; i < 3; ++i) CHECK(attention(c, i).sliding_window == 9);
  }
  SECTION("qwen2 has biases on q, k and v alone; qwen3 norms each head of q and k") {
    const ModelConfig two = read("qwen2"), three = read("qwen3");
    CHECK(attention(two, 0).qkv_bias);
    CHECK_FALSE(attention(two, 0).output_bias);
    CHECK(attention(two, 0).sliding_window == 0);
    CHECK(attention(two, 0).head_dim == 10);
    CHECK(attention(three, 0).qk_norm);
    CHECK(attention(three, 0).qk_norm_eps == Real(1e-5));
    CHECK_FALSE(attention(three, 0).qkv_bias);
  }
  SECTION("the end of a text and the pad") {
    const ModelConfig c = read("llama");
    CHECK(c.generation.bos == 1);
    CHECK(c.generation.eos == std::vector<int>{2});
    CHECK(c.generation.pad == 0);
    CHECK_FALSE(read("real/stories260K").generation.pad.has_value());
  }
}

TEST_CASE("a trained story model is found among the known ones, a random one is not", "[config][golden]") {
  TTT_NEEDS_GOLDEN("real/stories260K");
  const Description known = describe(read("real/stories260K").spec, "real/stories260K/");
  CHECK(known.variant == "exact");
  CHECK(known.known_model == "stories260K");
  CHECK(known.declaration.starts_with("constexpr auto stories260k =\n    Embedding<512, 64>\n"));
  TTT_NEEDS_GOLDEN("llama");
  const Description unknown = describe(read("llama").spec, "llama");
  CHECK(unknown.variant == "dynamic");
  CHECK(unknown.reason.starts_with("no known model has these numbers; the nearest, "));
}

TEST_CASE("GPT-2's config is read into the spec that its declaration prints", "[config][golden]") {
  TTT_NEEDS_GOLDEN("gpt2");
  const ModelConfig config = read("gpt2");
  CHECK(describe(config.spec, "gpt2").declaration ==
        "constexpr auto gpt2 =\n"
        "    Embedding<293, 60, LearnedPositions<96>>\n"
        "    >> Repeat<3, TransformerLayer<60, Attention<5, 5, 12, NoRope, QkvBias, OutputBias>, Mlp<240, GeluTanh, Bias>, "
        "LayerNorms>>\n"
        "    >> LayerNorm<60>\n"
        "    >> Linear<60, 293, TiedTo<\"embedding\">>;\n");
  check_written_and_read(config.spec);
}

TEST_CASE("BERT's config is read into the spec that its declaration prints, and written again", "[config][golden]") {
  TTT_NEEDS_GOLDEN("bert");
  ModelConfig config = read("bert");
  const std::string layers =
      "constexpr auto bert =\n"
      "    Embedding<293, 48, LearnedPositions<64>, TokenTypes<2>>\n"
      "    >> LayerNorm<48, Eps<1e-12>>\n"
      "    >> Repeat<3, TransformerLayer<48, Attention<4, 4, 12, NoRope, QkvBias, OutputBias, Bidirectional>, Mlp<112, Gelu, Bias>, "
      "LayerNorms, PostNorm, Eps<1e-12>>>";
  CHECK(describe(config.spec, "bert").declaration == layers + "\n    >> Pooler<48>;\n");
  for (const bool pooler : {true, false}) {
    if (!pooler) {
      config.spec.layers.pop_back();
      CHECK(describe(config.spec, "bert").declaration == layers + ";\n");
    }
    check_written_and_read(config.spec);
  }
}

TEST_CASE("families that are not supported yet are refused by name", "[config][golden]") {
  for (const std::string_view folder :
       {"gemma", "llava", "mixtral", "phi3", "t5", "whisper"}) {
    TTT_NEEDS_GOLDEN(folder);
    const auto config = read_config(test::golden(folder).string());
    INFO(folder);
    REQUIRE_FALSE(config.has_value());
    CHECK(config.error().kind == ErrorKind::config);
    CHECK(config.error().link == "docs/errors.md#model_type_unknown");
  }
}

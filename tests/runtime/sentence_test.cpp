// Texts to vectors: what folders say of pooling, the sums themselves, and models whose rows are known.
#include <cmath>
#include <fstream>

#include <ttt/adaptor/sentence_embedder.hpp>
#include <ttt/runtime/encoder.hpp>
#include <ttt/runtime/hidden_rows.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

void write(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

constexpr std::string_view modules = R"([
  {"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},
  {"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"}NORMALIZE])";
std::string with_normalize(bool on) {
  std::string text(modules);
  text.replace(text.find("NORMALIZE"), 9,
               on ? R"(,{"idx":2,"name":"2","path":"2_Normalize","type":"sentence_transformers.models.Normalize"})" : "");
  return text;
}

/// The anchor of the refusal of a folder with this one file (and a pooling config where modules.json asks for one).
std::string refusal(const std::string& name, std::string_view text) {
  TemporaryFolder folder;
  write(folder.path / "1_Pooling/config.json", "{}");
  write(folder.path / name, text);
  const auto config = read_sentence_config(folder.path.string());
  if (config) return "none";
  CHECK_FALSE(config.error().suggestion.empty());
  CHECK_FALSE(config.error().file.empty());
  return anchor(config.error());
}

std::vector<float> pooled(Pooling how, std::span<const float> rows, std::size_t width) {
  std::vector<float> out(width);
  pool(how, rows, out);
  return out;
}

/// Words of one letter: "a" is id 10, "b" 11, ...; [CLS] 1 and [SEP] 2 around.
constexpr std::string_view tokenizer_json = R"({"added_tokens":[],"normalizer":{"type":"BertNormalizer","lowercase":false},
  "pre_tokenizer":{"type":"BertPreTokenizer"},"decoder":{"type":"WordPiece"},
  "post_processor":{"type":"BertProcessing","sep":["[SEP]",2],"cls":["[CLS]",1]},
  "model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":10,"b":11,"c":12,"d":13}}})";

double length_of(std::span<const float> v) {
  double squares = 0;
  for (const float x : v) squares += static_cast<double>(x) * x;
  return std::sqrt(squares);
}

}  // namespace

TEST_CASE("rows are pooled as their names say", "[sentence]") {
  const std::vector<float> rows{1, -2, 3, 5, 0, -7, 2, 4, 8, -1, -1, -1};  // [4, 3]
  const auto is = [&](Pooling how, std::vector<float> expected) {
    const std::vector<float> mine = pooled(how, rows, 3);
    INFO(name_of(how) << ": differs by " << worst(mine, expected));
    CHECK(worst(mine, expected) <= 1e-6);
  };
  is(Pooling::cls, {1, -2, 3});
  is(Pooling::last_token, {-1, -1, -1});
  is(Pooling::max, {5, 4, 8});
  is(Pooling::mean, {1.75F, 0.25F, 0.75F});
  is(Pooling::mean_sqrt_len, {3.5F, 0.5F, 1.5F});
  is(Pooling::weighted_mean, {(1 + 10 + 6 - 4) / 10.0F, (-2 + 0 + 12 - 4) / 10.0F, (3 - 14 + 24 - 4) / 10.0F});
  for (int i = 0; i < pooling_count; ++i) {
    const auto how = static_cast<Pooling>(i);
    CHECK(pooling_named(name_of(how)) == how);
    CHECK(worst(pooled(how, std::vector<float>(21, 2.0F), 21), std::vector<float>(21, 2.0F)) == 0);  // one row, odd width
  }
  CHECK_FALSE(pooling_named("median"));
  CHECK(std::isnan(pooled(Pooling::max, std::vector<float>{1, NAN, 3}, 1)[0]));
  CHECK(pooled(Pooling::max, std::vector<float>{-INFINITY, -INFINITY}, 1)[0] == -INFINITY);

  std::vector<float> v{3, 0, -4};
  to_unit_length(v);
  CHECK(worst(v, std::vector<float>{0.6F, 0, -0.8F}) <= 1e-7);
  std::vector<float> zero(5);
  to_unit_length(zero);
  CHECK(largest(zero) == 0);
}

TEST_CASE("a folder's own files say how its texts are pooled", "[sentence]") {
  TemporaryFolder folder;
  const auto read = [&] { return need(read_sentence_config(folder.path.string())); };
  SentenceConfig config = read();
  CHECK(config.pooling == std::vector{Pooling::mean});
  CHECK(config.unit_length);
  CHECK_FALSE(config.says_pooling);
  CHECK(config.max_tokens == 0);

  write(folder.path / "tokenizer_config.json", R"({"model_max_length":512})");
  CHECK(read().max_tokens == 512);
  write(folder.path / "tokenizer_config.json", R"({"model_max_length":1000000000000000019884624838656})");
  CHECK(read().max_tokens == 0);
  write(folder.path / "sentence_roberta_config.json", R"({"max_seq_length":128,"do_lower_case":true})");
  CHECK(read().max_tokens == 128);
  CHECK(read().lower_case);
  write(folder.path / "sentence_bert_config.json", R"({"max_seq_length":256,"do_lower_case":false})");
  CHECK(read().max_tokens == 256);  // the first of the names
  CHECK_FALSE(read().lower_case);

  write(folder.path / "1_Pooling/config.json", R"({"word_embedding_dimension":384,"pooling_mode_cls_token":true,
    "pooling_mode_mean_tokens":false})");
  config = read();
  CHECK(config.pooling == std::vector{Pooling::cls});
  CHECK(config.unit_length);  // no modules.json says otherwise
  CHECK(config.width == 384);
  CHECK(config.says_pooling);
  write(folder.path / "modules.json", with_normalize(false));
  CHECK_FALSE(read().unit_length);
  write(folder.path / "modules.json", with_normalize(true));
  CHECK(read().unit_length);
  write(folder.path / "1_Pooling/config.json", R"({"pooling_mode_lasttoken":true,"pooling_mode_max_tokens":true})");
  CHECK(read().pooling == std::vector{Pooling::max, Pooling::last_token});  // in the order of the vector
  write(folder.path / "1_Pooling/config.json", R"({"embedding_dimension":8,"pooling_mode":["lasttoken","cls"]})");
  CHECK(read().pooling == std::vector{Pooling::last_token, Pooling::cls});
  write(folder.path / "1_Pooling/config.json", R"({"pooling_mode":"weightedmean","include_prompt":false})");
  CHECK(read().pooling == std::vector{Pooling::weighted_mean});
  write(folder.path / "config_sentence_transformers.json", R"({"prompts":{"q":"query: "},"default_prompt_name":null})");
  CHECK(read().prompt.empty());
  write(folder.path / "1_Pooling/config.json", "{}");
  CHECK(read().pooling == std::vector{Pooling::mean});
  write(folder.path / "config_sentence_transformers.json", R"({"prompts":{"q":"query: "},"default_prompt_name":"q"})");
  CHECK(read().prompt == "query: ");
}

TEST_CASE("what a folder must not say of pooling is refused", "[sentence]") {
  const auto is = [](const std::string& name, std::string_view text, std::string_view expected) {
    INFO(name << ": " << text);
    CHECK(refusal(name, text) == expected);
  };
  is("modules.json", "{}", "sentence_config");
  is("modules.json", "[", "json_malformed");
  is("modules.json", "[]", "sentence_module_unsupported");
  is("modules.json", R"([{"path":"","type":"a.Transformer"}])", "sentence_module_unsupported");
  is("modules.json", R"([{"path":"1_Pooling","type":"a.Pooling"}])", "sentence_module_unsupported");
  is("modules.json", R"([{"path":"0_BERT","type":"a.Transformer"}])", "sentence_module_unsupported");
  is("modules.json", R"([{"path":"","type":"a.Transformer"},{"path":"../1_Pooling","type":"a.Pooling"}])", "sentence_config");
  is("modules.json", R"([{"path":"","type":"a.Transformer"},{"path":"/etc","type":"a.Pooling"}])", "sentence_config");
  is("modules.json", R"([{"path":"","type":"a.Transformer"},{"path":"none","type":"a.Pooling"}])", "file_missing");
  is("modules.json", R"([{"path":"","type":"a.Transformer"},{"path":"1_Pooling","type":"a.Pooling"},{"path":"2","type":"a.Dense"}])",
     "sentence_module_unsupported");
  is("modules.json", R"([{"path":"","type":"a.Transformer"},{"path":"","type":"a.Normalize"},{"path":"1_Pooling","type":"a.Pooling"}])",
     "sentence_module_unsupported");
  is("1_Pooling/config.json", "[]", "sentence_config");
  is("1_Pooling/config.json", R"({"pooling_mode":"median"})", "sentence_config");
  is("1_Pooling/config.json", R"({"pooling_mode":7})", "sentence_config");
  is("1_Pooling/config.json", R"({"pooling_mode_cls_token":"yes"})", "sentence_config");
  is("1_Pooling/config.json", R"({"word_embedding_dimension":-3})", "sentence_config");
  is("1_Pooling/config.json", R"({"word_embedding_dimension":38.4})", "sentence_config");
  is("sentence_bert_config.json", R"({"max_seq_length":0})", "sentence_config");
  is("sentence_bert_config.json", R"({"max_seq_length":"long"})", "sentence_config");
  is("sentence_bert_config.json", R"({"do_lower_case":1})", "sentence_config");
  is("config_sentence_transformers.json", R"({"default_prompt_name":"q"})", "sentence_config");
  is("config_sentence_transformers.json", R"({"prompts":{"q":3},"default_prompt_name":"q"})", "sentence_config");
}

TEST_CASE("a text that is too long loses its last tokens and keeps the special ones", "[sentence]") {
  const Tokenizer tokenizer = need(Tokenizer::parse(tokenizer_json));
  const auto at_most = [&](std::string_view text, std::size_t most) { return need(tokenizer.encode_at_most(text, most)); };
  using Ids = std::vector<std::int32_t>;
  CHECK(at_most("a b c d", 6).ids == Ids{1, 10, 11, 12, 13, 2});
  CHECK(at_most("a b c d", 6).left_out == 0);
  CHECK(at_most("a b c d", 5).ids == Ids{1, 10, 11, 12, 2});
  CHECK(at_most("a b c d", 5).left_out == 1);
  CHECK(at_most("a b c d", 2).ids == Ids{1, 2});
  CHECK(at_most("a b c d", 0).ids == Ids{1, 2});
  CHECK(at_most("a b c d", 0).left_out == 4);
  CHECK(at_most("", 5).ids == Ids{1, 2});
  CHECK(at_most("a b c d", 3).type_ids == Ids{0, 0, 0});

  SentenceConfig config;
  config.max_tokens = 4;
  CHECK(need(SentenceEmbedder(tokenizer, config, 512).encode("a b c d")).ids == Ids{1, 10, 11, 2});
  CHECK(need(SentenceEmbedder(tokenizer, config, 3).encode("a b c d")).ids == Ids{1, 10, 2});  // the model holds fewer
  config.max_tokens = 0;
  CHECK(SentenceEmbedder(tokenizer, config, 0).most_tokens() == 0);
  config.prompt = "d ";
  CHECK(need(SentenceEmbedder(tokenizer, config, 0).encode("A b")).ids == Ids{1, 13, 0, 11, 2});
  config.lower_case = true;
  CHECK(need(SentenceEmbedder(tokenizer, config, 0).encode("A b")).ids == Ids{1, 13, 10, 11, 2});
}

TEST_CASE("an encoder's texts become the vectors of its golden rows, on every level", "[sentence][golden]") {
  TTT_NEEDS_GOLDEN("bert");
  const SafetensorsFile reference = golden_tensors("bert");
  TemporaryFolder folder;
  for (const char* file : {"config.json", "model.safetensors"})
    std::filesystem::create_symlink(golden("bert") / file, folder.path / file);
  write(folder.path / "tokenizer.json", tokenizer_json);
  for (const std::string& isa : isas()) {
    const Engine e = engine(folder.path, exact(isa));
    for (const std::string prompt : {"short", "long"}) {
      const auto rows = tensor<float>(reference, prompt + ".last_hidden_state");
      Encoding encoding;
      encoding.ids = ids(reference, prompt + ".input_ids");
      if (prompt == "long") encoding.type_ids = ids(reference, prompt + ".token_type_ids");
      for (const bool unit : {true, false}) {
        write(folder.path / "modules.json", with_normalize(unit));
        write(folder.path / "1_Pooling/config.json", R"({"word_embedding_dimension":48,"pooling_mode":["mean","cls","weightedmean"]})");
        const SentenceEmbedder embedder = need(SentenceEmbedder::load(folder.path.string(), 64));
        need(embedder.check(e.state->model.view()));
        const std::vector<float> vector = need(embedder.embed(*e.runner, encoding));
        std::vector<float> expected;
        for (const Pooling how : {Pooling::mean, Pooling::cls, Pooling::weighted_mean}) {
          const std::vector<float> part = pooled(how, rows, 48);
          expected.insert(expected.end(), part.begin(), part.end());
        }
        const double length = length_of(expected);
        if (unit) to_unit_length(expected);
        INFO(isa << ", " << prompt << ", unit length " << unit << ": differs by " << worst(vector, expected));
        CHECK(worst(vector, expected) <= tolerance(rows) / (unit ? length : 1));
        CHECK((std::fabs(length_of(vector) - (unit ? 1 : length)) <= 1e-3 * length));
      }
    }
  }
  // A text gives the vector of its tokens, and a folder of another width is refused.
  const Engine e = engine(folder.path, exact());
  const SentenceEmbedder embedder = need(SentenceEmbedder::load(folder.path.string(), 64));
  CHECK(need(embedder.embed(*e.runner, "a b")) == need(embedder.embed(*e.runner, need(embedder.encode("a b")))));
  CHECK(need(embedder.encode(std::string(200, 'a') + " a")).ids.size() == 4);  // 200 letters are one unknown word
  write(folder.path / "1_Pooling/config.json", R"({"word_embedding_dimension":384})");
  const auto refused = need(SentenceEmbedder::load(folder.path.string())).embed(*e.runner, "a b");
  REQUIRE_FALSE(refused);
  CHECK(anchor(refused.error()) == "sentence_config");
}

TEST_CASE("a decoder is embedded where its folder names a pooling, and only there", "[sentence][golden]") {
  for (const std::string name : {"qwen3", "gpt2"}) {
    TTT_NEEDS_GOLDEN(name);
    const SafetensorsFile reference = golden_tensors(name);
    const Engine e = engine(golden(name), exact());
    Encoding encoding;
    encoding.ids = ids(reference, "long.input_ids");
    const auto rows = tensor<float>(reference, "long.final");
    const HiddenRows hidden = need(decoder_rows(*e.runner, encoding.ids));
    INFO(name << ": rows differ by at most " << worst(hidden.rows, rows));
    CHECK(worst(hidden.rows, rows) <= tolerance(rows));
    CHECK(static_cast<std::size_t>(hidden.width) * encoding.ids.size() == rows.size());

    const Tokenizer tokenizer = need(Tokenizer::parse(tokenizer_json));
    const auto refused = SentenceEmbedder(tokenizer, {}, 0).embed(*e.runner, encoding);
    REQUIRE_FALSE(refused);
    CHECK(anchor(refused.error()) == "pooling_undefined");
    SentenceConfig config;
    config.pooling = {Pooling::last_token};
    config.says_pooling = true;
    std::vector<float> expected(rows.end() - hidden.width, rows.end());
    to_unit_length(expected);
    const std::vector<float> vector = need(SentenceEmbedder(tokenizer, config, 0).embed(*e.runner, encoding));
    CHECK(worst(vector, expected) <= tolerance(rows));
    encoding.ids.clear();
    CHECK_FALSE(SentenceEmbedder(tokenizer, config, 0).embed(*e.runner, encoding));
  }
}

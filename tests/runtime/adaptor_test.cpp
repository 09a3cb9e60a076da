#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <ttt/adaptor/config.hpp>
#include <ttt/adaptor/config_writer.hpp>
#include <ttt/adaptor/describe.hpp>
#include <ttt/adaptor/families.hpp>
#include <ttt/adaptor/find_model.hpp>
#include <ttt/adaptor/spec_fields.hpp>
#include <ttt/adaptor/variants.hpp>
#include <ttt/io/file.hpp>
#include <ttt/types/spec_of.hpp>
#include "../catch.hpp"
#include "../golden_data.hpp"

using namespace ttt;

namespace {

Result<ArchitectureSpec> parse(std::string_view text) {
  const auto document = json::Document::parse(text, "config.json");
  if (!document) return document.error();
  return spec_from_config(document->root(), "config.json");
}

ArchitectureSpec spec(std::string_view text) {
  auto result = parse(text);
  INFO(text);
  if (!result) FAIL(result.error().text());
  return *result;
}

Error refusal(std::string_view text) {
  const auto result = parse(text);
  INFO(text);
  REQUIRE_FALSE(result.has_value());
  return result.error();
}

const AttentionSpec& attention(const ArchitectureSpec& s, std::size_t layer = 0) {
  return s.layers.at(layer + 1).module.attention;
}

/// A small config with `more` members at its end; fields of `more` replace the small one's.
std::string small(std::string_view model_type, std::string_view more = {}) {
  static constexpr std::pair<std::string_view, int> numbers[] = {
      {"hidden_size", 64}, {"num_attention_heads", 4},      {"num_key_value_heads", 2},
      {"head_dim", 16},    {"num_hidden_layers", 3},        {"intermediate_size", 96},
      {"vocab_size", 100}, {"max_position_embeddings", 128}};
  std::string out = "{";
  if (more.find("\"model_type\":") != 0) out += "\"model_type\":\"" + std::string(model_type) + "\",";
  for (const auto& [name, value] : numbers)
    if (const std::string key = "\"" + std::string(name) + "\":"; more.find(key) != 0)
      out += key + std::to_string(value) + ",";
  if (more.empty()) out.pop_back();
  return out + std::string(more) + "}";
}

/// A folder that goes away with everything in it.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/ttt_adaptor_XXXXXX";
    path_ = ::mkdtemp(name);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { [[maybe_unused]] const int ignored = std::system(("rm -rf " + path_).c_str()); }
  [[nodiscard]] std::string at(std::string_view below) const { return path_in(path_, below); }
  [[nodiscard]] std::string made(std::string_view below) const {
    const std::string path = at(below);
    REQUIRE(std::system(("mkdir -p " + path).c_str()) == 0);
    return path;
  }
  void write(std::string_view name, std::string_view text) const {
    REQUIRE(write_atomic(at(name), text).has_value());
  }

 private:
  std::string path_;
};

/// An environment variable for the length of a test.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old, had_ = true;
    value.empty() ? ::unsetenv(name) : ::setenv(name, value.c_str(), 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { had_ ? ::setenv(name_, old_.c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::string old_;
  bool had_ = false;
};

}  // namespace

TEST_CASE("old and new spellings of a config mean the same", "[adaptor]") {
  const auto same = [](std::string_view a, std::string_view b) {
    CHECK(spec(small("llama", a)) == spec(small("llama", b)));
  };
  same(R"("rope_theta":500000.0)", R"("rope_parameters":{"rope_type":"default","rope_theta":500000})");
  same(R"("rope_theta":1e4,"rope_scaling":null)", "");
  same(R"("rope_scaling":{"type":"linear","factor":2})",
       R"("rope_parameters":{"rope_type":"linear","factor":2.0})");
  same(
      R"("rope_theta":7000,"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
          "original_max_position_embeddings":32})",
      R"("rope_parameters":{"rope_theta":7000,"rope_type":"llama3","factor":8,"low_freq_factor":1,
          "high_freq_factor":4,"original_max_position_embeddings":32})");
  same(R"("partial_rotary_factor":0.5)", R"("rope_parameters":{"partial_rotary_factor":0.5})");
  CHECK(spec(small("qwen2", R"("use_sliding_window":true,"sliding_window":9,"max_window_layers":2)")) ==
        spec(small("qwen2", R"("use_sliding_window":true,"sliding_window":9,
             "layer_types":["full_attention","full_attention","sliding_attention"])")));
}

TEST_CASE("missing fields take the family's class defaults", "[adaptor]") {
  const ArchitectureSpec llama = spec(R"({"model_type":"llama"})");
  CHECK(llama.vocab_size == 32000);
  CHECK(llama.layers.size() == 32 + 3);
  CHECK(attention(llama).kv_heads == 32);
  CHECK(attention(llama).head_dim == 128);
  CHECK(llama.layers[1].module.mlp.intermediate == 11008);
  CHECK(llama.layers[1].module.norm.eps == Real(1e-6));
  CHECK(llama.max_sequence_length == 2048);
  CHECK(llama.layers.back().module.linear.tied_to.empty());

  const ArchitectureSpec mistral = spec(R"({"model_type":"mistral"})");
  CHECK(attention(mistral).kv_heads == 8);
  CHECK(attention(mistral).sliding_window == 4096);
  CHECK(mistral.layers[1].module.mlp.intermediate == 14336);
  CHECK(mistral.max_sequence_length == 131072);
  CHECK(attention(spec(R"({"model_type":"mistral","sliding_window":null})")).sliding_window == 0);

  const ArchitectureSpec qwen3 =
      spec(R"({"model_type":"qwen3","hidden_size":1024,"num_attention_heads":32})");
  CHECK(attention(qwen3).head_dim == 128);
  CHECK(attention(qwen3).qk_norm);
  CHECK(attention(spec(R"({"model_type":"qwen2"})")).qkv_bias);
  // An explicit null means "derived".
  CHECK(attention(spec(R"({"model_type":"qwen3","head_dim":null})")).head_dim == 4096 / 32);
  CHECK(attention(spec(R"({"model_type":"mistral","num_key_value_heads":null})")).kv_heads == 32);
}

TEST_CASE("windows are per layer", "[adaptor]") {
  const ArchitectureSpec s =
      spec(small("qwen3", R"("use_sliding_window":true,"sliding_window":9,"max_window_layers":1)"));
  CHECK(attention(s, 0).sliding_window == 0);
  CHECK(attention(s, 1).sliding_window == 9);
  CHECK(attention(s, 2).sliding_window == 9);
  CHECK(OwnedModel(s).view().runs.size() == 5);
  // use_sliding_window false switches all of it off.
  CHECK(attention(spec(small("qwen2", R"("sliding_window":9,"max_window_layers":0)")), 2).sliding_window ==
        0);
  // Llama has no windows, whatever the file says.
  CHECK(attention(spec(small("llama", R"("sliding_window":9)")), 2).sliding_window == 0);
}

TEST_CASE("dynamic rope starts from the model's own length", "[adaptor]") {
  const RopeSpec r =
      attention(spec(small("llama", R"("rope_scaling":{"type":"dynamic","factor":2.0})"))).rope;
  CHECK(r.original_max_position == 128);
  const RopeSpec yarn = attention(spec(small("llama", R"("rope_scaling":{"type":"yarn","factor":null,
                                       "original_max_position_embeddings":32})")))
                            .rope;
  CHECK(yarn.factor == Real(4));
}

TEST_CASE("a model_type is neither guessed nor mistaken", "[adaptor]") {
  const Error missing = refusal(R"({"architectures":["Qwen2ForCausalLM"],"hidden_size":64})");
  CHECK(missing.link == "docs/errors.md#model_type_missing");
  CHECK(missing.issue ==
        R"(there is no model_type; architectures names "Qwen2ForCausalLM", which is not taken for it)");
  CHECK(missing.suggestion == R"(if it is that model, add "model_type": "qwen2")");
  CHECK(missing.file == "config.json");
  CHECK(refusal(R"({"architectures":[]})").link == "docs/errors.md#model_type_missing");
  CHECK(refusal(R"({"model_type":7})").issue == "model_type is 7, and must be a string");
  CHECK(refusal("[]").link == "docs/errors.md#config_field");

  const Error unknown = refusal(R"({"model_type":"lama"})");
  CHECK(unknown.link == "docs/errors.md#model_type_unknown");
  CHECK(unknown.suggestion == "the nearest is llama; supported are llama, mistral, qwen2, qwen3, gpt2, bert");
  CHECK(refusal(R"({"model_type":"somethingelse","text_config":{"model_type":"llama"}})").suggestion ==
        R"(supported are llama, mistral, qwen2, qwen3, gpt2, bert (its text_config is of type "llama"))");
  CHECK(refusal(R"({"model_type":"Llama"})").link == "docs/errors.md#model_type_unknown");
}

TEST_CASE("what would change the mathematics is refused by name", "[adaptor]") {
  const Error quantised =
      refusal(small("llama", R"("quantization_config":{"quant_method":"gptq","bits":4})"));
  CHECK(quantised.link == "docs/errors.md#quantized_checkpoint");
  CHECK(quantised.issue.find("\"gptq\"") != std::string::npos);
  CHECK(spec(small("llama", R"("quantization_config":null,"pretraining_tp":2,"unheard_of":[1])")) ==
        spec(small("llama")));

  const Error rope = refusal(small("llama", R"("rope_scaling":{"rope_type":"longrope","factor":2})"));
  CHECK(rope.link == "docs/errors.md#rope_type_unknown");
  CHECK(rope.module == "rope_scaling.rope_type");
  CHECK(rope.suggestion == "known are default, linear, dynamic, llama3 and yarn");
  CHECK(refusal(small("llama", R"("rope_scaling":{"factor":2})")).module == "rope_scaling.rope_type");
  CHECK(refusal(small("llama", R"("rope_scaling":{"type":"linear"})")).module == "rope_scaling.factor");
  CHECK(refusal(small("qwen2", R"("rope_parameters":{"full_attention":{"rope_theta":1e6}})")).link ==
        "docs/errors.md#rope_type_unknown");

  CHECK(refusal(small("llama", R"("hidden_act":"mish")")).link == "docs/errors.md#activation_unknown");
  CHECK(spec(small("llama", R"("hidden_act":"gelu_new")")).layers[1].module.mlp.activation ==
        Activation::gelu_tanh);
  CHECK(refusal(small("qwen2", R"("layer_types":["full_attention","conv","full_attention"])")).link ==
        "docs/errors.md#layer_type_unknown");
  CHECK(refusal(small("qwen2", R"("layer_types":["full_attention"])")).link == "docs/errors.md#config_field");
  CHECK(refusal(small("qwen2", R"("layer_types":["full_attention","sliding_attention","full_attention"])"))
            .link == "docs/errors.md#config_fields_disagree");
}

TEST_CASE("a field that stands twice is refused", "[adaptor]") {
  const Error twice = refusal(small("llama", R"("rms_norm_eps":1e-6,"hidden_size":65)"));
  CHECK(twice.link == "docs/errors.md#config_field_twice");
  CHECK(twice.module == "hidden_size");
  CHECK(refusal(small("llama", R"("rope_scaling":{"factor":2,"type":"linear","factor":4})")).module ==
        "factor");
}

TEST_CASE("an error names the field, the value and what to write", "[adaptor]") {
  const Error error = refusal(R"({"model_type":"llama","hidden_size":-1})");
  CHECK(error.kind == ErrorKind::config);
  CHECK(error.module == "hidden_size");
  CHECK(error.issue == "hidden_size is -1, and must be an integer from 1 to 1048576");
  CHECK(error.suggestion ==
        "write an integer from 1 to 1048576 there, as the model's own config.json has it");
  CHECK(refusal(R"({"model_type":"llama","num_attention_heads":6,"num_key_value_heads":4,"head_dim":8})")
            .issue == "num_attention_heads 6 is no multiple of num_key_value_heads 4");
  CHECK(refusal(R"({"model_type":"llama","hidden_size":100,"num_attention_heads":3})").link ==
        "docs/errors.md#config_fields_disagree");
  CHECK(refusal(small("llama", R"("head_dim":15)")).link == "docs/errors.md#config_fields_disagree");
  CHECK(spec(small("llama", R"("rms_norm_eps":1e-6)")).layers[1].module.norm.eps == Real(1e-6));
}

TEST_CASE("hostile values of every field give a typed error or a usable spec", "[adaptor]") {
  const char* values[] = {"0",
                          "-1",
                          "1",
                          "2",
                          "2147483647",
                          "2147483648",
                          "4294967296",
                          "9223372036854775807",
                          "9223372036854775808",
                          "-9223372036854775808",
                          "1e308",
                          "-1e308",
                          "1e-308",
                          "0.5",
                          "48.0",
                          "null",
                          "true",
                          "false",
                          "\"7\"",
                          "\"\"",
                          "\"default\"",
                          "\"yarn\"",
                          "[]",
                          "[1]",
                          "{}",
                          R"({"rope_type":"yarn"})",
                          R"({"type":"dynamic","factor":1e308})",
                          R"({"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4})",
                          R"({"rope_type":"yarn","factor":4,"original_max_position_embeddings":0})",
                          R"(["sliding_attention","sliding_attention","sliding_attention"])"};
  const char* fields[] = {"vocab_size",
                          "hidden_size",
                          "intermediate_size",
                          "num_hidden_layers",
                          "num_attention_heads",
                          "num_key_value_heads",
                          "head_dim",
                          "max_position_embeddings",
                          "rms_norm_eps",
                          "tie_word_embeddings",
                          "hidden_act",
                          "attention_bias",
                          "mlp_bias",
                          "sliding_window",
                          "use_sliding_window",
                          "max_window_layers",
                          "layer_types",
                          "rope_theta",
                          "rope_scaling",
                          "rope_parameters",
                          "partial_rotary_factor",
                          "original_max_position_embeddings",
                          "quantization_config",
                          "dtype",
                          "torch_dtype",
                          "architectures",
                          "model_type"};
  int refused = 0, taken = 0;
  for (const char* family : {"llama", "mistral", "qwen2", "qwen3"})
    for (const char* field : fields)
      for (const char* value : values) {
        const std::string text = small(family, "\"" + std::string(field) + "\":" + value);
        const auto result = parse(text);
        INFO(text);
        if (!result) {
          ++refused;
          CHECK(
              result.error().kind ==
              (result.error().link == "docs/errors.md#json_malformed" ? ErrorKind::file : ErrorKind::config));
          CHECK_FALSE(result.error().module.empty());
          CHECK_FALSE(result.error().issue.empty());
          CHECK_FALSE(result.error().suggestion.empty());
          continue;
        }
        ++taken;
        CHECK(result->layers.size() >= 4);
        CHECK(result->layers.size() <= 1024 + 3);
        for (const LayerSpec& l : result->layers) {
          if (l.module.kind != ModuleKind::transformer_layer) continue;
          const AttentionSpec& a = l.module.attention;
          CHECK(a.heads % a.kv_heads == 0);
          CHECK(a.head_dim > 0);
          CHECK(a.rotary_dim() % 2 == 0);
          CHECK(a.rope.factor >= 1.0);
          CHECK(static_cast<std::int64_t>(a.heads) * a.head_dim <= (1 << 26));
        }
      }
  INFO("refused " << refused << ", taken " << taken);
  CHECK(refused + taken == 4 * 27 * 30);
  CHECK(refused > 1000);
  CHECK(taken > 500);
}

TEST_CASE("damaged configs give a typed error or a usable spec", "[adaptor]") {
  const std::string text =
      small("qwen3",
            R"("use_sliding_window":true,"sliding_window":9,"rope_scaling":{"rope_type":"yarn","factor":4.0,
      "original_max_position_embeddings":32},"rms_norm_eps":1e-06,"tie_word_embeddings":true,"hidden_act":"silu",
      "layer_types":["full_attention","sliding_attention","full_attention"],"eos_token_id":[1,2])");
  REQUIRE(parse(text).has_value());
  int refused = 0, taken = 0;
  const auto try_it = [&](const std::string& damaged) {
    const auto result = parse(damaged);
    if (result) {
      ++taken;
      if (result->layers.size() > 1027) FAIL(damaged);
    } else {
      ++refused;
      if (result.error().suggestion.empty() || result.error().link.empty()) FAIL(damaged);
    }
  };
  for (std::size_t n = 0; n < text.size(); ++n) try_it(text.substr(0, n));
  std::uint64_t state = 1;
  const auto random = [&](std::size_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state >> 33) % below;
  };
  constexpr std::string_view letters = "0123456789-+.eE\"{}[]:,nulltruefalse \\\x00\xff\x80";
  for (int i = 0; i < 5000; ++i) {
    std::string damaged = text;
    for (std::size_t k = random(3); k < 3; ++k) {
      const std::size_t at = random(damaged.size());
      switch (random(3)) {
        case 0:
          damaged[at] = letters[random(letters.size())];
          break;
        case 1:
          damaged.insert(at, 1, letters[random(letters.size())]);
          break;
        default:
          damaged.erase(at, 1 + random(8));
          break;
      }
    }
    try_it(damaged);
  }
  INFO("refused " << refused << ", taken " << taken);
  CHECK(refused > 3000);
  CHECK(taken > 200);
}

TEST_CASE("every known model survives being written as a config and read again", "[adaptor]") {
  for (const Variant& v : known_models()) {
    const ArchitectureSpec s = spec_of(v.view, std::string(v.model_type), v.max_position);
    const auto text = spec_to_config(s, {.dtype = DType::bf16, .bos = 1, .eos = {2, 3}, .pad = {}});
    INFO(v.name);
    if (!text) FAIL(text.error().text());
    INFO(*text);
    const ArchitectureSpec back = spec(*text);
    CHECK(back == s);
    const Variant* found = find_exact(OwnedModel(back).view());
    REQUIRE(found != nullptr);
    CHECK(found->name == v.name);
    CHECK(find_variant(v.name) == &v);
  }
  CHECK(known_models().size() == 22);
  CHECK(find_variant("llama-3.2-1b") != nullptr);
  CHECK(find_variant("llama-3.2-1") == nullptr);
}

TEST_CASE("the demo model that the project carries is the known model of that name", "[adaptor]") {
  const std::string folder = (test::source_root() / "tools" / "demo_model" / "demo").string();
  if (!is_folder(folder)) TTT_SKIP("the demo model is not in this tree");
  const auto config = read_config(folder);
  if (!config) FAIL(config.error().text());
  const Description d = describe(config->spec, "demo");
  INFO(d.reason);
  CHECK(d.known_model == "demo");
  const Variant* known = find_variant("demo");
  CHECK(config->spec.max_sequence_length == known->max_position);
  CHECK(config->generation.bos == known->bos);
  CHECK(config->generation.eos == std::vector<int>{known->eos});
}

TEST_CASE("a spec that its family's config cannot say is refused with the reason", "[adaptor]") {
  ArchitectureSpec s = spec(small("llama"));
  s.layers[2].module.attention.softcap = 50;
  const auto capped = spec_to_config(s);
  REQUIRE_FALSE(capped.has_value());
  CHECK(capped.error().link == "docs/errors.md#spec_not_expressible");
  CHECK(capped.error().issue.find("layers.1.attention.softcap is 50, not 0") != std::string::npos);
  s.model_type = "own";
  CHECK(spec_to_config(s).error().link == "docs/errors.md#model_type_unknown");
  // Everything the families can say is said.
  for (const char* text :
       {R"("attention_bias":true,"mlp_bias":true,"tie_word_embeddings":true)",
        R"("rope_scaling":{"type":"yarn","factor":4,"truncate":false,"mscale":1,"mscale_all_dim":0.5,
                              "attention_factor":1.2,"beta_fast":16,"beta_slow":2})",
        R"("partial_rotary_factor":0.5,"hidden_act":"relu2")"})
    CHECK(spec(*spec_to_config(spec(small("llama", text)))) == spec(small("llama", text)));
  const std::string slides =
      small("qwen3", R"("use_sliding_window":true,"sliding_window":9,"max_window_layers":1)");
  CHECK(spec(*spec_to_config(spec(slides))) == spec(slides));
}

TEST_CASE("a description says what keeps a model from the nearest known one", "[adaptor]") {
  const Variant* known = find_variant("Llama-3.2-1B");
  REQUIRE(known != nullptr);
  ArchitectureSpec s = spec_of(known->view, "llama", known->max_position);
  CHECK(describe(s, "org/My-Model").variant == "exact");
  CHECK(describe(s, "org/My-Model").declaration.starts_with("constexpr auto my_model =\n"));
  for (std::size_t i = 1; i <= 16; ++i) s.layers[i].module.attention.rope.theta = 10000;
  const Description d = describe(s, "x");
  CHECK(d.variant == "dynamic");
  CHECK(d.reason ==
        "no known model has these numbers; the nearest, Llama-3.2-1B, differs in 1 field: "
        "layers.0.attention.rope.theta is 10000, not 500000");
  CHECK(describe(s, "x", true).variant == "compiled");
  s.layers.erase(s.layers.begin() + 1);
  CHECK(find_nearest(OwnedModel(s).view(), "llama").fields == 2);
  CHECK(json::Document::parse(d.spec, "spec").has_value());
}

TEST_CASE("a spec is shown as a short table and as JSON", "[adaptor]") {
  const ArchitectureSpec s = spec(small("llama", R"("tie_word_embeddings":true)"));
  CHECK(to_text(s) ==
        "llama, vocabulary of 100, at most 128 positions\n"
        "  embedding             Embedding<100, 64>\n"
        "  layers.0 .. layers.2  3 x TransformerLayer<64, Attention<4, 2, 16, Rope<10'000>>, SwiGlu<96>, "
        "Eps<1e-06>>\n"
        "  norm                  RmsNorm<64, Eps<1e-06>>\n"
        "  head                  Linear<64, 100, TiedTo<\"embedding\">>\n");
  const auto document = json::Document::parse(to_json(s), "spec");
  REQUIRE(document.has_value());
  CHECK(document->root()["runs"].size() == 4);
  const auto runs = document->root()["runs"];
  auto second = runs.begin();
  ++second;
  CHECK((*second).value["count"].as_int() == 3);
}

TEST_CASE("generation_config.json is read with its ranges, and config.json stands in for it", "[adaptor]") {
  const auto read = [](std::string_view generation, std::string_view config) -> Result<GenerationConfig> {
    const auto c = json::Document::parse(config, "config.json");
    const auto g = json::Document::parse(generation.empty() ? "{}" : generation, "generation_config.json");
    return generation_from(generation.empty() ? json::Value() : g->root(), "generation_config.json",
                           c->root(), "config.json");
  };
  const auto none = read("", R"({"bos_token_id":1,"eos_token_id":[2,3],"pad_token_id":-1})");
  REQUIRE(none.has_value());
  CHECK(none->bos == 1);
  CHECK(none->eos == std::vector<int>{2, 3});
  CHECK_FALSE(none->pad.has_value());
  CHECK(none->top_k == 50);
  CHECK_FALSE(none->do_sample);
  const auto some = read(R"({"do_sample":true,"temperature":0.6,"top_p":0.9,"top_k":20,"min_p":null,
                             "repetition_penalty":1.05,"eos_token_id":[128001,128008],"max_new_tokens":10})",
                         R"({"eos_token_id":2})");
  REQUIRE(some.has_value());
  CHECK(some->do_sample);
  CHECK(some->temperature == 0.6);
  CHECK(some->top_k == 20);
  CHECK(some->eos == std::vector<int>{128001, 128008});
  CHECK(some->max_new_tokens == 10);
  for (const char* bad :
       {R"({"temperature":-1})", R"({"temperature":"hot"})", R"({"top_k":-1})", R"({"top_k":1.5})",
        R"({"top_p":1.5})", R"({"min_p":-0.1})", R"({"repetition_penalty":0})", R"({"eos_token_id":["a"]})",
        R"({"eos_token_id":[-2]})", R"({"eos_token_id":4294967298})", R"({"eos_token_id":{}})",
        R"({"max_new_tokens":-3})", R"({"do_sample":1})", "[]", "3"}) {
    const auto refused = read(bad, "{}");
    INFO(bad);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().link == "docs/errors.md#config_field");
    CHECK(refused.error().file == "generation_config.json");
  }
}

TEST_CASE("a folder without config.json, or with a broken one, is refused with its path", "[adaptor]") {
  const Folder folder;
  const auto missing = read_config(folder.at(""));
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().link == "docs/errors.md#config_missing");
  CHECK(read_config(folder.at("nowhere")).error().issue == "there is no such folder");
  folder.write("config.json", "{\"model_type\": ");
  CHECK(read_config(folder.at("")).error().link == "docs/errors.md#json_malformed");
  folder.write("config.json", small("mistral", R"("torch_dtype":"float16","eos_token_id":5)"));
  const auto config = read_config(folder.at(""));
  REQUIRE(config.has_value());
  CHECK(config->dtype == DType::fp16);
  CHECK(config->generation.eos == std::vector<int>{5});
  folder.write("generation_config.json", R"({"top_p": 2})");
  CHECK(read_config(folder.at("")).error().file == folder.at("generation_config.json"));
}

TEST_CASE("a model is found as a folder, in the HuggingFace cache, or as the demo", "[adaptor]") {
  const Folder folder;
  const Environment hub("HF_HUB_CACHE", ""), old_hub("HUGGINGFACE_HUB_CACHE", ""), xdg("XDG_CACHE_HOME", "");
  const Environment home("HF_HOME", folder.made("hf"));
  const std::string repository = folder.made("hf/hub/models--org--name");

  CHECK(*find_model(folder.at("hf")) == folder.at("hf"));
  const auto absent = find_model("org/name");
  REQUIRE_FALSE(absent.has_value());
  CHECK(absent.error().link == "docs/errors.md#model_not_cached");
  CHECK(absent.error().suggestion ==
        "download it: hf download org/name (older: huggingface-cli download org/name)");

  const std::string first = folder.made("hf/hub/models--org--name/snapshots/abc123");
  CHECK(*find_model("org/name") == first);  // the only one, even without a ref
  const std::string second = folder.made("hf/hub/models--org--name/snapshots/def456");
  CHECK_FALSE(find_model("org/name").has_value());
  REQUIRE(is_folder(folder.made("hf/hub/models--org--name/refs")));
  REQUIRE(write_atomic(path_in(repository, "refs/main"), std::string_view("def456\n")).has_value());
  CHECK(*find_model("org/name") == second);
  REQUIRE(write_atomic(path_in(repository, "refs/main"), std::string_view("../../../../..")).has_value());
  CHECK_FALSE(find_model("org/name").has_value());
  {
    const Environment elsewhere("HF_HUB_CACHE", folder.made("other"));
    CHECK_FALSE(find_model("org/name").has_value());
    const std::string there = folder.made("other/models--org--name/snapshots/777");
    CHECK(*find_model("org/name") == there);
  }

  for (const char* bad : {"", "no-such-model", "../org/name", "/etc/../nowhere", "org/na me", "a/b/c", "./x"})
    CHECK(find_model(bad).error().link == "docs/errors.md#model_not_found");
  folder.write("file", "x");
  CHECK(find_model(folder.at("file")).error().issue == "that is a file, and a model is a folder");
  CHECK(is_hub_id("meta-llama/Llama-3.2-1B"));
  CHECK_FALSE(is_hub_id("../x"));

  const Environment demo("TTT_DEMO", folder.made("the_demo"));
  CHECK(*find_model("demo") == folder.at("the_demo"));
  const Environment wrong("TTT_DEMO", folder.at("no_demo"));
  CHECK(find_model("demo").error().link == "docs/errors.md#demo_not_found");
}

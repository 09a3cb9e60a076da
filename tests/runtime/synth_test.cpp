#include <stdlib.h>

#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <ttt/adaptor/config.hpp>
#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/adaptor/synth.hpp>
#include <ttt/adaptor/variants.hpp>
#include <ttt/io/checkpoint.hpp>
#include <ttt/io/file.hpp>
#include <ttt/types/spec_of.hpp>
#include "../catch.hpp"
#include "../golden_data.hpp"

using namespace ttt;

namespace {

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/ttt_synth_XXXXXX";
    path_ = ::mkdtemp(name);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { [[maybe_unused]] const int ignored = std::system(("rm -rf " + path_).c_str()); }
  [[nodiscard]] std::string at(std::string_view below) const { return path_in(path_, below); }

 private:
  std::string path_;
};

std::string text(const std::string& path) { return read_file(path).value(); }

float widened(std::uint16_t bf16) {
  const std::uint32_t bits = std::uint32_t{bf16} << 16;
  float x = 0;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

void check_whole(const std::string& folder, std::string_view variant) {
  const auto config = read_config(folder);
  if (!config) FAIL(config.error().text());
  const Variant* found = find_exact(OwnedModel(config->spec).view());
  REQUIRE(found != nullptr);
  CHECK(found->name == variant);
  CHECK(config->dtype == DType::bf16);
  const auto checkpoint = Checkpoint::open(folder);
  if (!checkpoint) FAIL(checkpoint.error().text());
  const auto needed = tensors_of(OwnedModel(config->spec).view(), config->names);
  CHECK(checkpoint->size() == needed.size());
  for (const TensorSpec& t : needed) {
    const auto tensor = checkpoint->find(t.name);
    INFO(t.name);
    REQUIRE(tensor);
    std::vector<std::int64_t> shape{t.columns};
    if (is_matrix(t.role)) shape.insert(shape.begin(), t.rows);
    CHECK(std::vector<std::int64_t>(tensor.entry->shape.begin(), tensor.entry->shape.end()) == shape);
  }
}

}  // namespace

TEST_CASE("a synthesised checkpoint is what its shape says", "[synth]") {
  const Folder folder;
  std::uint64_t last = 0, total = 0;
  const auto made = synthesise("STORIES260k", folder.at("a"), 7, [&](std::uint64_t done, std::uint64_t all) {
    CHECK(done > last);
    last = done, total = all;
  });
  if (!made) FAIL(made.error().text());
  CHECK(last == total);
  check_whole(folder.at("a"), "stories260K");
  const std::string config = text(folder.at("a/config.json"));
  for (const char* needed :
       {"\"rope_theta\":10000", "\"rope_scaling\":null", "\"bos_token_id\":1", "\"eos_token_id\":2",
        "\"num_key_value_heads\":4", "\"rms_norm_eps\":1e-05", "\"torch_dtype\":\"bfloat16\""})
    CHECK(config.find(needed) != std::string::npos);
}

TEST_CASE("the same seed gives the same weights, another gives others", "[synth]") {
  const Folder folder;
  REQUIRE(synthesise("stories260k", folder.at("a"), 1).has_value());
  REQUIRE(synthesise("stories260k", folder.at("b"), 1).has_value());
  REQUIRE(synthesise("stories260k", folder.at("c"), 2).has_value());
  const std::string a = text(folder.at("a/model.safetensors"));
  CHECK(a == text(folder.at("b/model.safetensors")));
  CHECK(a != text(folder.at("c/model.safetensors")));
}

TEST_CASE("a large checkpoint is cut into shards with an index", "[synth]") {
  const Folder folder;
  const Variant& v = *find_variant("qwen2.5-0.5b");
  ArchitectureSpec small = spec_of(v.view, "qwen2", v.max_position);
  for (LayerSpec& l : small.layers) {  // the same family and layers, narrow
    ModuleSpec& m = l.module;
    m.embedding.vocab = m.linear.out = 128;
    m.embedding.hidden = m.linear.in = m.norm.width = m.attention.hidden = m.mlp.hidden = 32;
    m.mlp.intermediate = 64;
    m.attention.heads = 4, m.attention.kv_heads = 2, m.attention.head_dim = 8;
    const ModuleSpec whole = m;  // members of other kinds stay at their defaults
    m = ModuleSpec();
    m.kind = whole.kind;
    if (m.kind == ModuleKind::embedding) m.embedding = whole.embedding;
    if (m.kind == ModuleKind::linear) m.linear = whole.linear;
    if (m.kind == ModuleKind::rms_norm) m.norm = whole.norm;
    if (m.kind == ModuleKind::transformer_layer)
      m.norm = whole.norm, m.attention = whole.attention, m.mlp = whole.mlp;
  }
  small.vocab_size = 128;
  SynthOptions options;
  options.shard_bytes = 100'000;
  const auto made = synthesise(small, {}, folder.at("s"), options);
  if (!made) FAIL(made.error().text());
  CHECK(is_regular_file(folder.at("s/model.safetensors.index.json")));
  CHECK_FALSE(is_regular_file(folder.at("s/model.safetensors")));
  const auto checkpoint = Checkpoint::open(folder.at("s"));
  if (!checkpoint) FAIL(checkpoint.error().text());
  CHECK(checkpoint->files().size() > 3);
  CHECK(checkpoint->size() == tensors_of(OwnedModel(small).view()).size());
}

TEST_CASE("a synthesised checkpoint has the tensors of its family's files", "[synth][golden]") {
  for (const std::string family : {"gpt2", "bert", "llama"}) {
    TTT_NEEDS_GOLDEN(family);
    const auto config = read_config(test::golden(family).string());
    if (!config) FAIL(config.error().text());
    const Folder folder;
    const auto made = synthesise(config->spec, {}, folder.at("s"), {});
    if (!made) FAIL(made.error().text());
    const auto shapes = [](const std::string& path) {
      std::map<std::string, std::vector<std::int64_t>> out;
      const auto file = SafetensorsFile::open(path);
      if (!file) FAIL(file.error().text());
      for (const TensorEntry& t : file->tensors()) out[t.name.starts_with("bert.") ? t.name.substr(5) : t.name] = t.shape;
      return out;
    };
    INFO(family);
    CHECK(shapes(folder.at("s/model.safetensors")) == shapes((test::golden(family) / "model.safetensors").string()));
    const auto loaded = from_huggingface(folder.at("s"));
    if (!loaded) FAIL(loaded.error().text());
  }
}

TEST_CASE("synthesise replaces its own folder and no other", "[synth]") {
  const Folder folder;
  REQUIRE(synthesise("stories260k", folder.at("a"), 1).has_value());
  const std::string before = text(folder.at("a/model.safetensors"));
  REQUIRE(synthesise("stories260k", folder.at("a/"), 2).has_value());
  CHECK(before != text(folder.at("a/model.safetensors")));

  REQUIRE(write_atomic(folder.at("a/notes.txt"), std::string_view("mine")).has_value());
  const auto foreign = synthesise("stories260k", folder.at("a"), 3);
  REQUIRE_FALSE(foreign.has_value());
  CHECK(foreign.error().link == "docs/errors.md#synth_folder_in_use");
  CHECK(text(folder.at("a/notes.txt")) == "mine");

  REQUIRE(make_folder(folder.at("b")).has_value());
  REQUIRE(write_atomic(folder.at("b/config.json"), std::string_view("{}")).has_value());
  CHECK(synthesise("stories260k", folder.at("b")).error().link == "docs/errors.md#synth_folder_in_use");
  CHECK(text(folder.at("b/config.json")) == "{}");
  CHECK(synthesise("stories260k", folder.at("b/config.json")).error().link ==
        "docs/errors.md#synth_folder_in_use");
  CHECK(synthesise("stories260k", "").error().link == "docs/errors.md#synth_folder_in_use");
  REQUIRE(make_folder(folder.at("empty")).has_value());
  CHECK(synthesise("stories260k", folder.at("empty")).has_value());
  CHECK_FALSE(synthesise("stories260k", folder.at("no/parent")).has_value());
  const auto unknown = synthesise("llama-3.2-2b", folder.at("x"));
  CHECK(unknown.error().link == "docs/errors.md#synth_shape_unknown");
  CHECK(unknown.error().suggestion.starts_with("the nearest is Llama-3.2-"));
}

TEST_CASE("random weights have the mean, deviation and shape that were asked for", "[synth]") {
  std::vector<std::uint16_t> numbers(200'000);
  fill_random_bf16(42, 0, 0.5, 0.02, numbers.data(), numbers.size());
  double sum = 0, squares = 0, fourths = 0;
  for (const auto n : numbers) sum += widened(n);
  const double mean = sum / static_cast<double>(numbers.size());
  for (const auto n : numbers) {
    const double d = widened(n) - mean;
    squares += d * d;
    fourths += d * d * d * d;
  }
  const double variance = squares / static_cast<double>(numbers.size());
  CHECK(mean == Approx(0.5).margin(2e-4));
  CHECK(std::sqrt(variance) == Approx(0.02).epsilon(0.01));
  CHECK(fourths / static_cast<double>(numbers.size()) / (variance * variance) ==
        Approx(2.7).epsilon(0.03));  // normal: 3
  // Any piece can be made alone.
  std::vector<std::uint16_t> piece(100);
  fill_random_bf16(42, 1000, 0.5, 0.02, piece.data(), piece.size());
  CHECK(std::equal(piece.begin(), piece.end(), numbers.begin() + 1000));
}

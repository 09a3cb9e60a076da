// Whole models against HuggingFace's own results, on every instruction-set level this machine has.
#include <cstring>
#include <fstream>

#include <ttt/io/json.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

/// An input of the head: the model without its head gives what the final norm gives.
class WithoutHead final : public TensorSource {
 public:
  explicit WithoutHead(const TensorSource& all) : all_(all) {}
  [[nodiscard]] std::optional<TensorInfo> find(std::string_view name) const override {
    return name == "lm_head.weight" ? std::nullopt : all_.find(name);
  }
  [[nodiscard]] Result<void> read(std::string_view name, std::uint64_t at, std::span<std::byte> into) const override {
    return all_.read(name, at, into);
  }
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> left;
    for (std::string& name : all_.names())
      if (name != "lm_head.weight") left.push_back(std::move(name));
    return left;
  }
  [[nodiscard]] std::string where() const override { return all_.where(); }

 private:
  const TensorSource& all_;
};

float widened(std::uint16_t bf16) {
  const std::uint32_t bits = std::uint32_t{bf16} << 16;
  float value = 0;
  std::memcpy(&value, &bits, 4);
  return value;
}
/// Round to nearest even; what is too small for a normal number keeps what a subnormal can hold.
std::uint16_t narrowed(float value) {
  const auto half = static_cast<_Float16>(value);
  std::uint16_t bits = 0;
  std::memcpy(&bits, &half, 2);
  return bits;
}

struct Stored {
  TensorDeclaration declaration;
  std::vector<std::byte> data;
};
std::vector<Stored> read_all(const std::filesystem::path& folder) {
  const SafetensorsFile file = need(SafetensorsFile::open((folder / "model.safetensors").string()));
  std::vector<Stored> all;
  for (const TensorEntry& t : file.tensors()) {
    all.push_back({{t.name, t.dtype, t.shape}, std::vector<std::byte>(t.bytes())});
    need(file.read(t, 0, all.back().data));
  }
  return all;
}
void write_some(const std::filesystem::path& file, std::span<const Stored> tensors) {
  std::vector<TensorToWrite> out;
  for (const Stored& t : tensors) out.push_back({t.declaration, t.data});
  need(write_safetensors(file.string(), out));
}
void convert(std::vector<Stored>& all, SafeDType to) {
  for (Stored& t : all) {
    if (t.declaration.dtype != SafeDType::bf16) continue;
    const std::size_t n = t.data.size() / 2;
    std::vector<std::byte> out(n * bytes_of(to));
    for (std::size_t i = 0; i < n; ++i) {
      std::uint16_t bits = 0;
      std::memcpy(&bits, &t.data[2 * i], 2);
      const float value = widened(bits);
      const std::uint16_t half = narrowed(value);
      if (to == SafeDType::f32) std::memcpy(&out[4 * i], &value, 4);
      if (to == SafeDType::f16) std::memcpy(&out[2 * i], &half, 2);
    }
    t.data = std::move(out);
    t.declaration.dtype = to;
  }
}
void copy_config(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy_file(from / "config.json", to / "config.json");
}

std::vector<std::int32_t> integers(json::Value array) {
  std::vector<std::int32_t> out;
  for (const auto entry : array) out.push_back(static_cast<std::int32_t>(entry.value.as_int().value()));
  return out;
}

}  // namespace

TEST_CASE("logits of every position are HuggingFace's, on every level", "[engine][golden]") {
  TTT_NEEDS_GOLDEN("llama");
  for (const std::string_view folder : decoder_folders)
    for (const std::string& isa : isas()) {
      const SafetensorsFile reference = golden_tensors(folder);
      Engine e = engine(golden(folder), exact(isa));
      for (const std::string prompt : {"short", "long"}) {
        const auto expected = tensor<float>(reference, prompt + ".logits");
        Session s = e.session();
        const auto logits = e.step(s, ids(reference, prompt + ".input_ids"));
        INFO(folder << ", " << isa << ", " << prompt << ": logits differ by at most " << worst(logits, expected));
        CHECK(worst(logits, expected) <= tolerance(expected));
      }
    }
}

TEST_CASE("greedy continuations are HuggingFace's, on every level", "[engine][golden]") {
  TTT_NEEDS_GOLDEN("llama");
  for (const std::string_view folder : decoder_folders)
    for (const std::string& isa : isas()) {
      const SafetensorsFile reference = golden_tensors(folder);
      Engine e = engine(golden(folder), exact(isa));
      for (const std::string prompt : {"short", "long"}) {
        const auto expected = tensor<float>(reference, prompt + ".gen_logits");
        const Greedy g = greedy(e, ids(reference, prompt + ".input_ids"), 24);
        INFO(folder << ", " << isa << ", " << prompt << ": logits of decoding differ by at most "
                    << worst(g.logits, expected));
        CHECK(g.ids == ids(reference, prompt + ".generated"));
        CHECK(worst(g.logits, expected) <= tolerance(expected));
      }
    }
}

TEST_CASE("the rows between layers are HuggingFace's", "[engine][golden]") {
  TTT_NEEDS_GOLDEN("llama");
  for (const std::string_view folder : decoder_folders)
    for (const std::string& isa : isas()) {
      const SafetensorsFile reference = golden_tensors(folder);
      Engine e = engine(golden(folder), exact(isa));
      Session s = e.session();
      int seen = 0;
      const Tap tap = [&](int module, const float* rows, int count, int width) {
        const std::string name = "short.hidden." + std::to_string(module);
        if (reference.find(name) == nullptr) return;
        const auto expected = tensor<float>(reference, name);
        REQUIRE(expected.size() == static_cast<std::size_t>(count) * static_cast<std::size_t>(width));
        const std::span<const float> mine(rows, expected.size());
        INFO(folder << ", " << isa << ", " << name << ": differ by at most " << worst(mine, expected));
        CHECK(worst(mine, expected) <= tolerance(expected));
        ++seen;
      };
      const auto prompt = ids(reference, "short.input_ids");
      const auto tapped = e.step(s, prompt, BatchItem::Logits::all, 0, &tap);
      int layers = 0;
      for (const TensorEntry& t : reference.tensors()) layers += t.name.starts_with("short.hidden.");
      CHECK(seen == layers);
      s.reset();
      CHECK(worst(e.step(s, prompt), tapped) == 0);  // taps look and do not touch
    }
}

TEST_CASE("what the head reads is HuggingFace's", "[engine][golden]") {
  TTT_NEEDS_GOLDEN("llama");
  for (const std::string_view folder : decoder_folders)
    for (const std::string& isa : isas()) {
      const SafetensorsFile reference = golden_tensors(folder);
      ModelConfig config = need(read_config(golden(folder).string()));
      config.spec.layers.pop_back();
      const CheckpointSource all(need(Checkpoint::open(golden(folder).string())), config.names);
      Engine e = need(try_engine(config, WithoutHead(all), exact(isa)));
      for (const std::string prompt : {"short", "long"}) {
        const auto expected = tensor<float>(reference, prompt + ".final");
        Session s = e.session();
        const auto rows = e.step(s, ids(reference, prompt + ".input_ids"));
        INFO(folder << ", " << isa << ", " << prompt << ": differ by at most " << worst(rows, expected));
        CHECK(worst(rows, expected) <= tolerance(expected));
      }
    }
}

TEST_CASE("stories260K continues five prompts by 200 tokens as HuggingFace does, on every level", "[engine][golden]") {
  TTT_NEEDS_GOLDEN("real/stories260K");
  const auto document = need(json::Document::read((golden("real/stories260K") / "golden.json").string()));
  for (const std::string& isa : isas()) {
    Engine e = engine(golden("real/stories260K"), exact(isa));
    int cases = 0;
    for (const auto entry : document.root()["cases"]) {
      const json::Value one = entry.value;
      INFO(isa << ", case " << cases);
      const auto expected = integers(one["generated"]);
      CHECK(greedy(e, integers(one["input_ids"]), static_cast<int>(expected.size())).ids == expected);
      ++cases;
    }
    CHECK(cases == 5);
  }
}

TEST_CASE("bf16 operands and an fp16 cache stay near fp32, layer by layer", "[engine][golden]") {
  TTT_NEEDS_GOLDEN("llama");
  for (const std::string_view folder : decoder_folders)
    for (const std::string& isa : isas()) {
      const SafetensorsFile reference = golden_tensors(folder);
      LoadOptions options = exact(isa);
      options.preset = Preset::standard;
      options.policy.set_fidelity(Fidelity::hifi2);
      Engine e = engine(golden(folder), options);
      Session s = e.session();
      double lowest = 1;
      const Tap tap = [&](int module, const float* rows, int count, int width) {
        const std::string name = "short.hidden." + std::to_string(module);
        if (reference.find(name) == nullptr) return;
        const auto expected = tensor<float>(reference, name);
        lowest = std::min(lowest, pcc({rows, static_cast<std::size_t>(count) * static_cast<std::size_t>(width)}, expected));
      };
      const auto expected = tensor<float>(reference, "short.logits");
      const auto logits = e.step(s, ids(reference, "short.input_ids"), BatchItem::Logits::all, 0, &tap);
      INFO(folder << ", " << isa << ": lowest PCC of a layer " << lowest << ", of the logits " << pcc(logits, expected));
      CHECK(lowest >= 0.999);
      CHECK(pcc(logits, expected) >= 0.999);

      for (const std::string prompt : {"short", "long"}) {
        s.reset();
        const auto all = tensor<float>(reference, prompt + ".logits");
        const double error = worst(e.step(s, ids(reference, prompt + ".input_ids")), all);
        const auto wanted = ids(reference, prompt + ".generated");
        const auto choices = tensor<float>(reference, prompt + ".gen_logits");
        const Greedy g = greedy(e, ids(reference, prompt + ".input_ids"), 24);
        const auto differ = std::mismatch(g.ids.begin(), g.ids.end(), wanted.begin());
        if (differ.first == g.ids.end()) continue;
        const auto at = static_cast<std::size_t>(differ.first - g.ids.begin());
        const auto v = static_cast<std::size_t>(e.vocab());
        const float* row = &choices[at * v];
        const double margin = row[wanted[at]] - row[g.ids[at]];
        INFO(prompt << ": token " << at << " differs where HuggingFace's margin is " << margin
                    << "; logits of the prompt differ by at most " << error);
        CHECK(margin <= 2 * error);
      }
    }
}

TEST_CASE("the same weights stored as fp32, fp16 or in shards give the same results", "[engine][golden]") {
  TTT_NEEDS_GOLDEN("qwen3");
  for (const std::string folder : {"qwen3", "llama-legacycfg-tied-bias"}) {
    const SafetensorsFile reference = golden_tensors(folder);
    const auto expected = tensor<float>(reference, "long.logits");
    const auto prompt = ids(reference, "long.input_ids");
    Engine original = engine(golden(folder), exact());
    Session first = original.session();
    const auto logits = original.step(first, prompt);
    for (const std::string how : {"fp32", "fp16", "sharded", "mixed"}) {
      const TemporaryFolder copy;
      copy_config(golden(folder), copy.path);
      std::vector<Stored> all = read_all(golden(folder));
      if (how == "fp32") convert(all, SafeDType::f32);
      if (how == "fp16") convert(all, SafeDType::f16);
      if (how == "mixed") {
        std::vector<Stored> half(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
        convert(half, SafeDType::f32);
        std::move(half.begin(), half.end(), all.begin());
      }
      if (how == "sharded") {
        const std::size_t cut = all.size() / 3;
        write_some(copy.path / "model-00001-of-00002.safetensors", std::span(all).first(cut));
        write_some(copy.path / "model-00002-of-00002.safetensors", std::span(all).subspan(cut));
        std::ofstream index(copy.path / "model.safetensors.index.json");
        index << R"({"metadata":{},"weight_map":{)";
        for (std::size_t i = 0; i < all.size(); ++i)
          index << (i > 0 ? "," : "") << '"' << all[i].declaration.name << R"(":"model-0000)" << (i < cut ? 1 : 2)
                << R"(-of-00002.safetensors")";
        index << "}}";
      } else {
        write_some(copy.path / "model.safetensors", all);
      }
      Engine e = engine(copy.path, exact());
      Session s = e.session();
      const auto again = e.step(s, prompt);
      INFO(folder << " stored as " << how << ": differs from HuggingFace by " << worst(again, expected)
                  << " and from the original by " << worst(again, logits));
      CHECK(worst(again, expected) <= tolerance(expected));
      if (how == "sharded") CHECK(worst(again, logits) == 0);
      CHECK(greedy(e, prompt, 24).ids == ids(reference, "long.generated"));
    }
  }
}

TEST_CASE("old and base-model spellings of the weights are read", "[engine][golden]") {
  TTT_NEEDS_GOLDEN("llama-legacycfg-tied-bias");
  const std::string folder = "llama-legacycfg-tied-bias";  // its config.json has the old spelling too
  const SafetensorsFile reference = golden_tensors(folder);
  const auto expected = tensor<float>(reference, "short.logits");
  for (const std::string how : {"without the prefix", "with rotary frequencies", "with a copy of the tied head"}) {
    const TemporaryFolder copy;
    copy_config(golden(folder), copy.path);
    std::vector<Stored> all = read_all(golden(folder));
    if (how == "without the prefix")
      for (Stored& t : all)
        if (t.declaration.name.starts_with("model.")) t.declaration.name.erase(0, 6);
    if (how == "with rotary frequencies")
      all.push_back({{"model.layers.0.self_attn.rotary_emb.inv_freq", SafeDType::f32, {6}}, std::vector<std::byte>(24)});
    if (how == "with a copy of the tied head") {
      const auto table = std::find_if(all.begin(), all.end(), [](const Stored& t) {
        return t.declaration.name == "model.embed_tokens.weight";
      });
      REQUIRE(table != all.end());
      Stored head = *table;
      head.declaration.name = "lm_head.weight";
      all.push_back(std::move(head));
    }
    write_some(copy.path / "model.safetensors", all);
    Engine e = engine(copy.path, exact());
    Session s = e.session();
    INFO(how);
    CHECK(worst(e.step(s, ids(reference, "short.input_ids")), expected) <= tolerance(expected));
  }
}

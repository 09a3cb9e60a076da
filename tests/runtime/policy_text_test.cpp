#include <ttt/policy/policy_text.hpp>

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>

#include <ttt/io/file.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/plan/diff.hpp>
#include <ttt/policy/devices.hpp>
#include <ttt/policy/kept_text.hpp>
#include <ttt/policy/knob_value.hpp>
#include <ttt/policy/policy_cpp.hpp>
#include <ttt/policy/policy_json.hpp>
#include <ttt/policy/resolved.hpp>
#include <ttt/policy/tuning.hpp>
#include <ttt/policy/turn_knob.hpp>
#include "../catch.hpp"
#include "../golden_data.hpp"
#include "../policy_cases.hpp"

// The printed policies, compiled: their static_asserts hold them against the values they were printed from.
#include "../static/printed_policies.cpp"

namespace {

using namespace ttt;
using ttt::test::policy_cases;

/// The value, or the error's text as a failure.
template <class T>
T need(Result<T> r) {
  if (!r) FAIL(r.error().text());
  return std::move(*r);
}
template <class T>
void refused(const Result<T>& r, std::string_view anchor, std::string_view said = {}) {
  REQUIRE_FALSE(r.has_value());
  INFO(r.error().text());
  CHECK(r.error().link == "docs/errors.md#" + std::string(anchor));
  CHECK(!r.error().issue.empty());
  CHECK(!r.error().suggestion.empty());
  CHECK(r.error().text().find(said) != std::string::npos);
  CHECK(r.error().text().size() < 2000);
}
/// A folder that goes with the test.
struct Folder {
  std::string path = (std::filesystem::temp_directory_path() / "ttt-policy-XXXXXX").string();
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};
PolicySet parsed(std::vector<std::string> texts) { return need(parse_policy(texts)); }
HardwareConfig whole(const std::string& text) {
  const PolicySet set = parsed({text});
  CHECK(set.tuning.empty());
  return set.whole;
}

/// Random numbers, the same in every run.
struct Random {
  std::mt19937 engine;
  explicit Random(unsigned seed) : engine(seed) {}
  unsigned operator()() { return static_cast<unsigned>(engine()); }
};

/// Any value of a knob, `automatic` too.
template <class Knob>
typename Knob::Value any_value(const Knob& knob, Random& random) {
  using Value = typename Knob::Value;
  std::vector<Value> values{Value{}};
  each_word(knob, [&](const auto& v) { values.push_back(v); });
  if constexpr (std::is_same_v<Value, KernelChoice>) values.push_back({KernelVariant::own, "my_attention"});
  if constexpr (std::is_same_v<Value, int>) values.insert(values.end(), {least_count, 77, most_count});
  if constexpr (std::is_same_v<Value, std::string_view>)
    values.insert(values.end(), {"a=1", "banks=4,order=snake-2"});
  return values[random() % values.size()];
}
HardwareConfig any_config(Random& random) {
  HardwareConfig c;
  const unsigned silence = random() % 4;  // from all said to almost nothing
  each_knob([&](const auto& knob) {
    const bool alike = random() % 2 == 0;
    const auto first = any_value(knob, random);
    for (std::size_t i = 0; i < knob.size; ++i)
      if (random() % 4 >= silence) knob.set(c, i, alike ? first : any_value(knob, random));
  });
  return c;
}
PolicySet any_set(Random& random) {
  PolicySet set{{}, any_config(random), {}};
  if (random() % 2 == 0) set.preset = static_cast<Preset>(random() % preset_count);
  const std::string paths[] = {"layers.0", "layers.1-3", "layers.*.mlp", "layers.2.attention",
                               "head",     "norm_2",     "MyNorm"};
  for (unsigned i = random() % 6; i > 0; --i) set.tuning.push_back({paths[random() % 7], any_config(random)});
  return set;
}

/// Which fields of two configurations differ, in the order of their declaration. A field more or less does
/// not compile.
std::vector<int> differing_fields(const HardwareConfig& a, const HardwareConfig& b) {
  const auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18] = a;
  const auto& [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15, b16, b17, b18] = b;
  std::vector<int> out;
  int number = 0;
  auto field = [&](const auto& x, const auto& y) {
    if constexpr (requires { std::tuple_size<std::remove_cvref_t<decltype(x)>>::value; }) {
      for (std::size_t i = 0; i < x.size(); ++i, ++number)
        if (x[i] != y[i]) out.push_back(number);
    } else {
      if (x != y) out.push_back(number);
      ++number;
    }
  };
  field(a0, b0), field(a1, b1), field(a2, b2), field(a3, b3), field(a4, b4), field(a5, b5), field(a6, b6);
  field(a7, b7), field(a8, b8), field(a9, b9), field(a10, b10), field(a11, b11), field(a12, b12),
      field(a13, b13);
  field(a14, b14), field(a15, b15), field(a16, b16), field(a17, b17), field(a18, b18);
  out.push_back(-number);
  return out;
}

}  // namespace

TEST_CASE("the knob table covers every field of a HardwareConfig", "[policy]") {
  std::vector<int> turned;
  int fields = 0;
  each_knob([&](const auto& knob) {
    for (std::size_t i = 0; i < knob.size; ++i) {
      INFO(knob_text(knob, i));
      HardwareConfig c;
      Random random(1);
      auto value = any_value(knob, random);
      while (value == decltype(value){}) value = any_value(knob, random);
      if constexpr (std::is_same_v<decltype(value), KernelChoice>)
        value = {KernelVariant::own, "my_attention"};
      knob.set(c, i, value);
      CHECK(knob.value(c, i) == value);
      CHECK(merged({}, c) == c);
      CHECK(merged(c, {}) == c);
      std::vector<int> changed = differing_fields({}, c);
      fields = -changed.back();
      changed.pop_back();
      CHECK(changed.size() == (std::is_same_v<decltype(value), KernelChoice> ? 2 : 1));
      turned.insert(turned.end(), changed.begin(), changed.end());
    }
  });
  std::sort(turned.begin(), turned.end());
  REQUIRE(turned.size() == static_cast<std::size_t>(fields));
  for (int i = 0; i < fields; ++i) CHECK(turned[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("every knob takes every one of its words in any case, and auto takes it back", "[policy]") {
  each_knob([&](const auto& knob) {
    each_word(knob, [&](const auto& value) {
      for (std::size_t i = 0; i <= knob.size; ++i) {
        const std::size_t member = i == knob.size ? all_members : i;
        std::string name = knob_text(knob, member), word = value_text(value);
        HardwareConfig expected;
        for (std::size_t j = 0; j < knob.size; ++j)
          if (member == all_members || j == i) knob.set(expected, j, value);
        CHECK(whole(name + "=" + word) == expected);
        for (std::string* s : {&name, &word})
          for (char& c : *s) c = static_cast<char>(std::toupper(c));
        CHECK(whole(name + "=" + word) == expected);
        CHECK(whole(name + "=" + word + "," + name + "=AUTO") == HardwareConfig{});
      }
    });
  });
}

TEST_CASE(
    "policies on a command line: later wins, members over all, numbers, own kernels, a device's own knobs",
    "[policy]") {
  CHECK(whole("weights=bf16,kv=fp16,kv=fp32").kv == DType::fp32);
  CHECK(parsed({"kv=fp16", "kv=bf16"}).whole.kv == DType::bf16);
  const HardwareConfig c = whole("weights=int4,weights.qkv=bf16");
  CHECK(c.weight(WeightGroup::qkv) == DType::bf16);
  CHECK(c.weight(WeightGroup::head) == DType::int4);
  CHECK(whole("weights.qkv=bf16,weights=int4").weight(WeightGroup::qkv) == DType::int4);
  CHECK(whole(" kv = bf16 , page= 64 ") == whole("kv=bf16,page=64"));
  CHECK(whole("chunk=65536,page=1").chunk == 65536);
  CHECK(whole("kernel=own:My-Kernel_2").own_kernel == "My-Kernel_2");
  CHECK(whole("KERNEL=OWN:My-Kernel_2").own_kernel == "My-Kernel_2");
  CHECK(whole("kernel=own:x,kernel=flash").own_kernel.empty());
  CHECK(whole("device_specific.Banks=4,device_specific.order=Snake").device_specific ==
        "Banks=4,order=Snake");
  CHECK(whole("device_specific.a=1,device_specific.b=2,device_specific.a=3").device_specific == "a=3,b=2");
  CHECK(whole("device_specific.a=1,device_specific.b=2,device_specific.a=auto").device_specific == "b=2");
  CHECK(whole("device_specific=a=1").device_specific == "a=1");
  CHECK(whole("device_specific.a=1,device_specific=auto") == HardwareConfig{});
  CHECK(whole("kernel=own:twice").own_kernel.data() == whole("kernel=own:twice").own_kernel.data());
  CHECK(parsed({}) == PolicySet{});
}

TEST_CASE("a path holds to the end of its text or to the next path", "[policy]") {
  using Tuning = std::vector<PathPolicy>;
  const auto config = [](const char* text) { return whole(text); };
  const PolicySet set = parsed(
      {"kv=fp16,layers.3:kv=bf16,chunk=8,layers.*.MLP:weights=int8", "page=32,MODEL:chunk=64,*:qkv=fused"});
  CHECK(set.whole == config("kv=fp16,page=32,chunk=64,qkv=fused"));
  CHECK(set.tuning ==
        Tuning{{"layers.3", config("kv=bf16,chunk=8")}, {"layers.*.mlp", config("weights=int8")}});
  // The order of paths counts, so one that comes back is another entry.
  const PolicySet again = parsed({"layers.0-3:kv=bf16", "layers.2-5:kv=fp16", "Layers.0-3:kv=fp32"});
  REQUIRE(again.tuning.size() == 3);
  CHECK(again.tuning[2] == PathPolicy{"layers.0-3", config("kv=fp32")});
  CHECK(parsed({"layers.0:kv=bf16", "layers.0:page=8"}).tuning ==
        Tuning{{"layers.0", config("kv=bf16,page=8")}});
  // auto takes a knob back from every entry of its path, and entries that say nothing are none.
  CHECK(parsed({"layers.0:kv=bf16,layers.1:kv=fp16,layers.0:kv=auto"}).tuning ==
        Tuning{{"layers.1", config("kv=fp16")}});
  CHECK(parsed({"layers.0:kv=bf16,chunk=4,kv=auto"}).tuning == Tuning{{"layers.0", config("chunk=4")}});
  // Own kernels have colons in their values, own modules may have them in their names.
  CHECK(parsed({"layers.1.attention:kernel=own:Mine"}).tuning ==
        Tuning{{"layers.1.attention", config("kernel=own:Mine")}});
  CHECK(parsed({"my::Norm:layout=tile_major"}).tuning == Tuning{{"my::Norm", config("layout=tile_major")}});
  CHECK(parsed({"EMBEDDING:weights=fp16,MyNorm_2:layout=tile_major,Norm_2:layout=row_major"}).tuning ==
        Tuning{{"embedding", config("weights=fp16")},
               {"MyNorm_2", config("layout=tile_major")},
               {"norm_2", config("layout=row_major")}});
}

TEST_CASE("a wrong policy is refused with what was meant", "[policy]") {
  const auto refuse = [](const std::string& text, std::string_view anchor, std::string_view said) {
    INFO(in_quotes(text));
    refused(parse_policy(text), anchor, said);
  };
  refuse("", "option_policy", "is not knob=value");
  for (const char* text : {"kv", ",", "kv=fp16,", ",kv=fp16", "layers.0:", "kv:fp16", " "})
    refuse(text, "option_policy", "is not knob=value");
  refuse("=", "option_policy", "there is no knob");
  refuse("=fp16", "option_policy", "there is no knob");
  refuse("wieghts=bf16", "option_policy", "did you mean weights?");
  refuse("weights.qvk=bf16", "option_policy", "did you mean weights.qkv?");
  refuse("weights.=bf16", "option_policy", "there is no knob");
  refuse("weights.qkv.o=bf16", "option_policy", "there is no knob");
  refuse("kv.qkv=bf16", "option_policy", "there is no knob");
  refuse("scores.head=HiFi4", "option_policy", "there is no knob");
  refuse("kv=bfl6", "option_policy", "did you mean bf16?");
  refuse("kv=stored", "option_policy", "is no value of kv");
  refuse("kv=", "option_policy", "is no value of kv");
  refuse("fidelity=HiFi5", "option_policy", "did you mean HiFi2?");
  refuse("shard=rows", "option_policy", "did you mean row?");
  refuse("kernel=own", "option_policy", "own:NAME");
  refuse("kernel=own:", "option_policy", "is no name of a kernel");
  refuse("kernel=own:a b", "option_policy", "is no name of a kernel");
  refuse("kernel=own:" + std::string(65, 'x'), "option_policy", "is no name of a kernel");
  refuse("kernel=fast", "option_policy", "did you mean");
  for (const char* number : {"many", "", "0x10", "+5", "1.5", "1e3", "5 5", "\xff"})
    refuse(std::string("chunk=") + number, "option_value", "is no whole number");
  for (const char* number : {"0", "-1", "65537", "2147483648", "9223372036854775807", "9223372036854775808",
                             "-99999999999999999999"})
    refuse(std::string("page=") + number, "option_out_of_range", "is not in [1, 65536]");
  refuse("layer.0:kv=bf16", "option_policy", "did you mean layers.0?");
  for (const char* path :
       {"", "layers.", "layers.x", "layers.-1", "layers.3-1", "layers.0.attn", "layers.0.attention.qkv",
        "layers.99999999999", "a b", "a\"b", "\n", "\xc3\xa9", "embedding.table", "model.layers.0"})
    refuse(std::string(path) + ":kv=bf16", "option_policy", "is no path");
  refuse(std::string(40, 'x') + ":kv=bf16", "option_policy", "is no path");
  for (const char* knob :
       {"device_specific.=1", "device_specific.a=", "device_specific.a b=1", "device_specific.a=\"",
        "device_specific.a=b c", "device_specific.a=b\\", "device_specific=a", "device_specific=="})
    refuse(knob, "option_policy", "device");
  refuse("device_specific.a=" + std::string(longest_kept_text, 'x'), "policy_text_too_long", "1026 bytes");
  // Long and strange input is cut in the message.
  refuse(std::string(100000, 'x') + "=1", "option_policy", "there is no knob");
  refuse("kv=" + std::string(100000, '\n'), "option_policy", "is no value of kv");
  refuse(std::string(100000, ','), "option_policy", "is not knob=value");
  refuse(std::string("kv=bf16\0", 8), "option_policy", "is no value of kv");
  refuse("no_such_file.json", "file_missing", "no_such_file.json");
  std::string many;
  for (std::size_t i = 0; i <= most_path_policies; ++i)
    many += (i == 0 ? "layers." : ",layers.") + std::to_string(i) + ":kv=bf16";
  refuse(many, "option_policy", "more than 4096");
}

TEST_CASE("what a policy says is written so that it is read back: as text, as JSON", "[policy]") {
  for (const HardwareConfig& c : policy_cases) {
    if (c == HardwareConfig{}) continue;
    CHECK(whole(text_of(c)) == c);
    CHECK(need(config_from_json(json_of(c))) == c);
  }
  CHECK(text_of(HardwareConfig{}).empty());
  CHECK(text_of(policy_cases[2]) ==
        "weights=bfloat8_b,weights.gate_up=bfloat4_b,fidelity=HiFi2,fidelity.gate_up=LoFi,shard=none,shard."
        "qkv=heads,"
        "shard.down=row");
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    const PolicySet set = any_set(random);
    const PolicySet json = need(policy_from_json(json_of(set)));
    CHECK(json == set);
    if (json != set) FAIL(json_of(set));
    PolicySet text = set;  // texts have no preset, and no policy that says nothing
    text.preset.reset();
    std::erase_if(text.tuning, [](const PathPolicy& p) { return p.config == HardwareConfig{}; });
    const std::string written = text_of(text);
    const PolicySet back = written.empty() ? PolicySet{} : parsed({written});
    // Neighbours of one path become one. (An own kernel's name may be left where another kernel took its
    // place.)
    CHECK(text_of(back) == text_of(merged({{}, text.whole, {}}, {{}, {}, text.tuning})));
  }
}

TEST_CASE("a policy's JSON is what docs/policy-json.md says", "[policy]") {
  const PolicySet set = need(policy_from_json(
      R"({"version":1,"preset":"memory","model":{"weights.qkv":"bf16","Weights":"INT8","chunk":64,"kv":"auto","page":"auto"},
          "modules":{"layers.15.attention":{"scores":"HiFi4","kernel":"own:mine"},"Layers.*.mlp":{"weights":"int4"},"head":{}}})"));
  CHECK(set.preset == Preset::memory);
  CHECK(set.whole == whole("weights=int8,weights.qkv=bf16,chunk=64"));
  REQUIRE(set.tuning.size() == 3);
  CHECK(set.tuning[0] == PathPolicy{"layers.15.attention", whole("scores=HiFi4,kernel=own:mine")});
  CHECK(set.tuning[1].path == "layers.*.mlp");
  CHECK(set.tuning[2] == PathPolicy{"head", {}});
  CHECK(need(policy_from_json(R"({"version":1})")) == PolicySet{});
  CHECK(json_of(PolicySet{Preset::exact,
                          whole("chunk=64"),
                          {{"layers.0", whole("kv=bf16")}, {"head", whole("weights=fp16")}}}) ==
        "{\n  \"version\": 1,\n  \"preset\": \"exact\",\n  \"model\": {\"chunk\":64},\n  \"modules\": {\n"
        "    \"layers.0\": {\"kv\":\"bf16\"},\n    \"head\": {\"weights\":\"fp16\"}\n  }\n}\n");
  // A path that comes back begins another object.
  const PolicySet twice = parsed({"layers.0:kv=bf16,layers.*:kv=fp16,layers.0:kv=fp32"});
  CHECK(json_of(twice).find("}, {\n    \"layers.0\": {\"kv\":\"fp32\"}") != std::string::npos);
  CHECK(need(policy_from_json(json_of(twice))) == twice);
}

TEST_CASE("a wrong policy in JSON is refused by file and place", "[policy]") {
  const auto refuse = [](const std::string& text, std::string_view anchor, std::string_view said) {
    INFO(in_quotes(text));
    const Result<PolicySet> r = policy_from_json(text, "p.json");
    refused(r, anchor, said);
    CHECK(r.error().file == "p.json");
  };
  const auto malformed = [&](const std::string& text, std::string_view said) {
    refuse(text, "policy_file_malformed", said);
  };
  const auto model = [&](const std::string& text, std::string_view said) {
    malformed(R"({"version":1,"model":)" + text + "}", said);
    malformed(R"({"version":1,"modules":{"layers.0":)" + text + "}}", said);
    refused(config_from_json(text), "policy_file_malformed", said);
  };
  for (const char* root : {"[]", "1", "\"x\"", "null", "true"}) malformed(root, "it is no object");
  for (const char* version :
       {"{}", R"({"version":2})", R"({"version":"1"})", R"({"version":1.0})", R"({"version":null})",
        R"({"version":-1})", R"({"version":99999999999999999999})", R"({"preset":"exact"})"})
    refuse(version, "policy_file_version", "\"version\": 1");
  malformed(R"({"version":1,"version":1})", "\"version\" is there twice");
  malformed(R"({"version":1,"modle":{}})", "did you mean model?");
  malformed(R"({"version":1,"preset":"sped"})", "\"speed\"");
  malformed(R"({"version":1,"preset":1})", "it is no text");
  malformed(R"({"version":1,"preset":null})", "it is no text");
  malformed(R"({"version":1,"modules":1})", "it is no object");
  malformed(R"({"version":1,"modules":[1]})", "it is no object");
  malformed(R"({"version":1,"modules":{"layers.x":{}}})", "is no path");
  malformed(R"({"version":1,"modules":{"layers.0":{},"layers.0":{}}})", "is there twice");
  malformed(R"({"version":1,"modules":{"layers.0":{},"LAYERS.0":{}}})", "is there twice");
  model("[]", "it is no object");
  model(R"({"wieghts":"bf16"})", "did you mean weights?");
  model(R"({"kv":"bfl6"})", "did you mean bf16?");
  model(R"({"kv":"bf16","kv":"bf16"})", "is there twice");
  model(R"({"kv":"bf16","KV":"bf16"})", "is there twice");
  model(R"({"kv":16})", "its value is no text");
  model(R"({"kv":null})", "its value is no text");
  model(R"({"kv":["bf16"]})", "its value is no text");
  model(R"({"checkpointing":true})", "its value is no text");
  model(R"({"chunk":"64"})", "its value is no whole number");
  model(R"({"chunk":64.0})", "its value is no whole number");
  model(R"({"chunk":1e9})", "its value is no whole number");
  model(R"({"chunk":0})", "is not in [1, 65536]");
  model(R"({"page":2147483648})", "is not in [1, 65536]");
  model(R"({"device_specific":"a"})", "name=value");
  model(R"({"device_specific":"a=1,"})", "name=value");
  model(R"({"device_specific":"a=1,a=2"})", "each name once");
  model(R"({"device_specific":"a=\u0007"})", "name=value");
  model(R"({"kernel":"own:x y"})", "is no name of a kernel");
  model(R"({"layers.0:kv":"bf16"})", "there is no knob");
  model("{\"" + std::string(100000, 'x') + "\":\"bf16\"}", "there is no knob");
  for (const char* text :
       {"", "{", "{\"version\":1", "{\"version\":1}}", "{version:1}", "\xff", "{\"a\":\"\\ud800\"}"})
    CHECK_FALSE(policy_from_json(text).has_value());
  CHECK_FALSE(policy_from_json(std::string(1000000, '[')).has_value());
  CHECK_FALSE(
      policy_from_json(R"({"version":1,"model":)" + std::string(100000, '[') + std::string(100000, ']') + "}")
          .has_value());
  std::string many = R"({"version":1,"modules":{)";
  for (std::size_t i = 0; i <= most_path_policies; ++i)
    many += (i == 0 ? "\"layers." : ",\"layers.") + std::to_string(i) + "\":{}";
  malformed(many + "}}", "more than 4096");
}

TEST_CASE("a damaged policy gives an error or a policy that can be written, never anything else",
          "[policy]") {
  Random random(11);
  const std::string good = json_of(parsed({"weights=bf16,page=64,kernel=own:mine,device_specific.a=1",
                                           "layers.0-3.mlp:fidelity=LoFi,head:kv=fp16"}));
  const std::string text = "weights=bf16,page=64,kernel=own:mine,layers.0-3.mlp:fidelity=LoFi,head:kv=fp16";
  for (std::size_t cut = 0; cut < good.size() - 1; ++cut)
    CHECK_FALSE(policy_from_json(good.substr(0, cut)).has_value());
  constexpr std::string_view pieces[] = {"{", "}", "[",    "\"",         ":",    ",", "=", ".",
                                         "-", "*", "own:", "9999999999", "auto", "1", "\n"};
  int read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bad = i % 2 == 0 ? good : text;
    for (unsigned n = 1 + random() % 4; n > 0; --n) {
      const std::size_t at = random() % (bad.size() + 1);
      switch (random() % 4) {
        case 0:
          bad.insert(at, pieces[random() % std::size(pieces)]);
          break;
        case 1:
          bad.erase(at, random() % 8);
          break;
        case 2:
          bad.insert(at, bad.substr(random() % (bad.size() + 1), random() % 24));
          break;
        default:
          if (at < bad.size()) bad[at] = static_cast<char>(random() % 127 + 1);
      }
    }
    const Result<PolicySet> set = i % 2 == 0 ? policy_from_json(bad, "p.json") : parse_policy(bad);
    if (!set) {
      if (set.error().link.find("docs/errors.md#") != 0 || set.error().text().size() > 4000)
        FAIL(set.error().text());
      continue;
    }
    ++read;
    if (need(policy_from_json(json_of(*set))) != *set) FAIL(bad);
  }
  CHECK(read > 100);
}

TEST_CASE("a policy's file is written whole, read back, and can be given with --policy", "[policy]") {
  const Folder scratch;
  const std::string& folder = scratch.path;
  const std::string path = path_in(folder, "tuned=a.JSON"), plain = path_in(folder, "tuned.json");
  PolicySet set = parsed({"weights=bf16,layers.0:kv=bf16,kernel=own:mine"});
  set.preset = Preset::speed;
  for (const std::string& p : {path, plain}) {
    REQUIRE(save_policy(set, p).has_value());
    CHECK(need(load_policy(p)) == set);
    CHECK(parsed({p}) == set);
  }
  const PolicySet over = parsed({"kv=fp16", plain, "weights=fp16,layers.0:kv=auto,chunk=8"});
  CHECK(over.preset == Preset::speed);
  CHECK(over.whole == whole("kv=fp16,weights=fp16"));
  CHECK(over.tuning == std::vector<PathPolicy>{{"layers.0", whole("kernel=own:mine,chunk=8")}});
  refused(load_policy(folder), "not_a_file");
  refused(load_policy(path_in(folder, "none.json")), "file_missing");
  refused(save_policy(set, path_in(folder, "no/such/place.json")), "file_unwritable");
  // What could not be read back is not written.
  PolicySet odd = set;
  odd.whole.device_specific = "not a knob";
  refused(save_policy(odd, plain), "policy_not_writable");
  odd = set;
  odd.tuning[0].path = "a path";
  refused(save_policy(odd, plain), "policy_not_writable");
  CHECK(need(load_policy(plain)) == set);
  REQUIRE(write_atomic(plain, std::string(most_policy_bytes + 1, ' ')).has_value());
  refused(load_policy(plain), "file_too_large");
}

namespace {

/// The set whose C++ tests/static/printed_policies.cpp holds.
PolicySet printed_set() {
  return parsed({"kv=bf16,chunk=32", "layers.0-1:fidelity=HiFi2", "layers.*.mlp:weights=fp16",
                 "layers.3:kv=fp32,page=16", "layers.3.attention:scores=HiFi4,kernel=own:my_attention",
                 "head:weights=fp32,device_specific.a=1"});
}
std::string printed_file() {
  std::string out =
      "// Printed by cpp_of from tests/policy_cases.hpp; policy_text_test says when it is out of date.\n"
      "#include \"../policy_cases.hpp\"\n\nusing namespace ttt;\n\n// clang-format off\n";
  int i = 0;
  for (const HardwareConfig& c : policy_cases)
    out += "static_assert(type_of<" + cpp_of(c) + ">::config == ttt::test::policy_cases[" +
           std::to_string(i++) + "]);\n";
  for (const std::string& line : cpp_of(printed_set(), "ttt::test::policy_model", "printed_tuned"))
    out += line + "\n";
  out += "static_assert(layer_count(view_of<type_of<printed_tuned>>()) == 6);\n";
  return out;
}

}  // namespace

TEST_CASE("printed policies are the C++ that was compiled into this test", "[policy]") {
  const auto path = ttt::test::source_root() / "tests" / "static" / "printed_policies.cpp";
  CHECK(need(read_file(path.string())) == printed_file());
}

TEST_CASE("a printed set of policies runs a model as the set does", "[policy]") {
  const PolicySet set = printed_set();
  const ConfiguredRuns runs = with_tuning(view_of<type_of<ttt::test::policy_model>>(), {}, set.tuning);
  std::vector<std::span<const WrittenConfig>> written(runs.written.begin(), runs.written.end());
  const ConfiguredModel by_value{runs.model.view(), written, Preset::standard, set.whole};
  for (const DeviceTraits& device : {device_traits<cpu>, device_traits<ttnn::wormhole_n150>}) {
    const auto rows = resolved(by_value, device).rows, printed = resolved(printed_tuned, device).rows;
    REQUIRE(rows.size() == printed.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      INFO(rows[i].path << " " << rows[i].knob << " = " << rows[i].value << ", printed " << printed[i].path
                        << " " << printed[i].knob << " = " << printed[i].value);
      CHECK(rows[i] == printed[i]);
    }
  }
}

TEST_CASE("C++ of a preset is a comment, and of nothing the model itself", "[policy]") {
  CHECK(cpp_of(PolicySet{}, "llama", "tuned") == std::vector<std::string>{"constexpr auto tuned = llama;"});
  const PolicySet set{Preset::memory, {}, {{"head", whole("weights=fp32")}}};
  CHECK(cpp_of(set) == std::vector<std::string>{
                           "// load it with LoadOptions{.preset = Preset::memory}",
                           "constexpr auto tuned = tune<\"head\", Policy<Weights<DType::fp32>>>(model);"});
  HardwareConfig odd;
  odd.device_specific =
      "a=\"\\\n\x01"
      "2\xff";
  CHECK(cpp_of(odd) == "Policy<DeviceSpecific<\"a=\\\"\\\\\\012\\0012\\377\">>");
}

namespace {

// clang-format off
constexpr auto plain_layer = TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
constexpr auto told_layer =
    TransformerLayer<64, Attention<4, 2, 16, Policy<Kv<DType::bf16>>>, SwiGlu<96>, Policy<HiFi2, Kv<DType::fp32>>>;
constexpr auto other_layer = TransformerLayer<64, Attention<4, 2, 16, Policy<Kv<DType::bf16>>>, SwiGlu<96>>;
constexpr auto told = Embedding<96, 64> >> Repeat<3, plain_layer, Policy<Accumulate<DType::bf16>>> >> told_layer >>
                      Repeat<2, plain_layer> >> RmsNorm<64> >> Linear<64, 96, Policy<Weights<DType::fp32>>>;
constexpr auto turns = Embedding<96, 64> >> Repeat<2, (plain_layer >> other_layer)> >> Linear<64, 96>;
constexpr auto unlike = Embedding<96, 64> >> plain_layer >> TransformerLayer<64, Attention<4, 4, 16>, SwiGlu<32>> >> Linear<64, 96>;
constexpr auto shorter = Embedding<96, 64> >> Repeat<2, plain_layer> >> Linear<64, 96>;
// clang-format on

const ResolvedKnob* row_of(const Resolved& r, std::string_view path, std::string_view knob) {
  for (const ResolvedKnob& row : r.rows)
    if (row.path == path && row.knob == knob) return &row;
  return nullptr;
}
void said(const Resolved& r, std::string_view path, std::string_view knob, std::string_view value,
          Level origin) {
  INFO(path << " " << knob);
  const ResolvedKnob* row = row_of(r, path, knob);
  REQUIRE(row != nullptr);
  CHECK(row->value == value);
  CHECK(name_of(row->origin) == name_of(origin));
}

}  // namespace

TEST_CASE("the resolved policy says of every knob what it is and who said it", "[policy]") {
  ConfiguredModel model = configured_of<type_of<told>>(Preset::exact, whole("scores=HiFi2"));
  const Resolved r = resolved(model, device_traits<cpu>);
  INFO(r.text());
  said(r, "model", "chunk", "256", Level::device);
  said(r, "embedding", "weights.embedding", "stored", Level::preset);
  said(r, "layers.0-2.attention", "kv", "fp32", Level::preset);
  said(r, "layers.0-2.attention", "accumulate", "bf16", Level::run);
  said(r, "layers.0-2.mlp", "accumulate", "bf16", Level::run);
  said(r, "layers.0-2.attention", "scores.decode", "HiFi2", Level::model);
  said(r, "layers.0-2.attention", "kv_form", "contiguous", Level::device);
  said(r, "layers.3.attention", "kv", "bf16", Level::module);
  said(r, "layers.3.attention", "fidelity.qkv", "HiFi2", Level::layer);
  said(r, "layers.3.mlp", "fidelity.down", "HiFi2", Level::layer);
  said(r, "layers.4-5.attention", "accumulate", "fp32", Level::preset);
  said(r, "head", "weights.head", "fp32", Level::module);
  said(r, "norm", "activations", "fp32", Level::preset);
  // What means nothing to a module is not there.
  CHECK(row_of(r, "layers.0-2.mlp", "kv") == nullptr);
  CHECK(row_of(r, "layers.0-2.mlp", "weights.qkv") == nullptr);
  CHECK(row_of(r, "head", "weights.embedding") == nullptr);
  CHECK(row_of(r, "layers.0-2.attention", "page") == nullptr);
  CHECK(row_of(r, "layers.0-2.attention", "device_specific") == nullptr);
  // Declared models, and other devices.
  CHECK(resolved<told, cpu>().rows == resolved(told, device_traits<cpu>).rows);
  said(resolved<told, ttnn::wormhole_n150>(), "layers.4-5.attention", "page", "32", Level::device);
  said(resolved<told, ttnn::wormhole_n150>(), "layers.4-5.mlp", "weights.gate_up", "bfloat8_b",
       Level::device);
  CHECK(resolved(ConfiguredModel{}, device_traits<cpu>).rows.empty());
}

TEST_CASE("a resolved value is that of the model, on every level and device", "[policy]") {
  Random random(3);
  for (int i = 0; i < 200; ++i) {
    const auto preset = static_cast<Preset>(random() % preset_count);
    const ConfiguredModel model = configured_of<type_of<told>>(preset, any_config(random));
    for (const DeviceTraits& device :
         {device_traits<cpu>, device_traits<cuda::h100>, device_traits<ttnn::wormhole_n150>}) {
      const Resolved r = resolved(model, device);
      const HardwareConfig attention = model.resolved(device, 2, 0, PartName::attention);
      for (const ResolvedKnob& row : r.rows) {
        if (row.path != "layers.3.attention") continue;
        HardwareConfig turned = attention;
        const Result<void> same = turn_knob(turned, row.knob, row.value);
        if (!same) FAIL(row.knob << "=" << row.value << ": " << same.error().text());
        CHECK(turned == attention);
      }
    }
  }
}

TEST_CASE("layers that run alike stand in one block", "[policy]") {
  const std::string text = resolved<turns, cpu>().text();
  INFO(text);
  CHECK(text.find("\nlayers.0.attention, layers.2.attention\n") != std::string::npos);
  CHECK(text.find("\nlayers.1.attention, layers.3.attention\n") != std::string::npos);
  CHECK(text.find("  kv                     bf16        module\n") != std::string::npos);
  CHECK(text.find("  kv                     fp16        device\n") != std::string::npos);
  CHECK(text.find("\nlayers.0-3.mlp\n") != std::string::npos);  // alike in all of them
  CHECK(text.starts_with("model\n  chunk "));
  // Different modules with equal policies are one block.
  CHECK(resolved<unlike, cpu>().text().find("\nlayers.0-1.attention\n") != std::string::npos);
}

TEST_CASE("a diff names the knobs, the bytes and the time that change", "[policy]") {
  constexpr auto& model = ttt::test::policy_model;
  constexpr auto kv = tune<"layers.2-3.attention", Policy<Kv<DType::fp32>>>(model);
  const PolicyDiff d = diff<model, kv, cpu, Context<128>>();
  INFO(d.text());
  CHECK(d.rows == std::vector<ChangedKnob>{{"layers.2-3.attention", "kv", "fp16", "fp32"}});
  CHECK(d.before.kv == totals<model, cpu, Context<128>>.kv);
  CHECK(d.delta_kv() == d.before.kv / 6 * 2);
  CHECK(d.delta_peak() == d.delta_kv());
  CHECK(d.delta_weights() == 0);
  CHECK(d.delta_ms() > 0);
  CHECK(d.after_ms == expected_ms<kv, cpu, Context<128>>);
  CHECK(d.text().find("layers.2-3.attention\n  kv  fp16 -> fp32\n") == 0);
  CHECK(d.text().find("kv        98,304 -> 131,072 bytes (+32,768)\n") != std::string::npos);
  const PolicyDiff back = diff<kv, model, cpu, Context<128>>();
  CHECK(back.delta_kv() == -d.delta_kv());
  CHECK(back.delta_ms() == -d.delta_ms());
  CHECK(diff<kv, kv, cpu>().rows.empty());
  CHECK(diff<kv, kv, cpu>().text().starts_with("no knob differs\n"));

  // Values; a form that brings a knob with it; the model's own knobs.
  const ConfiguredModel plain = configured_of<type_of<model>>();
  ConfiguredModel paged = plain;
  paged.whole = whole("kv_form=paged,page=64,chunk=16,weights=fp32");
  const PolicyDiff pages = diff(plain, paged, device_traits<cpu>, {.context = 100});
  INFO(pages.text());
  CHECK(pages.rows.front() == ChangedKnob{"model", "chunk", "256", "16"});
  CHECK(std::count(pages.rows.begin(), pages.rows.end(),
                   ChangedKnob{"layers.0-5.attention", "page", "", "64"}) == 1);
  CHECK(std::count(pages.rows.begin(), pages.rows.end(),
                   ChangedKnob{"layers.0-5.mlp", "weights.down", "stored", "fp32"}) == 1);
  CHECK(pages.delta_weights() > 0);
  CHECK(pages.text().find("  kv_form            contiguous -> paged\n  page               - -> 64\n") !=
        std::string::npos);

  // Models of different sizes.
  CHECK(diff<model, shorter, cpu>().rows.front() == ChangedKnob{"model", "modules", "9", "4"});
  CHECK(diff<shorter, model, cpu>().rows.front() == ChangedKnob{"model", "modules", "4", "9"});
  CHECK(diff(ConfiguredModel{}, plain, device_traits<cpu>).rows.empty());
}

TEST_CASE("a program keeps a bounded number of texts for good", "[policy]") {
  const std::string_view before = need(kept("kept"));
  CHECK(need(kept("")).empty());
  refused(kept(std::string(longest_kept_text + 1, 'x')), "policy_text_too_long");
  Result<std::string_view> last = before;
  for (std::size_t i = 0; i <= most_kept_texts && last; ++i) last = kept("text " + std::to_string(i));
  refused(last, "policy_texts_exhausted");
  refused(parse_policy("kernel=own:one_more"), "policy_texts_exhausted");
  refused(policy_from_json(R"({"version":1,"model":{"kernel":"own:one_more"}})"), "policy_file_malformed");
  CHECK(need(kept("kept")).data() == before.data());
}

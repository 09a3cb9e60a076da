#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <unistd.h>

#include <ttt/adaptor/compile_process.hpp>
#include <ttt/adaptor/compile_sha256.hpp>
#include <ttt/adaptor/compile_source.hpp>
#include <ttt/adaptor/compiled_variant.hpp>
#include <ttt/types/declaration.hpp>
#include "../catch.hpp"
#include "../declaration_cases.hpp"
#include "../golden_data.hpp"

using namespace ttt;

namespace {

Result<std::shared_ptr<ModelState>> planned(const ModelView& view, const LoadOptions& options = {}) {
  return plan_state({.model = view}, DType::bf16, options);
}

Result<std::string> source_of(const ModelView& view, const LoadOptions& options = {}) {
  TTT_TRY(const std::shared_ptr<ModelState> plan, planned(view, options));
  return variant_source(*plan);
}

std::string name_in(const Error& e) { return e.link.substr(e.link.find('#') + 1); }

constexpr AttentionSpec attention{.heads = 4, .kv_heads = 2, .head_dim = 8};

/// Embedding, one layer and a head, for specs with something odd in them.
struct Odd {
  ModuleSpec first[1], layer[1], head[1];
  RunSpec runs[3]{{first, 1}, {layer, 2}, {head, 1}};
  explicit Odd(const MlpSpec& mlp = {.intermediate = 64}, const LinearSpec& last = {32, 100},
               const AttentionSpec& a = attention)
      : first{EmbeddingSpec{100, 32}},
        layer{TransformerLayerSpec{.hidden = 32, .attention = a, .mlp = mlp, .norm = {}}},
        head{last} {}
  Odd(const Odd&) = delete;
  Odd& operator=(const Odd&) = delete;
  [[nodiscard]] ModelView view() const { return {runs}; }
};

}  // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4", "[compile]") {
  CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_of(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  for (const std::size_t size : {55, 56, 63, 64, 65, 119, 120, 128}) {  // where padding spills over
    Sha256 pieces;
    const std::string text(size, 'x');
    for (const char c : text) pieces.add(std::string_view(&c, 1));
    CHECK(pieces.hex() == sha256_of(text));
  }
}

TEST_CASE("a variant's source stands for model, policy, level and nothing else", "[compile]") {
  const Odd plain;
  const auto source = source_of(plain.view());
  REQUIRE(source.has_value());
  CHECK(source->find("Repeat<2, TransformerLayer<32, Attention<4, 2, 8") != std::string::npos);
  CHECK(source_of(plain.view()).value() == *source);
  CHECK(source_of(plain.view(), {.threads = 7}).value() == *source);
  CHECK(source_of(plain.view(), {.workload = {.batch = 3, .context = 50}}).value() == *source);

  const Odd wider({.intermediate = 96});
  CHECK(source_of(wider.view()).value() != *source);
  HardwareConfig policy;
  policy.kv = DType::bf16;
  CHECK(source_of(plain.view(), {.policy = policy}).value() != *source);
  CHECK(source_of(plain.view(), {.preset = Preset::exact}).value() != *source);
  const auto one_layer = source_of(plain.view(), {.tuning = {{"layers.1.attention", policy}}});
  REQUIRE(one_layer.has_value());
  CHECK(one_layer->find("Repeat<2, TransformerLayer<") != std::string::npos);  // the model is the same
  CHECK(one_layer->find("runs[] = {{modules_0, 1}, {modules_1, 1}, {modules_2, 1}, {modules_3, 1}}") != std::string::npos);
  CHECK(one_layer->find("modules_2[] = {view.module(2)}") != std::string::npos);
  CHECK(source_of(plain.view(), {.isa = "scalar"}).value().find("reference::Level") != std::string::npos);

  CHECK(variant_key(*source, "ttt 1") == variant_key(*source, "ttt 1"));
  CHECK(variant_key(*source, "ttt 1") != variant_key(*source, "ttt 2"));
  CHECK(variant_key(*source, "ttt 1") != variant_key(*source + " ", "ttt 1"));
}

TEST_CASE("every knob of a configuration is in the source", "[compile]") {
  // A knob that is new here is new in statements_of too.
  const auto& [weights, fidelity, shard, activations, accumulate, kv, gradient_accumulation, scores_prompt, scores_decode,
               kv_form, qkv, qkv_layout, layout, kernel, checkpointing, page, chunk, own_kernel, device_specific] =
      HardwareConfig{};
  (void)weights, (void)fidelity, (void)shard, (void)activations, (void)accumulate, (void)kv, (void)gradient_accumulation;
  (void)scores_prompt, (void)scores_decode, (void)kv_form, (void)qkv, (void)qkv_layout, (void)layout, (void)kernel;
  (void)checkpointing, (void)page, (void)chunk;
  CHECK(own_kernel.empty());  // these two are refused: they name a program's own code
  CHECK(device_specific.empty());

  HardwareConfig c;
  CHECK(statements_of(c).empty());
  c.set_weights(DType::int4m);
  c.set_fidelity(Fidelity::hifi2);
  c.set_sharding(Sharding::replicate);
  c.set_scores(Fidelity::lofi);
  c.activations = c.accumulate = c.kv = c.gradient_accumulation = DType::bfloat8_b;
  c.kv_form = KvForm::paged;
  c.qkv = QkvForm::separate;
  c.qkv_layout = QkvLayout::column_parallel;
  c.layout = Layout::tile_major;
  c.kernel = KernelVariant::naive;
  c.checkpointing = Switch::on;
  c.page = 64;
  c.chunk = 128;
  const std::string text = statements_of(c);
  CHECK(std::count(text.begin(), text.end(), ';') == 3 * 6 + 14);
  for (const char* one : {"c.weights[5] = DType::int4m;", "c.fidelity[0] = Fidelity::hifi2;", "c.shard[2] = Sharding::replicate;",
                          "c.scores_decode = Fidelity::lofi;", "c.gradient_accumulation = DType::bfloat8_b;",
                          "c.kv_form = KvForm::paged;", "c.qkv = QkvForm::separate;", "c.kernel = KernelVariant::naive;",
                          "c.checkpointing = Switch::on;", "c.page = 64;", "c.chunk = 128;"})
    CHECK(text.find(one) != std::string::npos);
}

TEST_CASE("nothing of a file or a hand-written spec reaches the source unchecked", "[compile]") {
  MlpSpec own{.intermediate = 64};
  own.activation = Activation::own;
  own.own_activation = Name("x{}; int y = system");
  LinearSpec tied{32, 100};
  tied.tied_to = Name("embedding\">>; int x[] {");
  AttentionSpec not_finite = attention;
  not_finite.rope.theta = 1e300 * 1e300;
  const Odd models[] = {Odd(own), Odd({.intermediate = 64}, tied), Odd({.intermediate = 64}, {32, 100}, not_finite)};
  for (const Odd& model : models) {
    const auto plan = planned(model.view());
    if (!plan) continue;  // refused even earlier
    const auto source = variant_source(**plan);
    REQUIRE(!source.has_value());
    CHECK(name_in(source.error()) == "compile_unsupported");
    CHECK(source.error().suggestion.find("ttt describe") != std::string::npos);
  }
  for (const auto& one : test::declaration_cases) {
    const auto plan = planned(one.view);
    if (!plan) continue;
    INFO(one.name);
    CHECK((variant_source(**plan).has_value() || declaration_of(one.view, "m").find("{}") != std::string::npos));
  }
}

TEST_CASE("a program is run by its words, with its output, for a limited time", "[compile]") {
  CHECK(find_program("no-such-program-anywhere").empty());
  CHECK(find_program("").empty());
  CHECK(find_program("./").empty());
  const std::string shell = find_program("sh");
  REQUIRE(!shell.empty());
  using How = ProcessEnd::How;

  const auto said = run_process({shell, "-c", "cat; echo one; echo \"$1\" >&2; exit 3", "sh", "$(two); 'x'"}, 20);
  REQUIRE(said.has_value());
  CHECK(said->how == How::exited);
  CHECK(said->status == 3);
  CHECK(said->output == "one\n$(two); 'x'\n");

  const auto flood = run_process({shell, "-c", "i=0; while [ $i -lt 3000 ]; do printf '%0200d' 1; i=$((i+1)); done"}, 60);
  REQUIRE(flood.has_value());
  CHECK(flood->output.size() == std::size_t{256} << 10);

  const auto killed = run_process({shell, "-c", "kill -9 $$"}, 20);
  REQUIRE(killed.has_value());
  CHECK(killed->how == How::signalled);
  CHECK(killed->status == 9);

  const auto late = run_process({shell, "-c", "sleep 60 & sleep 60"}, 0.2);
  REQUIRE(late.has_value());
  CHECK(late->how == How::late);
  CHECK(late->seconds < 10);

  const std::atomic<bool> cancel{true};
  const auto cancelled = run_process({shell, "-c", "sleep 60"}, 60, &cancel);
  REQUIRE(cancelled.has_value());
  CHECK(cancelled->how == How::cancelled);

  const auto missing = run_process({"/no/such/program"}, 1);
  REQUIRE(!missing.has_value());
  CHECK(name_in(missing.error()) == "process_not_started");
}

TEST_CASE("a program compiles a model with one layer apart, finds it and plans with it", "[compile]") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("ttt-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  ::setenv("XDG_CACHE_HOME", folder.c_str(), 1);
  const Odd model;
  HardwareConfig fp32;
  fp32.kv = DType::fp32;
  LoadOptions options{.tuning = {{"layers.1.attention", fp32}}, .isa = "scalar"};
  const auto plan = planned(model.view(), options);
  REQUIRE(plan.has_value());
  CHECK(!find_compiled(**plan, "a test").value().has_value());

  const auto made = compile_variant(**plan, {.identity = "a test", .include = (test::source_root() / "include").string()});
  INFO((made ? "" : made.error().text()));
  REQUIRE(made.has_value());
  CHECK(made->made_now);
  CHECK(made->facts.modules == 4);

  const auto found = find_compiled(**plan, "a test");
  REQUIRE(found.has_value());
  REQUIRE(found->has_value());
  CHECK((*found)->library == made->library);
  CHECK(!find_compiled(**plan, "another test").value().has_value());
  const auto plain = planned(model.view(), {.isa = "scalar"});
  CHECK(!find_compiled(**plain, "a test").value().has_value());

  options.kernels = (*found)->kernels;
  const auto with = planned(model.view(), options);
  REQUIRE(with.has_value());
  const kernels::KernelTable& mine = *(*with)->kernels;
  const kernels::KernelTable& usual = *kernels::kernel_table(kernels::Isa::scalar);
  CHECK(mine.attention(DType::fp16) != usual.attention(DType::fp16));  // both formats are compiled
  CHECK(mine.attention(DType::fp32) != usual.attention(DType::fp32));
  CHECK(mine.attention(DType::bf16) == usual.attention(DType::bf16));  // and nothing else
  CHECK(mine.store(DType::bf16, DType::fp32) != usual.store(DType::bf16, DType::fp32));
  std::filesystem::remove_all(folder);
}

TEST_CASE("the headers' hash changes with any header", "[compile]") {
  const auto here = headers_hash((test::source_root() / "include").string());
  REQUIRE(here.has_value());
  CHECK(here->size() == 64);
  CHECK(headers_hash("/no/such/folder").value() == sha256_of(""));
}

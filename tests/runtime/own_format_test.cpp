// Weight formats of a user's own: described in a few lines, they are coded, planned, packed and multiplied like ttt's.
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/kernels/harness.hpp>
#include <ttt/kernels/own_format.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/policy/devices.hpp>
#include <ttt/policy/policy_cpp.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/own_formats.hpp>
#include "../engine_fixture.hpp"
#include "kernels_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

/// Quantiles of a normal distribution (Dettmers et al., 2023, QLoRA).
struct Nf4 : BlockFormat<4, 64> {
  static constexpr std::string_view name = "nf4";
  static constexpr float values[16] = {-1.0F,        -0.6961928F,  -0.52507305F, -0.39491749F, -0.28444138F, -0.18477343F,
                                       -0.09105004F, 0.0F,         0.0795803F,   0.1609302F,   0.2461123F,   0.33791524F,
                                       0.44070983F,  0.562617F,    0.72295684F,  1.0F};
};
struct Int8g64 : BlockFormat<8, 64> {
  static constexpr std::string_view name = "int8g64";
};
/// Three planes of bits.
struct Int7m : BlockFormat<7, 96, with_minimum> {
  static constexpr std::string_view name = "int7m";
};
/// Signed squares: 32 values, two vectors of AVX-512.
struct Squares : BlockFormat<5, 64> {
  static constexpr std::string_view name = "squares";
  static constexpr std::array<float, 32> values = [] {
    std::array<float, 32> v{};
    for (int i = 0; i < 32; ++i) v[static_cast<std::size_t>(i)] = static_cast<float>((i - 16) * (i < 16 ? 16 - i : i - 16)) / 256;
    return v;
  }();
};
/// Eight bits of a small float, one sign, four exponent and three mantissa bits, in order.
struct Float8 : BlockFormat<8, 128> {
  static constexpr std::string_view name = "float8";
  static constexpr std::array<float, 256> values = [] {
    std::array<float, 256> v{};
    for (int i = 0; i < 128; ++i) {
      const int exponent = i / 8, mantissa = i % 8;
      float size = exponent == 0 ? static_cast<float>(mantissa) : static_cast<float>(8 + mantissa);
      for (int e = 1; e < exponent; ++e) size *= 2;
      v[static_cast<std::size_t>(128 + i)] = size;
      v[static_cast<std::size_t>(127 - i)] = i == 0 ? -0.5F : -size;  // no second zero: values ascend
    }
    return v;
  }();
};
/// One that chooses its scale itself: a power of two.
struct Powers : BlockFormat<4, 32> {
  static constexpr std::string_view name = "powers";
  static BlockScale scale(const float* w, const float*) noexcept {
    float most = 0;
    for (int k = 0; k < group; ++k) most = std::max(most, std::abs(w[k]));
    return {most > 0 ? std::exp2(std::ceil(std::log2(most / 7))) : 0, 0};
  }
};
inline constexpr Nf4 nf4;
inline constexpr Int8g64 int8g64;
inline constexpr Int7m int7m;
inline constexpr Squares squares;
inline constexpr Float8 float8;
inline constexpr Powers powers;

static_assert(bits_of(types::dtype_of<nf4>()) == 4.25 && bits_of(types::dtype_of<int7m>()) == 7 + 32.0 / 96);
static_assert(block_facts(types::dtype_of<int7m>()) == BlockFacts{7, 96, true});
static_assert(types::dtype_of<nf4>() != types::dtype_of<squares>() && is_own_format(types::dtype_of<nf4>()));
static_assert(types::dtype_of<DType::int8>() == DType::int8);
static_assert(catalog::packed_bytes(32, 128, types::dtype_of<nf4>()) == 32 * 128 * 17 / 32);
static_assert(kernels::BlockLayout<block_formats::Int8>::bytes == catalog::group_bytes(DType::int8) &&
              kernels::BlockLayout<block_formats::Int4m>::bytes == catalog::group_bytes(DType::int4m));

/// Registered only, never composed.
struct Late : BlockFormat<6, 32> {
  static constexpr std::string_view name = "late-6";
};
struct One : BlockFormat<6, 32> {
  static constexpr std::string_view name = "twin";
};
struct Other : BlockFormat<6, 64> {
  static constexpr std::string_view name = "twin";
};

// What is no format.
struct Nameless : BlockFormat<4, 32> {};
struct Taken : BlockFormat<4, 32> {
  static constexpr std::string_view name = "bf16";
};
struct Unordered : BlockFormat<2, 32> {
  static constexpr std::string_view name = "unordered";
  static constexpr float values[4] = {0, 1, 1, 2};
};
struct Stranger {
  static constexpr std::string_view name = "stranger";
  static constexpr int bits = 4, group = 32;
};
static_assert(OwnBlockFormat<Nf4> && !OwnBlockFormat<Nameless> && !OwnBlockFormat<Taken> && !OwnBlockFormat<Unordered> &&
              !OwnBlockFormat<Stranger>);

template <class... F>
void each_format(auto&& f, const F&... formats) {
  (f(formats), ...);
}
void each_format(auto&& f) { each_format(f, nf4, int8g64, int7m, squares, float8, powers); }

std::vector<float> normal(std::int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> distribution(0, 0.05F);
  std::vector<float> v(static_cast<std::size_t>(count));
  for (float& x : v) x = distribution(engine);
  return v;
}

constexpr int vocab = 293;
constexpr auto base = Embedding<vocab, 96> >> Repeat<3, TransformerLayer<96, Attention<6, 2, 16>, SwiGlu<200>>> >>
                      RmsNorm<96> >> Linear<96, vocab, TiedTo<"embedding">>;

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double d = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    d += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
    size += double{a[i]} * a[i];
  }
  return std::sqrt(d / size);
}

}  // namespace

TEST_CASE("a format of one's own multiplies as the scalar reference does, on every instruction set", "[formats]") {
  for (const std::string& isa : isas()) {
    if (isa == "scalar") continue;
    ::setenv("TTT_ISA", isa.c_str(), 1);
    each_format([&](const auto& format) {
      const KernelReport report = check_format(format, {.measure = false, .print = false});
      INFO(isa << " " << format.name << ": error " << report.worst_error << ", " << report.shapes << " shapes, same bits "
               << report.same_bits << ", in bounds " << report.in_bounds << report.fault);
      CHECK(report.ok());
      CHECK(report.shapes >= 38);
    });
  }
  ::unsetenv("TTT_ISA");
}

TEST_CASE("a format of one's own is coded to the same bits everywhere, and the better the more bits it has", "[formats]") {
  const int n = 33, k = 520;
  const std::vector<float> w = normal(std::int64_t{n} * k, 3);
  std::vector<float> importance(k);
  for (int i = 0; i < k; ++i) importance[static_cast<std::size_t>(i)] = 1 + 0.5F * static_cast<float>(i % 3);
  kernels::importance_of(importance.data(), k, importance.data());
  each_format([&](const auto& format) {
    need(register_format(format));
    const DType type = types::dtype_of<std::remove_cvref_t<decltype(format)>{}>();
    std::vector<char> wanted;
    for (const kernels::Isa isa : kernels::all_isas) {
      if (!kernels::isa_supported(isa)) continue;
      Aligned bytes(catalog::packed_bytes(48, k, type));
      kernels::pack_rows(type, DType::fp32, w.data(), 0, n, k, bytes.data(), {},
                         {kernels::own_format_kernels(type, isa)->code, importance.data()});
      const char* const data = static_cast<const char*>(bytes.data());
      const std::vector<char> got(data, data + catalog::packed_bytes(48, k, type));
      if (wanted.empty()) wanted = got;
      INFO(kernels::name_of(isa) << " " << format.name);
      CHECK(got == wanted);
      if (isa != kernels::Isa::scalar) continue;
      std::vector<float> coded(w.size());
      for (int r = 0; r < n; ++r) kernels::fetch_row(type, {bytes.data(), nullptr, n, k}, r, coded.data() + std::int64_t{r} * k);
      const double error = distance(w, coded);
      // one step of a uniform format over about five standard deviations, as a share of one, and room
      const double step = 6.0 / (1 << format.bits) / std::sqrt(12.0);
      INFO("relative error " << error << " in " << bits_of(type) << " bits");
      CHECK(error < (format.name == "powers" ? 2 : format.name == "float8" ? 8 : 1.3) * step);
    }
  });
}

TEST_CASE("weights that are values of the format come back as they were", "[formats]") {
  need(register_format(nf4));
  std::vector<float> w(16 * 64);
  for (int r = 0; r < 16; ++r)
    for (int i = 0; i < 64; ++i)
      w[static_cast<std::size_t>(r * 64 + i)] = Nf4::values[(i * 7 + r) % 16] * static_cast<float>(1 << r % 4);
  const DType type = types::dtype_of<nf4>();
  Aligned bytes(catalog::packed_bytes(16, 64, type));
  kernels::pack_rows(type, DType::fp32, w.data(), 0, 16, 64, bytes.data());
  std::vector<float> row(64);
  double worst = 0;
  for (int r = 0; r < 16; ++r) {
    kernels::fetch_row(type, {bytes.data(), nullptr, 16, 64}, r, row.data());
    for (std::size_t i = 0; i < 64; ++i) worst = std::max(worst, std::abs(double{row[i]} - w[static_cast<std::size_t>(r) * 64 + i]) / (1 << r % 4));
  }
  INFO("worst error " << worst);
  CHECK(worst < 0x1p-9);  // the search for a scale takes 8 bits of every value
}

TEST_CASE("models mix one's own formats with ttt's; memory is as planned and bits do not depend on threads", "[formats]") {
  constexpr auto mixed = tune<"layers.1.mlp", Policy<WeightsOf<WeightGroup::down, int7m>>>(
      tune<"layers.2", Policy<Weights<DType::int8>>>(tune<"model", Policy<Weights<nf4>>>(base)));
  static_assert(accepts<mixed, ttt::cpu, Batch<1>, Context<64>>);
  static_assert(boost::mp11::mp_size<types::named_in_model<types::as_model<type_of<mixed>>::type, types::format_of_knob>::type>::value == 2);
  const std::vector<std::int32_t> ids{5, 99, 3, 250, 17, 8, 8, 131, 64, 2, 77, 200};
  LoadOptions options{.preset = Preset::exact, .workload = {.context = 64, .chunk = 16, .logits_rows = 16}};
  Engine whole = random_engine<base>(options);
  Session reference = whole.session();
  const std::vector<float> wanted = whole.step(reference, ids);
  for (const std::string& isa : isas()) {
    options.isa = isa;
    std::vector<float> first;
    for (const int threads : {1, 3}) {
      options.threads = threads;
      const auto before = static_cast<std::int64_t>(memory_counters().total.current);
      Engine e = random_engine<mixed>(options);
      const PlanTotals& t = e.state->totals;
      CHECK(static_cast<std::int64_t>(memory_counters().total.current) - before == t.weights + t.arena);
      Session s = e.session();
      std::vector<float> logits = e.step(s, ids);
      if (threads == 1) {
        INFO(isa << ": distance to fp32 " << distance(wanted, logits));
        CHECK(distance(wanted, logits) < 0.25);
        CHECK(distance(wanted, logits) > 0.01);
      }
      const std::int32_t id = 7;
      const std::vector<float> last = e.step(s, {&id, 1});
      logits.insert(logits.end(), last.begin(), last.end());
      if (threads == 1) first = logits;
      INFO(isa << ", " << threads << " threads");
      CHECK(logits == first);
    }
  }
}

TEST_CASE("a policy as text names one's own format once it is registered", "[formats]") {
  const auto unknown = parse_policy("weights.down=late-6");
  REQUIRE(!unknown);
  CHECK(anchor(unknown.error()) == "option_policy");
  CHECK(name_of(types::dtype_of<Late{}>()) == "own");
  need(register_format(Late{}));
  need(register_format(Late{}));  // again: nothing to do
  const PolicySet set = need(parse_policy("weights=int8,weights.down=Late-6,layers.1:weights.down=bf16"));
  CHECK(set.whole.weight(WeightGroup::down) == types::dtype_of<Late{}>());
  CHECK(name_of(set.whole.weight(WeightGroup::down)) == "late-6");
  CHECK(need(parse_policy(text_of(set))) == set);
  CHECK(text_of(set.whole).find("weights.down=late-6") != std::string::npos);
  CHECK(cpp_of(set.whole).find("WeightsOf<WeightGroup::down, late_6>") != std::string::npos);
  for (const char* refused : {"kv=late-6", "activations=late-6", "accumulate=late-6"}) CHECK(!parse_policy(refused));
}

TEST_CASE("two formats of one name are refused", "[formats]") {
  need(register_format(One{}));
  const auto refused = register_format(Other{});
  REQUIRE(!refused);
  CHECK(anchor(refused.error()) == "own_format_twice");
}

TEST_CASE("what has no kernel for one's own format says so", "[formats]") {
  // Known by name, composed nowhere: what a program has that includes no kernels.
  static OwnFormat uncomposed{own_formats::number({4, 32, false}, 12345), "uncomposed", nullptr};
  OwnFormat* const one = &uncomposed;
  need(keep_formats({&one, 1}));
  LoadOptions options{.workload = {.context = 64}};
  const ModelView view = view_of<type_of<base>>();
  const TensorMap weights = random_weights(view);
  const auto load = [&] { return make_state({.model = view}, MemorySource(weights), options); };
  options.policy.set_weights(uncomposed.type);
  auto state = load();
  REQUIRE(!state);
  CHECK(anchor(state.error()) == "kernel_not_linked");
  CHECK(state.error().text().find("uncomposed") != std::string::npos);

  // No products of whole numbers: the fidelity is refused, the default is another.
  options.policy.set_weights(types::dtype_of<nf4>());
  options.policy.set_fidelity(Fidelity::lofi);
  state = load();
  REQUIRE(!state);
  CHECK(anchor(state.error()) == "no_kernel_for_fidelity");
  options.policy.set_fidelity(Fidelity::automatic);
  CHECK(load());

  // A device that has no such kernels.
  CHECK(!fits<tune<"model", Policy<Weights<nf4>>>(base), cuda::h100, Batch<1>, Context<64>>);
  CHECK(!fits<tune<"model", Policy<Weights<nf4>>>(base), ttnn::wormhole_n150, Batch<1>, Context<64>>);
}

TEST_CASE("a loaded model goes over to one's own format", "[formats]") {
  Result<LoadedModel> loaded = from_huggingface(std::string(TTT_SOURCE_ROOT) + "/tools/demo_model/demo",
                                                {.workload = {.context = 128}, .threads = 2});
  if (!loaded) FAIL(loaded.error().text());
  const auto bytes = loaded->state().totals.weights;
  const Applied applied = need(loaded->apply_hw_config(Policy<Weights<int8g64>>));
  CHECK(applied.bytes_repacked > 0);
  const auto now = loaded->state().totals.weights;
  INFO(bytes << " bytes in bf16, " << now << " in " << bits_of(types::dtype_of<int8g64>()) << " bits");
  CHECK(static_cast<double>(now) < 1.1 * static_cast<double>(bytes) * bits_of(types::dtype_of<int8g64>()) / 16);
  std::string text;
  auto said = loaded->generate("Once upon a time", {.max_new_tokens = 12});
  for (const auto piece : said) text += piece;
  CHECK(said.error() == nullptr);
  CHECK(!text.empty());
}

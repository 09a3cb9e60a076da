// Policies: unordered, each axis once, merged in one order.
#include <ttt/checks/gate.hpp>

using namespace ttt;

template <auto A, auto B>
constexpr bool same = std::is_same_v<type_of<A>, type_of<B>>;

// Any order of knobs is the same type.
static_assert(same<Policy<HiFi4, Kv<DType::fp32>>, Policy<Kv<DType::fp32>, HiFi4>>);
static_assert(same<Policy<Chunk<64>, HiFi2, Weights<DType::bf16>>, Policy<Weights<DType::bf16>, Chunk<64>, HiFi2>>);
static_assert(same<Attention<4, 2, 16, Policy<HiFi4, Chunk<8>>>, Attention<4, 2, 16, Policy<Chunk<8>, HiFi4>>>);
static_assert(!same<Policy<HiFi4>, Policy<HiFi2>>);

// An axis turned twice is no policy.
template <class... Knobs>
concept IsPolicy = requires { Policy<Knobs...>; };
static_assert(IsPolicy<HiFi4> && IsPolicy<HiFi4, Kv<DType::fp16>> && IsPolicy<>);
static_assert(!IsPolicy<HiFi4, HiFi2> && !IsPolicy<HiFi4, HiFi4>);
static_assert(!IsPolicy<Kv<DType::fp16>, HiFi4, Kv<DType::fp32>>);
static_assert(!IsPolicy<ContiguousKv, PagedKv<64>>, "both choose the cache's form");
static_assert(!IsPolicy<int>, "not a knob");

// The value form.
constexpr HardwareConfig config = type_of<Policy<HiFi2, Kv<DType::bf16>, Chunk<32>, PagedKv<128>>>::config;
static_assert(config.fidelity_of(WeightGroup::o) == Fidelity::hifi2 && config.kv == DType::bf16 && config.chunk == 32);
static_assert(config.kv_form == KvForm::paged && config.page == 128);
static_assert(config.activations == DType::automatic && config.weight(WeightGroup::o) == DType::automatic);
// A group's format wins over the general one, wherever it stands.
constexpr HardwareConfig formats =
    type_of<Policy<WeightsOf<WeightGroup::qkv, DType::fp32>, Weights<DType::bf16>>>::config;
static_assert(formats.weight(WeightGroup::qkv) == DType::fp32 && formats.weight(WeightGroup::down) == DType::bf16);

// Merging: `over` where it says something.
constexpr HardwareConfig base = type_of<Policy<HiFi4, Kv<DType::fp32>, Chunk<64>>>::config;
static_assert(merged(base, {}) == base && merged({}, base) == base && merged(base, base) == base);
constexpr HardwareConfig both = merged(base, type_of<Policy<HiFi2, Weights<DType::fp16>>>::config);
static_assert(both.fidelity_of(WeightGroup::head) == Fidelity::hifi2 && both.kv == DType::fp32 && both.chunk == 64);
static_assert(both.weight(WeightGroup::head) == DType::fp16);

// The order: device default < preset < model < layer < module of the layer.
constexpr auto model =
    Embedding<100, 64>
    >> TransformerLayer<64, Attention<4, 2, 16, Policy<Kv<DType::bf16>>>, SwiGlu<96>, Policy<HiFi2, Kv<DType::fp32>>>
    >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96, Policy<HiFi4>>>
    >> Linear<64, 100, Policy<WeightsOf<WeightGroup::head, DType::fp32>>>;
constexpr ConfiguredModel plain = configured_of<type_of<model>>();
static_assert(plain.resolved(cpu::traits, 0, 0).self == default_config(cpu::traits, ModuleKind::embedding));
static_assert(plain.resolved(cpu::traits, 1, 0).attention.kv == DType::bf16, "the module's word counts most");
static_assert(plain.resolved(cpu::traits, 1, 0).attention.fidelity_of(WeightGroup::qkv) == Fidelity::hifi2, "then the layer's");
static_assert(plain.resolved(cpu::traits, 1, 0).mlp.fidelity_of(WeightGroup::down) == Fidelity::hifi2);
static_assert(plain.resolved(cpu::traits, 2, 0).attention.kv == DType::fp16, "then the device's");
static_assert(plain.resolved(cpu::traits, 3, 0).self.weight(WeightGroup::head) == DType::fp32);
static_assert(plain.resolved(cpu::traits, 3, 0).self.weight(WeightGroup::qkv) == DType::stored);

constexpr HardwareConfig whole = type_of<Policy<Kv<DType::fp16>, HiFi2>>::config;
constexpr ConfiguredModel exact = configured_of<type_of<model>>(Preset::exact);
constexpr ConfiguredModel exact_but = configured_of<type_of<model>>(Preset::exact, whole);
static_assert(exact.resolved(cpu::traits, 2, 0).attention.kv == DType::fp32, "the preset over the device");
static_assert(exact_but.resolved(cpu::traits, 2, 0).attention.kv == DType::fp16, "the model over the preset");
static_assert(exact_but.resolved(cpu::traits, 2, 0).mlp.fidelity_of(WeightGroup::down) == Fidelity::hifi4, "the module over the model");
static_assert(exact_but.resolved(cpu::traits, 1, 0).attention.kv == DType::bf16);

// A processor that multiplies bf16 natively takes bf16 operands by default.
constexpr DeviceTraits with_dot{.name = "cpu", .bf16_dot = true};
static_assert(default_config(with_dot, ModuleKind::linear).fidelity_of(WeightGroup::head) == Fidelity::hifi2);
static_assert(default_config(cpu::traits, ModuleKind::linear).fidelity_of(WeightGroup::head) == Fidelity::hifi4);

struct Toaster {
  static constexpr DeviceTraits traits{.name = "toaster", .memory_bytes = 1 << 20};
};
// Whole-number weights take whole-number rows unless someone says otherwise.
constexpr auto fidelities = [](Preset preset, HardwareConfig said, const DeviceTraits& device) {
  const HardwareConfig c = configured_of<type_of<model>>(preset, said).resolved(device, 2, 0).attention;
  return std::array{c.weight(WeightGroup::qkv) == DType::int8 ? 8 : c.weight(WeightGroup::qkv) == DType::int4 ? 4 : 16,
                    static_cast<int>(c.fidelity_of(WeightGroup::qkv))};
};
constexpr HardwareConfig eight = type_of<Policy<Weights<DType::int8>>>::config, sixteen = type_of<Policy<Weights<DType::bf16>>>::config;
constexpr int lofi = static_cast<int>(Fidelity::lofi), hifi2 = static_cast<int>(Fidelity::hifi2), hifi4 = static_cast<int>(Fidelity::hifi4);
static_assert(fidelities(Preset::standard, eight, cpu::traits) == std::array{8, lofi});
static_assert(fidelities(Preset::standard, eight, with_dot) == std::array{8, hifi2}, "a device that ttt has no kernels for");
static_assert(fidelities(Preset::exact, eight, cpu::traits) == std::array{8, hifi4});
static_assert(fidelities(Preset::speed, {}, cpu::traits) == std::array{8, lofi});
static_assert(fidelities(Preset::speed, sixteen, cpu::traits) == std::array{16, hifi4}, "the preset leaves the fidelity open");
static_assert(fidelities(Preset::balanced, {}, cpu::avx512_vnni_bf16::traits) == std::array{8, hifi2});
static_assert(fidelities(Preset::memory, {}, cpu::traits) == std::array{4, lofi});
static_assert(configured_of<type_of<model>>(Preset::memory).resolved(cpu::traits, 0, 0).self.weight(WeightGroup::embedding) == DType::int8);
static_assert(fidelities(Preset::speed, {}, Toaster::traits) == std::array{16, hifi4}, "a device of one's own has what it says it has");

// A device and a knob of a user's own.
static_assert(Device<Toaster> && Device<cpu> && !Device<int>);
struct WideChunks {
  static constexpr Axis axis = Axis::chunk;
  static constexpr void apply(HardwareConfig& c) { c.chunk = 512; }
};
static_assert(type_of<Policy<WideChunks, HiFi4>>::config.chunk == 512 && !IsPolicy<WideChunks, Chunk<8>>);

static_assert(workload_of<Batch<4>, Context<100>, TokensPerStep<32>>() ==
              Workload{.batch = 4, .context = 100, .chunk = 32});

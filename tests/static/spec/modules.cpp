// Modules and their options: what the values say.
#include <ttt/spec/transformer_layer.hpp>

using namespace ttt;

template <auto Module>
constexpr ModuleSpec spec = module_spec<type_of<Module>>();

static_assert(spec<Embedding<100, 64>>.kind == ModuleKind::embedding);
static_assert(spec<Embedding<100, 64>>.in() == 1 && spec<Embedding<100, 64>>.out() == 64);
static_assert(spec<Embedding<100, 64, EmbeddingScale<8>>>.embedding == EmbeddingSpec{100, 64, 8});

static_assert(spec<Linear<64, 100>>.in() == 64 && spec<Linear<64, 100>>.out() == 100);
static_assert(spec<Linear<64, 100, Bias>>.linear.bias && !spec<Linear<64, 100>>.linear.bias);
static_assert(spec<Linear<64, 100, TiedTo<"embedding">>>.linear.tied_to.view() == "embedding");
static_assert(spec<Linear<64, 100, SoftCap<30>>>.linear.softcap == Real(30));

static_assert(spec<RmsNorm<64>>.norm == NormSpec{.width = 64, .eps = 1e-5});
static_assert(spec<RmsNorm<64, Eps<1e-6>>>.norm.eps == Real(1e-6));
static_assert(spec<LayerNorm<64>>.kind == ModuleKind::layer_norm && spec<LayerNorm<64>>.norm.bias);
static_assert(spec<LayerNorm<64, NoBias, Eps<1e-12>>>.norm ==
              NormSpec{.width = 64, .eps = 1e-12, .layer = true, .bias = false});

// Options stand in any order.
constexpr AttentionSpec attention = spec<Attention<8, 2, 16, QkNorm<1e-5>, QkvBias, Rope<500'000>>>.attention;
static_assert(attention == spec<Attention<8, 2, 16, Rope<500'000>, QkvBias, QkNorm<1e-5>>>.attention);
static_assert(attention.q_width() == 128 && attention.kv_width() == 32 && attention.rotary_dim() == 16);
static_assert(attention.qkv_bias && !attention.output_bias && attention.qk_norm);
static_assert(attention.qk_norm_eps == Real(1e-5) && attention.rope.theta == Real(500'000));
static_assert(spec<Attention<8, 2, 16>>.attention.rope == RopeSpec{});
static_assert(spec<Attention<8, 2, 16, NoRope>>.attention.rotary_dim() == 0);
static_assert(spec<Attention<8, 2, 16, PartialRotary<0.5>>>.attention.rotary_dim() == 8);
static_assert(spec<Attention<8, 2, 16, SlidingWindow<9>, Scale<0.5>, SoftCap<50>, OutputBias>>.attention ==
              AttentionSpec{.heads = 8, .kv_heads = 2, .head_dim = 16, .output_bias = true, .sliding_window = 9,
                            .softcap = 50, .scale = 0.5});

// Rotary embeddings fill in what their type needs and nothing else.
constexpr RopeSpec llama3 = spec<Attention<8, 2, 16, RopeLlama3<500'000>>>.attention.rope;
static_assert(llama3 == RopeSpec{.type = RopeType::llama3, .theta = 500'000, .factor = 32, .low_freq_factor = 1,
                                 .high_freq_factor = 4, .original_max_position = 8192});
static_assert(spec<Attention<8, 2, 16, RopeLinear<10'000, 4>>>.attention.rope ==
              RopeSpec{.type = RopeType::linear, .theta = 10'000, .factor = 4});
static_assert(spec<Attention<8, 2, 16, RopeYarn<10'000, 4, 32>>>.attention.rope ==
              RopeSpec{.type = RopeType::yarn, .theta = 10'000, .factor = 4, .original_max_position = 32});

static_assert(spec<SwiGlu<96>>.mlp == MlpSpec{.intermediate = 96});
static_assert(spec<GatedMlp<96, Silu>>.mlp == spec<SwiGlu<96>>.mlp, "SwiGlu is the gated unit with silu");
static_assert(spec<GatedMlp<96, GeluTanh, Bias>>.mlp ==
              MlpSpec{.intermediate = 96, .bias = true, .activation = Activation::gelu_tanh});
static_assert(!spec<Mlp<96, Relu2>>.mlp.gated && spec<Mlp<96, Relu2>>.mlp.activation == Activation::relu2);

struct Cube {
  static constexpr std::string_view name = "cube";
  constexpr float operator()(float x) const { return x * x * x; }
};
struct Nameless {
  constexpr float operator()(float x) const { return x; }
};
static_assert(spec<GatedMlp<96, Cube{}>>.mlp.activation == Activation::own);
static_assert(spec<GatedMlp<96, Cube{}>>.mlp.own_activation.view() == "cube");
static_assert(spec<Mlp<96, Nameless{}>>.mlp.own_activation.view() == "own");

// A layer gives its width to its parts.
constexpr ModuleSpec layer = spec<TransformerLayer<64, Attention<8, 2, 16>, SwiGlu<96>, Eps<1e-6>>>;
static_assert(layer.in() == 64 && layer.out() == 64 && layer.has_attention() && layer.has_mlp());
static_assert(layer.attention.hidden == 64 && layer.mlp.hidden == 64 && layer.norm.eps == Real(1e-6));
static_assert(spec<TransformerLayer<64, Attention<8, 2, 16>, SwiGlu<96>, LayerNorms>>.norm.layer);
static_assert(layer == ModuleSpec(TransformerLayerSpec{
                           .hidden = 64, .attention = AttentionSpec{.heads = 8, .kv_heads = 2, .head_dim = 16},
                           .mlp = MlpSpec{.intermediate = 96}, .norm = NormSpec{.eps = 1e-6}}));

// A user's module and a user's option.
struct Shift : types::Module<> {
  static constexpr std::string_view type = "shift";
  static constexpr int in = 64, out = 32;
  static constexpr std::array weights{WeightShape{"weight", 32, 64}, WeightShape{"bias", 1, 32}};
  static void reference(const OwnModuleArgs&) {}
};
static_assert(spec<Shift{}>.kind == ModuleKind::own && spec<Shift{}>.in() == 64 && spec<Shift{}>.out() == 32);
static_assert(spec<Shift{}>.own.weight_count == 2 && spec<Shift{}>.own.weights[1].name.view() == "bias");
struct ShortSight {
  static constexpr void apply(AttentionSpec& a) { a.sliding_window = 4; }
};
static_assert(spec<Attention<8, 2, 16, ShortSight{}>>.attention.sliding_window == 4);

static_assert(Name("a name that is longer than thirty-one characters").view().size() == 31);
static_assert(name_of(ModuleKind::transformer_layer) == "TransformerLayer");

// tune<path, policy>: runs split and merge, numbers stay, levels keep their order.
#include <ttt/model.hpp>

using namespace ttt;

template <auto A, auto B>
constexpr bool same = std::is_same_v<type_of<A>, type_of<B>>;
template <class T>
constexpr std::size_t runs_of = boost::mp11::mp_size<T>::value;

constexpr auto layer = TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
constexpr auto model = Embedding<100, 64> >> Repeat<16, layer> >> RmsNorm<64> >> Linear<64, 100>;
constexpr DeviceTraits here = cpu::traits;

/// The resolved knobs of a layer's part, by the layer's number.
template <auto Model>
constexpr HardwareConfig knobs(int wanted, PartName part) {
  HardwareConfig found;
  const ConfiguredModel c = configured_of<type_of<Model>>();
  each_place(c.model, [&](const ModuleSpec&, const PlaceInModel& at, std::size_t run, std::size_t place, int) {
    if (at.layer == wanted) found = c.resolved(here, run, place, part);
  });
  return found;
}
template <auto Model>
constexpr int with_kv(DType t) {
  int count = 0;
  for (int i = 0; i < layer_count(view_of<type_of<Model>>()); ++i)
    count += knobs<Model>(i, PartName::attention).kv == t ? 1 : 0;
  return count;
}
using bf16_kv = Kv<DType::bf16>;

// One layer splits a run into before, itself and behind; those at the ends into two.
constexpr auto one = tune<"layers.7.attention", Policy<bf16_kv>>(model);
static_assert(runs_of<type_of<model>> == 4 && runs_of<type_of<one>> == 6);
static_assert(view_of<type_of<one>>().runs[1].count == 7 && view_of<type_of<one>>().runs[3].count == 8);
static_assert(runs_of<type_of<tune<"layers.0.attention", Policy<bf16_kv>>(model)>> == 5);
static_assert(runs_of<type_of<tune<"layers.15.attention", Policy<bf16_kv>>(model)>> == 5);
static_assert(runs_of<type_of<tune<"layers.0-15.attention", Policy<bf16_kv>>(model)>> == 4);
static_assert(knobs<one>(7, PartName::attention).kv == DType::bf16 && with_kv<one>(DType::bf16) == 1);
static_assert(knobs<one>(7, PartName::mlp) == knobs<model>(7, PartName::mlp), "the other part is as it was");

// It is what one would have written.
constexpr auto tuned_layer = TransformerLayer<64, Attention<4, 2, 16, Policy<bf16_kv>>, SwiGlu<96>>;
static_assert(same<one, (Embedding<100, 64> >> Repeat<7, layer> >> tuned_layer >> Repeat<8, layer> >> RmsNorm<64> >> Linear<64, 100>)>);

// Neighbours that became equal are one run again, in whatever order they were tuned.
constexpr auto two = tune<"layers.8.attention", Policy<bf16_kv>>(one);
static_assert(runs_of<type_of<two>> == 6 && with_kv<two>(DType::bf16) == 2);
static_assert(same<two, tune<"layers.7-8.attention", Policy<bf16_kv>>(model)>);
static_assert(same<two, tune<"layers.7.attention", Policy<bf16_kv>>(tune<"layers.8.attention", Policy<bf16_kv>>(model))>);
static_assert(same<tune<"layers.0-7.mlp", Policy<HiFi4>>(tune<"layers.8-15.mlp", Policy<HiFi4>>(model)),
                   tune<"layers.*.mlp", Policy<HiFi4>>(model)>);
static_assert(same<tune<"layers.3", Policy<HiFi4, bf16_kv>>(model), tune<"layers.3", Policy<bf16_kv>, Policy<HiFi4>>(model)>,
              "several policies are one");

// The same place and axis: the later one. Other axes stay.
constexpr auto again = tune<"layers.7.attention", Policy<HiFi2>>(tune<"layers.7.attention", Policy<HiFi4>>(one));
static_assert(knobs<again>(7, PartName::attention).fidelity_of(WeightGroup::qkv) == Fidelity::hifi2);
static_assert(knobs<again>(7, PartName::attention).kv == DType::bf16);
// A knob for all groups takes back those of single ones; one for a group leaves the others.
constexpr auto of_down = tune<"layers.1.mlp", Policy<WeightsOf<WeightGroup::down, DType::fp32>>>(model);
static_assert(knobs<of_down>(1, PartName::mlp).weight(WeightGroup::down) == DType::fp32);
static_assert(knobs<of_down>(1, PartName::mlp).weight(WeightGroup::gate_up) == DType::stored);
constexpr auto of_all = tune<"layers.1.mlp", Policy<Weights<DType::bf16>>>(of_down);
static_assert(knobs<of_all>(1, PartName::mlp).weight(WeightGroup::down) == DType::bf16);
static_assert(types::covers(Axis::weights, Axis::weights_down) && types::covers(Axis::weights_down, Axis::weights_down));
static_assert(!types::covers(Axis::weights_down, Axis::weights) && !types::covers(Axis::weights, Axis::activations));
static_assert(types::covers(Axis::scores, Axis::scores_decode) && !types::covers(Axis::scores, Axis::weights));
static_assert(types::covers(Axis::fidelity, Axis::fidelity_head) && !types::covers(Axis::fidelity, Axis::scores));
static_assert(types::covers(Axis::shard, Axis::shard_qkv) && !types::covers(Axis::shard, Axis::kernel));
static_assert(std::is_same_v<types::both_policies<type_of<Policy<HiFi4, WeightsOf<WeightGroup::o, DType::fp32>>>,
                                                  type_of<Policy<Weights<DType::bf16>>>>::type,
                             type_of<Policy<HiFi4, Weights<DType::bf16>>>>);
static_assert(std::is_void_v<types::both_policies<void, void>::type>);

// Levels: model < run < layer < module, whatever was said last.
constexpr auto module_first = tune<"model", Policy<HiFi4>>(tune<"layers", Policy<HiFi4>>(
    tune<"layers.2", Policy<HiFi4>>(tune<"layers.2.attention", Policy<HiFi2>>(model))));
static_assert(knobs<module_first>(2, PartName::attention).fidelity_of(WeightGroup::o) == Fidelity::hifi2);
static_assert(knobs<module_first>(2, PartName::mlp).fidelity_of(WeightGroup::down) == Fidelity::hifi4);
constexpr auto layer_over_run = tune<"layers.4-8", Policy<bf16_kv>>(tune<"layers.5", Policy<Kv<DType::fp32>>>(model));
static_assert(knobs<layer_over_run>(5, PartName::attention).kv == DType::fp32);
static_assert(knobs<layer_over_run>(4, PartName::attention).kv == DType::bf16 && with_kv<layer_over_run>(DType::bf16) == 4);
constexpr auto run_over_model = tune<"model", Policy<Kv<DType::fp32>>>(layer_over_run);
static_assert(knobs<run_over_model>(4, PartName::attention).kv == DType::bf16);
static_assert(knobs<run_over_model>(9, PartName::attention).kv == DType::fp32);
static_assert(configured_of<type_of<run_over_model>>().resolved(here, 0, 0).self.kv == DType::fp32, "the embedding, too");
// A run's policy written at Repeat is the same level.
constexpr auto written = Embedding<100, 64> >> Repeat<16, layer, Policy<bf16_kv>> >> RmsNorm<64> >> Linear<64, 100>;
static_assert(with_kv<written>(DType::bf16) == 16 && same<written, tune<"layers", Policy<bf16_kv>>(model)>);
static_assert(knobs<tune<"layers.3", Policy<Kv<DType::fp32>>>(written)>(3, PartName::attention).kv == DType::fp32);

// Modules by name; a second one of a name.
constexpr auto head = tune<"head", Policy<Weights<DType::fp32>>>(model);
static_assert(configured_of<type_of<head>>().resolved(here, 3, 0).self.weight(WeightGroup::head) == DType::fp32);
constexpr auto heads = RmsNorm<64> >> Linear<64, 64> >> LayerNorm<64> >> Linear<64, 9>;
constexpr auto second = configured_of<type_of<tune<"head_2", Policy<Weights<DType::fp32>>>(heads)>>();
static_assert(second.resolved(here, 1, 0).self.weight(WeightGroup::head) == DType::stored);
static_assert(second.resolved(here, 3, 0).self.weight(WeightGroup::head) == DType::fp32);

// Groups of a period: numbers count layers; a path may cut a group.
constexpr auto local = TransformerLayer<64, Attention<4, 2, 16, Rope<10'000>>, SwiGlu<96>>;
constexpr auto global = TransformerLayer<64, Attention<4, 2, 16, Rope<1'000'000>>, SwiGlu<96>>;
constexpr auto gemma = Embedding<100, 64> >> Repeat<13, (local >> global)>;
static_assert(layer_count(view_of<type_of<gemma>>()) == 26);
constexpr auto odd_one = tune<"layers.9.attention", Policy<bf16_kv>>(gemma);
static_assert(with_kv<odd_one>(DType::bf16) == 1 && knobs<odd_one>(9, PartName::attention).kv == DType::bf16);
static_assert(layer_count(view_of<type_of<odd_one>>()) == 26);
constexpr auto ragged = tune<"layers.3-8.attention", Policy<bf16_kv>>(gemma);
static_assert(with_kv<ragged>(DType::bf16) == 6 && knobs<ragged>(2, PartName::attention).kv == DType::fp16);
static_assert(knobs<ragged>(3, PartName::attention).kv == DType::bf16 && knobs<ragged>(8, PartName::attention).kv == DType::bf16);
static_assert(knobs<ragged>(9, PartName::attention).kv == DType::fp16);
static_assert(same<tune<"layers.9.attention", Policy<HiFi4>>(odd_one), tune<"layers.9.attention", Policy<HiFi4, bf16_kv>>(gemma)>);
// The mathematics is untouched.
constexpr bool same_modules(const ModelView& a, const ModelView& b) {
  if (a.module_count() != b.module_count()) return false;
  for (int i = 0; i < a.module_count(); ++i)
    if (!(a.module(i) == b.module(i))) return false;
  return true;
}
static_assert(same_modules(view_of<type_of<gemma>>(), view_of<type_of<ragged>>()));
static_assert(same_modules(view_of<type_of<model>>(), view_of<type_of<module_first>>()));

// A repeated module that is no layer goes on counting when it is split off.
constexpr auto norms = Embedding<100, 64> >> Repeat<4, RmsNorm<64>>;
constexpr auto split = tune<"layers.2", Policy<HiFi4>>(norms);
static_assert(layer_count(view_of<type_of<norms>>()) == 4 && layer_count(view_of<type_of<split>>()) == 4);

// Paths as values.
using What = PathPattern::What;
static_assert(path_pattern("model").what == What::model && path_pattern("*").what == What::model);
static_assert(path_pattern("layers") == path_pattern("layers.*") && path_pattern("layers").last == PathPattern::every);
static_assert(path_pattern("layers.0-3.mlp").first == 0 && path_pattern("layers.0-3.mlp").last == 3);
static_assert(path_pattern("layers.0-3.mlp").part == PartName::mlp && !path_pattern("layers.0-3.mlp").one);
static_assert(path_pattern("layers.15").one && !path_pattern("layers.15").parts && path_pattern("layers.15.*").parts);
static_assert(path_pattern("norm_2").ordinal == 2 && path_pattern("norm_2").name.view() == "norm");
static_assert(!path_pattern("").ok() && !path_pattern("layers.").ok() && !path_pattern("layers.3-").ok());
static_assert(!path_pattern("layers.5-3").ok() && !path_pattern("layers.x").ok() && !path_pattern("layers.1.atention").ok());
static_assert(!path_pattern("layers.99999999999").ok() && !path_pattern("layers.-1").ok() && !path_pattern("a.b").ok());
static_assert(checks::PathNamesSomething(view_of<type_of<model>>(), path_pattern("layers.16")).numbers ==
              std::array<std::int64_t, 4>{16, 16});
static_assert(checks::PathNamesSomething(view_of<type_of<model>>(), path_pattern("layers.15.mlp")).ok());
static_assert(checks::PathNamesSomething(view_of<type_of<model>>(), path_pattern("encoder")).issue == Issue::path_names_nothing);

// The sentence in words, made at compile time: the same text that an Error has.
#include <ttt/checks/sentence.hpp>
#include <ttt/model.hpp>

using namespace ttt;

constexpr auto layer = TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>;
constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, layer> >> RmsNorm<2048> >> Linear<2048, 128256>;
constexpr ModelView view = view_of<type_of<llama>>();

constexpr Sentence heads = sentence_of(diagnose(plan_request<llama, Mesh<ttnn::wormhole, 1, 5>>()), view);
static_assert(heads.view() == "layers.0.attention: 32 heads do not divide over 5 chips; try: shard the heads over 4 chips: "
                              "--mesh 1x4, Mesh<Chip, 1, 4>");
constexpr auto tuned = tune<"layers.15.mlp", Policy<Weights<DType::bfloat8_b>>>(llama);
static_assert(sentence_of(diagnose(plan_request<tuned, cpu>()), view_of<type_of<tuned>>()).view() ==
              "layers.15.mlp: the device has no kernel for bfloat8_b weights; try: use int8 weights: weights=int8, "
              "Policy<Weights<DType::int8>>");
static_assert(sentence_of(diagnose(plan_request<llama, ttnn::wormhole_n150, Batch<64>>()), view).view() ==
              "model: the device decodes at most 32 sequences at once, but 64 were asked for; try: decode 32 sequences at "
              "once: --batch 32, Batch<32>");

// Places: as in paths, a second of a name counted; parts are named of layers alone.
constexpr auto norms = RmsNorm<64> >> Linear<64, 64> >> LayerNorm<64> >> Linear<64, 9>;
constexpr bool is_at(const ModelView& model, int module, std::string_view place, PartName part = PartName::whole) {
  Diagnosis d;
  d.module = module;
  d.part = part;
  const Sentence s = sentence_of(d, model);
  return s.view().substr(0, s.view().find(':')) == place;
}
static_assert(is_at(view_of<type_of<norms>>(), 2, "norm_2") && is_at(view_of<type_of<norms>>(), 3, "head_2"));
static_assert(is_at(view, 0, "embedding") && is_at(view, 16, "layers.15") && is_at(view, 18, "head"));
static_assert(is_at(view, 7, "layers.6.mlp", PartName::mlp) && is_at(view, 0, "embedding", PartName::mlp));
static_assert(is_at(view, whole_model, "model"));

// Numbers of any size; what does not fit is cut and not written beyond the end.
constexpr Sentence numbers(std::int64_t a, std::int64_t b) {
  Sentence s;
  s.add(a);
  s.add(" ");
  s.add(b);
  return s;
}
static_assert(numbers(0, -1).view() == "0 -1" && numbers(16843928960, 42).view() == "16843928960 42");
static_assert(numbers(INT64_MIN, INT64_MAX).view() == "-9223372036854775808 9223372036854775807");
constexpr Sentence full = [] {
  Sentence s;
  for (int i = 0; i < 100; ++i) s.add("0123456789");
  return s;
}();
static_assert(full.size() == Sentence::room && full.view().ends_with("0123456") && full.data()[Sentence::room] == 0);

// No sentence is longer than its room, whatever its numbers; every place of a number is filled.
constexpr bool all_fit() {
  Diagnosis d{.numbers = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN}, .advice_numbers = {INT64_MIN, INT64_MIN}};
  constexpr std::size_t longest_name = 32 + 10;  // a path: an own module's type, and its count
  auto sound = [](const Sentence& s) { return s.view().find('{') == std::string_view::npos && s.size() + longest_name < 384; };
  // Enumerations have names for small values alone.
  bool fits = true;
#define TTT_ISSUE(name, kind, sentence, ...)                                      \
  {                                                                               \
    Diagnosis small{.issue = Issue::name, .numbers = {1, 1, 1, 1}};                \
    Sentence s;                                                                   \
    sentences::add_issue(s, small);                                               \
    fits = fits && sound(s);                                                      \
    if (std::string_view(sentence).find(':') == std::string_view::npos) {         \
      d.issue = Issue::name;                                                      \
      Sentence l;                                                                 \
      sentences::add_issue(l, d);                                                 \
      fits = fits && sound(l);                                                    \
    }                                                                             \
  }
#include <ttt/checks/issues.def>
#undef TTT_ISSUE
#define TTT_ADVICE(name, count, sentence)                                  \
  {                                                                        \
    Diagnosis small{.advice = Advice::name, .advice_numbers = {1, 1}};      \
    Sentence s;                                                            \
    sentences::add_advice(s, small);                                       \
    fits = fits && sound(s);                                               \
  }
#include <ttt/checks/advices.def>
#undef TTT_ADVICE
  return fits;
}
static_assert(all_fit());

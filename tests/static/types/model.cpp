// Models as types: every way to write a model down is one type.
#include <ttt/checks/join.hpp>

using namespace ttt;

template <auto A, auto B>
constexpr bool same = std::is_same_v<type_of<A>, type_of<B>>;

constexpr auto embedding = Embedding<100, 64>;
constexpr auto local = TransformerLayer<64, Attention<4, 2, 16, SlidingWindow<8>>, SwiGlu<96>>;
constexpr auto global = TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
constexpr auto norm = RmsNorm<64>;

// A repetition and a chain are the same type; equal neighbours merge.
static_assert(same<(embedding >> Repeat<3, global>), (embedding >> global >> global >> global)>);
static_assert(same<(Repeat<2, global> >> Repeat<3, global>), Repeat<5, global>>);
static_assert(same<(Repeat<2, global> >> global), (global >> Repeat<2, global>)>);
static_assert(std::is_same_v<type_of<(embedding >> global >> global >> norm)>,
                             types::Model<types::Run<1, type_of<embedding>>, types::Run<2, type_of<global>>,
                                          types::Run<1, type_of<norm>>>>);
static_assert(!same<(local >> global), (global >> local)>);

// Joining is associative.
static_assert(same<((embedding >> local) >> (global >> norm)), (embedding >> (local >> (global >> norm)))>);
static_assert(same<(embedding >> (global >> global) >> norm), ((embedding >> global) >> (global >> norm))>);

// Groups: equal groups merge, and a group of one module's repetitions is a run of that module.
static_assert(same<(Repeat<2, (local >> global)> >> Repeat<3, (local >> global)>), Repeat<5, (local >> global)>>);
static_assert(same<Repeat<2, (global >> global)>, Repeat<4, global>>);
template <int N>
concept CanRepeat = requires { Repeat<N, global>; };
static_assert(CanRepeat<1> && !CanRepeat<0> && !CanRepeat<-1>);
static_assert(same<Repeat<1, global>, Repeat<1, Repeat<1, global>>>);
static_assert(same<Repeat<2, Repeat<3, global>>, Repeat<6, global>>);
static_assert(std::is_same_v<type_of<Repeat<2, (Repeat<2, local> >> global)>>,
                             types::Model<types::Run<2, type_of<local>, type_of<local>, type_of<global>>>>);

// The view: the same runs as values.
constexpr auto model = embedding >> Repeat<2, (local >> global)> >> norm >> Linear<64, 100, TiedTo<"embedding">>;
constexpr ModelView view = view_of<type_of<model>>();
static_assert(view.runs.size() == 4 && view.module_count() == 7);
static_assert(view.runs[1].count == 2 && view.runs[1].modules.size() == 2);
static_assert(view.module(0).kind == ModuleKind::embedding && view.module(6).kind == ModuleKind::linear);
static_assert(view.module(1) == view.module(3) && view.module(2) == view.module(4));
static_assert(view.module(1).attention.sliding_window == 8 && view.module(2).attention.sliding_window == 0);

struct Seen {
  int calls = 0, last = -1, sum_of_runs = 0, layers_at_1 = 0;
};
constexpr Seen seen = [] {
  Seen s;
  view.each([&](const ModuleSpec& m, int index, std::size_t run, std::size_t place) {
    ++s.calls;
    s.last = index;
    s.sum_of_runs += static_cast<int>(run);
    s.layers_at_1 += m.kind == ModuleKind::transformer_layer && place == 1;
  });
  return s;
}();
static_assert(seen.calls == 7 && seen.last == 6 && seen.sum_of_runs == 4 * 1 + 2 + 3 && seen.layers_at_1 == 2);

// A module alone is a model of one run.
static_assert(view_of<type_of<norm>>().module_count() == 1);

// A head that is tied may be put together before the embedding is there.
constexpr auto head = norm >> Linear<64, 100, TiedTo<"embedding">>;
static_assert(same<(embedding >> global >> head), (embedding >> global >> norm >> Linear<64, 100, TiedTo<"embedding">>)>);

// tune<"layers.15.attention", Policy<HiFi4>>(model): policies put into a model's type by path. Runs split where a path
// names a part of them, and equal neighbours merge again.
#pragma once

#include <ttt/policy/policy.hpp>
#include <ttt/types/path_pattern.hpp>

namespace ttt::types {

/// A module that cannot carry a policy among its arguments, with one.
template <class M, class P>
struct WithPolicy : M {
  using policy = P;
};

template <class A, class B>
using together_t = typename both_policies<A, B>::type;
template <class M, class P>
using together = typename both_policies<typename M::policy, P>::type;

template <class T>
using is_policy_option = boost::mp11::mp_bool<PolicyOption<T>>;
/// The options of a module with its policy replaced: those without, and the new one behind them.
template <class P, class... Options>
using options_with = boost::mp11::mp_push_back<boost::mp11::mp_remove_if<boost::mp11::mp_list<Options...>, is_policy_option>, P>;

/// The policy of the module itself becomes `both_policies` of its own and P, as if the user had written it there.
template <class M, class P>
struct with_policy {
  using type = WithPolicy<M, P>;
};
template <class M, class Old, class P>
struct with_policy<WithPolicy<M, Old>, P> {
  using type = WithPolicy<M, typename both_policies<Old, P>::type>;
};
template <template <int, class...> class T, int A, class... Options, class P>
  requires requires { T<A, Options...>::numbers; }
struct with_policy<T<A, Options...>, P> {
  template <class... All>
  static T<A, All...> of(boost::mp11::mp_list<All...>);
  using type = decltype(of(options_with<together<T<A, Options...>, P>, Options...>{}));
};
template <template <int, int, class...> class T, int A, int B, class... Options, class P>
  requires requires { T<A, B, Options...>::numbers; }
struct with_policy<T<A, B, Options...>, P> {
  template <class... All>
  static T<A, B, All...> of(boost::mp11::mp_list<All...>);
  using type = decltype(of(options_with<together<T<A, B, Options...>, P>, Options...>{}));
};
template <template <int, int, int, class...> class T, int A, int B, int C, class... Options, class P>
  requires requires { T<A, B, C, Options...>::numbers; }
struct with_policy<T<A, B, C, Options...>, P> {
  template <class... All>
  static T<A, B, C, All...> of(boost::mp11::mp_list<All...>);
  using type = decltype(of(options_with<together<T<A, B, C, Options...>, P>, Options...>{}));
};

/// What a path does to one module it names.
template <class M, PathPattern Path, class P>
struct tuned_module;

/// The parts of a layer.
template <class M, PartName Part, class P>
struct tuned_parts {
  using type = M;
};
template <int Hidden, class A, class F, class... Options, PartName Part, class P>
struct tuned_parts<TransformerLayer<Hidden, A, F, Options...>, Part, P> {
  template <PartName Other, class M>
  struct unless : with_policy<M, P> {};
  template <PartName Other, class M>
    requires(Part == Other)
  struct unless<Other, M> {
    using type = M;
  };
  using type = TransformerLayer<Hidden, typename unless<PartName::mlp, A>::type,
                                typename unless<PartName::attention, F>::type, Options...>;
};

template <class M, PathPattern Path, class P>
struct tuned_module {
  using around = surroundings<M>;
  using plain = typename around::plain;
  static constexpr bool model = Path.what == PathPattern::What::model;
  static constexpr bool run = Path.what == PathPattern::What::layers && !Path.one && !Path.parts;
  template <class Old, bool Mine>
  struct policy {
    using type = Old;
  };
  template <class Old>
  struct policy<Old, true> : both_policies<Old, P> {};
  /// The module itself: by its number or name, or in its parts.
  template <bool Own, bool Parts>
  struct own {
    using type = plain;
  };
  template <bool Parts>
    requires(Parts)
  struct own<true, Parts> : tuned_parts<plain, Path.part, P> {};
  template <bool Parts>
    requires(!Parts)
  struct own<true, Parts> : with_policy<plain, P> {};
  using type = typename within<typename policy<typename around::model_policy, model>::type,
                               typename policy<typename around::run_policy, run>::type, around::counted,
                               typename own<!model && !run, Path.parts>::type>::type;
};

/// A stretch of a split run: `count` groups, in which the modules at places [from, to) are named by the path.
struct Stretch {
  int count = 0;
  int from = 0;
  int to = 0;
};
struct Stretches {
  std::array<Stretch, 5> all{};
  std::size_t size = 0;
  constexpr void add(int count, int from, int to) {
    if (count > 0) all[size++] = {count, from, to};
  }
};

/// How a path cuts run `R` of a model.
[[nodiscard]] constexpr Stretches stretches_of(const ModelView& model, std::size_t wanted, const PathPattern& path) {
  const int group = static_cast<int>(model.runs[wanted].modules.size());
  const int count = model.runs[wanted].count;
  int low = -1, high = -1, position = 0;
  each_place(model, [&](const ModuleSpec& m, const PlaceInModel& at, std::size_t run, std::size_t, int) {
    if (run != wanted) return;
    if (names(path, m, at)) {
      if (low < 0) low = position;
      high = position;
    }
    ++position;
  });
  Stretches s;
  if (low < 0) {
    s.add(count, 0, 0);
    return s;
  }
  const int first = low / group, last = high / group;
  s.add(first, 0, 0);
  if (first == last) {
    s.add(1, low % group, high % group + 1);
  } else {
    const bool ragged_start = low % group != 0, ragged_end = high % group != group - 1;
    if (ragged_start) s.add(1, low % group, group);
    s.add(last - first + 1 - (ragged_start ? 1 : 0) - (ragged_end ? 1 : 0), 0, group);
    if (ragged_end) s.add(1, 0, high % group + 1);
  }
  s.add(count - 1 - last, 0, 0);
  return s;
}

template <class R, Stretch S, PathPattern Path, class P, class Places>
struct stretch;
template <int Count, class... Modules, Stretch S, PathPattern Path, class P, std::size_t... I>
struct stretch<Run<Count, Modules...>, S, Path, P, std::index_sequence<I...>> {
  /// Split off a longer run, a module that counted as a layer goes on counting.
  template <class M, class Around = surroundings<M>>
  using kept = typename within<typename Around::model_policy, typename Around::run_policy,
                               Around::counted || (Count > 1 && S.count == 1 &&
                                                   module_spec<M>().kind != ModuleKind::transformer_layer),
                               typename Around::plain>::type;
  template <std::size_t Place, class M>
  struct one {
    using type = kept<M>;
  };
  template <std::size_t Place, class M>
    requires(Place >= S.from && Place < S.to)
  struct one<Place, M> : tuned_module<kept<M>, Path, P> {};
  using type = Run<S.count, typename one<I, Modules>::type...>;
};

template <class M, PathPattern Path, class P>
struct tuned;
template <class... Runs, PathPattern Path, class P>
struct tuned<Model<Runs...>, Path, P> {
  using M = Model<Runs...>;
  template <std::size_t RunIndex, class R>
  struct cut {
    static constexpr Stretches s = stretches_of(view_of<M>(), RunIndex, Path);
    template <std::size_t... I>
    static auto of(std::index_sequence<I...>)
        -> Model<typename stretch<R, s.all[I], Path, P, std::make_index_sequence<R::size>>::type...>;
    using type = decltype(of(std::make_index_sequence<s.size>{}));
  };
  template <std::size_t... I>
  static auto of(std::index_sequence<I...>) -> boost::mp11::mp_append<Model<>, typename cut<I, Runs>::type...>;
  using type = boost::mp11::mp_fold<decltype(of(std::index_sequence_for<Runs...>{})), Model<>, append_t>;
};

/// Paths that name nothing are refused where the user wrote them: defined in checks/tune.hpp. `ok`, `Verdict<>::value`.
template <class M, PathPattern Path>
struct TuneGate;

}  // namespace ttt::types

namespace ttt {

/// The model with a policy on what `Path` names; still a constexpr value. Several policies together are one. What was
/// said before of the same place and axis gives way; a more special place counts more, whatever was said last.
///
///     constexpr auto tuned = tune<"layers.15.attention", Policy<HiFi4, PagedKv<256>>>(llama_3_2_1b);
template <Text Path, PolicyOption auto... Policies, Joinable M>
  requires(sizeof...(Policies) > 0)
[[nodiscard]] constexpr auto tune(const M&) {
  using model = typename types::as_model<M>::type;
  using policy = boost::mp11::mp_fold<boost::mp11::mp_list<type_of<Policies>...>, void, types::together_t>;
  using gate = types::TuneGate<model, path_pattern(Path.view())>;
  if constexpr (gate::ok) {
    return typename types::tuned<model, path_pattern(Path.view()), policy>::type{};
  } else {
    static_assert(gate::template Verdict<>::value);
    return model{};
  }
}

}  // namespace ttt

// A model as a type: a flat list of runs, each a group of consecutive modules and how often it repeats.
#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <ttt/spec/transformer_layer.hpp>
#include <ttt/types/within.hpp>

namespace ttt::types {

/// `Count` times the modules of one group, in order.
template <int Count, class... Modules>
struct Run {
  static constexpr int count = Count;
  static constexpr int size = sizeof...(Modules);
};

/// The whole model. Equal neighbouring runs are one run, so `Repeat<32, L>` and 32 times `>> L` are the same type
/// and compile equally fast.
template <class... Runs>
struct Model {
  using is_model = void;
};

}  // namespace ttt::types

namespace ttt {

template <class T>
concept ModelType = requires { typename T::is_model; };
/// What `>>` joins.
template <class T>
concept Joinable = ModuleType<T> || ModelType<T>;

namespace types {

/// A module alone is a model of one run.
template <class T>
struct as_model {
  using type = Model<Run<1, T>>;
};
template <ModelType T>
struct as_model<T> {
  using type = T;
};

/// Appends one run to a model; merges it into the last run when their groups are equal.
template <class M, class R>
struct append {
  using type = boost::mp11::mp_push_back<M, R>;
};
template <int N, int K, class... Modules>
struct append<Model<Run<N, Modules...>>, Run<K, Modules...>> {
  using type = Model<Run<N + K, Modules...>>;
};
template <class First, class... Rest, class R>
  requires(sizeof...(Rest) > 0)
struct append<Model<First, Rest...>, R> {
  using type = boost::mp11::mp_push_front<typename append<Model<Rest...>, R>::type, First>;
};

template <class M, class R>
using append_t = typename append<M, R>::type;
template <class Left, class Right>
using join_t = boost::mp11::mp_fold<typename as_model<Right>::type, typename as_model<Left>::type, append_t>;

/// All modules of a model in order, repetitions written out: what a group of a `Repeat` is made of.
template <class M>
struct written_out;
template <int N, class... Modules>
struct written_out<Run<N, Modules...>> {
  using type = boost::mp11::mp_repeat_c<Model<Modules...>, N>;
};
template <class... Runs>
struct written_out<Model<Runs...>> {
  using type = boost::mp11::mp_append<Model<>, typename written_out<Runs>::type...>;
};

template <int N, class M>
struct repeat;
template <int N, class... Runs>
struct repeat<N, Model<Runs...>> {
  template <class... Modules>
  static Model<Run<N, Modules...>> group(Model<Modules...>);
  using type = decltype(group(typename written_out<Model<Runs...>>::type{}));
};
template <int N, int K, class... Modules>
struct repeat<N, Model<Run<K, Modules...>>> {
  using type = Model<Run<N * K, Modules...>>;
};

/// Every module of a model, changed by `F<module>`.
template <class M, template <class> class F>
struct each_module;
template <class... Runs, template <class> class F>
struct each_module<Model<Runs...>, F> {
  template <class R>
  struct run;
  template <int N, class... Modules>
  struct run<Run<N, Modules...>> {
    using type = Run<N, F<Modules>...>;
  };
  using type = Model<typename run<Runs>::type...>;
};

/// A group inside a run with a policy. A group that has one already keeps it: the inner run says more.
template <class P>
struct into_run {
  template <class M, class S = surroundings<M>>
  using of = typename within<typename S::model_policy,
                             std::conditional_t<std::is_void_v<typename S::run_policy>, P, typename S::run_policy>,
                             S::counted, typename S::plain>::type;
};
template <class P, class M>
using in_run = typename each_module<M, into_run<P>::template of>::type;

/// Rules that need no device, checked on the line where the user joins: defined in checks/join.hpp, so that this
/// folder need not know the rules. `ok` says whether they hold; `Verdict<>::value` fails the build with a sentence.
template <class Left, class Right>
struct JoinGate;

/// `a >> b`: b after a.
template <Joinable Left, Joinable Right>
constexpr auto operator>>(const Left&, const Right&) {
  using gate = JoinGate<typename as_model<Left>::type, typename as_model<Right>::type>;
  if constexpr (gate::ok) {
    return join_t<Left, Right>{};
  } else {
    static_assert(gate::template Verdict<>::value);
    return typename as_model<Left>::type{};  // so that what follows does not fail as well
  }
}

}  // namespace types

/// `Repeat<32, TransformerLayer<...>>`, or a group: `Repeat<13, (Local >> Global)>`. A `Policy<...>` after it is the
/// run's: over the model's, below what its layers and modules say themselves.
template <int Count, auto Group, PolicyOption auto... Policies>
  requires(Count >= 1 && Joinable<type_of<Group>> && sizeof...(Policies) <= 1)
inline constexpr typename types::repeat<
    Count, types::in_run<typename types::policy_among<type_of<Policies>...>::type,
                         typename types::as_model<type_of<Group>>::type>>::type Repeat{};

}  // namespace ttt

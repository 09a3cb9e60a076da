// The only place that fails a build. A Diagnosis becomes a sentence in types, printed whole on the first error
// line: Refused<At<layer<15>, Attention<32, 8, 64>>, kv_heads_do_not_divide_heads<heads<32>, kv_heads<5>>,
// Try<UseKvHeads<4>>>. Where the compiler prints text (C++26), the sentence in words comes first.
#pragma once

#include <cstddef>
#include <utility>

#include <boost/mp11/algorithm.hpp>

#include <ttt/catalog/ttnn/decoder_use.hpp>
#include <ttt/checks/diagnosis.hpp>
#include <ttt/policy/hardware_config.hpp>
#include <ttt/policy/op_kind.hpp>
#include <ttt/types/view.hpp>
#if defined(__cpp_static_assert) && __cpp_static_assert >= 202306L
#include <ttt/checks/sentence.hpp>
#endif

namespace ttt {

/// Units of an issue's numbers, as they appear in the compile error; those of an enumeration as its value.
#define TTT_UNIT(name) \
  template <long long>  \
  struct name;
#define TTT_UNIT_OF(name, enumeration) \
  namespace of {                       \
  template <enumeration>               \
  struct name;                         \
  }                                    \
  template <long long N>               \
  using name = of::name<static_cast<enumeration>(N)>;
namespace units {
TTT_UNIT(bidirectional) TTT_UNIT(causal) TTT_UNIT(keys) TTT_UNIT(width) TTT_UNIT(size) TTT_UNIT(takes) TTT_UNIT(given) TTT_UNIT(modules) TTT_UNIT(heads) TTT_UNIT(kv_heads)
TTT_UNIT(rotary_dim) TTT_UNIT(head_dim) TTT_UNIT(embeddings) TTT_UNIT(out) TTT_UNIT(in) TTT_UNIT(vocab)
TTT_UNIT(hidden) TTT_UNIT(page) TTT_UNIT(block) TTT_UNIT(ropes) TTT_UNIT(limit) TTT_UNIT(layer_number) TTT_UNIT(layers)
TTT_UNIT(positions) TTT_UNIT(context) TTT_UNIT(tile) TTT_UNIT(chunk) TTT_UNIT(batch) TTT_UNIT(chips) TTT_UNIT(columns)
TTT_UNIT(rows) TTT_UNIT(mesh_rows) TTT_UNIT(mesh_columns) TTT_UNIT(needed) TTT_UNIT(available) TTT_UNIT(weights)
TTT_UNIT(kv) TTT_UNIT(known)
TTT_UNIT_OF(fidelity, Fidelity) TTT_UNIT_OF(qkv_form, QkvForm) TTT_UNIT_OF(qkv_order, QkvLayout)
TTT_UNIT_OF(tensor_layout, Layout) TTT_UNIT_OF(variant, KernelVariant) TTT_UNIT_OF(sharding, Sharding)
TTT_UNIT_OF(replaces, OpKind) TTT_UNIT_OF(operands, DType)
TTT_UNIT_OF(before, Sharding) TTT_UNIT_OF(group, WeightGroup) TTT_UNIT_OF(device_op, catalog::ttnn::DecoderOp)

namespace of {
template <DType>
struct format;
template <int Bits, int Group>
struct own_format;
template <DType T, bool Own>
struct spelled_format {
  using type = format<T>;
};
template <DType T>
struct spelled_format<T, true> {
  using type = own_format<block_facts(T).bits, block_facts(T).group>;
};
}  // namespace of
/// A number format; one of a user's own by the bits of a code and the inputs of a group.
template <long long N>
using format = typename of::spelled_format<static_cast<DType>(N), is_own_format(static_cast<DType>(N))>::type;

/// Places: `layer<15>` as in paths, `place<0>` among all modules for what is not a layer, `model` for what concerns
/// the whole. Here rather than in ttt: a program that uses the namespace may well call something of its own `layer`.
template <int>
struct layer;
template <int>
struct place;
struct model;
}  // namespace units
#undef TTT_UNIT
#undef TTT_UNIT_OF

/// A place and the module there.
template <class... WhereAndModule>
struct At;

namespace issues {
#define TTT_ISSUE(name, kind, sentence, ...) \
  template <class... Numbers>                \
  struct name;
#include <ttt/checks/issues.def>
#undef TTT_ISSUE
}  // namespace issues
namespace advices {
#define TTT_ADVICE(name, count, sentence) \
  template <long long... Numbers>         \
  struct name;
#define TTT_ADVICE_OF(name, enumeration, sentence) \
  template <enumeration>                           \
  struct name;
#define TTT_ADVICE_OF_TWO(name, first, second, sentence) \
  template <first, second>                               \
  struct name;
#include <ttt/checks/advices.def>
#undef TTT_ADVICE
}  // namespace advices
template <class Suggestion>
struct Try;

/// Never defined: naming an object of it is the compile error.
template <class Where, class What, class Suggestion>
struct Refused;

namespace report {

template <Diagnosis D, template <class...> class Name, template <long long> class... Units>
struct spell_issue {
  template <std::size_t... I>
  static Name<Units<D.numbers[I]>...> with(std::index_sequence<I...>);
  using type = decltype(with(std::make_index_sequence<sizeof...(Units)>{}));
};
template <Diagnosis D, int Count, template <long long...> class Name>
struct spell_advice {
  template <std::size_t... I>
  static Try<Name<D.advice_numbers[I]...>> with(std::index_sequence<I...>);
  using type = decltype(with(std::make_index_sequence<Count>{}));
};
template <Diagnosis D, Issue = D.issue>
struct issue_type;
template <Diagnosis D, Advice = D.advice>
struct advice_type;

// `using namespace units` finds the units' names where the list is expanded.
using namespace units;
#define TTT_ISSUE(name, kind, sentence, ...) \
  template <Diagnosis D>                     \
  struct issue_type<D, Issue::name> : spell_issue<D, issues::name, __VA_ARGS__> {};
#include <ttt/checks/issues.def>
#undef TTT_ISSUE
#define TTT_ADVICE(name, count, sentence) \
  template <Diagnosis D>                  \
  struct advice_type<D, Advice::name> : spell_advice<D, count, advices::name> {};
#define TTT_ADVICE_OF(name, enumeration, sentence)                                 \
  template <Diagnosis D>                                                           \
  struct advice_type<D, Advice::name> {                                            \
    using type = Try<advices::name<static_cast<enumeration>(D.advice_numbers[0])>>; \
  };
#define TTT_ADVICE_OF_TWO(name, first, second, sentence)              \
  template <Diagnosis D>                                              \
  struct advice_type<D, Advice::name> {                               \
    using type = Try<advices::name<static_cast<first>(D.advice_numbers[0]), \
                                   static_cast<second>(D.advice_numbers[1])>>; \
  };
#include <ttt/checks/advices.def>
#undef TTT_ADVICE

/// The module type a diagnosis speaks of: the module itself, or a layer's attention or feed-forward network.
template <class M, PartName>
struct part_type {
  using type = typename types::surroundings<M>::plain;
};
template <class M>
  requires requires { typename M::attention; }
struct part_type<M, PartName::attention> {
  using type = typename M::attention;
};
template <class M>
  requires requires { typename M::mlp; }
struct part_type<M, PartName::mlp> {
  using type = typename M::mlp;
};

/// Where a module index lies in a model.
struct Found {
  std::size_t run, place;
  int layer;  ///< as in paths, or -1
};
constexpr Found find(const ModelView& model, int wanted) {
  Found found{};
  int layers = 0;
  model.each([&](const ModuleSpec& m, int index, std::size_t run, std::size_t at) {
    const bool counted = model.is_layer(m, run);
    if (index == wanted) found = {run, at, counted ? layers : -1};
    if (counted) ++layers;
  });
  return found;
}

template <int Index, int Layer>
struct where {
  using type = units::layer<Layer>;
};
template <int Index>
struct where<Index, -1> {
  using type = units::place<Index>;
};

template <class R>
struct modules_of;
template <int Count, class... Modules>
struct modules_of<types::Run<Count, Modules...>> {
  using type = types::Model<Modules...>;
};

/// Where a diagnosis of a model type M found its fault.
template <class M, Diagnosis D>
struct at {
  static constexpr Found found = find(view_of<M>(), D.module);
  using in_place = boost::mp11::mp_at_c<typename modules_of<boost::mp11::mp_at_c<M, found.run>>::type, found.place>;
  using type = At<typename where<D.module, found.layer>::type, typename part_type<in_place, D.part>::type>;
};
template <class M, Diagnosis D>
  requires(D.module == whole_model)
struct at<M, D> {
  using type = At<units::model>;
};

/// The whole sentence for a model type M; `nothing` when all is well.
struct nothing {};
template <class M, Diagnosis D>
struct sentence {
#if defined(__cpp_static_assert) && __cpp_static_assert >= 202306L
  static_assert(false, sentence_of(D, view_of<M>()));
#endif
  using type = Refused<typename at<M, D>::type, typename issue_type<D>::type, typename advice_type<D>::type>;
};
template <class M, Diagnosis D>
  requires(D.ok())
struct sentence<M, D> {
  using type = nothing;
};

template <class Sentence>
inline constexpr bool is_well = false;
template <>
inline constexpr bool is_well<nothing> = true;

/// `verdict<typename sentence<M, D>::type>::value` is true, or the one error of this header: the size of what has none.
/// A class, not a function: it stays usable, so that nothing else fails after it. Its argument arrives as the plain
/// type, so that g++ prints the sentence and not how it was made.
template <class Sentence>
struct verdict {
#if defined(__clang__)
  static_assert(is_well<Sentence>);  // prints three lines less than the other
#else
  using type = char[sizeof(Sentence)];
#endif
  static constexpr bool value = true;
};

}  // namespace report
}  // namespace ttt

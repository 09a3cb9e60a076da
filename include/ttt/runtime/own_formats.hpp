// Weight formats of a user's own, made known to the program: for policies given as text, and for the kernels of models.
#pragma once

#include <array>
#include <span>

#include <ttt/io/result.hpp>
#include <ttt/kernels/own_format_table.hpp>
#include <ttt/policy/knob_types.hpp>

namespace ttt {

namespace types {

template <class Knob>
struct format_of_knob {
  using type = boost::mp11::mp_list<>;
};
template <class Knob>
  requires OwnBlockFormat<std::remove_cv_t<decltype(Knob::format)>>
struct format_of_knob<Knob> {
  using type = boost::mp11::mp_list<std::remove_cv_t<decltype(Knob::format)>>;
};

template <class List>
struct format_entries;
template <class... Fs>
struct format_entries<boost::mp11::mp_list<Fs...>> {
  static constexpr std::array<OwnFormat*, sizeof...(Fs)> value{&kernels::own_format_entry<Fs>...};
};
/// Those of every own format that a model's type names, each once.
template <class M>
inline constexpr std::span<OwnFormat* const> own_formats{
    format_entries<typename named_in_model<M, format_of_knob>::type>::value};

}  // namespace types

/// Makes formats known; those that are known already stay so. From any thread.
/// Errors: own_format_twice (another format has the name, or a number as if it were the same).
[[nodiscard]] Result<void> keep_formats(std::span<OwnFormat* const> formats);

/// Keeps every own format that a policy's type names.
template <class P>
[[nodiscard]] Result<void> keep_formats_of() {
  return keep_formats(types::format_entries<typename types::named_in_policy<P, types::format_of_knob>::type>::value);
}

/// Makes a weight format of your own known by its name, so that policies given as text or JSON can ask for it
/// (`weights.down=nf4`): once a program, before they are read. A model whose type names the format needs no such call.
/// Errors: own_format_twice.
template <OwnBlockFormat F>
[[nodiscard]] Result<void> register_format(const F&) {
  OwnFormat* const entry = &kernels::own_format_entry<F>;
  return keep_formats({&entry, 1});
}

}  // namespace ttt

// Linear: y = x W^T + b, and the language-model head that shares the embedding's table.
#pragma once

#include <ttt/spec/option.hpp>
#include <ttt/spec/real.hpp>
#include <ttt/spec/text.hpp>

namespace ttt {

/// W is [out, in] as HuggingFace stores it. `tied_to` names the module whose table is W ("" = own weights).
struct LinearSpec {
  int in = 0;
  int out = 0;
  bool bias = false;
  Name tied_to{};
  Real softcap = 0;  ///< y = c tanh(y / c) when positive (Gemma 2's final_logit_softcapping)
  bool pools = false;  ///< of each sequence's first row alone (BERT's pooler: a softcap of 1 is its tanh)
  constexpr bool operator==(const LinearSpec&) const = default;
};

namespace types {

struct Bias {
  static constexpr void apply(auto& s)
    requires requires { s.bias; }
  {
    s.bias = true;
  }
};
template <Text Path>
struct TiedTo {
  static constexpr void apply(LinearSpec& s) { s.tied_to = Name(Path.view()); }
};
template <Real Cap>
struct SoftCap {
  static constexpr void apply(auto& s)
    requires requires { s.softcap; }
  {
    s.softcap = Cap;
  }
};

template <int In, int Out, class... Options>
struct Linear : Module<Options...> {
  static constexpr ModuleKind kind = ModuleKind::linear;
  static constexpr LinearSpec numbers = with_options<LinearSpec, Options...>({In, Out});
};
template <int Width, class... Options>
struct Pooler : Module<Options...> {
  static constexpr ModuleKind kind = ModuleKind::linear;
  static constexpr LinearSpec numbers =
      with_options<LinearSpec, Options...>({.in = Width, .out = Width, .bias = true, .softcap = 1, .pools = true});
};

}  // namespace types

/// `Linear<In, Out, options...>`: options are `Bias`, `TiedTo<"embedding">`, `SoftCap<x>` and `Policy<...>`.
template <int In, int Out, auto... Options>
inline constexpr types::Linear<In, Out, type_of<Options>...> Linear{};
/// `Pooler<Width>`: y = tanh(W x + b) of each sequence's first token, the last module of an encoder (BERT). An option is
/// `Policy<...>`.
template <int Width, auto... Options>
inline constexpr types::Pooler<Width, type_of<Options>...> Pooler{};
inline constexpr types::Bias Bias{};
template <Text Path>
inline constexpr types::TiedTo<Path> TiedTo{};
template <Real Cap>
inline constexpr types::SoftCap<Cap> SoftCap{};

}  // namespace ttt

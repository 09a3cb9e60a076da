// Every customisation point, in one place. Nothing of the library is edited to use them.
//
// 1. A module of your own: a struct derived from `ttt::types::Module<>` with its sizes, its weights' names and shapes,
//    and a reference that computes it (examples/own_module.cpp):
//
//      struct Gain : ttt::types::Module<> {
//        static constexpr std::string_view type = "gain";
//        static constexpr int in = 64, out = 64;
//        static constexpr std::array weights{ttt::WeightShape{"weight", 1, 64}};
//        static void reference(const ttt::OwnModuleArgs& a);
//      };
//      constexpr auto model = ttt::Embedding<100, 64> >> Gain{} >> ...;
//
// 2. An activation of your own: an empty struct with `float operator()(float) const` and a `name`, as in
//    `GatedMlp<8192, MyActivation{}>`. It is composed into the fused kernels of every instruction set
//    (examples/own_activation.cpp). Programs that link ttt_runtime include <ttt/kernels/own_activation.hpp> for it.
//
// 3. An option of your own for a module: an empty struct with `static constexpr void apply(AttentionSpec&)` (or the
//    spec of the module it is for), given as a value among the module's arguments.
//
// 4. A kernel of your own for one op: a struct that satisfies `ttt::kernels::OwnKernel` (its name, the op it replaces, what
//    it supports, its scratch, its costs, `run`), put into a model by `Policy<Use<MyAttention>>` or, by its name, with
//    `register_kernel("cpu", "attention", MyAttention{})`. Its source includes <ttt/kernels/own_kernel.hpp>;
//    `check_kernel<MyAttention>()` of <ttt/kernels/harness.hpp> holds it against the reference (examples/own_attention.cpp).
//
// 5. A weight format of your own: a struct derived from `ttt::BlockFormat<Bits, Group>` with a `name` and, unless its codes
//    mean whole numbers, `values`; used by an object, `Policy<Weights<my_format>>`, or by its name with
//    `register_format(my_format)`. Programs that link ttt_runtime include <ttt/kernels/own_format.hpp>, which composes its
//    kernels; `check_format(my_format)` holds them against the reference (examples/own_format.cpp).
//
// 6. A knob of your own: a struct that satisfies `ttt::Knob`, inside `Policy<...>`.
//
// 7. A device of your own: a struct with `static constexpr ttt::DeviceTraits traits`.
#pragma once

#include <ttt/policy/device.hpp>
#include <ttt/policy/knobs.hpp>
#include <ttt/policy/use.hpp>
#include <ttt/spec/mlp.hpp>
#include <ttt/spec/own_module.hpp>

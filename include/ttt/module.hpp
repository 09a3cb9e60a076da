// One module on its own, called on tensors: `ttt::make<Attention<...>, cpu>(weights)`, `make_module(spec, weights)`. Apart from
// ttt.hpp because a program that runs whole models needs no tensors.
#pragma once

#include <ttt/runtime/lone_module.hpp>
#include <ttt/ttt.hpp>

// What the source of an own kernel includes: the arguments it is given, how work is cut into parts, and readers of packed
// weights and of keys and values, one number at a time.
//
//     #include <ttt/kernels/own_kernel.hpp>
//
// The concept is `ttt::kernels::OwnKernel` (policy/own_kernel.hpp): a struct with a name, the op it replaces,
// `supports`, `scratch_bytes`, `cost` and `run`. `Policy<Use<MyAttention>>` puts it into a model, `register_kernel` makes
// it known by name, and `check_kernel<MyAttention>()` (kernels/harness.hpp) holds it against the scalar reference.
#pragma once

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/partition.hpp>
#include <ttt/kernels/reference/cache.hpp>
#include <ttt/kernels/reference/weights.hpp>
#include <ttt/policy/own_kernel.hpp>

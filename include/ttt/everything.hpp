// All of ttt: ttt.hpp, and policies as text, JSON and C++, what they resolve to and how two differ, devices by name and
// whether a model fits them, models printed as declarations, own kernels held against the reference. Apart from ttt.hpp
// so that a program that only runs a model compiles in half the time.
#pragma once

#include <ttt/adaptor/compatibility.hpp>
#include <ttt/adaptor/emit/ttnn_program.hpp>
#include <ttt/adaptor/emit/ttnn_test.hpp>
#include <ttt/adaptor/sentence_embedder.hpp>
#include <ttt/batch.hpp>
#include <ttt/encoder.hpp>
#include <ttt/kernels/harness.hpp>
#include <ttt/kernels/ttnn/engine.hpp>
#include <ttt/module.hpp>
#include <ttt/plan/diff.hpp>
#include <ttt/policy/device_registry.hpp>
#include <ttt/policy/policy_cpp.hpp>
#include <ttt/policy/policy_json.hpp>
#include <ttt/policy/resolved.hpp>
#include <ttt/profile.hpp>
#include <ttt/profile/op_activations.hpp>
#include <ttt/profile/ttnn_vectors.hpp>
#include <ttt/profile/weight_quality.hpp>
#include <ttt/ttt.hpp>
#include <ttt/tune.hpp>
#include <ttt/types/declaration.hpp>
#include <ttt/verify.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/everything.ipp>
#endif

// ttt: transformers as C++ types. The one header a program includes.
//
// Header-only by default. A program linked with `ttt_runtime` (which defines TTT_SEPARATE_COMPILATION) sees only
// declarations here, and compiles in a fraction of the time.
#pragma once

#include <ttt/adaptor/compatibility.hpp>
#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/checks/explain.hpp>
#include <ttt/customization.hpp>
#include <ttt/model.hpp>
#include <ttt/plan/diff.hpp>
#include <ttt/policy/policy_cpp.hpp>
#include <ttt/policy/policy_json.hpp>
#include <ttt/policy/resolved.hpp>
#include <ttt/policy/device_registry.hpp>
#include <ttt/runtime/lone_module.hpp>
#include <ttt/types/declaration.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/ttt.ipp>
#endif

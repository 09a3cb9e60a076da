// ttt: transformers as C++ types. The one header a program includes to declare, load, run and tune a model;
// <ttt/everything.hpp> adds what tools and reports need.
//
// Header-only by default. A program linked with `ttt_runtime` (which defines TTT_SEPARATE_COMPILATION) sees only
// declarations here, and compiles in a fraction of the time.
#pragma once

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/checks/explain.hpp>
#include <ttt/customization.hpp>
#include <ttt/model.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/ttt.ipp>
#endif

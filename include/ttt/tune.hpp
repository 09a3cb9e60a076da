// Searching for the policies of a loaded model.
//
//     auto found = ttt::tune(*model, {.goal = ttt::TuneGoal::latency, .minutes = 2});
//     fmt::print("{}", ttt::text_of(*found));                       // what was tried; the model runs as the best now
#pragma once

#include <ttt/profile/tune.hpp>
#include <ttt/profile/tune_json.hpp>
#include <ttt/profile/tune_search.hpp>
#include <ttt/ttt.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/everything.ipp>
#endif

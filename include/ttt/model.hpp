// The constexpr part of ttt alone: the language, policies, plan and checks. Depends on Boost's headers and nothing
// else; light enough for any translation unit, and for nvcc.
#pragma once

// First: the fewer lines lie between it and the program, the shorter is a compile error.
#include <ttt/checks/report.hpp>

#include <ttt/checks/gate.hpp>
#include <ttt/checks/tune.hpp>
#include <ttt/policy/devices.hpp>

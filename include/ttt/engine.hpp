// The engine below LoadedModel: states, sessions and the runner's `step(batch)`, for programs that batch sequences
// themselves. Header-only programs have it from ttt.hpp already.
#pragma once

#include <ttt/adaptor/config.hpp>
#include <ttt/runtime/runner.hpp>
#include <ttt/ttt.hpp>

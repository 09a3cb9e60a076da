// Many texts through one model in the same steps: `model.generate_batch(...)`, `model.scheduler()`. Apart from ttt.hpp because
// a program that runs one text at a time needs no queue.
#pragma once

#include <ttt/adaptor/batch.hpp>
#include <ttt/ttt.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/adaptor/batch.ipp>
#include <ttt/runtime/scheduler.ipp>
#include <ttt/runtime/scheduler_rounds.ipp>
#include <ttt/runtime/scheduler_step.ipp>
#endif

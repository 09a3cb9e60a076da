// What the target regions of all levels share: everything they use from outside is included here, before any
// of them.
#pragma once

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstdint>

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/fill_table.hpp>
#include <ttt/kernels/float16.hpp>
#include <ttt/kernels/groups.hpp>
#include <ttt/kernels/partition.hpp>
#include <ttt/kernels/reference/coding.hpp>
#include <ttt/kernels/sampling.hpp>
#include <ttt/kernels/table.hpp>

// Functions and lambdas that must melt into the loop around them, and those that must not.
#define TTT_HOT __attribute__((always_inline)) inline
#define TTT_HOT_LAMBDA __attribute__((always_inline))
#define TTT_COLD __attribute__((noinline)) inline

#endif

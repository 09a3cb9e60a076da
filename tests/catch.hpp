// The one way tests reach Catch2: version 3 where it is installed, version 2 (Debian 12) otherwise.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_approx.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

/// Ends the current test case as skipped; the runner counts it by its "SKIPPED: " line. Both versions of Catch2
/// take it (SKIP itself is version 3 only).
#define TTT_SKIP(reason)             \
  do {                               \
    WARN("SKIPPED: " << reason);     \
    return;                          \
  } while (false)

// Catch2's own main, compiled once for all tests (version 2; version 3 brings it as a library).
#define CATCH_CONFIG_MAIN
#include "catch.hpp"

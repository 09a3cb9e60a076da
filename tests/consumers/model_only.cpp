// Needs nothing but ttt's include folder and Boost's headers: no library, no fmt, no simdjson.
#include <ttt/model.hpp>

#include "tiny_model.hpp"

int main() { return 0; }

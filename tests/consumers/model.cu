// A model named in CUDA source: nvcc reads model.hpp as any C++20 compiler does.
#include <ttt/model.hpp>

#include "tiny_model.hpp"

__global__ void fill(int* out) { *out = 6; }

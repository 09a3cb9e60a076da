// The linked runtime's kernels of the level x86_64_v2: a unit of their own, so that builds run in parallel.
#include <ttt/kernels/cpu/x86_64_v2.ipp>

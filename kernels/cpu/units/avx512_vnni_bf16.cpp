// The linked runtime's kernels of the level avx512_vnni_bf16: a unit of their own, so that builds run in
// parallel.
#include <ttt/kernels/cpu/avx512_vnni_bf16.ipp>

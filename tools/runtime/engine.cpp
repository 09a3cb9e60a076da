// The linked library's part: weights, threads and the engine.
#include <ttt/runtime/cores.ipp>
#include <ttt/runtime/generation.ipp>
#include <ttt/runtime/isa.ipp>
#include <ttt/runtime/lone_module.ipp>
#include <ttt/runtime/memory.ipp>
#include <ttt/runtime/names.ipp>
#include <ttt/runtime/rope_frequencies.ipp>
#include <ttt/runtime/program.ipp>
#include <ttt/runtime/program_bind.ipp>
#include <ttt/runtime/runner.ipp>
#include <ttt/runtime/sampler.ipp>
#include <ttt/runtime/session.ipp>
#include <ttt/runtime/state.ipp>
#include <ttt/runtime/tensor_source.ipp>
#include <ttt/runtime/threads.ipp>
#include <ttt/runtime/weight_loader.ipp>
#include <ttt/runtime/weights.ipp>

// The linked library's part: variants compiled ahead of time.
#include <ttt/adaptor/compile_lock.ipp>
#include <ttt/adaptor/compile_load.ipp>
#include <ttt/adaptor/compile_process.ipp>
#include <ttt/adaptor/compile_sha256.ipp>
#include <ttt/adaptor/compile_source.ipp>
#include <ttt/adaptor/compiled_variant.ipp>

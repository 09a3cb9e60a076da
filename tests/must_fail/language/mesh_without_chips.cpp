// expect[gcc]: constraint failure
// expect[clang]: constraints not satisfied for class template 'Mesh'
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
using device = Mesh<ttnn::wormhole, 0, 4>;
#else
using device = Mesh<ttnn::wormhole, 1, 4>;
#endif
static_assert(device_traits<device>.chips() == 4);

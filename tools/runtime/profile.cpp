// The linked library's part: measurement.
#include <ttt/profile/check_format.ipp>
#include <ttt/profile/check_kernel.ipp>
#include <ttt/profile/kernel_case.ipp>
#include <ttt/profile/limits.ipp>
#include <ttt/profile/weight_quality.ipp>

// The linked library's part: measurement.
#include <ttt/profile/calibration.ipp>
#include <ttt/profile/check_kernel.ipp>
#include <ttt/profile/kernel_case.ipp>
#include <ttt/profile/kernel_rates.ipp>
#include <ttt/profile/limits.ipp>
#include <ttt/profile/load_signs.ipp>
#include <ttt/profile/measurement.ipp>
#include <ttt/profile/processor.ipp>

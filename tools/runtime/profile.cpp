// The linked library's part: measurement.
#include <ttt/profile/limits.ipp>

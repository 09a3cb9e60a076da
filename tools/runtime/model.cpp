// The linked library's part: how a model and its checks are written out as text.
#include <ttt/checks/explain.ipp>
#include <ttt/checks/note_text.ipp>
#include <ttt/checks/paths.ipp>
#include <ttt/policy/device_registry.ipp>
#include <ttt/policy/preset_name.ipp>
#include <ttt/policy/tuning.ipp>
#include <ttt/types/declaration.ipp>

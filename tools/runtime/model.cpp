// The linked library's part: how a model and its checks are written out as text.
#include <ttt/checks/explain.ipp>
#include <ttt/checks/device_advice_text.ipp>
#include <ttt/checks/note_text.ipp>
#include <ttt/checks/paths.ipp>
#include <ttt/plan/diff.ipp>
#include <ttt/policy/device_registry.ipp>
#include <ttt/policy/kept_text.ipp>
#include <ttt/policy/policy_cpp.ipp>
#include <ttt/policy/policy_json.ipp>
#include <ttt/policy/policy_text.ipp>
#include <ttt/policy/preset_name.ipp>
#include <ttt/policy/resolved.ipp>
#include <ttt/policy/tuning.ipp>
#include <ttt/policy/turn_knob.ipp>
#include <ttt/types/declaration.ipp>

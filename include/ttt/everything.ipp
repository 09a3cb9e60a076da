// The definitions that loading and generating do not need: policies as text, described devices, synthetic checkpoints,
// variants compiled ahead, measurement. Header-only programs have them from <ttt/everything.hpp>.
#pragma once

#include <ttt/ttt.ipp>
#include <ttt/io/safetensors_writer.ipp>
#include <ttt/types/declaration.ipp>
#include <ttt/policy/device_registry.ipp>
#include <ttt/policy/policy_cpp.ipp>
#include <ttt/policy/policy_json.ipp>
#include <ttt/policy/policy_text.ipp>
#include <ttt/policy/resolved.ipp>
#include <ttt/policy/turn_knob.ipp>
#include <ttt/plan/diff.ipp>
#include <ttt/checks/note_text.ipp>
#include <ttt/runtime/scheduler.ipp>
#include <ttt/runtime/scheduler_rounds.ipp>
#include <ttt/runtime/scheduler_step.ipp>
#include <ttt/adaptor/batch.ipp>
#include <ttt/adaptor/compatibility.ipp>
#include <ttt/adaptor/compile_lock.ipp>
#include <ttt/adaptor/compile_load.ipp>
#include <ttt/adaptor/compile_process.ipp>
#include <ttt/adaptor/compile_sha256.ipp>
#include <ttt/adaptor/compile_source.ipp>
#include <ttt/adaptor/compiled_variant.ipp>
#include <ttt/adaptor/config_writer.ipp>
#include <ttt/adaptor/describe.ipp>
#include <ttt/adaptor/synth.ipp>
#include <ttt/adaptor/synth_folder.ipp>
#include <ttt/adaptor/variants.ipp>
#include <ttt/profile/check_format.ipp>
#include <ttt/profile/check_kernel.ipp>
#include <ttt/profile/kernel_case.ipp>
#include <ttt/profile/limits.ipp>
#include <ttt/profile/weight_quality.ipp>

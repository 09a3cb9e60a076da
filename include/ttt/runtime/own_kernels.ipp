// Definitions of own_kernels.hpp.
#pragma once

#include <mutex>
#include <string>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/nearest.hpp>
#include <ttt/runtime/own_kernels.hpp>
#include <ttt/types/path.hpp>

namespace ttt {

namespace own_kernel_registry {

struct Registered {
  DeviceKind device = DeviceKind::cpu;
  OwnKernelEntry kernel;
};
struct Registry {
  std::mutex mutex;
  std::vector<Registered> all;
};
TTT_INLINE Registry& registry() {
  static Registry made;
  return made;
}

inline constexpr std::string_view devices[] = {"cpu", "cuda", "ttnn"};  // as DeviceKind counts them

/// `nearest` and all of them, for a suggestion.
TTT_INLINE std::string choices(std::string_view asked, const std::vector<std::string_view>& names) {
  const std::string_view near = nearest_name(asked, names);
  std::string out = near.empty() ? "use one of: " : "did you mean " + std::string(near) + "? There are: ";
  for (std::size_t i = 0; i < names.size(); ++i) out += (i > 0 ? ", " : "") + std::string(names[i]);
  return out;
}

TTT_INLINE Error taken(const OwnKernelEntry& kernel, std::string_view device) {
  return make_error(ErrorKind::request, "own_kernel_twice", "register_kernel",
                    "a kernel named " + in_quotes(kernel.name) + " is registered for " + std::string(device) + " already",
                    "register it once, or give one of the two another name");
}
/// Adds it; the error is that of a name that is taken. The same kernel again is fine where `again` says so.
TTT_INLINE Result<void> add(DeviceKind device, std::string_view device_name, const OwnKernelEntry& kernel, bool again) {
  Registry& r = registry();
  const std::lock_guard lock(r.mutex);
  for (const Registered& known : r.all) {
    if (known.device != device || known.kernel.name != kernel.name) continue;
    const bool same = known.kernel.attention == kernel.attention && known.kernel.qkv == kernel.qkv &&
                      known.kernel.matmul == kernel.matmul;
    if (same && again) return {};
    return taken(kernel, device_name);
  }
  r.all.push_back({device, kernel});
  return {};
}

}  // namespace own_kernel_registry

TTT_INLINE Result<void> register_kernel_entry(std::string_view device, std::string_view op,
                                              const OwnKernelEntry& kernel) {
  namespace here = own_kernel_registry;
  int kind = -1;
  for (int i = 0; i < 3; ++i)
    if (device == here::devices[i]) kind = i;
  if (kind < 0)
    return make_error(ErrorKind::request, "own_kernel_device_unknown", "register_kernel",
                      "there is no kind of device " + in_quotes(device),
                      here::choices(device, {std::begin(here::devices), std::end(here::devices)}));
  std::vector<std::string_view> ops;
  bool known = false;
  for (std::size_t i = 0; i < op_kind_count; ++i) {
    const auto k = static_cast<OpKind>(i);
    if (!kernels::is_replaceable(k)) continue;
    ops.push_back(name_of(k));
    known = known || op == name_of(k);
  }
  if (!known)
    return make_error(ErrorKind::request, "own_kernel_op_unknown", "register_kernel",
                      "there is no op " + in_quotes(op) + " that a kernel can replace", here::choices(op, ops));
  if (op != name_of(kernel.op))
    return make_error(ErrorKind::request, "own_kernel_op_unknown", "register_kernel",
                      in_quotes(kernel.name) + " is a kernel for " + std::string(name_of(kernel.op)) + ", not for " +
                          std::string(op),
                      "register it for " + std::string(name_of(kernel.op)));
  return here::add(static_cast<DeviceKind>(kind), device, kernel, false);
}

TTT_INLINE Result<void> keep_kernel(DeviceKind device, const OwnKernelEntry& kernel) {
  namespace here = own_kernel_registry;
  return here::add(device, device == DeviceKind::own ? "own" : here::devices[static_cast<std::size_t>(device)], kernel, true);
}

TTT_INLINE std::vector<OwnKernelEntry> registered_kernels(DeviceKind device) {
  own_kernel_registry::Registry& r = own_kernel_registry::registry();
  const std::lock_guard lock(r.mutex);
  std::vector<OwnKernelEntry> out;
  for (const auto& known : r.all)
    if (known.device == device) out.push_back(known.kernel);
  return out;
}

TTT_INLINE std::vector<OwnKernelEntry> known_kernels(std::span<const OwnKernelEntry> of_the_type, DeviceKind device) {
  std::vector<OwnKernelEntry> out(of_the_type.begin(), of_the_type.end());
  for (const OwnKernelEntry& registered : registered_kernels(device)) {
    bool taken = false;
    for (const OwnKernelEntry& known : of_the_type) taken = taken || known.name == registered.name;
    if (!taken) out.push_back(registered);
  }
  return out;
}

TTT_INLINE Result<void> own_kernels_are_there(const ConfiguredModel& model, const DeviceTraits& device) {
  Result<void> outcome;
  auto check = [&](const HardwareConfig& c, int index, const char* part) {
    if (!outcome || c.kernel != KernelVariant::own || model.own_kernel(c.own_kernel) >= 0) return;
    std::vector<std::string_view> names;
    for (const OwnKernelEntry& e : model.own_kernels) names.push_back(e.name);
    outcome = make_error(
        ErrorKind::hardware, "own_kernel_unknown", path_of(model.model, index) + part,
        "its policy names a kernel of your own, " + in_quotes(c.own_kernel) + ", and there is none of that name",
        names.empty() ? "register it before the model is loaded: register_kernel(\"cpu\", \"attention\", MyAttention{})"
                      : own_kernel_registry::choices(c.own_kernel, names));
  };
  int index = 0;  // of each distinct module's first
  for (std::size_t r = 0; r < model.model.runs.size(); ++r) {
    const RunSpec& run = model.model.runs[r];
    for (std::size_t i = 0; i < run.modules.size(); ++i) {
      const ModuleSpec& m = run.modules[i];
      const int at = index + static_cast<int>(i);
      const bool layer = m.kind == ModuleKind::transformer_layer;
      if (m.has_attention()) check(model.resolved(device, r, i, PartName::attention), at, layer ? ".attention" : "");
      if (m.has_mlp()) check(model.resolved(device, r, i, PartName::mlp), at, layer ? ".mlp" : "");
      if (!m.has_attention() && !m.has_mlp()) check(model.resolved(device, r, i, PartName::whole), at, "");
    }
    index += static_cast<int>(run.modules.size()) * run.count;
  }
  return outcome;
}

}  // namespace ttt

// Kernels of the user's own that policies name at run time: the registry behind `kernel=own:NAME`.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/policy/configured.hpp>

namespace ttt {

/// What `register_kernel` does, for an entry. Names are compared with case.
[[nodiscard]] Result<void> register_kernel_entry(std::string_view device, std::string_view op,
                                                 const OwnKernelEntry& kernel);

/// Makes a kernel of your own known by its name, so that models whose type does not name it can use it: policies given
/// as text or JSON (`layers.3.attention:kernel=own:my_attention`), models from a config.json. `device`: cpu, cuda or
/// ttnn; `op`: what the kernel replaces, as `OpKind` is spelled. From any thread, once a program; models loaded before
/// do not see it.
///
///     auto registered = ttt::register_kernel("cpu", "attention", MyAttention{});
///
/// Errors: own_kernel_device_unknown, own_kernel_op_unknown (no such op, or the kernel is for another),
/// own_kernel_twice.
template <class K>
[[nodiscard]] Result<void> register_kernel(std::string_view device, std::string_view op, const K& = {}) {
  if constexpr (types::is_own_kernel<K>()) {
    return register_kernel_entry(device, op, types::own_kernel_entry<K>());
  } else {
    return {};
  }
}

/// The kernels registered for devices of a kind, in the order they came.
[[nodiscard]] std::vector<OwnKernelEntry> registered_kernels(DeviceKind device);

/// Those that a model's type names and, where the names are free, those registered: what `ConfiguredModel` shows.
[[nodiscard]] std::vector<OwnKernelEntry> known_kernels(std::span<const OwnKernelEntry> of_the_type, DeviceKind device);

/// A kernel that a type brings along: registered if its name is free, and nothing to do if it is there already.
/// Errors: own_kernel_twice (another kernel has the name).
[[nodiscard]] Result<void> keep_kernel(DeviceKind device, const OwnKernelEntry& kernel);

/// Keeps every own kernel that a policy's type names.
template <class P>
[[nodiscard]] Result<void> keep_kernels_of() {
  Result<void> outcome;
  [&]<class... Ks>(boost::mp11::mp_list<Ks...>) {
    ((outcome = outcome ? keep_kernel(DeviceKind::cpu, types::own_kernel_entry<Ks>()) : outcome), ...);
  }(typename types::kernels_in<P>::type{});
  return outcome;
}

/// Whether every own kernel that the model's policies name is among its `own_kernels`.
/// Errors: own_kernel_unknown, which lists those that are there.
[[nodiscard]] Result<void> own_kernels_are_there(const ConfiguredModel& model, const DeviceTraits& device);

}  // namespace ttt

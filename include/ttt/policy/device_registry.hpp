// Devices by name: what `--device` and programs that choose at run time take.
#pragma once

#include <string_view>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/policy/device.hpp>

namespace ttt {

/// The facts of a device by its name, in any case: `cpu`, `cpu:avx2`, `cuda:h100`, `ttnn:wormhole_n150`, or one that was
/// registered. Errors: device_unavailable (`ttnn:0`, `cuda:1`: a device attached to this machine, and there is none),
/// device_unknown, with the nearest.
[[nodiscard]] Result<DeviceTraits> find_device(std::string_view name);

/// Names a device of the program's own, for the rest of its life: `register_device(device_traits<my_chip>)`. Its `name` is
/// copied; registering the same facts again does nothing. Any thread may call it. Errors: device_name_malformed,
/// device_name_taken, device_facts_malformed (no chips, negative sizes).
[[nodiscard]] Result<void> register_device(const DeviceTraits& traits);

/// Every device that find_device knows by name, the registered ones last.
[[nodiscard]] std::vector<DeviceTraits> described_devices();

/// A mesh as `--mesh` spells it.
struct MeshSize {
  int rows = 1;
  int columns = 1;
  constexpr bool operator==(const MeshSize&) const = default;
};
/// The most chips a mesh can have.
inline constexpr int mesh_limit = 1024;
/// Reads `1x8`. Errors: mesh_malformed, mesh_out_of_range.
[[nodiscard]] Result<MeshSize> mesh_from_text(std::string_view text);

}  // namespace ttt

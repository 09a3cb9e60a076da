// Definitions of device_registry.hpp.
#pragma once

#include <charconv>
#include <list>
#include <mutex>
#include <string>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/nearest.hpp>
#include <ttt/policy/device_registry.hpp>
#include <ttt/policy/devices.hpp>

namespace ttt {

namespace device_parts {

inline constexpr DeviceTraits built_in[] = {cpu::traits,
                                            devices::cpu_level("cpu:scalar", 2, false),
                                            cpu::x86_64_v2::traits,
                                            cpu::avx2::traits,
                                            cpu::avx512::traits,
                                            cpu::avx512_vnni_bf16::traits,
                                            cuda::a100::traits,
                                            cuda::h100::traits,
                                            cuda::h200::traits,
                                            cuda::b200::traits,
                                            ttnn::wormhole_n150::traits,
                                            ttnn::wormhole_n300::traits,
                                            ttnn::wormhole_t3000::traits,
                                            ttnn::wormhole_galaxy::traits,
                                            ttnn::blackhole_p100::traits,
                                            ttnn::blackhole_p150::traits};

/// The program's own devices. Neither list gives up an element, so that names stay valid.
struct Registered {
  std::mutex mutex;
  std::list<std::string> names;
  std::list<DeviceTraits> devices;
};
inline Registered& registered() {
  static Registered all;
  return all;
}

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Whether a name is `kind:` and an index.
inline bool is_index(std::string_view name) {
  for (const std::string_view kind : {"ttnn:", "cuda:"}) {
    if (!name.starts_with(kind) || name.size() == kind.size()) continue;
    const std::string_view index = name.substr(kind.size());
    return index.find_first_not_of("0123456789") == std::string_view::npos;
  }
  return false;
}

/// The names of the described devices of one kind (`ttnn:`), or of all.
inline std::string listed(const std::vector<DeviceTraits>& devices, std::string_view kind) {
  std::string out;
  for (const DeviceTraits& d : devices)
    if (d.name.starts_with(kind)) out += (out.empty() ? "" : ", ") + std::string(d.name);
  return out;
}

}  // namespace device_parts

TTT_INLINE std::vector<DeviceTraits> described_devices() {
  std::vector<DeviceTraits> out(std::begin(device_parts::built_in), std::end(device_parts::built_in));
  device_parts::Registered& own = device_parts::registered();
  const std::lock_guard lock(own.mutex);
  out.insert(out.end(), own.devices.begin(), own.devices.end());
  return out;
}

TTT_INLINE Result<DeviceTraits> find_device(std::string_view name) {
  const std::string wanted = device_parts::lower(name.substr(0, 160));
  const std::vector<DeviceTraits> all = described_devices();
  for (const DeviceTraits& d : all)
    if (wanted == d.name) return d;
  if (device_parts::is_index(wanted)) {
    const std::string kind = wanted.substr(0, wanted.find(':') + 1);
    return make_error(ErrorKind::hardware, "device_unavailable", "device",
                      "no device " + in_quotes(name) + " is attached to this machine, or this build cannot use it",
                      "models can be checked and planned, and on ttnn run in emulation, for the described ones: " + device_parts::listed(all, kind));
  }
  std::vector<std::string_view> names;
  for (const DeviceTraits& d : all) names.push_back(d.name);
  const std::string_view near = nearest_name(wanted, names);
  return make_error(ErrorKind::request, "device_unknown", "device", "there is no device " + in_quotes(name),
                    (near.empty() ? std::string() : "did you mean " + std::string(near) + "? ") +
                        "use one of: " + device_parts::listed(all, ""));
}

TTT_INLINE Result<void> register_device(const DeviceTraits& traits) {
  const std::string_view name = traits.name;
  bool sound = !name.empty() && name.size() <= 64;
  for (const char c : name)
    sound = sound && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ':' || c == '-' || c == '.');
  if (!sound || device_parts::is_index(name))
    return make_error(ErrorKind::request, "device_name_malformed", "device",
                      in_quotes(name) + " cannot name a device",
                      "use 1 to 64 of a-z 0-9 _ : - . and not ttnn: or cuda: with a number, for example mine:chip");
  for (const double fact : {static_cast<double>(traits.memory_bytes), static_cast<double>(traits.local_bytes),
                            traits.read_bytes_per_s, traits.op_overhead_s, traits.link_bytes_per_s, traits.sum_s, traits.interleaved_share,
                            static_cast<double>(traits.max_batch)})
    sound = sound && fact >= 0;
  for (const double peak : traits.peak_flop_per_s) sound = sound && peak >= 0;
  for (const int count : {traits.tile, traits.kv_block, traits.cores, traits.memory_banks, traits.product_chips, traits.mesh_rows,
                          traits.mesh_columns})
    sound = sound && count >= 1 && count <= (1 << 20);
  if (!sound || traits.mesh_rows > mesh_limit || traits.mesh_columns > mesh_limit || traits.chips() > mesh_limit)
    return make_error(ErrorKind::request, "device_facts_malformed", std::string(name),
                      "a size or a rate is negative, or there is no tile, core, bank or chip",
                      "give counts of at least 1 (chips up to " + std::to_string(mesh_limit) +
                          "), and 0 for what is not limited or not known");
  const auto taken = [&] {
    return make_error(ErrorKind::request, "device_name_taken", "device",
                      in_quotes(name) + " names a device with other facts", "choose another name");
  };
  for (const DeviceTraits& d : device_parts::built_in)
    if (d.name == name) return d == traits ? Result<void>() : taken();
  device_parts::Registered& own = device_parts::registered();
  const std::lock_guard lock(own.mutex);
  for (const DeviceTraits& d : own.devices)
    if (d.name == name) return d == traits ? Result<void>() : taken();
  own.names.emplace_back(name);
  own.devices.push_back(traits);
  own.devices.back().name = own.names.back();
  return {};
}

TTT_INLINE Result<MeshSize> mesh_from_text(std::string_view text) {
  MeshSize mesh;
  const char* const end = text.data() + text.size();
  const auto rows = std::from_chars(text.data(), end, mesh.rows);
  const bool crossed = rows.ptr != end && rows.ptr != text.data() && (*rows.ptr == 'x' || *rows.ptr == 'X');
  const auto columns = crossed ? std::from_chars(rows.ptr + 1, end, mesh.columns) : rows;
  const bool digits = text.find_first_not_of("0123456789xX") == std::string_view::npos;
  const bool huge = rows.ec == std::errc::result_out_of_range || columns.ec == std::errc::result_out_of_range;
  if (!digits || !crossed || columns.ptr != end || columns.ptr == rows.ptr + 1)
    return make_error(ErrorKind::request, "mesh_malformed", "mesh", in_quotes(text) + " is no mesh",
                      "write rows x columns, for example 1x8");
  if (huge || mesh.rows < 1 || mesh.columns < 1 || mesh.rows > mesh_limit || mesh.columns > mesh_limit ||
      mesh.rows * mesh.columns > mesh_limit)
    return make_error(ErrorKind::request, "mesh_out_of_range", "mesh",
                      in_quotes(text) + " is not a mesh of 1 to " + std::to_string(mesh_limit) + " chips",
                      "write rows x columns, for example 1x8");
  return mesh;
}

}  // namespace ttt

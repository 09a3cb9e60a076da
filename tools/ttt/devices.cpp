// ttt devices: what this machine and this build can run, and which devices are described.
#include <fmt/format.h>

#include <ttt/io/json_writer.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/policy/device_registry.hpp>
#include <ttt/profile/calibration_file.hpp>
#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/isa.hpp>

#include "command.hpp"
#include "compiling.hpp"
#include "console.hpp"
#include "machine.hpp"

namespace ttt::tool {

namespace {

struct Level {
  std::string name;
  bool supported;
};
std::vector<Level> levels() {
  std::vector<Level> out;
  for (const kernels::Isa isa : kernels::all_isas)
    if (kernels::kernel_table(isa) != nullptr)
      out.push_back({std::string(kernels::name_of(isa)), kernels::isa_supported(isa)});
  return out;
}

std::string as_text(std::string_view isa) {
  std::string out = fmt::format("cpu  {}\n", processor_name());
  out += fmt::format("  cores     {}\n  memory    {:.1f} GiB, {:.1f} available\n", available_cores(),
                     static_cast<double>(total_memory()) / (1 << 30),
                     static_cast<double>(available_memory()) / (1 << 30));
  for (const CacheLevel& c : cache_levels())
    out += fmt::format("  L{} {:12} {} KiB\n", c.level, c.type, c.bytes >> 10);
  out += "  levels    ";
  for (const Level& l : levels())
    out += fmt::format("cpu:{}{} ", l.name, !l.supported ? " (not here)" : l.name == isa ? " (default)" : "");
  out += "\n\nDescribed: `ttt check` and `ttt plan` judge models on them. Models run on the cpu, and on ttnn\ndevices in emulation, which says what such a chip computes and not how fast.\n";
  out += fmt::format("{:24}{:>6}{:>7}{:>10}{:>10}{:>9}{:>9}{:>9}{:>9}\n", "", "mesh", "cores", "memory", "local", "GB/s",
                     "LoFi", "HiFi2", "HiFi4");
  for (const DeviceTraits& d : described_devices()) {
    const auto teraflops = [&](Fidelity f) { return d.peak(f) / 1e12; };
    out += fmt::format("{:24}{:>6}{:7}{:>10}{:>10}{:9.0f}{:9.3g}{:9.3g}{:9.3g}\n", d.name,
                       fmt::format("{}x{}", d.mesh_rows, d.mesh_columns), d.cores,
                       d.memory_bytes > 0 ? fmt::format("{:.1f} GB", static_cast<double>(d.memory_bytes) / 1e9) : "-",
                       d.local_bytes > 0 ? fmt::format("{} KiB", d.local_bytes >> 10) : "-", d.read_bytes_per_s / 1e9,
                       teraflops(Fidelity::lofi), teraflops(Fidelity::hifi2), teraflops(Fidelity::hifi4));
  }
  return out + "Memory, cores and rates are those of one chip, rates nominal; peaks in TFLOP/s.\n";
}

bool is_here(std::string_view device) {
  for (const Level& l : levels())
    if (device == "cpu:" + l.name) return l.supported;
  return device == "cpu";
}

/// Names of the values of a set.
template <class E>
void write_set(json::Writer& out, std::string_view name, SetOf<E> set) {
  out.key(name).begin_array();
  for (int i = 1; i < 32; ++i)
    if (set.has(static_cast<E>(i))) out.value(name_of(static_cast<E>(i)));
  out.end_array();
}

void write_described(json::Writer& out, const DeviceTraits& d) {
  out.begin_object().member("name", d.name).member("mesh", fmt::format("{}x{}", d.mesh_rows, d.mesh_columns));
  out.member("chips", d.chips()).key("chip").begin_object();
  out.member("memory_bytes", d.memory_bytes).member("memory_banks", d.memory_banks);
  out.member("read_gb_s", d.read_bytes_per_s / 1e9).key("peak_tflop_s").begin_object();
  for (const Fidelity f : {Fidelity::lofi, Fidelity::hifi2, Fidelity::hifi3, Fidelity::hifi4})
    out.member(name_of(f), d.peak(f) / 1e12);
  out.end_object().member("op_overhead_us", d.op_overhead_s * 1e6).member("cores", d.cores);
  out.member("grid", fmt::format("{}x{}", d.grid_rows, d.grid_columns)).member("local_bytes", d.local_bytes);
  out.member("local_bank_bytes", d.local_bank_bytes).member("tile", d.tile).member("kv_block", d.kv_block).member("max_batch", d.max_batch);
  out.member("link_gb_s", d.link_bytes_per_s / 1e9).member("hifi4_fp32_defect", d.hifi4_fp32_defect);
  out.end_object().key("supports").begin_object();
  write_set(out, "weights", d.supports.weights);
  write_set(out, "kv", d.supports.kv);
  write_set(out, "activations", d.supports.activations);
  write_set(out, "accumulate", d.supports.accumulate);
  write_set(out, "fidelity", d.supports.fidelity);
  write_set(out, "scores", d.supports.scores);
  write_set(out, "kv_form", d.supports.kv_form);
  out.member("learned_positions", d.supports.learned_positions).end_object();
  out.member("available", is_here(d.name)).end_object();
}

/// What was measured here, the caches by how much they hold.
std::string calibration_text(const Calibration& c) {
  std::string out = fmt::format("\nmeasured at {} in {:.1f} s\n", c.isa, c.seconds);
  if (c.busy_cores > most_busy_cores)
    out += fmt::format("others kept {:.1f} cores busy meanwhile: it is not kept\n", c.busy_cores);
  for (const ThreadsAtWork& t : c.threads) {
    out += fmt::format("{} thread{}: {:.0f} GFLOP/s fp32, {:.0f} bf16, {:.0f} int8; {:.2f} us an op\n  reading GB/s", t.threads,
                       t.threads > 1 ? "s" : "", t.fp32_flop_per_s / 1e9, t.bf16_flop_per_s / 1e9, t.int8_flop_per_s / 1e9,
                       t.op_s * 1e6);
    for (std::size_t i = 0; i < t.reading.size(); i += i + 1 < t.reading.size() ? std::min<std::size_t>(2, t.reading.size() - 1 - i) : 1) {
      const DeviceRates::Reading& p = t.reading[i];
      out += p.bytes < 1 << 20 ? fmt::format("  {:.0f} KiB: {:.0f}", p.bytes / 1024, p.bytes_per_s / 1e9)
                               : fmt::format("  {:.0f} MiB: {:.0f}", p.bytes / (1 << 20), p.bytes_per_s / 1e9);
    }
    out += "\n";
  }
  return out;
}

std::string as_json(std::string_view isa, const Calibration* measured) {
  json::Writer out;
  out.begin_object().key("devices").begin_array().begin_object();
  out.member("name", "cpu")
      .member("processor", processor_name())
      .member("isa", isa)
      .key("levels")
      .begin_array();
  for (const Level& l : levels())
    out.begin_object().member("name", "cpu:" + l.name).member("supported", l.supported).end_object();
  out.end_array().member("cores", available_cores()).member("memory_bytes", total_memory());
  out.member("available_bytes", available_memory()).key("caches").begin_array();
  for (const CacheLevel& c : cache_levels())
    out.begin_object().member("level", c.level).member("type", c.type).member("bytes", c.bytes).end_object();
  out.end_array();
  if (measured != nullptr) out.key("calibration").raw(json_of(*measured));
  out.end_object().end_array().key("described").begin_array();
  for (const DeviceTraits& d : described_devices()) write_described(out, d);
  return std::move(out.end_array().end_object()).text() + "\n";
}

Result<int> devices(const Arguments& arguments) {
  TTT_TRY(const kernels::Isa isa, selected_isa());
  const std::string_view name = kernels::name_of(isa);
  std::optional<Calibration> measured;
  if (arguments.has("calibrate")) {
    CalibrationOptions how{.again = true, .library = build_identity(), .progress = progress_bar("calibrating", Unit::count),
                           .note = [](std::string_view text) { note(fmt::format("note: {}\n", text)); }};
    TTT_TRY(measured, calibrated(*kernels::kernel_table(isa), how));
  }
  TTT_CHECK(print(arguments.has("json") ? as_json(name, measured ? &*measured : nullptr)
                                        : as_text(name) + (measured ? calibration_text(*measured) : "")));
  return 0;
}

constexpr std::string_view options[] = {"calibrate", "json"};

}  // namespace

const Command devices_command{"devices", "devices and what this machine has",     {},
                              options,   "  ttt devices\n  ttt devices --json\n  ttt devices --calibrate\n", devices};

}  // namespace ttt::tool

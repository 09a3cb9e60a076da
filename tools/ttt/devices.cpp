// ttt devices: what this machine and this build can run.
#include <fmt/format.h>

#include <ttt/io/json_writer.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/isa.hpp>

#include "command.hpp"
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
                     static_cast<double>(free_memory()) / (1 << 30));
  for (const CacheLevel& c : cache_levels())
    out += fmt::format("  L{} {:12} {} KiB\n", c.level, c.type, c.bytes >> 10);
  out += "  levels    ";
  for (const Level& l : levels())
    out += fmt::format("cpu:{}{} ", l.name, !l.supported ? " (not here)" : l.name == isa ? " (default)" : "");
  return out + "\n";
}

std::string as_json(std::string_view isa) {
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
  out.member("available_bytes", free_memory()).key("caches").begin_array();
  for (const CacheLevel& c : cache_levels())
    out.begin_object().member("level", c.level).member("type", c.type).member("bytes", c.bytes).end_object();
  return std::move(out.end_array().end_object().end_array().end_object()).text() + "\n";
}

Result<int> devices(const Arguments& arguments) {
  TTT_TRY(const kernels::Isa isa, selected_isa());
  const std::string_view name = kernels::name_of(isa);
  TTT_CHECK(print(arguments.has("json") ? as_json(name) : as_text(name)));
  return 0;
}

constexpr std::string_view options[] = {"json"};

}  // namespace

const Command devices_command{"devices", "devices and what this machine has",     {},
                              options,   "  ttt devices\n  ttt devices --json\n", devices};

}  // namespace ttt::tool

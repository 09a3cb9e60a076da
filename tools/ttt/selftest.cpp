// ttt selftest: this build's kernels against recorded results.
#include <fmt/format.h>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/profile/ttnn_vectors.hpp>

#include "command.hpp"
#include "console.hpp"

namespace ttt::tool {

namespace {

std::string as_text(const VectorReport& report) {
  std::string out;
  for (const VectorFile& f : report.files) {
    out += fmt::format("{:24}{:>8} records{:>8} failed\n", f.name, f.records, f.failed);
    if (f.failed > 0) out += fmt::format("  {}\n", f.first_failure);
  }
  for (const std::string& name : report.left_out) out += fmt::format("left out: {}\n", name);
  return out + fmt::format("{} records on {}: {} failed, worst {} steps\n", report.records(), report.kernels,
                           report.failed(), report.worst());
}

std::string as_json(const VectorReport& report) {
  json::Writer out;
  out.begin_object().member("records", report.records()).member("failed", report.failed()).member("worst", report.worst());
  out.member("kernels", report.kernels).key("files").begin_array();
  for (const VectorFile& f : report.files) {
    out.begin_object().member("name", f.name).member("records", f.records).member("failed", f.failed);
    out.member("worst", f.worst);
    if (f.failed > 0) out.member("first_failure", f.first_failure);
    out.end_object();
  }
  out.end_array().key("left_out").begin_array();
  for (const std::string& name : report.left_out) out.value(name);
  return std::move(out.end_array().end_object()).text() + "\n";
}

Result<int> selftest(const Arguments& arguments) {
  if (const std::string device = arguments.text("DEVICE"); device != "ttnn")
    return command_line_error("option_value", "DEVICE", in_quotes(device) + " has no records to be held against",
                              "use ttnn");
  const std::string given = arguments.text("DIR");
  TTT_TRY(const VectorReport report, check_ttnn_vectors(given.empty() ? default_ttnn_vectors() : given));
  TTT_CHECK(print(arguments.has("json") ? as_json(report) : as_text(report)));
  if (report.records() == 0) note("that folder holds no record\n");
  return report.records() > 0 && report.failed() == 0 ? 0 : 1;
}

constexpr Positional positionals[] = {{"DEVICE", "ttnn: the emulation of Tensix cores"},
                                      {"DIR", "the folder of recorded results", true}};
constexpr std::string_view options[] = {"json"};

}  // namespace

const Command selftest_command{"selftest",
                               "kernels against recorded results",
                               positionals,
                               options,
                               "  ttt selftest ttnn\n  ttt selftest ttnn path/to/vectors --json\n",
                               selftest};

}  // namespace ttt::tool

// ttt synth: a random checkpoint of a known shape.
#include <fmt/format.h>

#include <ttt/adaptor/synth.hpp>
#include <ttt/io/json_writer.hpp>

#include "command.hpp"
#include "console.hpp"

namespace ttt::tool {

namespace {

/// Gives the bytes of weights.
Result<std::uint64_t> write_checkpoint(const std::string& shape, const std::string& folder,
                                       std::int64_t seed) {
  std::uint64_t bytes = 0;
  const Progress bar = progress_bar("writing");
  const Progress progress = [&](std::uint64_t done, std::uint64_t total) {
    bytes = total;
    if (bar) bar(done, total);
  };
  TTT_CHECK(synthesise(shape, folder, static_cast<std::uint64_t>(seed), progress));
  return bytes;
}

Result<int> synth(const Arguments& arguments) {
  const std::string shape = arguments.text("SHAPE"), folder = arguments.text("DIR");
  const std::int64_t seed = arguments.whole("seed", 0);
  TTT_TRY(const std::uint64_t bytes, write_checkpoint(shape, folder, seed));
  if (!arguments.has("json")) {
    note(fmt::format("{}: {} bytes of random bf16 weights\n", folder, bytes));
    return 0;
  }
  json::Writer out;
  out.begin_object()
      .member("folder", folder)
      .member("shape", shape)
      .member("seed", seed)
      .member("bytes", bytes);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

constexpr Positional positionals[] = {{"SHAPE", "a known model's name, such as llama-3.2-1b or stories15m"},
                                      {"DIR", "the folder to make"}};
constexpr std::string_view options[] = {"seed", "json"};

}  // namespace

const Command synth_command{"synth",
                            "write a random checkpoint of a known shape",
                            positionals,
                            options,
                            "  ttt synth stories15m /tmp/stories15m\n"
                            "  ttt synth smollm2-135m /tmp/smollm2 --seed 7 --json\n",
                            synth};

}  // namespace ttt::tool

// ttt pack: packs a model's weights ahead of time, into the cache that other commands map them from.
#include <fmt/format.h>

#include <chrono>

#include "bench_sessions.hpp"
#include "command.hpp"
#include "console.hpp"
#include "loading.hpp"

namespace ttt::tool {

namespace {

Result<int> pack(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard"));
  if (how.options.packed_cache == "off")
    return command_line_error("option_conflict", "--packed-cache", "`off` keeps nothing, and ttt pack does nothing but keep",
                              "name a folder, or leave it out for this user's cache");
  TTT_TRY(const Found found, find_config(arguments, how));
  how.options.workload.context = 1;  // the layout of weights is the same for any
  const auto start = std::chrono::steady_clock::now();
  TTT_TRY(const LoadedWeights loaded, load_weights_of(found, how, Loading::ahead));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const ModelState* const state = loaded.state.get();
  const PackedCacheUse& use = state->weights.cached;
  if (!use.note.empty()) note(fmt::format("note: a file that was not usable is replaced: {}\n", use.note));
  const bool written = use.kind == PackedCacheUse::Kind::written;
  const double bits = bits_per_weight(*state);
  if (!arguments.has("json")) {
    TTT_CHECK(print(fmt::format("{}: {:.1f} MB, {:.2f} bits per weight, {}\n", use.file, static_cast<double>(use.bytes) / 1e6, bits,
                                written ? fmt::format("packed in {:.2f} s", seconds) : "there already")));
    return 0;
  }
  json::Writer out;
  out.begin_object().member("file", use.file).member("bytes", use.bytes).member("bits_per_weight", bits);
  out.member("packed_cache", name_of(use.kind)).member("seconds", seconds);
  write_how(out, *state, how, found);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

constexpr std::string_view options[] = {"policy", "preset", "packed_cache", "device", "variant", "threads", "json"};

}  // namespace

const Command pack_command{"pack",
                           "pack a model's weights ahead of time, for starts that map them",
                           model_positional,
                           options,
                           "  ttt pack path/to/model\n"
                           "  ttt pack path/to/model --policy weights=int4,weights.down=int8 --json\n"
                           "  ttt pack path/to/model --packed-cache path/to/folder\n",
                           pack};

}  // namespace ttt::tool

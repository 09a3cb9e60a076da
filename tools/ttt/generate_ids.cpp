// ttt generate-ids: exactly n greedy ids.
#include <fmt/format.h>

#include <ttt/runtime/generation.hpp>
#include <ttt/runtime/sampler.hpp>

#include "command.hpp"
#include "console.hpp"
#include "loading.hpp"
#include "token_ids.hpp"

namespace ttt::tool {

namespace {

Result<int> generate_ids(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "exact", Devices::emulated));
  TTT_TRY(std::vector<std::int32_t> ids, given_ids(arguments));
  if (!arguments.has("n"))
    return command_line_error("command_incomplete", "-n", "how many ids to generate was not said",
                              "give -n N");
  TTT_TRY(const Found found, find_decoder(arguments, how));
  TTT_CHECK(check_ids(ids, found.config.spec.vocab_size));
  const int n = arguments.integer("n", 1);
  // The last id is not fed back: it needs no position.
  const std::int64_t positions = static_cast<std::int64_t>(ids.size()) + n - 1;
  const int longest = longest_context(found.config.spec);
  if (positions > longest)
    return make_error(
        ErrorKind::request, "context_full", "-n",
        fmt::format("{} prompt ids and {} new ones need {} positions, but the model holds {}", ids.size(), n,
                    positions, longest),
        fmt::format("give -n {} at most, or a shorter prompt",
                    std::max<std::int64_t>(0, longest - static_cast<std::int64_t>(ids.size()) + 1)));
  how.options.workload.context = static_cast<int>(positions);
  TTT_TRY(std::shared_ptr<Runner> runner, load_runner(found, how));

  GenerateOptions options{.max_new_tokens = n, .sampling = SamplingParams{}};
  options.eos.emplace();
  if (arguments.has("eos"))
    options.eos->assign(found.config.generation.eos.begin(), found.config.generation.eos.end());
  watch_interrupts();
  options.cancel = &interrupted();
  TTT_TRY(Generation generation,
          Generation::create(runner, std::nullopt, std::move(ids), std::move(options)));
  json::Writer out;
  out.begin_object().key("ids").begin_array();
  while (const auto id = generation.next_id()) out.value(*id);
  out.end_array();
  if (generation.error() != nullptr) return *generation.error();
  if (arguments.has("json")) {
    out.member("end", name_of(generation.stats().end));
    write_how(out, runner->state(), how, found);
  }
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

constexpr std::string_view options[] = {"ids",    "inputs", "n",       "eos",  "threads", "pin", "device", "mesh",
                                        "policy", "preset", "variant", "packed_cache", "seed", "json"};

}  // namespace

const Command generate_ids_command{
    "generate-ids",
    "continue token ids greedily and print the new ones",
    model_positional,
    options,
    "  ttt generate-ids path/to/model --ids 1,403,407 -n 16\n"
    "  ttt generate-ids path/to/model --inputs prompt.safetensors -n 16 --eos --json\n",
    generate_ids};

}  // namespace ttt::tool

// ttt logits and ttt forward: one forward pass, written as safetensors.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include <ttt/policy/devices/cpu.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/runtime/final_norm.hpp>

#include "command.hpp"
#include "console.hpp"
#include "forward_encoder.hpp"
#include "loading.hpp"
#include "token_ids.hpp"

namespace ttt::tool {

namespace {

/// The residual stream of all tokens after the embedding and after each layer; only the last without
/// --hidden.
struct Streams {
  std::vector<std::vector<float>> rows;
  int width = 0;
  bool all = false;

  Streams(const ArchitectureSpec& spec, std::size_t tokens, bool every) : all(every) {
    std::size_t places = 0;
    for (const LayerSpec& l : spec.layers) {
      places += l.module.kind == ModuleKind::embedding || l.module.kind == ModuleKind::transformer_layer;
      if (l.module.kind == ModuleKind::embedding) width = l.module.out();
    }
    rows.resize(all ? places : 1);
    for (auto& r : rows) r.resize(tokens * static_cast<std::size_t>(width));
  }
  /// What a tap does: places are embedding, layer 0, layer 1, ... = modules 0, 1, 2, ...
  void put(int module, std::size_t first_token, const float* data, int count) {
    std::vector<float>& to = rows[all ? std::min(static_cast<std::size_t>(module), rows.size() - 1) : 0];
    std::memcpy(to.data() + first_token * static_cast<std::size_t>(width), data,
                static_cast<std::size_t>(count) * static_cast<std::size_t>(width) * sizeof(float));
  }
};

std::vector<TensorDeclaration> declarations(const ArchitectureSpec& spec, const Streams& streams,
                                            std::int64_t tokens) {
  std::vector<TensorDeclaration> out;
  out.push_back({"logits", SafeDType::f32, {tokens, spec.vocab_size}});
  out.push_back({"last_hidden_state", SafeDType::f32, {tokens, streams.width}});
  if (streams.all)
    for (std::size_t i = 0; i < streams.rows.size(); ++i)
      out.push_back({fmt::format("hidden.{}", i), SafeDType::f32, {tokens, streams.width}});
  return out;
}

std::span<const std::byte> bytes_of(const float* data, std::size_t count) {
  return std::as_bytes(std::span(data, count));
}

/// Runs all tokens chunk by chunk; logits go to the file as they come.
Result<void> run_chunks(Runner& runner, const std::vector<std::int32_t>& ids, Streams& streams,
                        SafetensorsWriter& file) {
  const ModelState& state = runner.state();
  TTT_TRY(Session session, Session::create(runner.shared_state()));
  const auto step = static_cast<std::size_t>(std::min(state.arena.rows, state.arena.logits_rows));
  const Progress progress = progress_bar("tokens", Unit::count);
  for (std::size_t first = 0; first < ids.size(); first += step) {
    const std::size_t count = std::min(step, ids.size() - first);
    const Tap tap = [&](int module, const float* rows, int n, int) { streams.put(module, first, rows, n); };
    const BatchItem item{.session = &session,
                         .tokens = {ids.data() + first, count},
                         .logits = BatchItem::Logits::all,
                         .sequence_length = static_cast<int>(ids.size())};
    TTT_CHECK(runner.step({&item, 1}, &tap));
    TTT_CHECK(file.append(bytes_of(runner.output(), count * static_cast<std::size_t>(state.output_width))));
    if (progress) progress(first + count, ids.size());
  }
  return {};
}

Result<void> write_streams(const ModelState& state, const Streams& streams, std::size_t tokens,
                           SafetensorsWriter& file) {
  const std::vector<float>& last = streams.rows.back();
  std::vector<float> normed(last.size());
  const FinalNorm norm(state);
  norm(last.data(), normed.data(), static_cast<int>(tokens), streams.width);
  TTT_CHECK(file.append(bytes_of(normed.data(), normed.size())));
  if (streams.all)
    for (const auto& rows : streams.rows) TTT_CHECK(file.append(bytes_of(rows.data(), rows.size())));
  return file.finish();
}

Result<int> forward(const Arguments& arguments, const std::vector<std::int32_t>& ids, HowToRun how, const Found& found) {
  const ArchitectureSpec& spec = found.config.spec;
  TTT_CHECK(check_ids(ids, spec.vocab_size));
  const int longest = longest_context(spec);
  if (ids.size() > static_cast<std::size_t>(longest))
    return make_error(
        ErrorKind::request, "context_full", "tokens",
        fmt::format("there are {} tokens, but the model holds {} positions", ids.size(), longest),
        "give fewer tokens");
  const int chunk = how.options.policy.chunk > 0
                        ? how.options.policy.chunk
                        : default_config(cpu::traits, ModuleKind::transformer_layer).chunk;
  how.options.workload.context = static_cast<int>(ids.size());
  how.options.workload.logits_rows = std::min(static_cast<int>(ids.size()), chunk);

  TTT_TRY(const std::unique_ptr<Runner> runner, load_runner(found, how));
  const ModelState& state = runner->state();
  Streams streams(spec, ids.size(), arguments.has("hidden"));
  const auto declared = declarations(spec, streams, static_cast<std::int64_t>(ids.size()));
  TTT_TRY(SafetensorsWriter file, SafetensorsWriter::create(arguments.text("out"), declared));
  TTT_CHECK(run_chunks(*runner, ids, streams, file));
  TTT_CHECK(write_streams(state, streams, ids.size(), file));

  return say_written(arguments, declared, ids.size(), state, how, found);
}

Result<void> check_out(const Arguments& arguments) {
  if (arguments.has("out")) return {};
  return command_line_error("command_incomplete", "--out", "no file to write was given", "give --out FILE.safetensors");
}

Result<int> run_logits(const Arguments& arguments) {
  TTT_TRY(const std::vector<std::int32_t> ids, given_ids(arguments));
  TTT_TRY(HowToRun how, how_to_run(arguments, "exact", Devices::emulated));
  TTT_CHECK(check_out(arguments));
  TTT_TRY(const Found found, find_decoder(arguments, how));
  return forward(arguments, ids, std::move(how), found);
}
Result<int> run_forward(const Arguments& arguments) {
  if (!arguments.has("inputs"))
    return command_line_error("command_incomplete", "--inputs", "no inputs were given",
                              "give --inputs FILE.safetensors, or use `ttt logits --ids 1,2,3`");
  TTT_TRY(HowToRun how, how_to_run(arguments, "exact", Devices::emulated));
  TTT_CHECK(check_out(arguments));
  TTT_TRY(const Found found, find_config(arguments, how));
  if (OwnedModel(found.config.spec).view().is_encoder()) return forward_encoder(arguments, std::move(how), found);
  TTT_TRY(const std::vector<std::int32_t> ids, read_input_ids(arguments.text("inputs")));
  return forward(arguments, ids, std::move(how), found);
}

constexpr std::string_view logits_options[] = {"ids",    "out",    "hidden",  "threads", "pin", "device", "mesh",
                                               "policy", "preset", "variant", "packed_cache", "seed", "json"};
constexpr std::string_view forward_options[] = {"inputs", "out",    "hidden",  "threads", "pin", "device", "mesh",
                                                "policy", "preset", "variant", "packed_cache", "seed", "json"};

}  // namespace

const Command logits_command{
    "logits",
    "one forward pass over token ids, logits to a safetensors file",
    model_positional,
    logits_options,
    "  ttt logits path/to/model --ids 1,403,407 --out logits.safetensors\n"
    "  ttt logits path/to/model --ids 1,403,407 --out all.safetensors --hidden --json\n",
    run_logits};
const Command forward_command{
    "forward",
    "one forward pass over the inputs of a safetensors file",
    model_positional,
    forward_options,
    "  ttt forward path/to/model --inputs in.safetensors --out out.safetensors\n"
    "  ttt forward path/to/model --inputs in.safetensors --out out.safetensors --hidden\n"
    "  ttt forward path/to/encoder --inputs sequences.safetensors --out rows.safetensors --json\n",
    run_forward};

}  // namespace ttt::tool

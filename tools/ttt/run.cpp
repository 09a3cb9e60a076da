// ttt run: continues a text.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <ttt/runtime/generation.hpp>
#include <ttt/runtime/stop.hpp>
#include <ttt/runtime/tokenizer/tokenizer.hpp>

#include "command.hpp"
#include "console.hpp"
#include "generating.hpp"
#include "policy_text.hpp"
#include "run_batch.hpp"

namespace ttt::tool {

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The rest of standard input, less one newline at its end. Errors: text_too_long, input_unreadable.
Result<std::string> read_standard_input() {
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return make_error(ErrorKind::file, "input_unreadable", "standard input",
                        std::string("cannot be read: ") + std::strerror(errno),
                        "give the prompt with -p TEXT");
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > Tokenizer::kMaxTextBytes)
      return make_error(ErrorKind::request, "text_too_long", "standard input",
                        fmt::format("it is longer than {} bytes", Tokenizer::kMaxTextBytes),
                        "give a shorter prompt");
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

/// A line typed on the terminal, or nothing at its end or after Ctrl-C.
std::optional<std::string> read_line() {
  note("> ");
  std::string line;
  for (char c = 0;;) {
    const ssize_t n = ::read(STDIN_FILENO, &c, 1);
    if (n <= 0) return line.empty() || n < 0 ? std::nullopt : std::optional(line);
    if (c == '\n') return line;
    line += c;
    if (line.size() > Tokenizer::kMaxTextBytes) return std::nullopt;
  }
}

/// What one continuation gave.
struct Continuation {
  std::string text;
  std::vector<std::int32_t> ids;
  GenerationStats stats;
};

class Continuer {
 public:
  Continuer(const Arguments& arguments, const Found& found, Tokenizer tokenizer)
      : arguments_(arguments), found_(found), tokenizer_(std::move(tokenizer)) {}

  [[nodiscard]] Result<std::vector<std::int32_t>> encode(std::string_view text) const {
    return encode_prompt(tokenizer_, found_, text, "-p");
  }

  /// Positions to load the model for: --context, else 4096 or what the prompt and -n need, within the
  /// model's.
  [[nodiscard]] int context_for(std::size_t prompt) const {
    const std::int64_t longest = longest_context(found_.config.spec);
    const std::int64_t wanted = static_cast<std::int64_t>(prompt) + new_tokens_of(arguments_, found_.config.generation).value_or(512);
    const std::int64_t chosen =
        std::min(longest, std::max<std::int64_t>(std::min<std::int64_t>(longest, 4096), wanted));
    return arguments_.integer("context", static_cast<int>(chosen));
  }

  /// Prints the text as it comes unless `silent`.
  [[nodiscard]] Result<Continuation> run(const std::shared_ptr<Runner>& runner,
                                         std::vector<std::int32_t> prompt, bool silent) const {
    TTT_TRY(Generation generation,
            Generation::create(runner, tokenizer_, std::move(prompt),
                               generate_options_of(arguments_, found_.config.generation)));
    Continuation out;
    while (const auto piece = generation.next()) {
      out.text += *piece;
      if (!silent) TTT_CHECK(print(*piece));
    }
    if (generation.error() != nullptr) return *generation.error();
    out.ids.assign(generation.new_ids().begin(), generation.new_ids().end());
    out.stats = generation.stats();
    if (!silent) TTT_CHECK(print("\n"));
    return out;
  }

 private:
  const Arguments& arguments_;
  const Found& found_;
  Tokenizer tokenizer_;
};

std::string summary(const GenerationStats& s, double load_s, const ModelState& state, const HowToRun& how) {
  return fmt::format(
      "prompt {} tokens, {:.0f} tokens/s; {} new tokens, {:.1f} tokens/s; loaded in {:.2f} s; {} threads, "
      "{}; {}; end: {}\n",
      s.prompt_tokens, rate(s.prompt_tokens, s.prompt_s), s.new_tokens, rate(s.new_tokens - 1, s.decode_s),
      load_s, state.threads, state.kernels->name, policy_line(state, name_of(how.options.preset)), name_of(s.end));
}

std::string as_json(const Continuation& c, double load_s, const ModelState& state, const HowToRun& how,
                    const Found& found) {
  json::Writer out;
  out.begin_object().member("text", c.text).key("ids").begin_array();
  for (const std::int32_t id : c.ids) out.value(id);
  const GenerationStats& s = c.stats;
  out.end_array().key("stats").begin_object();
  write_stats(out, s);
  out.member("load_ms", load_s * 1e3).member("end", name_of(s.end)).end_object();
  write_how(out, state, how, found);
  return std::move(out.end_object()).text() + "\n";
}

Result<int> run(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard", Devices::emulated));
  TTT_CHECK(StopMatcher::create(arguments.texts("stop")));
  if (arguments.has("batch_file")) return run_batch(arguments, std::move(how));
  for (const std::string_view only : {"parallel", "kv_tokens"})
    if (arguments.has(only))
      return command_line_error("option_conflict", first_spelling(option_spec(only)), "it means nothing to one text alone",
                                "give several texts with --batch FILE.json, or leave it out");
  TTT_TRY(const Found found, find_decoder(arguments, how));
  const bool talk = !arguments.has("prompt") && ::isatty(STDIN_FILENO) != 0;
  std::string prompt = arguments.text("prompt");
  if (!talk && !arguments.has("prompt")) {
    TTT_TRY(prompt, read_standard_input());
  }
  TTT_TRY(Tokenizer tokenizer, Tokenizer::load(found.config.folder));
  const Continuer continuer(arguments, found, std::move(tokenizer));
  std::vector<std::int32_t> ids;
  if (!talk) {
    TTT_TRY(ids, continuer.encode(prompt));
  }

  const auto start = std::chrono::steady_clock::now();
  how.options.workload.context = continuer.context_for(ids.size());
  TTT_TRY(const std::shared_ptr<Runner> runner, load_runner(found, how));
  const double load_s = seconds_since(start);
  watch_interrupts();
  const bool json = arguments.has("json");
  if (!talk) {
    TTT_TRY(const Continuation c, continuer.run(runner, std::move(ids), json));
    note(summary(c.stats, load_s, runner->state(), how));
    if (json) TTT_CHECK(print(as_json(c, load_s, runner->state(), how, found)));
    return 0;
  }
  note("Each line is continued on its own; end with Ctrl-D.\n");
  while (const auto line = read_line()) {
    TTT_TRY(std::vector<std::int32_t> typed, continuer.encode(*line));
    TTT_TRY(const Continuation c, continuer.run(runner, std::move(typed), json));
    if (json) TTT_CHECK(print(as_json(c, load_s, runner->state(), how, found)));
    note(summary(c.stats, load_s, runner->state(), how));
    if (interrupted()) break;
  }
  return 0;
}

constexpr std::string_view options[] = {
    "prompt",    "n",       "temperature", "top_k", "top_p",   "min_p",  "repeat_penalty", "stop",   "batch_file",
    "parallel",  "context", "kv_tokens",   "seed",  "pin", "threads", "device", "mesh", "policy",         "preset", "variant",
    "packed_cache", "json"};

}  // namespace

const Command run_command{"run",
                          "continue a text",
                          model_positional,
                          options,
                          "  ttt run demo -p \"Once upon a time\" -n 100\n"
                          "  ttt run path/to/model -p \"Hello\" --temperature 0.8 --top-p 0.95 --seed 1\n"
                          "  echo \"Hello\" | ttt run path/to/model -n 20 --json\n"
                          "  ttt run path/to/model --batch prompts.json -n 100 --parallel 8\n",
                          run};

}  // namespace ttt::tool

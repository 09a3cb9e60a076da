#include "options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include <ttt/io/in_quotes.hpp>

namespace ttt::tool {

namespace {

constexpr double most_tokens = 1 << 24;

constexpr OptionSpec table[] = {
    {"json", "--json", OptionType::flag, "", "print one JSON object on standard output"},
    {"threads", "--threads", OptionType::whole, "N", "threads (default: the cores this process may use)", 1,
     256},
    {"split", "--split", OptionType::choice, "auto|all",
     "auto: small ops on fewer threads, which is faster; all: every op on all"},
    {"pin", "--pin", OptionType::flag, "", "tie each thread to a CPU of its own"},
    {"device", "--device", OptionType::text, "DEVICE", "cpu, or another that `ttt devices` lists"},
    {"mesh", "--mesh", OptionType::text, "RxC", "rows x columns of chips, in place of the product's own"},
    {"policy", "--policy", OptionType::texts, "[PATH:]KNOB=VALUE,...",
     "how the model runs, or one part of it (layers.3.mlp:weights=fp16), or a .json file; repeatable, later wins"},
    {"preset", "--preset", OptionType::choice, "exact|memory|balanced|speed|accuracy|standard|performance",
     "where the policy starts from: exact computes in fp32, standard is the device's default, performance is speed"},
    {"variant", "--variant", OptionType::choice, "auto|exact|dynamic|compiled",
     "compiled: only if `ttt compile` made it; exact: only if the model is a known one; dynamic: from config.json"},
    {"packed_cache", "--packed-cache", OptionType::text, "DIR|off",
     "where packed weights are kept and mapped from (default: this user's cache, from 64 MiB on); off: nowhere"},
    {"quality", "--quality", OptionType::flag, "", "also pack the weights and tell how far they are from the checkpoint's"},
    {"seed", "--seed", OptionType::whole, "N", "seed of random numbers (default 0)", 0,
     9223372036854774784.0},
    {"context", "--context", OptionType::whole, "N", "positions of a sequence, prompt included", 1,
     most_tokens},
    {"prompt", "-p,--prompt", OptionType::text, "TEXT", "the text to continue"},
    {"n", "-n,--max-new-tokens", OptionType::whole, "N", "new tokens", 1, most_tokens},
    {"temperature", "--temperature", OptionType::real, "T", "0: greedy", 0, 100},
    {"top_k", "--top-k", OptionType::whole, "K", "sample among the K likeliest; 0: all", 0, most_tokens},
    {"top_p", "--top-p", OptionType::real, "P", "sample among the likeliest that reach P", 0, 1},
    {"min_p", "--min-p", OptionType::real, "P", "least probability relative to the likeliest token's", 0, 1},
    {"repeat_penalty", "--repeat-penalty", OptionType::real, "X", "1: none", 0.01, 100},
    {"stop", "--stop", OptionType::texts, "TEXT", "end before this text; repeatable"},
    {"ids", "--ids", OptionType::text, "1,2,3", "token ids"},
    {"inputs", "--inputs", OptionType::text, "FILE", "a .safetensors file with `input_ids`"},
    {"output_folder", "-o,--output", OptionType::text, "DIR", "the folder that gets copies of what was made"},
    {"out", "--out", OptionType::text, "FILE", "the .safetensors file to write"},
    {"program_out", "-o,--output", OptionType::text, "FILE", "the file to write (default: standard output)"},
    {"test", "--test", OptionType::text, "FILE", "also write a unit test of the program, with ttt's own activations beside it"},
    {"hidden", "--hidden", OptionType::flag, "", "also write hidden.0 ... hidden.L"},
    {"eos", "--eos", OptionType::flag, "", "end at an end-of-sequence token"},
    {"text", "--text", OptionType::text, "TEXT", "one text; profile: the prompt to time, in place of random ids"},
    {"batch_file", "--batch", OptionType::text, "FILE", "a JSON file with an array"},
    {"parallel", "--parallel", OptionType::whole, "N", "texts at once (default: all of them, at most 16)", 1, 4096},
    {"kv_tokens", "--kv-tokens", OptionType::whole, "N",
     "positions that paged keys and values have room for, all sequences together (default: every one's context)", 1,
     1099511627776.0},
    {"batch", "--batch", OptionType::whole, "N", "sequences at once (default 1)", 1, 4096},
    {"prompt_tokens", "--prompt", OptionType::whole, "N", "prompt tokens to time (default 512; optimize: 256)", 1,
     most_tokens},
    {"op_overhead", "--op-overhead", OptionType::real, "US",
     "microseconds between two ops of a described device (default: the device's; ttnn 6.5, the most that tt-perf-report finds nothing to say about)", 0, 1e6},
    {"read_share", "--read-share", OptionType::real, "X",
     "of a described device's nominal bandwidth that reading reaches (default 1)", 0.01, 1},
    {"decode", "--decode", OptionType::whole, "N", "decoded tokens to time (default 128; profile: 64, optimize: 32)", 1, most_tokens},
    {"depth", "--depth", OptionType::whole, "N", "tokens already in the cache (default 0)", 0, most_tokens},
    {"op", "--op", OptionType::text, "PATH", "time one op or module inside the model: layers.15.attention, layers.0.mlp.gate_up"},
    {"paced", "--paced", OptionType::flag, "",
     "repeat once for each line of standard input until it ends, printing each repetition's rates at once"},
    {"against", "--against,--reference", OptionType::text, "exact|scalar|FILE",
     "what is right: this engine in fp32 (default), its scalar kernels, or a .safetensors file's activations"},
    {"module", "--module,--path", OptionType::text, "PATH", "that module alone, on what the reference was given: layers.15.attention"},
    {"tokens", "--tokens", OptionType::whole, "N", "tokens to run, where none are given (default 48)", 1, 1 << 20},
    {"one_by_one", "--decode", OptionType::whole, "N", "of the tokens, given one by one behind the others, as in decoding (default a quarter, at most 8)", 0,
     most_tokens},
    {"threshold", "--threshold", OptionType::real, "X",
     "a module is wrong when its own relative error is larger (default: by the formats it runs in, at most 0.2)", 0, 1e9},
    {"outlier", "--outlier", OptionType::real, "X",
     "without --threshold: or when it is X times that of the same module in most other layers (default 6; 0: never)", 0, 1e9},
    {"goal", "--goal", OptionType::choice, "latency|throughput|prompt|memory|accuracy",
     "what to make less: a step's time (default), a prompt's (throughput, prompt), the bytes, or the distance from fp32"},
    {"floor", "--floor", OptionType::text, "KL|agreement=A|PRESET",
     "what every kept policy holds: KL from fp32 at most (default 0.01), share of equal likeliest tokens, or as a preset"},
    {"minutes", "--minutes", OptionType::real, "M", "time to search for (default 2)", 0.01, 100000},
    {"resume", "--resume", OptionType::text, "FILE", "keep the search's state in this file, and go on from it where it is there"},
    {"from", "--from", OptionType::text, "FILE", "begin with this report, which `ttt profile --json` wrote, in place of a new profile"},
    {"pairs", "--pairs", OptionType::whole, "N", "measurements of each change, in turns with the model as it was (default 12); up to three times as many where they do not decide", 5, 999},
    {"policy_out", "--out", OptionType::text, "FILE", "the .json file to write the policy to, for --policy"},
    {"factor", "--factor", OptionType::real, "X", "flag what takes X times as long as it should (default 1.5)", 1, 1000},
    {"layers", "--layers", OptionType::flag, "", "a line for every op of every layer"},
    {"trace", "--trace", OptionType::text, "FILE", "write the threads' timelines as a Chrome trace"},
    {"html", "--html", OptionType::text, "FILE", "write the report as a page to open in a browser"},
    {"compare", "--compare", OptionType::text, "FILE", "say what differs from an earlier report that --json wrote"},
    {"calibrate", "--calibrate", OptionType::flag, "", "measure this machine anew instead of using what is kept"},
    {"repeat", "--repeat", OptionType::whole, "N", "repetitions (default 3; profile: 5)", 1, 1000},
};

std::string range_text(std::string_view low, std::string_view high) {
  return fmt::format("[{}, {}]", low, high);
}
std::string range_of(double low, double high) {
  const auto shown = [](double v) {
    return v == std::floor(v) ? fmt::format("{}", static_cast<std::int64_t>(v)) : fmt::format("{}", v);
  };
  return range_text(shown(low), shown(high));
}

Error no_number(std::string_view text, std::string_view field, std::string_view what, double low,
                double high) {
  return command_line_error("option_value", field, fmt::format("{} is no {}", in_quotes(text), what),
                            "give a number in " + range_of(low, high));
}
Error out_of_range(std::string_view text, std::string_view field, double low, double high) {
  return command_line_error("option_out_of_range", field,
                            fmt::format("{} is not in {}", text.substr(0, 40), range_of(low, high)),
                            "give a number in that range");
}

Result<double> real_number(std::string_view text, std::string_view field, double low, double high) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc::result_out_of_range) return out_of_range(text, field, low, high);
  if (code != std::errc() || end != text.data() + text.size())
    return no_number(text, field, "number", low, high);
  if (!(value >= low && value <= high)) return out_of_range(text, field, low, high);
  return value;
}

Result<void> check_choice(const OptionSpec& option, std::string_view value) {
  for (std::string_view rest = option.words; !rest.empty();) {
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    if (rest.substr(0, bar) == value) return {};
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  std::string words(option.words);
  for (std::size_t at; (at = words.find('|')) != std::string::npos;) words.replace(at, 1, ", ");
  return command_line_error("option_value", first_spelling(option),
                            in_quotes(value) + " is none of its values", "give one of: " + words);
}

/// Whether a shell takes it as it is.
bool is_plain(std::string_view text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./";
  return !text.empty() && text.find_first_not_of(plain) == std::string_view::npos;
}
/// In single quotes for a shell.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

const OptionSpec& option_spec(std::string_view key) {
  for (const OptionSpec& o : table)
    if (o.key == key) return o;
  return table[0];
}

std::string first_spelling(const OptionSpec& option) {
  return std::string(option.spelling.substr(0, option.spelling.find(',')));
}

Result<std::int64_t> whole_number(std::string_view text, std::string_view field, double low, double high) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size() || code == std::errc::invalid_argument)
    return no_number(text, field, "whole number", low, high);
  if (code == std::errc::result_out_of_range || static_cast<double>(value) < low ||
      static_cast<double>(value) > high)
    return out_of_range(text, field, low, high);
  return value;
}

Result<void> Arguments::add(const OptionSpec& option, const std::vector<std::string>& values) {
  const std::string field = first_spelling(option);
  for (const std::string& value : values) {
    if (value.find('\0') != std::string::npos)
      return command_line_error("option_value", field, "it holds a zero byte", "leave it out");
    if (option.type == OptionType::whole) TTT_CHECK(whole_number(value, field, option.low, option.high));
    if (option.type == OptionType::real) TTT_CHECK(real_number(value, field, option.low, option.high));
    if (option.type == OptionType::choice) TTT_CHECK(check_choice(option, value));
  }
  values_.emplace_back(option.key, values);
  return {};
}

void Arguments::add_positional(std::string_view name, std::string value) {
  values_.emplace_back(name, std::vector<std::string>{std::move(value)});
}

std::span<const std::string> Arguments::find(std::string_view key) const {
  for (const auto& [name, values] : values_)
    if (name == key) return values;
  return {};
}

std::string Arguments::text(std::string_view key, std::string_view otherwise) const {
  const auto values = find(key);
  return values.empty() ? std::string(otherwise) : values.back();
}
std::int64_t Arguments::whole(std::string_view key, std::int64_t otherwise) const {
  const auto values = find(key);
  if (values.empty()) return otherwise;
  std::int64_t value = 0;  // checked when it was added
  std::from_chars(values.back().data(), values.back().data() + values.back().size(), value);
  return value;
}
int Arguments::integer(std::string_view key, int otherwise) const {
  return static_cast<int>(whole(key, otherwise));
}
double Arguments::real(std::string_view key, double otherwise) const {
  const auto values = find(key);
  if (values.empty()) return otherwise;
  double value = 0;
  std::from_chars(values.back().data(), values.back().data() + values.back().size(), value);
  return value;
}

std::string command_again(std::string_view command, const Arguments& arguments, std::span<const std::string_view> keys) {
  std::string out = fmt::format("ttt {} {}", command, is_plain(arguments.text("MODEL")) ? arguments.text("MODEL") : quoted(arguments.text("MODEL")));
  for (const std::string_view key : keys)
    if (arguments.has(key)) {
      const std::string value = arguments.text(key);
      out += fmt::format(" {} {}", first_spelling(option_spec(key)), is_plain(value) ? value : quoted(value));
    }
  for (const std::string& policy : arguments.texts("policy")) out += " --policy " + quoted(policy);
  return out;
}

Error command_line_error(std::string_view name, std::string_view field, std::string issue,
                         std::string suggestion) {
  return make_error(ErrorKind::request, name, std::string(field), std::move(issue), std::move(suggestion));
}

int exit_status(const Error& error) {
  const std::string_view link = error.link;
  const std::string_view name = link.substr(std::min(link.find('#'), link.size() - 1) + 1);
  return name.starts_with("option_") || name.starts_with("command_") ? 2 : 1;
}

}  // namespace ttt::tool

#include "run_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/nearest.hpp>
#include <ttt/runtime/scheduler.hpp>

#include "console.hpp"
#include "generating.hpp"
#include "policy_text.hpp"

namespace ttt::tool {

namespace {

constexpr std::size_t largest_file = std::size_t{256} << 20;
constexpr std::size_t most_requests = std::size_t{1} << 20;
constexpr int usual_parallel = 16;

/// One entry of the file, and what became of it.
struct Asked {
  std::string prompt;
  std::vector<std::int32_t> ids;
  GenerateOptions options;
  std::optional<Error> error;
  std::optional<ScheduledText> text;
  std::string said;
};

/// What is wrong with one entry.
class Malformed {
 public:
  Malformed(std::string file, std::size_t entry) : file_(std::move(file)), entry_(entry) {}
  [[nodiscard]] Error operator()(std::string_view issue, std::string suggestion) const {
    return make_error(ErrorKind::request, "batch_malformed", "--batch", fmt::format("element {} {}", entry_, issue),
                      std::move(suggestion), file_);
  }

 private:
  std::string file_;
  std::size_t entry_;
};

constexpr std::string_view members[] = {"prompt", "ids",   "n",     "max_new_tokens", "temperature",
                                        "top_k",  "top_p", "min_p", "repeat_penalty", "seed", "stop"};

Result<void> read_ids(json::Value list, const Malformed& malformed, Asked& to) {
  if (!list.is(json::Type::array)) return malformed("has ids that are no array", "give an array of token ids");
  for (const auto& [key, value] : list) {
    const auto id = value.as_int();
    if (!id || *id < 0 || *id > INT32_MAX)
      return malformed(fmt::format("has no token id at place {} of ids", to.ids.size()), "give whole numbers from 0 on");
    to.ids.push_back(static_cast<std::int32_t>(*id));
  }
  return {};
}

Result<void> read_stop(json::Value value, const Malformed& malformed, Asked& to) {
  to.options.stop.clear();
  if (const auto one = value.as_string()) {
    to.options.stop.emplace_back(*one);
    return {};
  }
  const std::string expected = "give a string or an array of strings";
  if (!value.is(json::Type::array)) return malformed("has a stop that is neither string nor array", expected);
  for (const auto& [key, text] : value) {
    if (!text.is(json::Type::string)) return malformed("has something in stop that is no string", expected);
    to.options.stop.emplace_back(*text.as_string());
  }
  return {};
}

/// A member that is a number. What is out of range is left to whoever checks ranges, within what the types hold.
Result<void> read_number(std::string_view name, json::Value value, const Malformed& malformed, Asked& to) {
  SamplingParams& p = *to.options.sampling;
  const bool whole = name == "n" || name == "max_new_tokens" || name == "top_k" || name == "seed";
  const auto integer = value.as_int();
  const auto number = value.as_double();
  if (whole ? !integer : !number)
    return malformed(fmt::format("has a {} that is no {}", name, whole ? "whole number" : "number"),
                     fmt::format("give {} as a {}", name, whole ? "whole number" : "number"));
  const auto within = [](std::int64_t v) {
    return static_cast<int>(std::clamp<std::int64_t>(v, INT32_MIN, INT32_MAX));
  };
  const auto real = [&] { return static_cast<float>(std::clamp(*number, -1e30, 1e30)); };
  if (name == "n" || name == "max_new_tokens") {
    to.options.max_new_tokens = within(*integer);
    if (*integer < 1)
      to.error = make_error(ErrorKind::request, "generate_out_of_range", std::string(name),
                            fmt::format("{} is not in [1, 16777216]", *integer), "give a number in that range");
  } else if (name == "top_k") {
    p.top_k = within(*integer);
  } else if (name == "seed") {
    p.seed = static_cast<std::uint64_t>(*integer);
  } else if (name == "temperature") {
    p.temperature = real();
  } else if (name == "top_p") {
    p.top_p = real();
  } else if (name == "min_p") {
    p.min_p = real();
  } else {
    p.repetition_penalty = real();
  }
  return {};
}

Result<Asked> read_request(json::Value entry, const GenerateOptions& usual, const Malformed& malformed) {
  Asked a;
  a.options = usual;
  if (const auto text = entry.as_string()) {
    a.prompt = *text;
    return a;
  }
  if (!entry.is(json::Type::object))
    return malformed("is neither a string nor an object", "give strings, or objects with a prompt and options");
  bool prompt = false, narrowed = false, temperature = false;
  for (const auto& [key, value] : entry) {
    if (key == "prompt") {
      const auto text = value.as_string();
      if (!text) return malformed("has a prompt that is no string", "give the prompt as a string");
      a.prompt = *text;
      prompt = true;
    } else if (key == "ids") {
      TTT_CHECK(read_ids(value, malformed, a));
    } else if (key == "stop") {
      TTT_CHECK(read_stop(value, malformed, a));
    } else if (std::find(std::begin(members), std::end(members), key) != std::end(members)) {
      TTT_CHECK(read_number(key, value, malformed, a));
      narrowed = narrowed || key == "top_k" || key == "top_p" || key == "min_p";
      temperature = temperature || key == "temperature";
    } else {
      const std::string_view near = nearest_name(key, members);
      return malformed(fmt::format("has a member {}, which is unknown", in_quotes(key)),
                       (near.empty() ? std::string() : fmt::format("did you mean {}? ", near)) +
                           fmt::format("members: {}", fmt::join(members, ", ")));
    }
  }
  if (prompt == !a.ids.empty())
    return malformed(prompt ? "has both a prompt and ids" : "has neither a prompt nor ids", "give one of the two");
  // As on the command line: who narrows the choice wants to choose.
  if (narrowed && !temperature && a.options.sampling->temperature == 0) a.options.sampling->temperature = 1;
  return a;
}

Result<std::vector<Asked>> read_requests(const Arguments& arguments, const GenerateOptions& usual) {
  const std::string file = arguments.text("batch_file");
  TTT_TRY(const json::Document document, json::Document::read(file, largest_file));
  const json::Value root = document.root();
  if (!root.is(json::Type::array) || root.size() == 0 || root.size() > most_requests)
    return make_error(ErrorKind::request, "batch_malformed", "--batch",
                      !root.is(json::Type::array) ? "it is no array"
                                                  : fmt::format("it has {} elements, which are {}", root.size(),
                                                                root.size() == 0 ? "too few" : "too many"),
                      fmt::format("the file must be a JSON array of 1 to {} strings, or objects with a prompt and options",
                                  most_requests),
                      file);
  std::vector<Asked> asked;
  for (const auto& [key, entry] : root) {
    TTT_TRY(Asked one, read_request(entry, usual, Malformed(file, asked.size())));
    asked.push_back(std::move(one));
  }
  return asked;
}

/// Positions to load the model for: --context, else what the longest text can come to, within the model's; where nothing
/// limits a text, 4096.
int context_for(const Arguments& arguments, const std::vector<Asked>& asked, const Found& found) {
  const std::int64_t longest = longest_context(found.config.spec);
  std::int64_t wanted = 1;
  for (const Asked& a : asked) {
    const auto prompt = static_cast<std::int64_t>(a.ids.size());
    wanted = std::max(wanted, a.options.max_new_tokens > 0 ? prompt + a.options.max_new_tokens
                                                           : std::max<std::int64_t>(4096, prompt + 512));
  }
  return arguments.integer("context", static_cast<int>(std::min(longest, wanted)));
}

/// Prints texts in the order of the file: the first that has not ended as it comes, the others when their turn comes.
class InOrder {
 public:
  InOrder(std::vector<Asked>& asked, bool silent) : asked_(asked), silent_(silent) {}
  [[nodiscard]] Result<void> show() {
    if (silent_) return {};
    for (; at_ < asked_.size(); ++at_, shown_ = 0, begun_ = false) {
      const Asked& a = asked_[at_];
      std::string out;
      if (!begun_) out = fmt::format("[{}]\n", at_);
      begun_ = true;
      out += std::string_view(a.said).substr(shown_);
      shown_ = a.said.size();
      const bool over = a.error || !a.text || a.text->ended();
      if (over) out += "\n\n";
      if (!out.empty()) TTT_CHECK(print(out));
      if (!over) return {};
    }
    return {};
  }

 private:
  std::vector<Asked>& asked_;
  bool silent_;
  std::size_t at_ = 0;     // the first that has not ended
  std::size_t shown_ = 0;  // bytes of it that are out
  bool begun_ = false;
};

struct Totals {
  std::int64_t prompt_tokens = 0, new_tokens = 0;
  double seconds = 0, load_s = 0;
  int failed = 0;
  SchedulerStats scheduler;
};

std::string as_json(const std::vector<Asked>& asked, const Totals& totals, const ModelState& state, const HowToRun& how,
                    const Found& found) {
  json::Writer out;
  out.begin_object().key("results").begin_array();
  const Error* first = nullptr;
  for (const Asked& a : asked) {
    out.begin_object().member("text", a.said).key("ids").begin_array();
    if (a.text)
      for (const std::int32_t id : a.text->new_ids()) out.value(id);
    out.end_array();
    if (a.text) {
      const GenerationStats s = a.text->stats();
      write_stats(out.key("stats").begin_object(), s);
      out.member("waiting_s", s.waiting_s).member("end", name_of(s.end)).end_object();
    }
    if (a.error) {
      write_error(out, *a.error);
      if (first == nullptr) first = &*a.error;
    }
    out.end_object();
  }
  out.end_array().key("stats").begin_object();
  out.member("texts", asked.size()).member("failed", totals.failed).member("parallel", state.request.workload.batch);
  out.member("prompt_tokens", totals.prompt_tokens).member("new_tokens", totals.new_tokens);
  out.member("seconds", totals.seconds).member("new_tokens_per_s", rate(static_cast<double>(totals.new_tokens), totals.seconds));
  out.member("steps", totals.scheduler.steps).member("preempted", totals.scheduler.preempted);
  out.member("load_ms", totals.load_s * 1e3).end_object();
  if (first != nullptr) write_error(out, *first);
  write_how(out, state, how, found);
  return std::move(out.end_object()).text() + "\n";
}

}  // namespace

Result<int> run_batch(const Arguments& arguments, HowToRun how) {
  if (arguments.has("prompt"))
    return command_line_error("option_conflict", "--batch", "both -p and --batch are given",
                              "give one of -p TEXT and --batch FILE.json");
  TTT_TRY(const Found found, find_decoder(arguments, how));
  TTT_TRY(std::vector<Asked> asked, read_requests(arguments, generate_options_of(arguments, found.config.generation)));
  TTT_TRY(const Tokenizer tokenizer, Tokenizer::load(found.config.folder));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    Asked& a = asked[i];
    if (!a.ids.empty() || a.error) continue;
    auto ids = encode_prompt(tokenizer, found, a.prompt, "prompt");
    if (ids)
      a.ids = std::move(*ids);
    else
      a.error = ids.error();
  }
  Workload& workload = how.options.workload;
  workload.context = context_for(arguments, asked, found);
  workload.batch = arguments.integer("parallel", static_cast<int>(std::min<std::size_t>(asked.size(), usual_parallel)));
  workload.kv_tokens = arguments.whole("kv_tokens", 0);
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); };
  Clock::time_point start = Clock::now();
  TTT_TRY(const std::shared_ptr<Runner> runner, load_runner(found, how));
  Totals totals;
  totals.load_s = since(start);
  watch_interrupts();

  TTT_TRY(const std::shared_ptr<Scheduler> scheduler,
          Scheduler::create(runner, tokenizer, {.most_waiting = static_cast<int>(asked.size())}));
  const bool json = arguments.has("json");
  start = Clock::now();
  for (Asked& a : asked) {
    if (a.error) continue;
    std::string* const said = &a.said;
    auto text = scheduler->submit_ids(a.ids, a.options, [said](std::string_view piece) {
      *said += piece;
      return true;
    });
    if (text)
      a.text.emplace(std::move(*text));
    else
      a.error = text.error();
  }
  InOrder in_order(asked, json);
  TTT_CHECK(in_order.show());
  while (scheduler->step()) TTT_CHECK(in_order.show());
  totals.seconds = since(start);
  totals.scheduler = scheduler->stats();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    Asked& a = asked[i];
    if (a.text && a.text->error() != nullptr) a.error = *a.text->error();
    if (a.text) {
      const GenerationStats s = a.text->stats();
      totals.prompt_tokens += s.prompt_tokens;
      totals.new_tokens += s.new_tokens;
    }
    if (!a.error) continue;
    ++totals.failed;
    a.error->module = fmt::format("text {}: {}", i, a.error->module);
    report(*a.error, false);
  }
  note(fmt::format("{} texts, {} at once: {} prompt tokens and {} new ones in {:.2f} s, {:.1f} new tokens/s; loaded in {:.2f} s; "
                   "{} threads, {}; {}\n",
                   asked.size(), workload.batch, totals.prompt_tokens, totals.new_tokens, totals.seconds,
                   rate(static_cast<double>(totals.new_tokens), totals.seconds), totals.load_s, runner->state().threads,
                   runner->state().kernels->name, policy_line(runner->state(), name_of(how.options.preset))));
  if (json) TTT_CHECK(print(as_json(asked, totals, runner->state(), how, found)));
  return totals.failed == 0 ? 0 : 1;
}

}  // namespace ttt::tool

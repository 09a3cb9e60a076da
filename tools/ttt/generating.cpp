#include "generating.hpp"

#include <fmt/format.h>

#include "console.hpp"

namespace ttt::tool {

SamplingParams sampling_of(const Arguments& arguments, const GenerationConfig& config) {
  SamplingParams p;
  const bool asked = arguments.has("top_k") || arguments.has("top_p") || arguments.has("min_p");
  if (config.do_sample) {
    p.temperature = static_cast<float>(config.temperature);
    p.top_k = config.top_k;
    p.top_p = static_cast<float>(config.top_p);
    p.min_p = static_cast<float>(config.min_p);
  } else if (asked) {
    p.temperature = 1;
  }
  p.repetition_penalty = static_cast<float>(arguments.real("repeat_penalty", config.repetition_penalty));
  p.temperature = static_cast<float>(arguments.real("temperature", p.temperature));
  p.top_k = arguments.integer("top_k", p.top_k);
  p.top_p = static_cast<float>(arguments.real("top_p", p.top_p));
  p.min_p = static_cast<float>(arguments.real("min_p", p.min_p));
  p.seed = static_cast<std::uint64_t>(arguments.whole("seed", 0));
  return p;
}

std::optional<int> new_tokens_of(const Arguments& arguments, const GenerationConfig& config) {
  if (arguments.has("n")) return arguments.integer("n", 1);
  return config.max_new_tokens;
}

GenerateOptions generate_options_of(const Arguments& arguments, const GenerationConfig& config) {
  GenerateOptions options{.max_new_tokens = new_tokens_of(arguments, config).value_or(0),
                          .sampling = sampling_of(arguments, config)};
  options.stop.assign(arguments.texts("stop").begin(), arguments.texts("stop").end());
  options.eos.emplace(config.eos.begin(), config.eos.end());
  options.cancel = &interrupted();
  return options;
}

Result<std::vector<std::int32_t>> encode_prompt(const Tokenizer& tokenizer, const Found& found, std::string_view text,
                                                std::string_view field) {
  TTT_TRY(std::vector<std::int32_t> ids, tokenizer.encode(text));
  if (ids.empty()) {
    if (found.config.generation.bos)
      ids.push_back(*found.config.generation.bos);
    else if (tokenizer.bos())
      ids.push_back(*tokenizer.bos());
    else
      return make_error(ErrorKind::request, "empty_prompt", std::string(field),
                        "the prompt is empty, and the model names no beginning-of-sequence token",
                        "give a prompt of at least one character");
  }
  const int vocab = found.config.spec.vocab_size;
  for (const std::int32_t id : ids)
    if (id < 0 || id >= vocab)
      return make_error(ErrorKind::tokenizer, "token_out_of_range", "tokenizer",
                        fmt::format("it gave id {}, but the model's vocabulary has {} tokens", id, vocab),
                        "use the tokenizer.json that belongs to the checkpoint", found.config.folder);
  return ids;
}

double rate(double tokens, double seconds) { return seconds > 0 && tokens > 0 ? tokens / seconds : 0; }

void write_stats(json::Writer& out, const GenerationStats& s) {
  out.member("prompt_tokens", s.prompt_tokens).member("new_tokens", s.new_tokens);
  out.member("prompt_s", s.prompt_s).member("decode_s", s.decode_s);
  out.member("prompt_tokens_per_s", rate(s.prompt_tokens, s.prompt_s));
  out.member("decode_tokens_per_s", rate(s.new_tokens - 1, s.decode_s));
}

}  // namespace ttt::tool

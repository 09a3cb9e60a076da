#pragma once

#include <algorithm>

#include <ttt/adaptor/config_reader.hpp>
#include <ttt/adaptor/decoder.hpp>
#include <ttt/adaptor/generation_config.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace reading {

inline constexpr std::size_t most_eos = 256;
inline constexpr int largest_id = ConfigLimits::vocab - 1;

inline std::optional<int> read_id(const ConfigReader& reader, std::string_view field) {
  if (reader[field].as_int() == -1) return std::nullopt;
  return reader.integer_or_null(field, 0, largest_id);
}

inline std::vector<int> read_eos(const ConfigReader& reader) {
  const json::Value value = reader["eos_token_id"];
  std::vector<int> ids;
  if (!value.is(json::Type::array)) {
    if (const auto one = read_id(reader, "eos_token_id")) ids.push_back(*one);
    return ids;
  }
  for (const auto& [key, entry] : value) {
    const auto id = entry.as_int();
    if (!id || *id < 0 || *id > largest_id || ids.size() == most_eos) {
      reader.refuse("config_field", "eos_token_id",
                    "eos_token_id[" + std::to_string(ids.size()) + "] is " + shown(entry) +
                        ", and must be one of at most 256 integers from 0 to " + std::to_string(largest_id),
                    "write the ids of the tokens that end a text");
      break;
    }
    ids.push_back(static_cast<int>(*id));
  }
  return ids;
}

inline void read_sampling(const ConfigReader& g, GenerationConfig& out) {
  out.do_sample = g.flag("do_sample", out.do_sample);
  out.temperature = g.real_or_null("temperature", 0, 1e4).value_or(out.temperature);
  out.top_k = g.integer_or_null("top_k", 0, ConfigLimits::vocab).value_or(out.top_k);
  out.top_p = g.real_or_null("top_p", 0, 1).value_or(out.top_p);
  out.min_p = g.real_or_null("min_p", 0, 1).value_or(out.min_p);
  out.repetition_penalty = g.real_or_null("repetition_penalty", 1e-3, 1e3).value_or(out.repetition_penalty);
  out.max_new_tokens = g.integer_or_null("max_new_tokens", 0, ConfigLimits::positions);
  out.max_length = g.integer_or_null("max_length", 0, ConfigLimits::positions);
}

}  // namespace reading

TTT_INLINE Result<GenerationConfig> generation_from(json::Value generation, const std::string& file,
                                                    json::Value config, const std::string& config_file) {
  std::optional<Error> fault;
  const ConfigReader g(generation, file, fault), c(config, config_file, fault);
  GenerationConfig out;
  if (generation.exists() && !generation.is(json::Type::object))
    g.refuse("config_field", "generation_config.json",
             "the document is " + shown(generation) + ", and must be an object",
             "delete the file, or use the model's own");
  reading::read_sampling(g, out);
  const auto from = [&](std::string_view field) -> const ConfigReader& { return g.has(field) ? g : c; };
  out.bos = reading::read_id(from("bos_token_id"), "bos_token_id");
  out.pad = reading::read_id(from("pad_token_id"), "pad_token_id");
  out.eos = reading::read_eos(from("eos_token_id"));
  if (fault) return *std::move(fault);
  return out;
}

TTT_INLINE Result<GenerationConfig> read_generation_config(const std::string& folder,
                                                           const json::Document& config) {
  const std::string path = path_in(folder, "generation_config.json");
  if (!is_regular_file(path)) return generation_from({}, path, config.root(), config.file());
  TTT_TRY(const json::Document document, json::Document::read(path, std::size_t{1} << 24));
  return generation_from(document.root(), path, config.root(), config.file());
}

}  // namespace ttt

#include "token_ids.hpp"

#include <fmt/format.h>

#include <ttt/io/file.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/io/safetensors.hpp>
#include <ttt/runtime/tokenizer/tokenizer.hpp>

namespace ttt::tool {

namespace {

constexpr std::int64_t most_ids = 1 << 24;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Error malformed(const std::string& file, std::string issue, std::string_view name = "input_ids", std::size_t rank = 1) {
  return make_error(ErrorKind::request, "input_malformed", std::string(name), std::move(issue),
                    fmt::format("store the numbers as int64 or int32, of shape [tokens] or [{}, tokens]", rank > 1 ? "sequences" : "1"),
                    file);
}

template <class Id>
Result<std::vector<std::int32_t>> read_as(const SafetensorsFile& file, const TensorEntry& tensor) {
  std::vector<Id> raw(tensor.elements());
  TTT_CHECK(file.read(tensor, 0, std::as_writable_bytes(std::span(raw))));
  std::vector<std::int32_t> ids;
  ids.reserve(raw.size());
  for (const Id id : raw) {
    if (id < 0 || id > INT32_MAX) return malformed(file.path(), fmt::format("{} is no token id", id), tensor.name);
    ids.push_back(static_cast<std::int32_t>(id));
  }
  return ids;
}

}  // namespace

Result<std::vector<std::int32_t>> parse_ids(std::string_view text, std::string_view field) {
  std::vector<std::int32_t> ids;
  if (trimmed(text).empty())
    return command_line_error("option_value", field, "it holds no ids", "give at least one, as in 1,2,3");
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    TTT_TRY(const std::int64_t id, whole_number(trimmed(rest.substr(0, comma)), field, 0, INT32_MAX));
    ids.push_back(static_cast<std::int32_t>(id));
    if (comma == std::string_view::npos) return ids;
    rest.remove_prefix(comma + 1);
  }
}

Result<std::vector<std::int32_t>> read_input_ids(const std::string& path) {
  TTT_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
  for (const TensorEntry& t : file.tensors())
    if (t.name != "input_ids")
      return make_error(ErrorKind::request, "input_unknown", in_quotes(t.name),
                        "the model takes no input of that name; it takes input_ids",
                        "leave the tensor out of the file", path);
  const TensorEntry* tensor = file.find("input_ids");
  if (tensor == nullptr)
    return make_error(ErrorKind::request, "input_missing", "input_ids", "the file has no input_ids",
                      "store the token ids under that name", path);
  return read_integers(file, *tensor, 1);
}

Result<std::vector<std::int32_t>> read_integers(const SafetensorsFile& file, const TensorEntry& tensor, std::size_t rank) {
  const auto& shape = tensor.shape;
  const auto refuse = [&](std::string issue) { return malformed(file.path(), std::move(issue), tensor.name, rank); };
  const bool flat = shape.size() == 1 || (shape.size() == 2 && (rank == 2 || shape[0] == 1));
  if (!flat) return refuse(fmt::format("its shape is [{}]", fmt::join(shape, ", ")));
  if (tensor.elements() < 1) return refuse("it holds no ids");
  if (tensor.elements() > static_cast<std::uint64_t>(most_ids))
    return refuse(fmt::format("it holds {} ids, more than {}", tensor.elements(), most_ids));
  if (tensor.dtype == SafeDType::i64) return read_as<std::int64_t>(file, tensor);
  if (tensor.dtype == SafeDType::i32) return read_as<std::int32_t>(file, tensor);
  return refuse("its type is " + std::string(name_of(tensor.dtype)));
}

Result<std::vector<std::int32_t>> given_ids(const Arguments& arguments) {
  const bool ids = arguments.has("ids"), inputs = arguments.has("inputs");
  if (ids && inputs)
    return command_line_error("option_conflict", "--ids", "--ids and --inputs both give the tokens",
                              "leave one out");
  if (!ids && !inputs)
    return command_line_error("command_incomplete", "--ids", "no tokens were given",
                              "give --ids 1,2,3 or --inputs FILE.safetensors");
  return ids ? parse_ids(arguments.text("ids"), "--ids") : read_input_ids(arguments.text("inputs"));
}

Result<std::vector<std::int32_t>> ids_or_text(const Arguments& arguments, std::string_view text, const Found& found) {
  const std::string option = first_spelling(option_spec(text));
  if (arguments.has("ids") && arguments.has(text))
    return command_line_error("option_conflict", "--ids", fmt::format("--ids and {} both give the tokens", option),
                              "leave one out");
  std::vector<std::int32_t> ids;
  if (arguments.has("ids")) {
    TTT_TRY(ids, parse_ids(arguments.text("ids"), "--ids"));
    TTT_CHECK(check_ids(ids, found.config.spec.vocab_size));
  } else if (arguments.has(text)) {
    TTT_TRY(const Tokenizer tokenizer, Tokenizer::load(found.config.folder));
    TTT_TRY(ids, tokenizer.encode(arguments.text(text), true));
  }
  if (const int longest = longest_context(found.config.spec); ids.size() > static_cast<std::size_t>(longest))
    return make_error(ErrorKind::request, "context_full", "tokens",
                      fmt::format("there are {} tokens, but the model holds {} positions", ids.size(), longest),
                      "give fewer tokens");
  return ids;
}

std::vector<std::int32_t> passage_ids(std::string_view passage, int most, const Found& found) {
  if (!is_regular_file(found.config.folder + "/tokenizer.json")) return {};
  const auto tokenizer = Tokenizer::load(found.config.folder);
  if (!tokenizer) return {};
  auto ids = tokenizer->encode(passage, true);
  if (!ids) return {};
  if (ids->size() > static_cast<std::size_t>(most)) ids->resize(static_cast<std::size_t>(most));
  return check_ids(*ids, found.config.spec.vocab_size) ? std::move(*ids) : std::vector<std::int32_t>{};
}

Result<void> check_ids(const std::vector<std::int32_t>& ids, int vocab) {
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < 0 || ids[i] >= vocab)
      return make_error(ErrorKind::request, "token_out_of_range", fmt::format("token {}", i),
                        fmt::format("id {} is not in [0, {}]", ids[i], vocab - 1),
                        "use ids of the model's own tokenizer");
  return {};
}

}  // namespace ttt::tool

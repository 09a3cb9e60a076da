// ttt tokenize and ttt detokenize.
#include <fmt/format.h>

#include <ttt/adaptor/find_model.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/runtime/tokenizer/tokenizer.hpp>

#include "command.hpp"
#include "console.hpp"
#include "given_texts.hpp"
#include "token_ids.hpp"

namespace ttt::tool {

namespace {

using Ids = std::vector<std::int32_t>;

/// MODEL here may also be a tokenizer.json itself.
Result<Tokenizer> load_tokenizer(const Arguments& arguments) {
  const std::string model = arguments.text("MODEL");
  if (is_regular_file(model)) return Tokenizer::load(model);
  TTT_TRY(const std::string folder, find_model(model));
  return Tokenizer::load(folder);
}

Result<std::vector<Ids>> given_id_lists(const Arguments& arguments) {
  TTT_CHECK(check_source(arguments, "ids", "--ids"));
  if (arguments.has("ids")) {
    TTT_TRY(Ids ids, parse_ids(arguments.text("ids"), "--ids"));
    return std::vector<Ids>{std::move(ids)};
  }
  const std::string file = arguments.text("batch_file");
  TTT_TRY(const json::Document document, json::Document::read(file, largest_batch));
  const std::string expected = "the file must be a JSON array of arrays of token ids";
  if (!document.root().is(json::Type::array)) return batch_malformed(file, "it is no array", expected);
  std::vector<Ids> lists;
  for (const auto& [key, list] : document.root()) {
    if (!list.is(json::Type::array))
      return batch_malformed(file, fmt::format("element {} is no array", lists.size()), expected);
    Ids ids;
    for (const auto& [name, value] : list) {
      const auto id = value.as_int();
      if (!id || *id < 0 || *id > INT32_MAX)
        return batch_malformed(file, fmt::format("element {}.{} is no token id", lists.size(), ids.size()),
                               expected);
      ids.push_back(static_cast<std::int32_t>(*id));
    }
    lists.push_back(std::move(ids));
  }
  return lists;
}

void write_lists(json::Writer& out, std::string_view name, const std::vector<Ids>& lists) {
  out.key(name).begin_array();
  for (const Ids& ids : lists) {
    out.begin_array();
    for (const std::int32_t id : ids) out.value(id);
    out.end_array();
  }
  out.end_array();
}

Result<int> tokenize(const Arguments& arguments) {
  TTT_TRY(const std::vector<std::string> texts, given_texts(arguments));
  TTT_TRY(const Tokenizer tokenizer, load_tokenizer(arguments));
  std::vector<Ids> with, without;
  for (const std::string& text : texts) {
    TTT_TRY(Ids ids, tokenizer.encode(text, true));
    with.push_back(std::move(ids));
    TTT_TRY(Ids plain, tokenizer.encode(text, false));
    without.push_back(std::move(plain));
  }
  json::Writer out;
  out.begin_object();
  write_lists(out, "ids", with);
  write_lists(out, "ids_nospecial", without);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

Result<int> detokenize(const Arguments& arguments) {
  TTT_TRY(const std::vector<Ids> lists, given_id_lists(arguments));
  TTT_TRY(const Tokenizer tokenizer, load_tokenizer(arguments));
  json::Writer out;
  out.begin_object().key("text").begin_array();
  for (const Ids& ids : lists) out.value(tokenizer.decode(ids, false));
  out.end_array().key("text_skip_special").begin_array();
  for (const Ids& ids : lists) out.value(tokenizer.decode(ids, true));
  TTT_CHECK(print(std::move(out.end_array().end_object()).text() + "\n"));
  return 0;
}

constexpr Positional positionals[] = {{"MODEL", "a folder with tokenizer.json, or that file"}};
constexpr std::string_view text_options[] = {"text", "batch_file", "json"};
constexpr std::string_view id_options[] = {"ids", "batch_file", "json"};

}  // namespace

const Command tokenize_command{"tokenize",
                               "text to token ids (always JSON)",
                               positionals,
                               text_options,
                               "  ttt tokenize path/to/model --text \"Hello world\"\n"
                               "  ttt tokenize path/to/tokenizer.json --batch texts.json\n",
                               tokenize};
const Command detokenize_command{"detokenize",
                                 "token ids to text (always JSON)",
                                 positionals,
                                 id_options,
                                 "  ttt detokenize path/to/model --ids 1,403,407\n"
                                 "  ttt detokenize path/to/model --batch ids.json\n",
                                 detokenize};

}  // namespace ttt::tool

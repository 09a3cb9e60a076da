#include "given_texts.hpp"

#include <fmt/format.h>

#include <ttt/io/json.hpp>

namespace ttt::tool {

Error batch_malformed(const std::string& file, std::string issue, std::string expected) {
  return make_error(ErrorKind::request, "batch_malformed", "--batch", std::move(issue), std::move(expected),
                    file);
}

Result<void> check_source(const Arguments& arguments, std::string_view single, std::string_view spelling) {
  if (arguments.has(single) == arguments.has("batch_file"))
    return command_line_error(arguments.has(single) ? "option_conflict" : "command_incomplete", spelling,
                              fmt::format("{} {} and --batch {}", arguments.has(single) ? "both" : "neither",
                                          spelling, arguments.has(single) ? "are given" : "is given"),
                              fmt::format("give one of {} and --batch FILE.json", spelling));
  return {};
}

Result<std::vector<std::string>> given_texts(const Arguments& arguments) {
  TTT_CHECK(check_source(arguments, "text", "--text"));
  if (arguments.has("text")) return std::vector<std::string>{arguments.text("text")};
  const std::string file = arguments.text("batch_file");
  TTT_TRY(const json::Document document, json::Document::read(file, largest_batch));
  const std::string expected = "the file must be a JSON array of strings";
  if (!document.root().is(json::Type::array)) return batch_malformed(file, "it is no array", expected);
  std::vector<std::string> texts;
  for (const auto& [key, value] : document.root()) {
    if (!value.is(json::Type::string))
      return batch_malformed(file, fmt::format("element {} is no string", texts.size()), expected);
    texts.emplace_back(*value.as_string());
  }
  return texts;
}

}  // namespace ttt::tool
